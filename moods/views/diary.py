"""The diary: a month by its colours, the line of thirty days, one day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import PersonRequest, member_required
from moods import selectors
from moods.insight import figures, pages, summary
from moods.insight import selectors as insight
from moods.views.shown import shown

FIRST_YEAR = 1900
LINE_DAYS = 30


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
    if not FIRST_YEAR <= day.year <= today.year + 1:
        raise Http404
    entries = [shown(entry) for entry in selectors.entries_on(request.user, day)]
    # A traveller may have written on a date that has not begun at home.
    if day > today and not entries:
        raise Http404
    context = {
        "day": day,
        "entries": entries,
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
    cells = insight.cells_of(member, first, first.replace(day=monthrange(year, month)[1]))
    start = today - timedelta(days=LINE_DAYS - 1)
    days = insight.days_of(member, start, today)
    stretch = figures.Stretch(start, today)
    means = summary.smooth(days, start, today)
    context: dict[str, Any] = {
        "first": first,
        "today": today,
        # The week begins on Sunday, as calendars in Korea do.
        "blanks": range((first.weekday() + 1) % 7),
        "sundays_first": [date(2023, 1, n) for n in range(1, 8)],
        "cells": cells,
        "written": sum(1 for cell in cells if cell.count),
        "met": [feeling for feeling in insight.ORDER if any(c.own and c.feeling == feeling for c in cells)],
        "order": [feeling.value for feeling in insight.ORDER],
        "before": (first - timedelta(days=1)).replace(day=1) if year > FIRST_YEAR else None,
        "after": _after(first, today),
        "line": figures.line(stretch, days, means),
        "line_days": pages.line_rows(days, means),
        "has_mean": bool(means),
    }
    return render(request, "moods/diary.html", context)


def _after(first: date, today: date) -> date | None:
    after = (first + timedelta(days=31)).replace(day=1)
    return after if after <= today else None
