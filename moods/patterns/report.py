"""What the page says: every comparison that can be made, what it found, and what still lacks entries."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from moods.patterns import statistics
from moods.patterns.statistics import Contrast, Family, Judged
from moods.patterns.units import PART_NAMES, Row, Unit, days_of, parts_of

if TYPE_CHECKING:
    from moods.patterns.statistics import Floats, Ints

#: Days with a valence before anything is compared: four weeks.
DAYS_NEEDED: Final = 28
#: Units that a comparison needs on each side.
EACH_NEEDED: Final = 10
#: The tags used on most days are compared; each further comparison makes every other one harder.
TAGS_COMPARED: Final = 40
#: Days of a block in which tags turn; shuffles stay within a calendar week.
TAG_BLOCK: Final = 28
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Kind(StrEnum):
    """What a comparison is about."""

    TAG = "tag"
    WEEKDAY = "weekday"
    PART = "part"


class Verdict(StrEnum):
    """What came out of a comparison."""

    BETTER = "better"
    HARDER = "harder"
    UNCLEAR = "unclear"
    FEW = "few"


@dataclass(frozen=True)
class Thing:
    """What days are told apart by: a tag as it was written, a weekday, a part of the day."""

    kind: Kind
    key: str

    def on(self, unit: Unit) -> bool:
        """Say whether a unit has it."""
        if self.kind == Kind.TAG:
            return self.key in unit.tags
        if self.kind == Kind.WEEKDAY:
            return WEEKDAYS[unit.day.weekday()] == self.key
        return unit.part is not None and PART_NAMES[unit.part] == self.key


@dataclass(frozen=True)
class Comparison:
    """One comparison with everything that is shown of it.

    ``own`` and ``guess`` count the units with it by whose word they are, ``other_own`` and
    ``other_guess`` those without. ``leaning`` counts units with it that lie on the side of the
    difference, seen from the mean of the others. ``lacking`` and ``others_lacking`` are how many
    units are still to come.
    """

    thing: Thing
    verdict: Verdict
    numbers: Contrast
    own: int
    guess: int
    other_own: int
    other_guess: int
    leaning: int
    lacking: int
    others_lacking: int
    judged: Judged | None


@dataclass(frozen=True)
class Report:
    """The page: days with a valence, how many are lacking, and the comparisons by what they found.

    ``left_out``: tags that were used often enough but not compared, for there are more than forty.
    """

    days: int
    own_days: int
    days_lacking: int
    found: list[Comparison]
    unclear: list[Comparison]
    few: list[Comparison]
    left_out: int


def seed_of(member_pk: int) -> int:
    """Return a member's own seed: the page says the same each time it is opened."""
    return int.from_bytes(hashlib.sha256(f"patterns {member_pk}".encode()).digest()[:8])


def report_of(rows: Sequence[Row], seed: int) -> Report:
    """Compare everything that can be compared."""
    days, parts = days_of(rows), parts_of(rows)
    own_days = sum(1 for unit in days if unit.own)
    lacking = max(0, DAYS_NEEDED - len(days))
    if lacking:
        return Report(len(days), own_days, lacking, [], [], [], 0)
    tags, left_out = _tags(days)
    groups = [
        (days, tags),
        (days, [Thing(Kind.WEEKDAY, key) for key in WEEKDAYS]),
        (parts, [Thing(Kind.PART, key) for key in PART_NAMES]),
    ]
    made = _compare(groups, seed)
    return Report(
        len(days),
        own_days,
        0,
        sorted((one for one in made if one.verdict in (Verdict.BETTER, Verdict.HARDER)), key=_largest_first),
        [one for one in made if one.verdict == Verdict.UNCLEAR],
        # What never was is nothing to ask for: nobody has to write at dawn.
        [one for one in made if one.verdict == Verdict.FEW and one.numbers.count],
        left_out,
    )


def split(rows: Sequence[Row], thing: Thing) -> tuple[list[Unit], list[Unit]]:
    """Return the units with a thing and those without: the rows behind every number of its line."""
    units = parts_of(rows) if thing.kind == Kind.PART else days_of(rows)
    return [unit for unit in units if thing.on(unit)], [unit for unit in units if not thing.on(unit)]


def _largest_first(one: Comparison) -> tuple[float, str]:
    return (-abs(one.numbers.difference), one.thing.key)


def _tags(days: Sequence[Unit]) -> tuple[list[Thing], int]:
    """Choose tags by how many days have them, never by how these days were; say how many are left out."""
    counts = Counter(tag for unit in days for tag in unit.tags)
    ranked = sorted(counts, key=lambda tag: (-counts[tag], tag))
    left_out = sum(1 for tag in ranked[TAGS_COMPARED:] if counts[tag] >= EACH_NEEDED)
    return [Thing(Kind.TAG, tag) for tag in ranked[:TAGS_COMPARED]], left_out


def _compare(groups: Sequence[tuple[list[Unit], list[Thing]]], seed: int) -> list[Comparison]:
    """Count all, judge together those with enough on both sides."""
    import numpy as np

    counted, families, enough = [], [], []
    for units, things in groups:
        values = np.array([unit.valence for unit in units], dtype=np.float64)
        own = np.array([unit.own for unit in units], dtype=np.float64)
        days = np.array([unit.day.toordinal() for unit in units], dtype=np.int64)
        table = _table(units, things)
        found = statistics.contrasts(values, table, _weeks(days))
        ready = [min(one.count, one.others) >= EACH_NEEDED for one in found]
        counted.append((things, found, own @ table, own.sum(), _leaning(values, table, found)))
        families.append(_family(things, values, table[:, ready], days))
        enough.append(ready)
    judged = statistics.judge(families, seed)
    made = []
    for (things, found, own_with, own_all, leaning), ready, marks in zip(
        counted, enough, judged, strict=True
    ):
        mark = iter(marks)
        for at, thing in enumerate(things):
            one = next(mark) if ready[at] else None
            with_own = int(own_with[at])
            made.append(_comparison(thing, found[at], (with_own, int(own_all) - with_own), leaning[at], one))
    return made


def _comparison(
    thing: Thing, numbers: Contrast, own: tuple[int, int], leaning: int, judged: Judged | None
) -> Comparison:
    return Comparison(
        thing=thing,
        verdict=_verdict(numbers, judged),
        numbers=numbers,
        own=own[0],
        guess=numbers.count - own[0],
        other_own=own[1],
        other_guess=numbers.others - own[1],
        leaning=leaning,
        lacking=max(0, EACH_NEEDED - numbers.count),
        others_lacking=max(0, EACH_NEEDED - numbers.others),
        judged=judged,
    )


def _verdict(numbers: Contrast, judged: Judged | None) -> Verdict:
    """Call it a finding only where test, interval and direction agree."""
    if judged is None:
        return Verdict.FEW
    if judged.chance > statistics.LEVEL or judged.z * numbers.difference <= 0:
        return Verdict.UNCLEAR
    if numbers.low > 0:
        return Verdict.BETTER
    return Verdict.HARDER if numbers.high < 0 else Verdict.UNCLEAR


def _table(units: Sequence[Unit], things: Sequence[Thing]) -> Floats:
    """Return units x things: 1 with, 0 without."""
    import numpy as np

    kind = things[0].kind if things else Kind.TAG
    if kind != Kind.TAG:
        codes = [unit.day.weekday() if kind == Kind.WEEKDAY else unit.part for unit in units]
        return np.eye(len(things))[np.array(codes, dtype=np.int64)]
    column = {thing.key: at for at, thing in enumerate(things)}
    table = np.zeros((len(units), len(things)))
    cells = [(at, column[tag]) for at, unit in enumerate(units) for tag in unit.tags if tag in column]
    if cells:
        table[tuple(np.array(cells).T)] = 1.0
    return table


def _leaning(values: Floats, table: Floats, found: Sequence[Contrast]) -> list[int]:
    """Count the units with each thing that lie beyond the mean of the others, on the difference's side."""
    counts = []
    for at, one in enumerate(found):
        beside = values[table[:, at] > 0] - one.other_mean
        counts.append(int(((beside > 0) if one.difference > 0 else (beside < 0)).sum()))
    return counts


def _family(things: Sequence[Thing], values: Floats, table: Floats, days: Ints) -> Family:
    if not things or things[0].kind == Kind.TAG:
        return Family(values, table, days // TAG_BLOCK, turning=True)
    beside = values - statistics.local_level(values, days)
    return Family(beside, table, _weeks(days), turning=False)


def _weeks(days: Ints) -> Ints:
    """Number the calendar weeks; ordinal 1 was a Monday."""
    import numpy as np

    return np.asarray((days - 1) // 7, dtype=np.int64)
