"""From faces of any size and colour to the array that a member's graph reads. One home for both rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.members._base import Faces, InputShape, MemberError

Pixels = NDArray[np.uint8]


def pixels(faces: Faces, shape: InputShape) -> NDArray[np.float32]:
    """Resize and grey or colour faces: float32 ``(n, *shape.size, shape.channels)``, 0..255.

    Raises:
        MemberError: code ``pixels``, if a face is no uint8 image.
    """
    out = np.empty((len(faces), *shape.size, shape.channels), np.float32)
    if isinstance(faces, np.ndarray) and faces.dtype == np.uint8 and faces.shape[1:] == shape.size:
        out[:] = faces[..., None]  # grey faces of the right size: one copy for all
        return out
    for row, face in zip(out, faces, strict=True):
        image = resized(checked(face), shape.size)
        row[:] = to_grey(image)[..., None] if shape.channels == 1 else to_colour(image)
    return out


def checked(face: Pixels) -> Pixels:
    """Return a face that is a uint8 image with pixels; else raise ``MemberError``."""
    colour = face.ndim == 3 and face.shape[2] == 3
    if face.dtype != np.uint8 or not (face.ndim == 2 or colour) or not face.size:
        raise MemberError(
            f"A face must be uint8, grey (h, w) or RGB (h, w, 3), not {face.dtype} {face.shape}.",
            code="pixels",
        )
    return face


def to_grey(image: Pixels) -> Pixels:
    """Return grey ``(h, w)`` of a grey or RGB image, by ITU-R BT.601."""
    import cv2

    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def to_colour(image: Pixels) -> Pixels:
    """Return RGB ``(h, w, 3)`` of a grey or RGB image."""
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=-1)


def resized(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize to ``size`` (height, width): by areas when shrinking to less than half, else bilinear."""
    import cv2

    if image.shape[:2] == size:
        return image
    how = cv2.INTER_AREA if image.shape[0] > 2 * size[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size[::-1], interpolation=how), np.uint8)
