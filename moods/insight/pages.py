"""What the pages of the diary show: selectors' rows turned into figures, and the tables that say the same."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.urls import reverse

from accounts.models import User
from moods import selectors as own
from moods.choices import Mood
from moods.insight import figures, selectors, summary
from moods.insight.figures import Stretch
from moods.insight.selectors import ORDER, Day, Tally
from moods.selectors import DayCell
from moods.views.shown import Shown

#: The box of one weekday and hour, in the units of the drawing.
BOX: Final = (38, 17)
_MONTH: Final = 31
_LONG: Final = 400
_SHORT: Final = 45


@dataclass(frozen=True)
class LineRow:
    """One day in the table of the line; ``mean``, ``low`` and ``high`` are None where too few days are near."""

    date: date
    valence: float | None
    own: bool
    smooth: summary.Smooth | None


@dataclass(frozen=True)
class MonthSide:
    """One of two months: its calendar, its numbers, its shares."""

    first: date
    blanks: range
    cells: list[DayCell]
    sum: summary.Sum
    bars: list[figures.Bar]


@dataclass(frozen=True)
class WeekDot:
    """One entry in the week's picture; percent of width and height."""

    x: float
    y: float
    feeling: str
    own: bool


def flow(stretch: Stretch, days: Sequence[Day]) -> dict[str, Any]:
    """Return the line, the river and the shares of a period with their tables."""
    years = stretch.days > _LONG
    means = summary.by_month(days) if years else summary.smooth(days, stretch.start, stretch.end)
    start_of = summary.month_start if years else summary.week_start
    weeks = summary.shares(days, start_of)
    total = summary.add_up(days)
    return {
        "years": years,
        "stretch": stretch,
        "points": sum(1 for day in days if day.valence is not None),
        "least": summary.LEAST,
        "line": figures.line(stretch, days, means, _MONTH if years else 1),
        "has_mean": bool(means),
        "line_days": line_rows(days, means) if stretch.days <= _SHORT else [],
        "line_rows": summary.buckets(days, start_of) if stretch.days > _SHORT else [],
        "river": figures.river(stretch, weeks, _MONTH if years else 7),
        "weeks": weeks,
        "week_rows": [(week.start, _counts(week)) for week in weeks],
        "order": [feeling.value for feeling in ORDER],
        "bars": figures.bars(total.said, total.guessed),
    }


def _counts(week: summary.Shares) -> list[str]:
    """Write each feeling's count, a guess's after a plus: 3 + 1."""
    pairs = zip(week.said, week.guessed, strict=True)
    return [f"{own} + {guess}" if guess else str(own or "") for own, guess in pairs]


def line_rows(days: Sequence[Day], means: Sequence[summary.Smooth]) -> list[LineRow]:
    """Return a row for each day with a point, with its running mean."""
    near = {at.date: at for at in means}
    return [
        LineRow(day.date, day.valence, day.is_own, near.get(day.date))
        for day in days
        if day.valence is not None
    ]


def hours_page(hours: Mapping[tuple[int, int], Tally]) -> dict[str, Any]:
    """Return the boxes of weekdays and hours, and the same as rows of a table."""
    boxes = figures.warmth(hours, *BOX)
    at = {(box.weekday, box.hour): box for box in boxes}
    return {
        "boxes": boxes,
        "box": BOX,
        "day_hours": [(hour, hour * BOX[1] + BOX[1] / 2) for hour in range(0, 24, 3)],
        "weekdays": [(_weekday(n), n * BOX[0] + BOX[0] / 2) for n in range(7)],
        "hour_rows": [
            (hour, [at.get((weekday, hour)) for weekday in range(7)])
            for hour in sorted({hour for _weekday, hour in at})
        ],
        "steps": [(step.value, step.label) for step in reversed(Mood)],
        "busiest": summary.busiest({key: tally.own + tally.guess for key, tally in hours.items()}),
    }


def year_page(cells: Sequence[DayCell], today: date) -> dict[str, Any]:
    """Return a year's cells by month, its words and its months in numbers."""
    said = Counter(cell.feeling for cell in cells if cell.feeling and cell.own)
    guessed = Counter(cell.feeling for cell in cells if cell.feeling and not cell.own)
    best = said.most_common(2)
    return {
        "order": [feeling.value for feeling in ORDER],
        "diary_url": reverse("moods:diary"),
        "cells": [cell for cell in cells if cell.date <= today or cell.count],
        "grid": [[_at(cells, month, day) for month in range(1, 13)] for day in range(1, 32)],
        "months": [date(cells[0].date.year, month, 1) for month in range(1, 13)],
        "numbers": range(1, 32),
        "written": sum(1 for cell in cells if cell.count),
        "guess_days": sum(guessed.values()),
        "met": [feeling.value for feeling in ORDER if said[feeling.value]],
        "most": best[0][0] if best and (len(best) == 1 or best[0][1] > best[1][1]) else None,
        "counts": [(feeling.value, said[feeling.value], guessed[feeling.value]) for feeling in ORDER],
    }


def _at(cells: Sequence[DayCell], month: int, day: int) -> DayCell | None:
    first = cells[0].date
    if day > monthrange(first.year, month)[1]:
        return None
    return cells[(date(first.year, month, day) - first).days]


def compare_page(member: User, left: date, right: date) -> dict[str, Any]:
    """Return both months with bars on one scale: percent of each month's own entries."""
    found = [_side(member, first) for first in (left, right)]
    rows = [
        (feeling.value, [(side.sum.said[n], side.sum.guessed[n]) for side in found])
        for n, feeling in enumerate(ORDER)
    ]
    return {
        "sides": found,
        "rows": rows,
        "any": any(side.sum.entries for side in found),
        "sundays_first": [_weekday(n) for n in range(7)],
        "order": [feeling.value for feeling in ORDER],
    }


def _side(member: User, first: date) -> MonthSide:
    last = first.replace(day=monthrange(first.year, first.month)[1])
    total = summary.add_up(selectors.days_of(member, first, last))
    return MonthSide(
        first=first,
        blanks=range((first.weekday() + 1) % 7),
        cells=selectors.cells_of(member, first, last),
        sum=total,
        bars=figures.bars(total.said, total.guessed, total.own + total.guess),
    )


def months_between(first: date, last: date) -> list[date]:
    """Return the first of each month from ``first`` to ``last``."""
    count = (last.year - first.year) * 12 + last.month - first.month
    turns = (divmod(first.month - 1 + n, 12) for n in range(count + 1))
    return [date(first.year + years, months + 1, 1) for years, months in turns]


def week_figure(first: date, entries: Sequence[Shown]) -> list[WeekDot]:
    """Place a week's entries by day and hour across, valence up."""
    dots = []
    for entry in entries:
        point, moment = own.mood_point(entry.check_in), entry.check_in
        if point is None:
            continue
        minutes = moment.local_time.hour * 60 + moment.local_time.minute
        x = ((moment.local_date - first).days + minutes / 1440) / 7
        dots.append(WeekDot(round(100 * x, 2), round(50 - 46 * point.valence, 2), entry.feeling, entry.own))
    return dots


def _weekday(n: int) -> date:
    """Return a date on the n-th weekday from Sunday, for templates that name weekdays by a date."""
    return date(2023, 1, 1) + timedelta(days=n)
