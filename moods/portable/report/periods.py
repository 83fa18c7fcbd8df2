"""A calendar month or quarter of one member."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils import timezone

from accounts.models import User

MONTH, QUARTER = "month", "quarter"
FIRST_YEAR: Final = 1900


@dataclass(frozen=True)
class Period:
    """Whole calendar months from ``start`` to ``end`` inclusive; ``last`` is the last day lived."""

    span: str
    start: date
    end: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days have been lived of it."""
        return (self.last - self.start).days + 1

    @property
    def key(self) -> str:
        """Return the start as an address says it: 2026-11."""
        return f"{self.start:%Y-%m}"

    @property
    def months(self) -> list[date]:
        """Return the first day of each month."""
        count = 3 if self.span == QUARTER else 1
        return [_month_on(self.start, step) for step in range(count)]


def period_asked(member: User, span: str, start: str) -> Period:
    """Return the period an address names; the present one where it names none or one to come."""
    today = timezone.localdate(timezone=member.zone)
    span = span if span in (MONTH, QUARTER) else MONTH
    try:
        first = date.fromisoformat(f"{start}-01")
    except ValueError:
        first = today
    if first > today or first.year < FIRST_YEAR:
        first = today
    return _period(span, first, today)


def before(period: Period) -> Period | None:
    """Return the period before this one."""
    if period.start <= date(FIRST_YEAR, 1, 1):
        return None
    return _period(period.span, period.start - timedelta(days=1), period.last)


def after(member: User, period: Period) -> Period | None:
    """Return the period after this one, unless it is still to come."""
    today = timezone.localdate(timezone=member.zone)
    following = period.end + timedelta(days=1)
    return _period(period.span, following, today) if following <= today else None


def _period(span: str, inside: date, today: date) -> Period:
    month = inside.month if span == MONTH else 3 * ((inside.month - 1) // 3) + 1
    start = date(inside.year, month, 1)
    last_month = _month_on(start, 0 if span == MONTH else 2)
    end = last_month.replace(day=calendar.monthrange(last_month.year, last_month.month)[1])
    return Period(span, start, end, min(end, today))


def _month_on(first: date, step: int) -> date:
    return date(first.year + (first.month - 1 + step) // 12, (first.month - 1 + step) % 12 + 1, 1)
