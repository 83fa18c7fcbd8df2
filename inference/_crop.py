"""Cut a face out of a photo so that it lies as the faces lay on which the ensemble was trained."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

#: Side of FER+'s crops, the unit of the layout below.
UNIT: Final = 48.0
#: Where eyes, nose tip and mouth corners lie in such a crop: medians over the 98.9 % of 1,500
#: FER+ Train faces in which YuNet finds one, mirrored and averaged so that the layout is symmetric.
#: Measured by ``python -m inference.training.layout ROOT``.
LAYOUT: Final = np.array([[15.24, 18.25], [32.76, 18.25], [24.0, 28.43], [16.86, 36.3], [31.14, 36.3]])


def similarity(landmarks: NDArray[np.float64], size: int, margin: int = 0) -> NDArray[np.float64]:
    """Find the turn, scale and shift that bring five landmarks onto the layout.

    Least squares after Umeyama (1991), without mirroring.

    Args:
        landmarks: shape ``(5, 2)``, pixels of the photo.
        size: side of the crop in pixels.
        margin: pixels of surroundings kept on every side, beyond ``size``.

    Returns:
        shape ``(2, 3)``, photo pixels to crop pixels.
    """
    target = LAYOUT * (size / UNIT) + margin
    source_mean, target_mean = landmarks.mean(0), target.mean(0)
    source = (landmarks - source_mean) @ np.array([1, 1j])
    wanted = (target - target_mean) @ np.array([1, 1j])
    factor = (np.conj(source) @ wanted) / max(float((abs(source) ** 2).sum()), 1e-9)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, target_mean - turn @ source_mean])


def align(
    image: NDArray[np.uint8], landmarks: NDArray[np.float64], size: int, margin: int = 0
) -> NDArray[np.uint8]:
    """Cut the aligned face, grey or colour, at any size; beyond the photo its edge is repeated.

    Large faces are first shrunk by areas: one bilinear step would skip pixels and make the crop
    rougher than the ones trained on.
    """
    matrix = similarity(landmarks, size, margin)
    size += 2 * margin
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    image, matrix = _part(image, matrix, size)
    if scale < 0.5 and min(image.shape[:2]) > 1:
        shrunk = (max(1, round(image.shape[1] * scale * 2)), max(1, round(image.shape[0] * scale * 2)))
        matrix = matrix @ np.diag([image.shape[1] / shrunk[0], image.shape[0] / shrunk[1], 1.0])
        image = cv2.resize(image, shrunk, interpolation=cv2.INTER_AREA).astype(np.uint8)
    cut = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cut.astype(np.uint8)


def corners(landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the crop's corners in photo pixels, shape ``(4, 2)``, from top left clockwise."""
    back = cv2.invertAffineTransform(similarity(landmarks, 1))
    square = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64)
    return np.asarray(square @ back.T, np.float64)


def outside(landmarks: NDArray[np.float64], width: int, height: int) -> float:
    """Return the share of the face's core, brows to chin, that lies beyond the photo's edges, 0..1.

    The whole square would be the wrong measure: half of all tight crops leave out a bit of hair.
    """
    back = cv2.invertAffineTransform(similarity(landmarks, 1))
    across, down = np.linspace(0.2, 0.8, 24), np.linspace(0.24, 0.92, 24)
    grid = np.stack([*map(np.ravel, np.meshgrid(across, down)), np.ones(576)])
    x, y = back @ grid
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return float(1 - inside.mean())


def grey(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn BGR ``(h, w, 3)`` into grey ``(h, w)`` by ITU-R BT.601, as FER2013's makers did."""
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.uint8)


def _part(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Keep only the part of the photo that the crop can see (a 12-megapixel photo stays cheap)."""
    back = cv2.invertAffineTransform(matrix)
    seen = np.array([[0, 0, 1], [size, 0, 1], [size, size, 1], [0, size, 1]], np.float64) @ back.T
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(seen.min(0)).astype(int) - 2, 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(seen.max(0)).astype(int) + 2, [left + 1, top + 1], [width, height])
    shift = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], np.float64)
    return image[top:bottom, left:right], matrix @ shift
