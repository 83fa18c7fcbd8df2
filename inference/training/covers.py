"""Hide the lower half of a face in many ways, and make clear faces harder, for the cover network.

All functions take and return aligned BGR crops, uint8, shape ``(64, 64, 3)``. In such a crop the
eyes lie at rows of about 24, the nose tip at 38, the mouth at 48.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def hide(image: Image, other: Image, rng: np.random.Generator) -> Image:
    """Cover mouth and most of the nose with a flat, shaded, noisy or borrowed surface."""
    mask = _shape(rng)
    surface = _surface(image, other, rng)
    if rng.random() < 0.5:
        mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.4, 1.2)).astype(np.float32)
    mixed = image * (1 - mask[..., None]) + surface * mask[..., None]
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _shape(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw where the cover lies: a leaning quadrilateral, or an ellipse, over the mouth."""
    mask = np.zeros((64, 64), np.float32)
    top, bottom = rng.uniform(27, 42), rng.uniform(55, 72)
    left, right = rng.uniform(-8, 19), rng.uniform(45, 72)
    if rng.random() < 0.25:
        centre = (round((left + right) / 2), round((top + bottom) / 2))
        axes = (round((right - left) * 0.55), round((bottom - top) * 0.6))
        cv2.ellipse(mask, centre, axes, rng.uniform(-15, 15), 0, 360, 1.0, -1)
        return mask
    quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    loose = 0.5 if rng.random() < 0.4 else 4.0
    quad += rng.normal(0, loose, quad.shape) * [1, 0.7]
    cv2.fillPoly(mask, [quad.round().astype(np.int32)], 1.0)
    return mask


def _surface(image: Image, other: Image, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make what the cover is made of: any colour, this skin's colour, cloth, or another picture."""
    choice = rng.random()
    if choice < 0.35:
        colour = rng.integers(0, 256, 3).astype(np.float32)
        if rng.random() < 0.4:
            colour[:] = colour[0] if rng.random() < 0.6 else rng.choice([0, 128, 255])
    else:
        row, column = rng.integers(8, 36), rng.integers(12, 52)
        colour = image[row : row + 3, column : column + 3].reshape(-1, 3).mean(0)
        colour = colour * rng.uniform(0.6, 1.3) + rng.normal(0, 6, 3)
    surface = np.broadcast_to(colour, (64, 64, 3)).astype(np.float32)
    if choice > 0.88:
        turned = np.rot90(other, int(rng.integers(1, 4)))
        surface = turned.astype(np.float32) * 0.6 + surface * 0.4
    if rng.random() < 0.5:
        surface = surface + _folds(rng)[..., None]
    return surface


def _folds(rng: np.random.Generator) -> NDArray[np.float32]:
    """Make shading with stripes (fingers, folds) and grain, grey, shape ``(64, 64)``."""
    y, x = np.mgrid[0:64, 0:64].astype(np.float32)
    angle, period = rng.uniform(0, math.pi), rng.uniform(6, 40)
    wave = np.sin((x * math.cos(angle) + y * math.sin(angle)) * 2 * math.pi / period + rng.uniform(0, 6))
    grain = cv2.GaussianBlur(rng.normal(0, 1, (64, 64)).astype(np.float32), (0, 0), rng.uniform(0.6, 4))
    grain = grain / (np.abs(grain).max() + 1e-6)
    return np.asarray(wave * rng.uniform(0, 30) + grain * rng.uniform(0, 40), np.float32)


def harden_clear(image: Image, rng: np.random.Generator) -> Image:
    """Give a clear face a beard-like shadow, a side light, or something over brow, eye or cheek."""
    choice = rng.random()
    if choice < 0.2:
        shade = np.zeros((64, 64), np.float32)
        cv2.ellipse(
            shade, (32, 50), (int(rng.integers(14, 26)), int(rng.integers(10, 18))), 0, 0, 360, 1.0, -1
        )
        cv2.ellipse(shade, (32, int(rng.integers(46, 50))), (9, 4), 0, 0, 360, 0.2, -1)
        shade = cv2.GaussianBlur(shade, (0, 0), 2).astype(np.float32)
        return (image * (1 - shade[..., None] * rng.uniform(0.2, 0.6))).astype(np.uint8)
    if choice < 0.35:
        ramp = np.linspace(rng.uniform(0.25, 0.8), 1.1, 64, dtype=np.float32)
        ramp = ramp if rng.random() < 0.5 else ramp[::-1]
        side = ramp[None, :, None] if rng.random() < 0.6 else ramp[:, None, None]
        return np.asarray(np.clip(image * side, 0, 255), np.uint8)
    if choice < 0.5:
        out = image.copy()
        top = int(rng.integers(0, 22))
        left, width = int(rng.integers(-10, 50)), int(rng.integers(8, 64))
        height = int(rng.integers(4, 12))
        out[top : top + height, max(left, 0) : max(left, 0) + width] = rng.integers(0, 256, 3)
        return out
    return image


def jitter(image: Image, rng: np.random.Generator) -> Image:
    """Shift, turn, scale, mirror, relight, tint or grey, soften and squeeze one crop."""
    matrix = cv2.getRotationMatrix2D((32, 32), rng.normal(0, 5), math.exp(rng.normal(0, 0.06)))
    matrix[0, 2] += rng.normal(0, 1.5)
    matrix[1, 2] += rng.normal(0, 1.5)
    out = cv2.warpAffine(image, matrix, (64, 64), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        out = out[:, ::-1]
    table = np.linspace(0, 1, 256) ** math.exp(rng.normal(0, 0.35))
    table = (table - 0.5) * math.exp(rng.normal(0, 0.2)) + 0.5 + rng.normal(0, 0.08)
    work = (np.clip(table, 0, 1) * 255)[out]
    if rng.random() < 0.45:
        work = np.repeat(work @ np.array([[0.114], [0.587], [0.299]]), 3, axis=2)
    else:
        work = work * rng.normal(1, 0.06, 3)
    if rng.random() < 0.4:
        small = int(rng.integers(20, 56))
        work = cv2.resize(cv2.resize(work, (small, small), interpolation=cv2.INTER_AREA), (64, 64))
    if rng.random() < 0.3:
        work = work + rng.normal(0, rng.uniform(1, 12), (64, 64, 1))
    return np.asarray(np.clip(work, 0, 255), np.uint8)
