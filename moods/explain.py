"""Draw over a photo what in the face mattered: the coarse activation grid, warm where it was strong."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw

import inference

#: Colour of full activation (red, green, blue) and how much of it covers the photo at most.
WARM: Final = (240, 84, 36)
OPACITY: Final = 0.62


def overlay_png(photo: bytes, reading: inference.Reading) -> bytes:
    """Return the upright photo with grid and face box drawn over it, as PNG.

    The grid lies in the aligned face crop; its four corners say where that is in the photo, so each
    pixel of the photo is looked up in the grid by the affine map from corners to the unit square.
    """
    prepared = inference.prepare_photo(photo)
    picture = Image.open(io.BytesIO(prepared.data)).convert("RGB")
    if reading.grid and reading.grid_corners:
        heat = _heat(reading.grid, reading.grid_corners, picture.size)
        picture = Image.composite(Image.new("RGB", picture.size, WARM), picture, heat)
    if reading.face:
        box, width = reading.face, max(2, picture.width // 300)
        outline = (box.x, box.y, box.x + box.w, box.y + box.h)
        ImageDraw.Draw(picture).rectangle(outline, outline=WARM, width=width)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _heat(
    grid: tuple[tuple[float, ...], ...], corners: tuple[tuple[float, float], ...], size: tuple[int, int]
) -> Image.Image:
    """Return an 8-bit mask of the photo's size: the grid, smoothly enlarged, laid on its corners."""
    rows, columns = len(grid), len(grid[0])
    small = Image.new("L", (columns, rows))
    small.putdata([round(255 * OPACITY * max(0.0, min(1.0, cell))) for row in grid for cell in row])
    side = 256
    even = small.resize((side, side), Image.Resampling.BICUBIC)
    (x0, y0), (x1, y1), _, (x3, y3) = corners
    ax, ay, bx, by = x1 - x0, y1 - y0, x3 - x0, y3 - y0
    det = ax * by - ay * bx
    # Photo pixel to crop pixel: the inverse of  corner0 + u * (ax, ay) + v * (bx, by).
    u = (by / det, -bx / det, (bx * y0 - by * x0) / det)
    v = (-ay / det, ax / det, (ay * x0 - ax * y0) / det)
    coefficients = tuple(side * value for value in (*u, *v))
    return even.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR, fillcolor=0)
