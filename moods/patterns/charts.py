"""Geometry of a dot with its interval, on a strip of 100 x 10 that the page stretches."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from moods.patterns.statistics import Contrast

#: The strip reaches at least one step of the scale to each side, at most from one end to the other.
LEAST: Final = 1 / 3
MOST: Final = 2.0


@dataclass(frozen=True)
class Strip:
    """SVG path data: where there is no difference, the interval, the dot."""

    middle: str
    interval: str
    dot: str


def reach_of(numbers: Iterable[Contrast]) -> float:
    """Return how far all strips of a page reach to each side, in valence, so that they compare."""
    ends = [abs(end) for one in numbers for end in (one.low, one.high) if math.isfinite(end)]
    return min(MOST, max([LEAST, *ends]))


def strip(one: Contrast, reach: float) -> Strip:
    """Draw one comparison; harder is left, better is right."""
    low, dot, high = (_place(value, reach) for value in (one.low, one.difference, one.high))
    # A path of no length with round caps is a dot that keeps its shape while the strip stretches.
    return Strip("M50 1V9", f"M{low:.2f} 5H{high:.2f}", f"M{dot:.2f} 5h.01")


def _place(value: float, reach: float) -> float:
    return 50 + 46 * max(-1.0, min(1.0, value / reach))
