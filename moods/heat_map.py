"""Draw over a kept photo where the ensemble looked: the coarse grid as SVG, in the photo's own pixels.

Only the grid and its corners are used; no pixel of the photo is read, made or stored. The drawing
fills the same box as the picture (same width and height, fitted alike), so no script places it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from moods.models import PhotoReading

#: Most of the photo that a cell hides.
OPACITY: Final = 0.6
#: Cells under this share of the strongest are left out: faint squares would only look exact.
FAINT: Final = 1 / 3
#: The dashed line is drawn around cells of at least this share of the strongest.
STRONG: Final = 2 / 3

Grid = Sequence[Sequence[float]]


def can_draw(reading: PhotoReading) -> bool:
    """Say whether everything that the drawing needs was stored."""
    return bool(reading.grid and reading.grid_corners and reading.photo_width and reading.photo_height)


def over_photo(reading: PhotoReading) -> SafeString:
    """Return the drawing, empty where the grid or the photo's size is not known.

    The grid covers the aligned crop, whose corners (top left, then clockwise) lie anywhere in the
    photo: one affine matrix takes (column, row) there.
    """
    if not can_draw(reading):
        return mark_safe("")
    grid: Grid = reading.grid or ()
    strongest = max((value for row in grid for value in row), default=0.0)
    cells = [
        (x, y, f"{OPACITY * value / strongest:.2f}")
        for y, row in enumerate(grid)
        for x, value in enumerate(row)
        if strongest > 0 and value >= FAINT * strongest
    ]
    squares = format_html_join("", '<rect x="{}" y="{}" width="1" height="1" opacity="{}"/>', cells)
    edge = "".join(f"M{x0} {y0}L{x1} {y1}" for x0, y0, x1, y1 in _edges(grid, STRONG * strongest))
    return format_html(
        '<svg class="heat" viewBox="0 0 {w} {h}" aria-hidden="true" focusable="false">'
        '<clipPath id="heat-photo"><rect width="{w}" height="{h}"/></clipPath>'
        '<g clip-path="url(#heat-photo)"><g transform="matrix({m})">'
        '<g class="cells">{squares}</g><path class="under" d="{edge}"/><path class="edge" d="{edge}"/></g></g></svg>',
        w=reading.photo_width,
        h=reading.photo_height,
        m=" ".join(f"{number:.4f}" for number in _matrix(grid, reading.grid_corners or ())),
        squares=squares,
        edge=edge,
    )


def _matrix(grid: Grid, corners: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return SVG's (a, b, c, d, e, f) that takes (column, row) of the grid to pixels of the photo."""
    (x0, y0), (x1, y1), _opposite, (x3, y3) = corners
    columns, rows = len(grid[0]), len(grid)
    return (x1 - x0) / columns, (y1 - y0) / columns, (x3 - x0) / rows, (y3 - y0) / rows, x0, y0


def _edges(grid: Grid, least: float) -> Iterator[tuple[int, int, int, int]]:
    """Yield the sides of strong cells that border on weak ones: the outline of what was looked at most."""
    rows, columns = len(grid), len(grid[0])

    def strong(x: int, y: int) -> bool:
        return 0 <= x < columns and 0 <= y < rows and grid[y][x] >= least > 0

    for y in range(rows):
        for x in range(columns):
            if not strong(x, y):
                continue
            sides = (
                (x, y - 1, (x, y, x + 1, y)),
                (x, y + 1, (x, y + 1, x + 1, y + 1)),
                (x - 1, y, (x, y, x, y + 1)),
                (x + 1, y, (x + 1, y, x + 1, y + 1)),
            )
            yield from (side for nx, ny, side in sides if not strong(nx, ny))
