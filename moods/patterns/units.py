"""What is compared: days and parts of days, each with one valence; no tables, no words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from math import fsum
from typing import Final, NamedTuple

#: Parts of the day by the clock on the person's own wall: name, first hour, hour after the last.
PARTS: Final = (
    ("dawn", 0, 6),
    ("morning", 6, 11),
    ("noon", 11, 17),
    ("evening", 17, 21),
    ("night", 21, 24),
)
PART_NAMES: Final = tuple(name for name, _first, _end in PARTS)
#: The part of each hour.
PART_OF_HOUR: Final = tuple(
    next(at for at, (_name, first, end) in enumerate(PARTS) if first <= hour < end) for hour in range(24)
)


class Row(NamedTuple):
    """One entry: its local day and hour, its tags, its valence (None: nothing was said or read)."""

    day: date
    hour: int
    valence: float | None
    own: bool
    tags: tuple[str, ...]


class Unit(NamedTuple):
    """One day, or one part of it: the mean of its own words; of its readings only without any.

    ``part`` is the place in PARTS, or None for a whole day, which alone has ``tags``.
    """

    day: date
    part: int | None
    valence: float
    own: bool
    tags: frozenset[str] = frozenset()


def days_of(rows: Iterable[Row]) -> list[Unit]:
    """Return the days that have a valence, in order; a day has the tags of all of its entries."""
    found: dict[date, list[Row]] = {}
    for row in rows:
        found.setdefault(row.day, []).append(row)
    units = []
    for day in sorted(found):
        said = _valence(found[day])
        if said is not None:
            units.append(Unit(day, None, *said, frozenset().union(*(row.tags for row in found[day]))))
    return units


def parts_of(rows: Iterable[Row]) -> list[Unit]:
    """Return the parts of days that have a valence, in order."""
    found: dict[tuple[date, int], list[Row]] = {}
    for row in rows:
        found.setdefault((row.day, PART_OF_HOUR[row.hour]), []).append(row)
    return [
        Unit(day, part, *said)
        for day, part in sorted(found)
        if (said := _valence(found[day, part])) is not None
    ]


def _valence(rows: Sequence[Row]) -> tuple[float, bool] | None:
    own = [row.valence for row in rows if row.own and row.valence is not None]
    counted = own or [row.valence for row in rows if row.valence is not None]
    # fsum, as fmean has it: the mean does not depend on the order of the rows.
    return (fsum(counted) / len(counted), bool(own)) if counted else None
