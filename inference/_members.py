"""Rebuild a member from its entry, stored weights and node list, on the engine that the settings want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference import _engines
from inference._bundle import Bundle, BundleIncompatible, MemberEntry, dequantised
from inference._engines import Engine, EngineName
from inference._ensemble import Probabilities, softmax
from inference._settings import SETTINGS
from inference.members import Faces, InputShape, MemberError, get_member

#: Faces in one forward pass on a CPU; larger batches gain nothing there and cost memory.
BATCH: Final = 32
#: Path of the class layer's kernel in every member.
CLASS_KERNEL: Final = "logits/kernel"


@dataclass(frozen=True)
class Answer:
    """What a member said of ``n`` faces.

    Attributes:
        probabilities: shape ``(n, k)``.
        features: last feature map, shape ``(n, h, w, channels)``; None for a member without one.
    """

    probabilities: Probabilities
    features: NDArray[np.float32] | None


@dataclass(frozen=True)
class Member:
    """One network ready to vote.

    Attributes:
        entry: as the manifest names it.
        shape: of the faces it reads.
        engine: what runs it.
        class_kernel: of the class layer, ``(channels, k)``, for activation maps.
    """

    entry: MemberEntry
    shape: InputShape
    engine: Engine
    class_kernel: NDArray[np.float32]

    def answer(self, faces: Faces, *, flip: bool) -> Answer:
        """Read grey or RGB faces of any size; mirrored too, and averaged, with ``flip``.

        Raises:
            BundleIncompatible: the network answers with numbers that are not finite.
        """
        batch = BATCH // 2 if flip else BATCH
        if self.engine.name == "keras":
            batch *= 8
        parts = [self._answer(faces[i : i + batch], flip) for i in range(0, len(faces), batch)]
        features = [part.features for part in parts if part.features is not None]
        return Answer(
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate(features) if features else None,
        )

    def prepared(self, faces: Faces) -> NDArray[np.float32]:
        """Return what the graph reads of these faces."""
        return get_member(self.entry.architecture).prepare(faces, self.shape)

    def _answer(self, faces: Faces, flip: bool) -> Answer:
        inputs = self.prepared(faces)
        count = len(inputs)
        if flip and inputs.ndim == 4:
            inputs = np.concatenate([inputs, inputs[:, :, ::-1]])
        elif flip:  # what reads no pixels must look at the mirrored face itself
            inputs = np.concatenate([inputs, self.prepared([face[:, ::-1] for face in faces])])
        logits, features = self.engine.run(inputs)
        if not np.isfinite(logits).all():
            raise BundleIncompatible(f"{self.entry.name} answers with numbers that are not finite.")
        chances = softmax(logits)
        if flip:
            chances = (chances[:count] + chances[count:]) / 2
            if features is not None:
                features = np.asarray((features[:count] + features[count:, :, ::-1]) / 2, np.float32)
        return Answer(chances, features)


def load_member(bundle: Bundle, entry: MemberEntry, engine: EngineName | None = None) -> Member:
    """Open, verify and rebuild one member of a bundle.

    Args:
        engine: to use whatever ``MAEUM_ENGINE`` says; None chooses.

    Raises:
        BundleError: a file is missing, changed or of another kind than this program runs.
    """
    try:
        card = get_member(entry.architecture).card
        shape = InputShape(*entry.size, entry.channels)
    except MemberError as error:
        raise BundleIncompatible(str(error)) from error
    if entry.preprocess != card.preprocess:
        raise BundleIncompatible(f"{entry.name} expects other preprocessing than this program gives.")
    stored = bundle.stored(entry.file, entry.sha256)
    kernel = stored.get(CLASS_KERNEL)
    if kernel is None or kernel.ndim != 2 or kernel.shape[1] != len(bundle.classes):
        raise BundleIncompatible(f"The class layer of {entry.name} does not fit the bundle's classes.")
    try:
        chosen = engine or _engines.choose(SETTINGS.engine, entry.engine, has_graph=bool(entry.graph))
        made = _engine(bundle, entry, shape, stored, chosen)
    except (ValueError, KeyError) as error:
        raise BundleIncompatible(f"{entry.name} cannot be built: {error}") from error
    return Member(entry, shape, made, np.asarray(kernel, np.float32))


def _engine(
    bundle: Bundle,
    entry: MemberEntry,
    shape: InputShape,
    stored: Mapping[str, NDArray[Any]],
    name: EngineName,
) -> Engine:
    if name == "keras":
        return keras_engine(entry, shape, len(bundle.classes), dequantised(stored))
    from inference._engines.onnx_engine import OnnxEngine

    graph = bundle.graph(entry)
    if not graph.ranges and name == "onnx-int8":
        name = "onnx-float"
    return OnnxEngine(graph, stored, name, SETTINGS.threads)


def keras_engine(
    entry: MemberEntry, shape: InputShape, classes: int, arrays: Mapping[str, NDArray[Any]]
) -> Engine:
    """Build the float graph and set its weights, each by name and shape."""
    _limit_tensorflow(SETTINGS.threads)
    from inference._engines.keras_engine import KerasEngine

    graph = get_member(entry.architecture).build(shape, classes, 0.0, entry.width)
    wanted = {weight.path: tuple(weight.shape) for weight in graph.weights}
    given = {name: value.shape for name, value in arrays.items()}
    if wanted != given:
        raise BundleIncompatible(f"The stored weights do not fit the network {entry.architecture}.")
    graph.set_weights([arrays[weight.path] for weight in graph.weights])
    return KerasEngine(graph)


def _limit_tensorflow(threads: int) -> None:
    """Keep TensorFlow from taking every core; too late once it has run."""
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        return  # it already runs; its threads stay as they are
