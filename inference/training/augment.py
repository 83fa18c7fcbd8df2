"""Make one face look as other cameras, lights and hands would have taken it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.members._prepare import to_grey

Pixels = NDArray[np.uint8]


def augment(
    image: Pixels,
    size: tuple[int, int],
    rng: np.random.Generator,
    *,
    colour: bool = False,
    mask_paste: float = 0.0,
) -> Pixels:
    """Warp, relight, degrade and partly hide one face.

    Args:
        image: uint8, grey ``(h, w)`` or RGB ``(h, w, 3)``.
        size: height and width of the result.
        rng: source of every random choice.
        colour: whether the network is shown colour.
        mask_paste: chance that a mask is drawn over nose and mouth.

    Returns:
        uint8, shape ``size``, with a third axis of 3 where ``colour``.
    """
    out = _with_colour(image, rng) if colour else _without_colour(image, rng)
    if mask_paste and rng.random() < mask_paste:
        out = paste_mask(out, rng)
    out = _warp(out, size, rng)
    out = _relight(out, rng)
    out = _degrade(out, rng)
    return _erase(out, rng)


def augment_points(points: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Turn (±12°), scale (±10 %) and tremble the landmarks ``(points, 2)`` of one face."""
    angle, scale = rng.normal(0, math.radians(6)), math.exp(rng.uniform(-0.1, 0.1))
    turn = scale * np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    middle = points.mean(0)
    spread = float(points.std()) or 1.0
    moved = (points - middle) @ turn + middle
    return np.asarray(moved + rng.normal(0, 0.01 * spread, points.shape), np.float32)


def mixed_up(
    inputs: NDArray[np.float32], targets: NDArray[np.float32], alpha: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Blend every image and target of a batch with another one's (mixup, Zhang et al. 2018)."""
    share = np.float32(rng.beta(alpha, alpha))
    other = rng.permutation(len(inputs))
    blended = share * inputs + (1 - share) * inputs[other]
    return blended, share * targets + (1 - share) * targets[other]


def _without_colour(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Make grey of colour; for half of the images with other weights, as other films saw it."""
    if image.ndim == 2:
        return image
    if rng.random() < 0.5:
        return to_grey(image)
    shares = rng.dirichlet((3.0, 5.0, 2.0)).astype(np.float32)
    return np.asarray(np.clip(image.astype(np.float32) @ shares, 0, 255), np.uint8)


def _with_colour(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Bring to RGB: tint half of the grey images, bleach a quarter of the coloured ones, shift the rest."""
    if image.ndim == 2:
        grey = np.repeat(image[..., None], 3, axis=-1)
        return _tinted(grey, rng) if rng.random() < 0.5 else grey
    if rng.random() < 0.25:
        return np.repeat(to_grey(image)[..., None], 3, axis=-1)
    gains = np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
    return np.asarray(np.clip(image * gains, 0, 255), np.uint8)


def _tinted(grey: Pixels, rng: np.random.Generator) -> Pixels:
    """Lay a warm tone over a grey RGB image, weaker towards black and white as on skin."""
    tone = rng.uniform((5, -8, -40), (45, 12, -5)).astype(np.float32)
    level = grey[..., :1].astype(np.float32) / 255
    return np.clip(grey + 4 * level * (1 - level) * tone, 0, 255).astype(np.uint8)


def paste_mask(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Draw a cloth mask over the lower face of a crop, grey or RGB.

    The outline (nose bridge, cheeks, jaw, chin) is ours, in shares of the crop, and trembles; the
    cloth is white, blue, dark or patterned by folds, so that no single look of a mask is learned.
    """
    height, width = image.shape[:2]
    top = rng.uniform(0.46, 0.60)
    right = np.array([(0.74, top + 0.07), (0.90, top + 0.04), (0.84, 0.86), (0.66, 0.99)])
    left = (right * (-1, 1) + (1, 0))[::-1]
    outline = np.vstack([[(0.5, top)], right, left])
    outline = (outline + rng.normal(0, 0.015, outline.shape)) * (width, height)
    cloth = np.array([(235, 235, 235), (150, 185, 215), (40, 40, 45), (190, 170, 160)])[rng.integers(4)]
    cloth = np.clip(cloth + rng.normal(0, 12, 3), 0, 255)
    out = (np.repeat(image[..., None], 3, axis=-1) if image.ndim == 2 else image).copy()
    layer = np.tile(cloth.astype(np.float32), (height, width, 1))
    folds = 12 * np.sin(np.linspace(0, rng.uniform(12, 30), height, dtype=np.float32))
    layer += folds[:, None, None] + 0.25 * (out.mean(axis=2, keepdims=True) - out.mean())
    cover = np.zeros((height, width), np.uint8)
    cv2.fillPoly(cover, [np.rint(outline).astype(np.int32)], 255)
    out[cover > 0] = np.clip(layer, 0, 255).astype(np.uint8)[cover > 0]
    return to_grey(out) if image.ndim == 2 else out


def _warp(image: Pixels, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Flip, rotate (±12°), scale (0.85..1.18), shift (±7 %) in one interpolation."""
    height, width = image.shape[:2]
    scale = size[0] / height * math.exp(rng.uniform(-0.16, 0.16))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 6), scale)
    matrix[0, 2] += (size[1] - width) / 2 + rng.uniform(-0.07, 0.07) * size[1]
    matrix[1, 2] += (size[0] - height) / 2 + rng.uniform(-0.07, 0.07) * size[0]
    if rng.random() < 0.5:
        image = image[:, ::-1].copy()
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_REFLECT_101
    if height > 2 * size[0]:  # bilinear alone would skip pixels of a large photo and alias
        image = cv2.GaussianBlur(image, (0, 0), 0.3 * height / size[0]).astype(np.uint8)
    out = cv2.warpAffine(image, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(out, np.uint8)


def _relight(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Change gamma, contrast and brightness, sometimes with a shadow from one side."""
    x = np.linspace(0, 1, 256, dtype=np.float32) ** math.exp(rng.normal(0, 0.3))
    x = (x - 0.5) * math.exp(rng.normal(0, 0.22)) + 0.5 + rng.normal(0, 0.09)
    out = cv2.LUT(image, np.clip(x * 255, 0, 255).astype(np.uint8))
    if rng.random() < 0.25:
        ramp = np.linspace(rng.uniform(0.4, 1), rng.uniform(0.8, 1.2), image.shape[1], dtype=np.float32)
        ramp = ramp if rng.random() < 0.5 else ramp[::-1]
        out = np.clip(out * (ramp if image.ndim == 2 else ramp[:, None]), 0, 255)
    return out.astype(np.uint8)


def _degrade(image: Pixels, rng: np.random.Generator) -> Pixels:
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
            how = cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR
            return np.asarray(cv2.imdecode(data, how), np.uint8)
    return image


def _erase(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Hide a random rectangle (Zhong et al. 2017, random erasing) in one image of five."""
    if rng.random() >= 0.2:
        return image
    height, width = image.shape[:2]
    h, w = (int(side * rng.uniform(0.15, 0.42)) for side in (height, width))
    top, left = int(rng.integers(0, height - h)), int(rng.integers(0, width - w))
    out = image.copy()
    out[top : top + h, left : left + w] = rng.integers(0, 256)
    return out
