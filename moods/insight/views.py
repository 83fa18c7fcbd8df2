"""The diary at a distance: a week, a year, the flow of a period, two months side by side."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.http import PersonRequest, member_required
from accounts.models import User
from accounts.services import streaks_shown_set
from moods.insight import figures, pages, periods, selectors, summary
from moods.views.shown import shown

FIRST_YEAR: Final = 1900
_WEEK: Final = timedelta(days=7)


@require_safe
@member_required
def week(request: PersonRequest, day: date | None = None) -> HttpResponse:
    """Show the seven days, Sunday to Saturday, that hold ``day``."""
    today = _today(request.user)
    day = day or today
    if not FIRST_YEAR < day.year <= today.year + 1:
        raise Http404
    first = summary.week_start(day)
    entries = [shown(entry) for entry in selectors.week_of_entries(request.user, first)]
    if first > today and not entries:
        raise Http404
    last = first + timedelta(days=6)
    days = [first + timedelta(days=n) for n in range(7)]
    context = {
        "first": first,
        "last": last,
        "today": today,
        "days": [(each, [entry for entry in entries if entry.check_in.local_date == each]) for each in days],
        "figure": pages.week_figure(first, entries),
        "written": len({entry.check_in.local_date for entry in entries}),
        "before": first - _WEEK,
        "after": first + _WEEK if first + _WEEK <= today else None,
    }
    return render(request, "moods/insight/week.html", context)


@require_safe
@member_required
def year(request: PersonRequest, year: int | None = None) -> HttpResponse:
    """Show one year, one cell a day."""
    today = _today(request.user)
    year = today.year if year is None else year
    if not FIRST_YEAR <= year <= today.year:
        raise Http404
    cells = selectors.cells_of(request.user, date(year, 1, 1), date(year, 12, 31))
    context: dict[str, Any] = {
        "year": year,
        "first": date(year, 1, 1),
        "today": today,
        "before": year - 1 if year > FIRST_YEAR else None,
        "after": year + 1 if year < today.year else None,
        **pages.year_page(cells, today),
    }
    return render(request, "moods/insight/year.html", context)


@require_safe
@member_required
def insight(request: PersonRequest) -> HttpResponse:
    """Show the flow of a period in charts, each with a table."""
    member, today = request.user, _today(request.user)
    period = periods.chosen(request.GET.get("days", periods.USUAL))
    start = period.start(today)
    days = selectors.days_of(member, start)
    hours = selectors.hours_of(member, start)
    # A traveller may have written on a date that has not begun at home.
    last = max(today, days[-1].date) if days else today
    begin = start or (days[0].date if days else today)
    context: dict[str, Any] = {
        "period": period,
        "periods": periods.CHOICES,
        "sum": summary.add_up(days),
        **pages.flow(figures.Stretch(begin, last), days),
        **pages.hours_page(hours),
    }
    if member.shows_streaks:
        context["runs"] = summary.runs(
            selectors.written_days(member) if start else [day.date for day in days], today
        )
    return render(request, "moods/insight/insight.html", context)


@require_POST
@member_required
def streaks(request: PersonRequest) -> HttpResponse:
    """Turn the count of days in a row on or off; it is off until a member wants it."""
    streaks_shown_set(user=request.user, shown=request.POST.get("shown") == "1")
    response = redirect("moods:insight")
    days = periods.chosen(request.POST.get("days", periods.USUAL)).key
    response["Location"] += f"?days={days}#h-met"
    return response


@require_safe
@member_required
def compare(request: PersonRequest) -> HttpResponse:
    """Show two months side by side; this one and the last unless the address says otherwise."""
    member, today = request.user, _today(request.user)
    now = summary.month_start(today)
    first = selectors.first_day(member)
    months = pages.months_between(summary.month_start(first) if first else now, now)
    before = summary.month_start(now - timedelta(days=1))
    left = _asked(request, "a", before, now)
    right = _asked(request, "b", now, now)
    context = {
        "months": sorted({*months, left, right}, reverse=True),
        "left": left,
        "right": right,
        "today": today,
        **pages.compare_page(member, left, right),
    }
    return render(request, "moods/insight/compare.html", context)


def _asked(request: PersonRequest, name: str, usual: date, latest: date) -> date:
    month = periods.month(request.GET.get(name, ""))
    return month if month and month.year >= FIRST_YEAR and month <= latest else usual


def _today(member: User) -> date:
    return timezone.localdate(timezone=member.zone)
