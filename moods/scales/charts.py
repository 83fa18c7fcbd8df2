"""Geometry of a scale's history, on a plane of 100 x 100 that the page stretches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from moods.scales.choices import ease
from moods.scales.selectors import Taken

#: Days between two answers across which the line is still drawn: one round missed.
BRIDGED: Final = 35


@dataclass(frozen=True)
class History:
    """SVG path data, the ends of the time axis, and the rows of the table beside it (newest first)."""

    line: str
    dots: str
    first: date
    last: date
    rows: list[Taken]


def history_of(taken: Sequence[Taken]) -> History | None:
    """Draw answers by their day, easier weeks higher; None when there is nothing to draw."""
    if not taken:
        return None
    first, last = taken[0].local_date, taken[-1].local_date
    span = (last - first).days
    line, dots, before = [], [], None
    for each in taken:
        x = 50.0 if not span else 100 * (each.local_date - first).days / span
        y = 96 - 92 * ease(each.scale, each.raw)
        joined = before is not None and (each.local_date - before).days <= BRIDGED
        line.append(f"{'L' if joined else 'M'}{x:.2f} {y:.2f}")
        # A path of no length with round caps is a dot that keeps its shape while the plane stretches.
        dots.append(f"M{x:.2f} {y:.2f}h.01")
        before = each.local_date
    return History("".join(line), "".join(dots), first, last, list(taken)[::-1])
