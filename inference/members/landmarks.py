"""Geometry only: the 478 points of a face mesh into a small dense net (478 points as in MediaPipe's mesh).

No pixel reaches the net, so light, skin and camera cannot; what a face says without moving its
outline is lost too. Dense layers are written as 1 x 1 convolutions on a map of one cell, so that the
member ends as every other does; its activation map has one cell and shows nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from inference import _mesh
from inference.members._base import Faces, InputShape, MemberCard, MemberSpec
from inference.members._graph import conv_bn, finish, scaled
from inference.members._prepare import checked

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="landmarks.scratch",
    architecture="landmarks",
    preprocess="none",
    source="Kartynnik et al. 2019, arXiv:1907.06724 (mesh)",
    licence="Apache-2.0",
)

#: Outer corners of the eye on the left of the picture and of the other eye.
EYES: Final = (33, 263)
#: Units of the dense layers.
UNITS: Final = (256, 128)


def build(shape: InputShape, classes: int, dropout: float, width: float = 1.0) -> keras.Model:
    """Build the graph over ``(n, 478, 2)``; the size of the face plays no part. Raises ``MemberError``."""
    from keras import Input, layers

    images: Any = Input((_mesh.POINTS, 2), name="images")
    x = layers.Reshape((1, 1, 2 * _mesh.POINTS), name="flat")(images)
    # The mean face out, each coordinate to its own spread: expressions are small against the face.
    x = layers.BatchNormalization(center=False, scale=False, name="preprocess")(x)
    for number, units in enumerate(UNITS, start=1):
        x = layers.Dropout(dropout, name=f"dropout{number}")(x)
        x = conv_bn(x, scaled(units, width), 1, f"units{number}")
    return finish(images, x, classes, dropout, "landmarks")


def prepare(faces: Faces, shape: InputShape) -> NDArray[np.float32]:
    """Find each face's mesh: float32 ``(n, 478, 2)``, upright, centred, of radius 1.

    A face in which no mesh is found becomes zeros, which the net meets in training too.

    Raises:
        MemberError: code ``pixels``, if a face is no uint8 image.
    """
    out = np.zeros((len(faces), _mesh.POINTS, 2), np.float32)
    for row, face in zip(out, faces, strict=True):
        found = _mesh.mesh(checked(face))
        if found.presence >= _mesh.PRESENT:
            row[:] = normalised(found.points)
    return out


def normalised(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring points ``(478, 2 or 3)`` to mean 0, root mean square radius 1 and a level eye line."""
    flat = (points[:, :2] - points[:, :2].mean(0)) @ np.array([1, 1j])
    eyes = flat[EYES[1]] - flat[EYES[0]]
    flat = flat * np.conj(eyes) / max(abs(eyes), 1e-6)
    flat = flat / max(float(np.sqrt((abs(flat) ** 2).mean())), 1e-6)
    return np.stack([flat.real, flat.imag], -1).astype(np.float32)


SPEC = MemberSpec(CARD, build, prepare)
