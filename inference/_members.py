"""Rebuild a member's graph from its card and stored weights. Imports TensorFlow when called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference._bundle import Bundle, BundleIncompatible, MemberEntry
from inference._ensemble import Probabilities, softmax
from inference._labels import EMOTIONS
from inference.members import MEMBERS, get_member

#: Faces in one forward pass; larger batches gain nothing on a CPU and cost memory.
BATCH = 64


@dataclass(frozen=True)
class Answer:
    """What a member said of ``n`` faces.

    Attributes:
        probabilities: shape ``(n, 6)``.
        features: last feature map, shape ``(n, h, w, channels)``.
    """

    probabilities: Probabilities
    features: NDArray[np.float32]


class Member:
    """One network ready to vote."""

    def __init__(self, size: tuple[int, int], graph: Any) -> None:
        import tensorflow as tf

        self.size = size
        self.class_kernel: NDArray[np.float32] = graph.get_layer("logits").get_weights()[0]
        # One traced function for every batch size: no eager call, no retracing, no padding.
        spec = tf.TensorSpec([None, *size, 3], tf.float32)
        self._run = tf.function(lambda x: graph(x, training=False), input_signature=[spec])

    def answer(self, faces: NDArray[np.uint8], *, flip: bool) -> Answer:
        """Read grey faces ``(n, h, w)`` of any size; mirrored too, and averaged, with ``flip``."""
        parts = [self._answer(faces[i : i + BATCH], flip) for i in range(0, len(faces), BATCH)]
        return Answer(
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate([part.features for part in parts]),
        )

    def _answer(self, faces: NDArray[np.uint8], flip: bool) -> Answer:
        if faces.shape[1:] != self.size:
            how = cv2.INTER_LINEAR
            faces = np.stack([cv2.resize(f, self.size[::-1], interpolation=how) for f in faces]).astype(
                np.uint8
            )
        if flip:
            faces = np.concatenate([faces, faces[:, :, ::-1]])
        out = self._run(np.repeat(faces[..., None].astype(np.float32), 3, axis=-1))
        probabilities = softmax(out["logits"].numpy())
        features: NDArray[np.float32] = np.asarray(out["features"].numpy(), np.float32)
        if flip:
            half = len(faces) // 2
            probabilities = (probabilities[:half] + probabilities[half:]) / 2
            features = np.asarray((features[:half] + features[half:, :, ::-1]) / 2, np.float32)
        return Answer(probabilities, features)


def load_member(bundle: Bundle, entry: MemberEntry) -> Member:
    """Open, verify and rebuild one member of a bundle."""
    if entry.architecture not in MEMBERS:
        raise BundleIncompatible(f"This program does not know the network {entry.architecture}.")
    if entry.preprocess != get_member(entry.architecture).card.preprocess:
        raise BundleIncompatible(f"{entry.name} expects other preprocessing than this program gives.")
    return build_member(entry.architecture, entry.size, bundle.arrays(entry.file, entry.sha256))


def build_member(architecture: str, size: tuple[int, int], arrays: Mapping[str, NDArray[Any]]) -> Member:
    """Build the float graph and set its weights, each by name and shape."""
    graph = get_member(architecture).build(size, len(EMOTIONS), 0.0)
    wanted = {weight.path: tuple(weight.shape) for weight in graph.weights}
    given = {name: value.shape for name, value in arrays.items()}
    if wanted != given:
        raise BundleIncompatible(f"The stored weights do not fit the network {architecture}.")
    graph.set_weights([arrays[weight.path] for weight in graph.weights])
    return Member(size, graph)
