"""Words for the diary's charts and tables."""

from __future__ import annotations

from datetime import date, time

from django import template
from django.utils import formats
from django.utils.formats import date_format
from django.utils.translation import pgettext

from moods.choices import mood_of

register = template.Library()


@register.filter
def step_word(valence: float | None) -> str:
    """Say a valence by the nearest of the seven words: 조금 좋아요."""
    return "" if valence is None else str(mood_of(valence).label)


@register.filter
def step_number(valence: float | None) -> str:
    """Write a valence on the seven steps, -3 to +3, with one digit: +1.2."""
    if valence is None:
        return ""
    steps = round(valence * 3, 1) + 0.0  # no negative zero
    sign = "+" if steps > 0 else "−" if steps < 0 else ""
    return f"{sign}{abs(steps):.1f}"  # the same in both languages; Django's formatting costs a page 15 ms


@register.filter
def hour_name(hour: int) -> str:
    """Name an hour of the day in few letters: 8시, 8 a.m."""
    return formats.time_format(time(hour), pgettext("hour of the day, Django time format", "G시"))


@register.filter
def month_name(day: date) -> str:
    """Name a month in few letters: 3월, Mar."""
    return date_format(day, "M")
