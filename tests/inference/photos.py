"""Make photos for this room's tests from one public-domain portrait (NASA, skimage's astronaut)."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


@lru_cache(maxsize=1)
def astronaut() -> Pixels:
    """Return the portrait, RGB ``(512, 512, 3)``; the face lies at about x 165..285, y 55..175."""
    from skimage import data

    return np.asarray(data.astronaut(), np.uint8)


def encoded(pixels: Pixels, kind: str = "PNG", **options: Any) -> bytes:
    """Encode RGB or grey pixels with Pillow."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, kind, **options)
    return out.getvalue()


def grey(pixels: Pixels) -> Pixels:
    """Return a grey copy, still three channels."""
    return np.repeat(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)[..., None], 3, axis=2)


def covered(pixels: Pixels, colour: tuple[int, int, int]) -> Pixels:
    """Paste a flat rectangle over nose, mouth and chin."""
    out = pixels.copy()
    out[118:185, 175:272] = colour
    return out


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """Turn the head to one side in depth: an ellipsoid with a nose on it, drawn far to near.

    Positive degrees turn the nose to the right of the picture. What the photo never saw (the far
    ear) stays wall.
    """
    face = cv2.resize(pixels[20:230, 120:330], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[0 : face.shape[0], 0 : face.shape[1]] / 4.0
    x, y = x - 105, y - 100
    inside = 1 - (x / 66) ** 2 - (y / 88) ** 2
    depth = 66 * np.sqrt(np.clip(inside, 0, 1)) + 24 * np.exp(-(((x + 2) / 9) ** 2) - ((y - 4) / 13) ** 2)
    turn = np.radians(degrees)
    across = x * np.cos(turn) + depth * np.sin(turn)
    toward = depth * np.cos(turn) - x * np.sin(turn)
    order = np.argsort(toward[inside > 0])
    out = np.full((400, 400, 3), 150, np.uint8)
    columns = np.clip(across[inside > 0] * 2 + 200, 0, 399).astype(int)[order]
    rows = np.clip(y[inside > 0] * 2 + 200, 0, 399).astype(int)[order]
    out[rows, columns] = face[inside > 0][order]
    return np.asarray(cv2.medianBlur(out, 5), np.uint8)
