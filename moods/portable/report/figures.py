"""The numbers of the report; each comes from rows of the diary and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import fmean, pstdev
from typing import Any, Final

from django.utils import timezone

from accounts.models import User
from moods import selectors
from moods.choices import Status
from moods.forms import FEELING_ORDER
from moods.models import CheckIn
from moods.portable import fhir
from moods.portable.report.periods import Period, before

#: Notes that fit on the second page.
MOST_NOTES: Final = 8
#: Days of the running mean, and how many of them must have a point.
WINDOW: Final = 7
LEAST: Final = 3
#: A day at or below this valence counts as hard (조금 힘들어요 and lower), at or above its opposite as good.
HARD: Final = -1 / 3
_TAGS: Final = 8


@dataclass(frozen=True)
class Day:
    """One day: its valence (None: nothing said), whose word it is, the seven days up to it."""

    date: date
    valence: float | None
    own: bool
    feeling: str | None
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Note:
    """A note that the member chose to show."""

    uuid: str
    date: date
    time: time
    text: str


@dataclass(frozen=True)
class Report:
    """Everything the two pages show."""

    name: str
    birth_year: int | None
    period: Period
    made_at: datetime
    days: list[Day]
    written: int
    entries: int
    own_days: int
    mean: float | None
    mean_before: float | None
    spread: float | None
    hard: int
    good: int
    feelings: list[tuple[str, int, int]]
    tags: list[tuple[str, int]]
    scales: list[Any]
    notes: list[Note]
    card: dict[str, Any]


def notes_in(member: User, period: Period) -> list[Note]:
    """Return every note of a period, the earliest first, to choose from."""
    found = _entries(member, period)
    return [_note(entry) for entry in found if entry.note]


def report_of(member: User, period: Period, chosen: Collection[str] = ()) -> Report:
    """Gather the numbers; of notes only those that the member chose, none by itself."""
    entries = _entries(member, period)
    days = _days(member, period, entries)
    own = [day.valence for day in days if day.own and day.valence is not None]
    notes = [_note(entry) for entry in entries if entry.note and str(entry.uuid) in chosen]
    scales = [one for one in fhir.scales_taken(member) if period.start <= one.local_date <= period.last]
    return Report(
        name=member.name,
        birth_year=member.birth_year,
        period=period,
        made_at=timezone.localtime(timezone=member.zone),
        days=days,
        written=len({entry.local_date for entry in entries}),
        entries=len(entries),
        own_days=len(own),
        mean=fmean(own) if own else None,
        mean_before=_own_mean(member, before(period)),
        spread=pstdev(own) if len(own) > 1 else None,
        hard=sum(1 for value in own if value <= HARD),
        good=sum(1 for value in own if value >= -HARD),
        feelings=_feelings(entries),
        tags=Counter(tag for entry in entries for tag in set(entry.tags)).most_common(_TAGS),
        scales=scales,
        notes=notes[:MOST_NOTES],
        card=selectors.active_model_card(),
    )


def _entries(member: User, period: Period) -> list[CheckIn]:
    found = selectors.check_ins_of(member).filter(local_date__range=(period.start, period.last))
    return list(found.order_by("local_date", "local_time", "pk"))


def _note(entry: CheckIn) -> Note:
    return Note(str(entry.uuid), entry.local_date, entry.local_time, entry.note)


def _days(member: User, period: Period, entries: list[CheckIn]) -> list[Day]:
    first = period.start - timedelta(days=WINDOW - 1)
    points = selectors.day_points(member, first, period.last)[member.pk]
    shown: dict[date, str] = {}
    for own_turn in (False, True):  # a day's own word, where there is one, covers its guess
        for entry in entries:
            said = selectors.shown_feeling(entry)
            if said and said[1] is own_turn:
                shown[entry.local_date] = said[0]
    days = []
    for count in range(period.days):
        day = period.start + timedelta(days=count)
        span = [day - timedelta(days=back) for back in range(WINDOW)]
        near = [points[one].valence for one in span if one in points]
        mean = fmean(near) if len(near) >= LEAST else None
        half = pstdev(near) if mean is not None else 0.0
        low, high = (max(-1.0, mean - half), min(1.0, mean + half)) if mean is not None else (None, None)
        point = points.get(day)
        valence, own = (point.valence, point.own) if point else (None, False)
        days.append(Day(day, valence, own, shown.get(day), mean, low, high))
    return days


def _own_mean(member: User, period: Period | None) -> float | None:
    if period is None:
        return None
    found = selectors.day_points(member, period.start, period.end)[member.pk].values()
    own = [point.valence for point in found if point.own]
    return fmean(own) if own else None


def _feelings(entries: list[CheckIn]) -> list[tuple[str, int, int]]:
    """Count entries by feeling: in the member's word, and as a guess where there is no word."""
    said: Counter[str] = Counter()
    guessed: Counter[str] = Counter()
    for entry in entries:
        reading = selectors.reading_of(entry)
        if entry.feeling:
            said[entry.feeling] += 1
        elif entry.mood is None and reading is not None and reading.status == Status.READ:
            guessed[reading.emotion] += 1
    order = [feeling.value for feeling in FEELING_ORDER]
    return [(name, said[name], guessed[name]) for name in order]
