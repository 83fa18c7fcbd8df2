"""The diary: a month by its colours, the line of thirty days, one day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import PersonRequest, member_required
from moods import charts, selectors
from moods.choices import Feeling, mood_of
from moods.forms import FEELING_ORDER
from moods.views.shown import shown

FIRST_YEAR = 1900


@require_safe
@member_required
def diary(request: PersonRequest) -> HttpResponse:
    """Show the month that is now at the member's place."""
    day = timezone.localdate(timezone=request.user.zone)
    return _month(request, day.year, day.month)


@require_safe
@member_required
def diary_month(request: PersonRequest, year: int, month: int) -> HttpResponse:
    """Show one month."""
    return _month(request, year, month)


@require_safe
@member_required
def day(request: PersonRequest, day: date) -> HttpResponse:
    """Show what was said on one day, and the way to add to it."""
    today = timezone.localdate(timezone=request.user.zone)
    if day.year < FIRST_YEAR or day > today:
        raise Http404
    context = {
        "day": day,
        "entries": [shown(entry) for entry in selectors.entries_on(request.user, day)],
        "before": day - timedelta(days=1) if day > date(FIRST_YEAR, 1, 1) else None,
        "after": day + timedelta(days=1) if day < today else None,
        "is_today": day == today,
    }
    return render(request, "moods/day.html", context)


def _month(request: PersonRequest, year: int, month: int) -> HttpResponse:
    member = request.user
    today = timezone.localdate(timezone=member.zone)
    if not (1 <= month <= 12 and year >= FIRST_YEAR and (year, month) <= (today.year, today.month)):
        raise Http404
    first = date(year, month, 1)
    cells = selectors.month_of(member, year, month)
    line = selectors.line_of(member)
    context: dict[str, Any] = {
        "first": first,
        "today": today,
        # The week begins on Sunday, as calendars in Korea do.
        "blanks": range((first.weekday() + 1) % 7),
        "sundays_first": [date(2023, 1, n) for n in range(1, 8)],
        "cells": cells,
        "written": sum(1 for cell in cells if cell.count),
        "met": [feeling for feeling in FEELING_ORDER if any(cell.feeling == feeling for cell in cells)],
        "feelings": [(feeling.value, Feeling(feeling).label) for feeling in FEELING_ORDER],
        "before": (first - timedelta(days=1)).replace(day=1) if year > FIRST_YEAR else None,
        "after": _after(first, today),
        "line": charts.line_through(line),
        "line_days": [
            (point.date, mood_of(point.valence).label, point.own)
            for point in line
            if point.valence is not None
        ],
        "line_ends": (line[0].date, line[len(line) // 2].date, line[-1].date),
    }
    return render(request, "moods/diary.html", context)


def _after(first: date, today: date) -> date | None:
    after = (first + timedelta(days=31)).replace(day=1)
    return after if after <= today else None
