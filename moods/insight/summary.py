"""Pure arithmetic on days: running means with their band, weekly shares, runs of days, one month in numbers."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import fmean
from typing import Final

from moods.choices import Feeling
from moods.insight.selectors import ORDER, Day

WINDOW: Final = 7
#: Days with a point that a running mean needs among its seven.
LEAST: Final = 3


@dataclass(frozen=True, slots=True)
class Smooth:
    """The mean of the seven days that end on ``date``, and one standard deviation either side (valence)."""

    date: date
    mean: float
    low: float
    high: float
    days: int


@dataclass(frozen=True, slots=True)
class Shares:
    """One week or month: how many entries showed each feeling, in ``ORDER``, said and guessed."""

    start: date
    said: tuple[int, ...]
    guessed: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return how many entries were counted."""
        return sum(self.said) + sum(self.guessed)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Several days in one row of a table: mean, lowest and highest day (valence)."""

    start: date
    days: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sum:
    """A stretch of days in numbers; counts of feelings in ``ORDER``."""

    days: int
    entries: int
    said: tuple[int, ...]
    guessed: tuple[int, ...]
    mean: float | None

    @property
    def own(self) -> int:
        """Return how many entries carry a feeling in the person's word."""
        return sum(self.said)

    @property
    def guess(self) -> int:
        """Return how many entries carry a guess only."""
        return sum(self.guessed)

    @property
    def met(self) -> list[Feeling]:
        """Return the different feelings that the person named or chose."""
        return [feeling for feeling, count in zip(ORDER, self.said, strict=True) if count]

    @property
    def most(self) -> Feeling | None:
        """Return the feeling said most often, or None if none, or if several tie."""
        first, second = sorted(self.said, reverse=True)[:2]
        return ORDER[self.said.index(first)] if first > second else None


@dataclass(frozen=True, slots=True)
class Runs:
    """Days in a row with an entry: the run that today or yesterday ends, and the longest of all."""

    current: int
    longest: int


def smooth(days: Sequence[Day], start: date, end: date) -> list[Smooth]:
    """Return the running mean of each date from ``start`` to ``end`` whose last seven days hold enough.

    The band is one sample standard deviation of the same days' valences.
    """
    points = {day.date: day.valence for day in days if day.valence is not None}
    window: deque[tuple[date, float]] = deque()
    out = []
    for n in range(-WINDOW + 1, (end - start).days + 1):
        at = start + timedelta(days=n)
        if (valence := points.get(at)) is not None:
            window.append((at, valence))
        while window and (at - window[0][0]).days >= WINDOW:
            window.popleft()
        if n >= 0 and len(window) >= LEAST:
            out.append(_smoothed(at, [value for _at, value in window]))
    return out


def _smoothed(at: date, values: list[float]) -> Smooth:
    n = len(values)
    mean = sum(values) / n
    spread = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    return Smooth(at, mean, max(-1.0, mean - spread), min(1.0, mean + spread), n)


def by_month(days: Iterable[Day]) -> list[Smooth]:
    """Return each month's mean and band, placed on the 15th; months with too few days are left out.

    For years on end, where a mean of seven days is finer than a screen can draw.
    """
    groups: dict[date, list[float]] = {}
    for day in days:
        if (valence := day.valence) is not None:
            groups.setdefault(day.date.replace(day=15), []).append(valence)
    return [_smoothed(at, values) for at, values in sorted(groups.items()) if len(values) >= LEAST]


def week_start(day: date) -> date:
    """Return the Sunday a day's week begins with, as calendars in Korea do."""
    return day - timedelta(days=(day.weekday() + 1) % 7)


def month_start(day: date) -> date:
    """Return the first of a day's month."""
    return day.replace(day=1)


def shares(days: Iterable[Day], start_of: Callable[[date], date]) -> list[Shares]:
    """Count feelings by week or month; a week without any is left out, so that a gap stays one."""
    groups: dict[date, list[Day]] = {}
    for day in days:
        groups.setdefault(start_of(day.date), []).append(day)
    counted = [
        Shares(start, _add(day.said for day in group), _add(day.guessed for day in group))
        for start, group in sorted(groups.items())
    ]
    return [each for each in counted if each.total]


def buckets(days: Iterable[Day], start_of: Callable[[date], date]) -> list[Bucket]:
    """Gather days with a point by week or month, the earliest first."""
    groups: dict[date, list[float]] = {}
    for day in days:
        if (valence := day.valence) is not None:
            groups.setdefault(start_of(day.date), []).append(valence)
    return [
        Bucket(start, len(values), fmean(values), min(values), max(values))
        for start, values in sorted(groups.items())
    ]


def add_up(days: Sequence[Day]) -> Sum:
    """Put a stretch of days into numbers; the mean is that of days, so that a talkative day weighs no more."""
    values = [valence for day in days if (valence := day.valence) is not None]
    return Sum(
        days=len(days),
        entries=sum(day.entries for day in days),
        said=_add(day.said for day in days),
        guessed=_add(day.guessed for day in days),
        mean=fmean(values) if values else None,
    )


def runs(days: Iterable[date], today: date) -> Runs:
    """Count days in a row; a run that yesterday ends is not over, because today is not."""
    longest = current = 0
    before: date | None = None
    for day in sorted(set(days)):
        current = current + 1 if before is not None and (day - before).days == 1 else 1
        longest, before = max(longest, current), day
    alive = before is not None and (today - before).days <= 1
    return Runs(current if alive else 0, longest)


def busiest(hours: dict[tuple[int, int], int]) -> int | None:
    """Return the hour of the day with the most entries, or None if there are none or several tie."""
    counts: Counter[int] = Counter()
    for (_weekday, hour), count in hours.items():
        counts[hour] += count
    best = counts.most_common(2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    return best[0][0]


def _add(rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True))) or (0,) * len(ORDER)
