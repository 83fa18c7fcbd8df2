"""Geometry of the 30-day line, on a plane of 100 x 100 that the page stretches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moods.selectors import LinePoint

#: Days without an entry across which the line is still drawn.
BRIDGED: Final = 2


@dataclass(frozen=True)
class Line:
    """SVG path data: the line, the days of the person's word, the days of a guess."""

    line: str
    own: str
    guess: str


def line_through(points: Sequence[LinePoint]) -> Line:
    """Draw days from left to right, valence -1..1 from bottom to top; gaps stay open."""
    last = max(1, len(points) - 1)
    placed = [
        (at, 100 * at / last, 50 - 46 * point.valence, point.own)
        for at, point in enumerate(points)
        if point.valence is not None
    ]
    line, before = [], None
    for at, x, y, _own in placed:
        joined = before is not None and at - before <= BRIDGED + 1
        line.append(f"{'L' if joined else 'M'}{x:.2f} {y:.2f}")
        before = at
    # A path of no length with round caps is a dot that keeps its shape while the plane stretches.
    dots = {
        kind: "".join(f"M{x:.2f} {y:.2f}h.01" for _at, x, y, own in placed if own is kind)
        for kind in (True, False)
    }
    return Line("".join(line), dots[True], dots[False])
