"""Other people's classifiers, each run as its package runs it, on the faces that our decode and detector found.

Only the classifier differs: a peer gets the same aligned cut as our members, brings it to its own size and answers.
This module runs in the peers' environment (see ``peer_env``).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import THREADS

Faces = NDArray[np.uint8]
Scores = NDArray[np.float32]
SEVEN: Final = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


@dataclass(frozen=True)
class Peer:
    """One package's classifier, ready.

    Attributes:
        classify: grey faces ``(n, h, w)`` uint8 to scores ``(n, k)``, resizing included.
        names: the package's words, in the order of its scores.
        weights: ``shipped`` inside the package, or ``random`` where they can only be fetched when it runs.
        note: what a reader should know.
    """

    classify: Callable[[Faces], Scores]
    names: list[str]
    weights: str
    note: str


def _resized(faces: Faces, side: int) -> NDArray[np.float32]:
    return np.stack([cv2.resize(face, (side, side)) for face in faces]).astype(np.float32)


def fer(*, use_tflite: bool) -> Peer:
    """``fer``'s own classifier call: TFLite one face at a time (its default), or Keras on the whole batch."""
    # Its constructor opens a Haar cascade, which not every OpenCV has; our detector finds the faces, so none is needed.
    cv2.CascadeClassifier = type("NoCascade", (), {"__init__": lambda *_: None})  # type: ignore[assignment,misc]
    FER = import_module("fer.fer").FER  # noqa: N806 - its own name

    model = FER(cascade_file="none", use_tflite=use_tflite)

    def classify(faces: Faces) -> Scores:
        scaled = (_resized(faces, 64) / 255 - 0.5) * 2
        ready = scaled if use_tflite else scaled[..., None]
        return np.asarray(model._classify_emotions(ready), np.float32)

    how = "quantised TFLite, its default" if use_tflite else "Keras, use_tflite=False"
    return Peer(classify, SEVEN, "shipped", f"mini-XCEPTION, {how}")


def deepface() -> Peer:
    """DeepFace's emotion network with random weights: its own are fetched when it first runs."""
    weight_utils: Any = import_module("deepface.commons.weight_utils")

    def as_built(model: Any, *_: Any, **__: Any) -> Any:
        return model

    # The architecture is the package's; only the fetching of weights is left out.
    weight_utils.download_weights_if_necessary = lambda *_, **__: ""
    weight_utils.load_model_weights = as_built
    client = import_module("deepface.models.demography.tf.Emotion").EmotionClient()

    def classify(faces: Faces) -> Scores:
        colour = [cv2.cvtColor(cv2.resize(face, (224, 224)), cv2.COLOR_GRAY2BGR) for face in faces]
        return np.asarray(client.predict(colour), np.float32).reshape(len(faces), -1)

    return Peer(classify, SEVEN, "random", "architecture only: its weights are fetched at run time")


def facial_emotion_recognition() -> Peer:
    """``facial-emotion-recognition``'s network on its shipped weights, opened without running pickled code."""
    import torch

    torch.set_num_threads(THREADS)
    # Its package imports a face detector that we do not need; the network's file is opened alone.
    origin = importlib.util.find_spec("facial_emotion_recognition")
    assert origin is not None and origin.submodule_search_locations  # noqa: S101, PT018 - installed by peer_env
    folder = Path(next(iter(origin.submodule_search_locations)))
    spec = importlib.util.spec_from_file_location("peer_networks", folder / "networks.py")
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.NetworkV2(in_c=1, nl=32, out_f=7)
    stored = torch.load(folder / "model" / "model.pkl", map_location="cpu", weights_only=True)
    network.load_state_dict(stored["network"])
    network.eval()

    def classify(faces: Faces) -> Scores:
        scaled = (_resized(faces, 48)[:, None] / 255 - 0.5) / 0.5
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(scaled)).numpy(), np.float32)

    return Peer(classify, SEVEN, "shipped", "four convolutions, PyTorch")


#: Row name to (distribution, what peer_env installs for it, how it is opened).
PEERS: Final[dict[str, tuple[str, tuple[str, ...], Callable[[], Peer]]]] = {
    "fer (TFLite)": ("fer", ("fer",), partial(fer, use_tflite=True)),
    "fer (Keras)": ("fer", ("fer",), partial(fer, use_tflite=False)),
    "facial-emotion-recognition": (
        "facial-emotion-recognition",
        ("torch", "facial-emotion-recognition"),
        facial_emotion_recognition,
    ),
    "deepface (random weights)": ("deepface", ("deepface",), deepface),
}

#: Looked at and left out: their packages hold no weights, and nothing is fetched when a benchmark runs.
LEFT_OUT: Final[dict[str, str]] = {
    "hsemotion-onnx 0.3.1": "the package is 8 kB of code; its networks are fetched at run time",
    "emotiefflib 1.1.1": "no weights in the wheel; its networks are fetched at run time",
    "rmn 3.3.0": "no weights in the wheel; its network is fetched at run time",
    "py-feat 2.1.5": "no weights in the wheel; its networks are fetched at run time",
    "EmoPy": "the package index has no distribution of it that fits this Python",
}


def open_peer(name: str) -> tuple[Peer, str]:
    """Open one peer; returns it with its version."""
    distribution, _, make = PEERS[name]
    return make(), metadata.version(distribution)


def measure(name: str, faces_file: Path, seconds: float) -> dict[str, Any]:
    """Time one peer at batch 1 and 32, and a whole reading with our decode and detector before it."""
    from benchmarks import photos, product
    from benchmarks.stats import timed

    product.prepare()
    peer, version = open_peer(name)
    faces = np.load(faces_file, allow_pickle=False)
    square = photos.square()

    def whole() -> None:
        bgr = product.decode(square)
        peer.classify(product.grey(product.align(bgr, product.detect(bgr))[None]))

    times = {f"batch_{b}": timed(partial(peer.classify, faces[:b]), seconds=seconds) for b in (1, 32)}
    whole_row = timed(whole, seconds=seconds)
    return {"version": version, "weights": peer.weights, "note": peer.note, **times, "whole": whole_row}


def accuracy(name: str, ferplus: Path, limit: int | None) -> dict[str, Any]:
    """Score one peer on FER+ PrivateTest."""
    from benchmarks import ferplus as data

    images, labels = data.private_test(ferplus, limit)
    peer, _ = open_peer(name)
    parts = [peer.classify(images[i : i + 128]) for i in range(0, len(images), 128)]
    return data.score(data.as_six(np.concatenate(parts), peer.names), labels)
