"""Compact reads of one member's entries, added up by the database: as fast for ten years as for one month.

The person's word outranks the reading, as in ``moods.selectors``: the expressions below are made from its tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from django.db.models import (
    Case,
    Count,
    F,
    FloatField,
    Func,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Cast

from accounts.models import User
from moods.choices import Feeling, Mood, Status, mood_feeling
from moods.models import CheckIn
from moods.selectors import DayCell, own_point

#: From the lightest colour to the darkest, so that grey print keeps the order.
ORDER: Final = (
    Feeling.HAPPY,
    Feeling.STARTLED,
    Feeling.NEUTRAL,
    Feeling.ANXIOUS,
    Feeling.ANGRY,
    Feeling.SAD,
)

#: More entries than a day can have.
_GUESS: Final = 1 << 20
_SAID: Final = Q(mood__isnull=False) | ~Q(feeling="")
_GUESSED: Final = Q(mood__isnull=True, feeling="", reading__status=Status.READ)
_PLACED: Final = _GUESSED & Q(reading__valence__isnull=False, reading__arousal__isnull=False)


class Tally(NamedTuple):
    """How many entries rest on the person's word and on a guess, and the sums of their valence (-1..1)."""

    own: int
    own_sum: float
    guess: int
    guess_sum: float

    @property
    def valence(self) -> float | None:
        """Return the mean of the words; only without any, the mean of the guesses; else None."""
        if self.own:
            return self.own_sum / self.own
        return self.guess_sum / self.guess if self.guess else None

    @property
    def counted(self) -> int:
        """Return how many entries the mean rests on."""
        return self.own or self.guess


class Day(NamedTuple):
    """One local day that has entries; ``said`` and ``guessed`` count feelings in ``ORDER``."""

    date: date
    entries: int
    tally: Tally
    said: tuple[int, ...]
    guessed: tuple[int, ...]
    #: The day's valence, -1..1, or None where nothing says anything.
    valence: float | None

    @property
    def is_own(self) -> bool:
        """Say whether the day rests on the person's word."""
        return self.tally.own > 0


class _Bare:
    """Takes a number as the driver gives it: Django's own conversion of each would cost more than the query."""

    def get_db_converters(self, connection: Any) -> list[Any]:
        """Return none."""
        return []


class _Count(_Bare, Count):
    """A count; both drivers give an int."""


class _Sum(_Bare, Sum):
    """A sum of floats; both drivers give a float, or None for no rows."""


class _Part(Func):
    """A number taken out of a date or time, without a call back into Python on SQLite."""

    output_field = IntegerField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Write it for SQLite, whose dates and times are texts."""
        return self.as_sql(compiler, connection, template=self.extra["sqlite"], **extra)


def _weekday(column: str) -> _Part:
    """Return the weekday of a date, 0 for Sunday."""
    return _Part(
        F(column),
        template="EXTRACT(DOW FROM %(expressions)s)::integer",
        # The Julian day begins at noon on a Monday.
        sqlite="CAST(julianday(%(expressions)s) + 1.5 AS integer) %%%% 7",
    )


def _hour(column: str) -> _Part:
    """Return the hour of a time of day, 0 to 23."""
    return _Part(
        F(column),
        template="EXTRACT(HOUR FROM %(expressions)s)::integer",
        sqlite="CAST(substr(%(expressions)s, 1, 2) AS integer)",
    )


def days_of(member: User, start: date | None = None, end: date | None = None) -> list[Day]:
    """Return every day with entries from ``start`` to ``end`` inclusive, the earliest first, in one query."""
    columns = {f"f{n}": _Sum(_said_or_guessed(feeling)) for n, feeling in enumerate(ORDER)}
    rows = (
        _between(member, start, end)
        .values("local_date")
        .annotate(entries=_Count("pk"), **_tally(), **columns)
        .order_by("local_date")
        .values_list("local_date", "entries", "own_sum", "guess", "guess_sum", *columns)
    )
    return [_day(*row) for row in rows]


def hours_of(
    member: User, start: date | None = None, end: date | None = None
) -> dict[tuple[int, int], Tally]:
    """Return the tally of each (weekday from Sunday 0, local hour) that says anything, in one query.

    Dates and times are those the person lived, in the zone each entry was written in.
    """
    rows = (
        _between(member, start, end)
        .annotate(weekday=_weekday("local_date"), hour=_hour("local_time"))
        .values("weekday", "hour")
        .annotate(own=_Count("pk", filter=_SAID), **_tally())
        .order_by()
        .values_list("weekday", "hour", "own", "own_sum", "guess", "guess_sum")
    )
    tallies = {(row[0], row[1]): Tally(row[2], row[3] or 0.0, row[4], row[5] or 0.0) for row in rows}
    return {at: tally for at, tally in tallies.items() if tally.counted}


def cells_of(member: User, start: date, end: date) -> list[DayCell]:
    """Return every calendar day from ``start`` to ``end`` inclusive, in one query.

    A day shows its last own word, else its last guess, as the month does.
    """
    rows = (
        _between(member, start, end)
        .order_by("local_date", "local_time", "pk")
        .values_list(
            "local_date", "uuid", "mood", "feeling",
            "reading__status", "reading__emotion", "reading__valence", "reading__arousal",
        )
    )  # fmt: skip
    found: dict[date, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1:])
    days = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return [_cell(day, found.get(day, ())) for day in days]


def week_of_entries(member: User, first: date) -> QuerySet[CheckIn]:
    """Return the entries of the seven days from ``first``, the earliest first, without heavy columns."""
    heavy = ("grid", "grid_corners", "probabilities", "quality", "pose", "face", "ms")
    return (
        _between(member, first, first + timedelta(days=6))
        .select_related("reading")
        .defer(*(f"reading__{name}" for name in heavy))
        .order_by("local_date", "local_time", "pk")
    )


def first_day(member: User) -> date | None:
    """Return the local date of a member's earliest entry, or None."""
    found: date | None = CheckIn.objects.filter(member=member).aggregate(first=Min("local_date"))["first"]
    return found


def written_days(member: User) -> list[date]:
    """Return each local date with an entry, the earliest first."""
    days = CheckIn.objects.filter(member=member).order_by("local_date")
    return list(days.values_list("local_date", flat=True).distinct())


def _between(member: User, start: date | None, end: date | None) -> QuerySet[CheckIn]:
    rows = CheckIn.objects.filter(member=member).order_by()
    if start is not None:
        rows = rows.filter(local_date__gte=start)
    return rows if end is None else rows.filter(local_date__lte=end)


def _tally() -> dict[str, Any]:
    return {
        "own_sum": _Sum(Cast(_own_valence(), FloatField())),
        "guess": _Count("pk", filter=_PLACED),
        "guess_sum": _Sum("reading__valence", filter=_PLACED),
    }


def _own_valence() -> Case:
    """Write ``own_point`` as SQL: steps lie at equal distances, feelings where it puts them; NULL without a word."""
    step = own_point(1, "")
    steps = 1 / step.valence if step else 1.0
    felt = [
        When(feeling=feeling.value, then=Value(point.valence))
        for feeling in Feeling
        if (point := own_point(None, feeling.value))
    ]
    said = When(mood__isnull=False, then=F("mood") / Value(steps, output_field=FloatField()))
    return Case(said, *felt, default=None, output_field=FloatField())


def _said_or_guessed(feeling: Feeling) -> Case:
    """Write 1 for an entry whose word is this feeling, ``_GUESS`` for one that only a guess says it of.

    A word is the feeling that was named, or the face of the step when only a step was said. One sum then holds
    both counts of a day, which halves what the database adds up.
    """
    steps = [step for step in Mood.values if mood_feeling(step) == feeling]
    named = Q(feeling=feeling.value)
    return Case(
        When(named | Q(feeling="", mood__in=steps) if steps else named, then=Value(1)),
        When(_GUESSED & Q(reading__emotion=feeling.value), then=Value(_GUESS)),
        default=Value(0),
        output_field=IntegerField(),
    )


def _day(
    day: date, entries: int, own_sum: float | None, guess: int, guess_sum: float | None, *counts: int
) -> Day:
    """Take the counts apart; every entry with a word has exactly one feeling, so they add up to the words."""
    said, guessed = tuple([n % _GUESS for n in counts]), tuple([n // _GUESS for n in counts])
    tally = Tally(sum(said), own_sum or 0.0, guess, guess_sum or 0.0)
    return Day(day, entries, tally, said, guessed, tally.valence)


def _cell(day: date, rows: Iterable[Any]) -> DayCell:
    """Choose what a day shows; ``rows`` come earliest first."""
    count, own, guess, last = 0, Tally(0, 0.0, 0, 0.0), None, None
    chosen: tuple[str, bool, Any] | None = None
    for uuid, mood, feeling, status, emotion, valence, arousal in rows:
        count, last = count + 1, uuid
        point = own_point(mood, feeling)
        if point is not None:
            own = own._replace(own=own.own + 1, own_sum=own.own_sum + point.valence)
            chosen = (feeling or mood_feeling(mood).value, True, uuid)
        elif status == Status.READ:
            guess = (emotion, False, uuid)
            if valence is not None and arousal is not None:
                own = own._replace(guess=own.guess + 1, guess_sum=own.guess_sum + valence)
    chosen = chosen or guess
    if chosen is None:
        return DayCell(day, None, False, None, count, last)
    return DayCell(day, chosen[0], chosen[1], own.valence, count, chosen[2])
