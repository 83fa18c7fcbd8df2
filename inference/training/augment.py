"""Make one face look as other cameras, lights and hands would have taken it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray


def augment(image: NDArray[np.uint8], size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Warp, relight, degrade and partly hide one grey face.

    Args:
        image: uint8 grey, shape ``(h, w)``.
        size: height and width of the result.
        rng: source of every random choice.

    Returns:
        uint8 grey, shape ``size``.
    """
    out = _warp(image, size, rng)
    out = _relight(out, rng)
    out = _degrade(out, rng)
    return _erase(out, rng)


def _warp(image: NDArray[np.uint8], size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Flip, rotate (±12°), scale (0.85..1.18), shift (±7 %) in one interpolation."""
    height, width = image.shape
    scale = size[0] / height * math.exp(rng.uniform(-0.16, 0.16))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 6), scale)
    matrix[0, 2] += (size[1] - width) / 2 + rng.uniform(-0.07, 0.07) * size[1]
    matrix[1, 2] += (size[0] - height) / 2 + rng.uniform(-0.07, 0.07) * size[0]
    if rng.random() < 0.5:
        image = image[:, ::-1].copy()
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_REFLECT_101
    return cv2.warpAffine(image, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=border).astype(
        np.uint8
    )


def _relight(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change gamma, contrast and brightness, sometimes with a shadow from one side."""
    x = np.linspace(0, 1, 256, dtype=np.float32) ** math.exp(rng.normal(0, 0.3))
    x = (x - 0.5) * math.exp(rng.normal(0, 0.22)) + 0.5 + rng.normal(0, 0.09)
    out = cv2.LUT(image, np.clip(x * 255, 0, 255).astype(np.uint8))
    if rng.random() < 0.25:
        ramp = np.linspace(rng.uniform(0.4, 1), rng.uniform(0.8, 1.2), image.shape[1], dtype=np.float32)
        out = np.clip(out * (ramp if rng.random() < 0.5 else ramp[::-1]), 0, 255)
    return out.astype(np.uint8)


def _degrade(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blur, sharpen, add noise, or squeeze through JPEG."""
    choice = rng.random()
    if choice < 0.15:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.6)).astype(np.uint8)
    if choice < 0.28:
        soft = cv2.GaussianBlur(image, (0, 0), 1.2)
        return cv2.addWeighted(image, 1.8, soft, -0.8, 0).astype(np.uint8)
    if choice < 0.40:
        noisy = image + rng.normal(0, rng.uniform(3, 14), image.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)
    if choice < 0.50:
        ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 80))])
        if ok:
            return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.uint8)  # type: ignore[union-attr]
    return image


def _erase(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Hide a random rectangle (Zhong et al. 2017, random erasing) in one image of five."""
    if rng.random() >= 0.2:
        return image
    height, width = image.shape
    h, w = (int(side * rng.uniform(0.15, 0.42)) for side in (height, width))
    top, left = int(rng.integers(0, height - h)), int(rng.integers(0, width - w))
    out = image.copy()
    out[top : top + h, left : left + w] = rng.integers(0, 256)
    return out
