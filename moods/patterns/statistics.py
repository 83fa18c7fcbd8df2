"""Numbers of the patterns page, from arrays alone: differences, intervals, and how rare they are by chance.

A difference is the mean valence of the units (days, or parts of days) with a thing minus that of those
without. Its interval is that of a regression with errors clustered by calendar week, so that the days of
one bad week do not count as seven witnesses. Whether it is rare by chance says a permutation test inside
blocks of days: what a block was like as a whole stays, only the order within it is drawn anew. All
comparisons of a page are judged together (Westfall and Young's max-T), so that the chance of even one
finding in a diary without any is 5 %. ``docs/patterns.md`` says it at length.

Nothing here knows Django; numpy comes in with the first call, not with the web process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

#: Random arrangements of a diary; the smallest chance that can come out is 1 in (DRAWS + 1).
DRAWS: Final = 999
#: The chance of one finding or more where there is nothing to find.
LEVEL: Final = 0.05
#: Orders of one block that shuffling chooses among: the real one and this many less one drawn at random.
ORDERS: Final = 24
#: Blocks that are drawn apart, at most; in a longer diary some weeks are drawn together.
BUNDLES: Final = 130
#: The level of an interval of 95 %, and the normal distribution's quantile for it.
COVERED: Final = 0.95
_Z: Final = 1.959963984540054
#: From here on the expansion of t about the normal distribution is exact to 1e-6.
_MANY: Final = 60
#: Less spread than this is none: all values alike, give or take rounding.
_NOTHING: Final = 1e-9


@dataclass(frozen=True)
class Contrast:
    """Means of the units with and without, their difference and its 95 % interval, in valence.

    The interval is infinite where fewer than two weeks have such units (no freedom is left).
    """

    count: int
    others: int
    mean: float
    other_mean: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Family:
    """Comparisons that are drawn together: tags, weekdays, or parts of the day.

    ``values`` one per unit in order of time, ``things`` units x comparisons (1 with, 0 without),
    ``blocks`` the block of each unit, not falling. ``turning``: a block's values turn as a ring, which
    keeps neighbours together; otherwise they are shuffled.
    """

    values: Floats
    things: Floats
    blocks: Ints
    turning: bool


@dataclass(frozen=True)
class Judged:
    """How far a comparison lies from what blocks in random order give, in standard deviations.

    ``chance`` is corrected for all comparisons; where no order could have differed, z is 0, chance 1.
    """

    z: float
    chance: float


def contrasts(values: Floats, things: Floats, weeks: Ints) -> list[Contrast]:
    """Compare the units with each thing to those without; ``weeks`` (not falling) are the clusters.

    The variance is statsmodels' ``cov_type="cluster"`` of the regression on an intercept and the thing;
    the degrees of freedom are the weeks that have such units (or the others, if fewer) less one.
    """
    import numpy as np

    units, clusters = len(values), np.flatnonzero(np.diff(weeks, prepend=weeks[:1] - 1))
    count = things.sum(axis=0)
    others = units - count
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = values @ things / count
        other_mean = values @ (1 - things) / others
        pull = (
            things * (values[:, None] - mean) / count - (1 - things) * (values[:, None] - other_mean) / others
        )
    among = len(clusters)
    by_week = np.add.reduceat(pull, clusters, axis=0) if units else pull
    free = np.minimum(_weeks_with(things, clusters), _weeks_with(1 - things, clusters)) - 1
    small = among / max(1, among - 1) * (units - 1) / max(1, units - 2)
    error = np.sqrt(small * (by_week**2).sum(axis=0))
    return [
        _contrast(int(count[j]), int(others[j]), float(mean[j]), float(other_mean[j]), float(error[j]), int(free[j]))
        for j in range(things.shape[1])
    ]  # fmt: skip


def judge(families: Sequence[Family], seed: int, draws: int = DRAWS) -> list[list[Judged]]:
    """Judge all comparisons of all families together, by max-T over random orders within blocks.

    Each difference is measured in its own standard deviation over all orders (exact, not drawn), so
    that a thing that comes in runs is not judged by one that does not. The same seed gives the same
    answer. Families are drawn apart; for comparisons that go together that errs to the careful side.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    most = np.zeros(draws)
    measured = []
    for family in families:
        z, steps, choices = _measure(family, rng)
        measured.append(z)
        if z.size:
            most = np.maximum(most, _drawn(steps, choices, draws, rng))
    # Ties by rounding count against a finding.
    return [
        [Judged(float(one), (1 + int((most >= abs(one) - _NOTHING).sum())) / (draws + 1)) for one in z]
        for z in measured
    ]


def local_level(values: Floats, days: Ints, reach: int = 3) -> Floats:
    """Return the mean of the values from ``reach`` days before each unit to as many after.

    ``days`` are day numbers, not falling. With 3 the window is one week, each weekday in it once.
    """
    import numpy as np

    if not len(values):
        return values
    sums = np.concatenate(([0.0], np.cumsum(values)))
    first = np.searchsorted(days, days - reach, side="left")
    last = np.searchsorted(days, days + reach, side="right")
    return np.asarray((sums[last] - sums[first]) / (last - first), dtype=np.float64)


@cache
def t_quantile(free: int) -> float:
    """Return how many standard errors an interval of 95 % reaches with ``free`` degrees of freedom.

    Exact by bisection over the finite series (Abramowitz and Stegun 26.7.3-4); from 60 on by the
    expansion 26.7.5. Infinite for none.
    """
    if free < 1:
        return math.inf
    if free >= _MANY:
        z = _Z
        return (
            z
            + (z**3 + z) / (4 * free)
            + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
        )
    low, high = 0.0, 16.0
    for _step in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, free) < COVERED else (low, middle)
    return (low + high) / 2


def _within(t: float, free: int) -> float:
    """Return the chance that Student's t lies between -t and t."""
    angle = math.atan(t / math.sqrt(free))
    cosine, odd = math.cos(angle), free % 2
    term = cosine if odd else 1.0
    total = term if free > 1 else 0.0
    for power in range(2 + odd, free - 1, 2):
        term *= cosine**2 * (power - 1) / power
        total += term
    inner = math.sin(angle) * total
    return 2 / math.pi * (angle + inner) if odd else inner


def _weeks_with(things: Floats, clusters: Ints) -> Ints:
    import numpy as np

    if not len(things):
        return np.zeros(things.shape[1], dtype=np.int64)
    return np.asarray((np.add.reduceat(things, clusters, axis=0) > 0).sum(axis=0), dtype=np.int64)


def _contrast(count: int, others: int, mean: float, other_mean: float, error: float, free: int) -> Contrast:
    difference = mean - other_mean
    reach = error * t_quantile(free) if free > 0 and count and others else math.inf
    return Contrast(count, others, mean, other_mean, difference, difference - reach, difference + reach)


def _measure(family: Family, rng: np.random.Generator) -> tuple[Floats, Floats, Ints]:
    """Return z of each comparison, what each order of each block adds to z, and orders per block.

    With the units fixed, a difference of means is a straight line in the sum over the units with the
    thing; so sums are enough.
    """
    import numpy as np

    if not family.things.size:
        among = family.things.shape[1]
        return np.zeros(among), np.zeros((0, 1, among)), np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.diff(family.blocks, prepend=family.blocks[:1] - 1))
    sizes = np.diff(starts, append=len(family.values))
    orders, choices = _turns(sizes) if family.turning else _shuffles(sizes, rng)
    longest = int(sizes.max())
    there = np.arange(longest) < sizes[:, None]
    at = np.where(there, starts[:, None] + np.arange(longest), 0)
    things = family.things[at] * there[:, :, None]
    sums = family.values[starts[:, None, None] + orders] @ things
    real = np.arange(sums.shape[1]) < choices[:, None]
    mean = (sums * real[:, :, None]).sum(axis=1) / choices[:, None]
    steps = (sums - mean[:, None, :]) * real[:, :, None]
    if not family.turning:
        steps, choices = _bundled(steps)
    spread = np.sqrt(((steps**2).sum(axis=1) / choices[:, None]).sum(axis=0))
    steps = np.divide(steps, spread, out=np.zeros_like(steps), where=spread > _NOTHING * len(family.values))
    moving = choices > 1
    return steps[:, 0, :].sum(axis=0), steps[moving], choices[moving]


def _bundled(steps: Floats) -> tuple[Floats, Ints]:
    """Let neighbouring blocks of a very long diary take their n-th order together, to draw less often.

    Their orders were drawn apart, so a bundle has as many random orders as a block, the real one first.
    """
    import numpy as np

    blocks, orders, among = steps.shape
    width = -(-blocks // BUNDLES)
    padded = np.zeros((-(-blocks // width) * width, orders, among))
    padded[:blocks] = steps
    bundled = padded.reshape(-1, width, orders, among).sum(axis=1)
    return bundled, np.full(len(bundled), orders, dtype=np.int64)


def _turns(sizes: Ints) -> tuple[Ints, Ints]:
    """Return every turn of each block as a ring (blocks x turns x places), the real order first."""
    import numpy as np

    places = np.arange(int(sizes.max()))
    return (places[:, None] + places)[None] % sizes[:, None, None], sizes


def _shuffles(sizes: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return random orders of each block (blocks x orders x places), the real order first."""
    import numpy as np

    longest = int(sizes.max())
    there = np.arange(longest) < sizes[:, None]
    keys = np.where(there[:, None, :], rng.random((len(sizes), ORDERS, longest)), 2.0)
    orders = keys.argsort(axis=2)
    orders[:, 0] = np.arange(longest)
    orders = np.where(there[:, None, :], orders, 0)
    return orders, np.where(sizes > 1, ORDERS, 1)


def _drawn(steps: Floats, choices: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """Return the largest distance of any comparison in each of so many random diaries."""
    import numpy as np

    total = np.zeros((draws, steps.shape[2]))
    chosen = (rng.random((len(choices), draws)) * choices[:, None]).astype(np.int64)
    for block, order in zip(steps, chosen, strict=True):
        total += block.take(order, axis=0)
    return np.asarray(np.abs(total).max(axis=1), dtype=np.float64)
