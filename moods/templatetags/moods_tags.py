"""Faces, mouths, times and words for templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Final

from django import template
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from moods import avatar, heat_map
from moods.choices import FEELING_SAID, Feeling, Mood
from moods.models import PhotoReading
from moods.words import tag_word

register = template.Library()
register.filter("tag_word", tag_word)

_NOON: Final = 12
#: Monday first; Django's own short names are three letters long in Korean too.
_WEEKDAYS: Final = (
    pgettext_lazy("short weekday", "월"),
    pgettext_lazy("short weekday", "화"),
    pgettext_lazy("short weekday", "수"),
    pgettext_lazy("short weekday", "목"),
    pgettext_lazy("short weekday", "금"),
    pgettext_lazy("short weekday", "토"),
    pgettext_lazy("short weekday", "일"),
)


@register.simple_tag
def face(
    feeling: str,
    mood: int | None = None,
    confidence: float | None = None,
    size: int = 48,
    label: str = "",
    edge: str = "",
) -> SafeString:
    """Draw the face of a feeling, or of a step when the feeling is empty."""
    return avatar.face(avatar.look_of(feeling, mood, confidence), size=size, label=label, edge=edge)


@register.simple_tag
def mouth(step: int | str) -> SafeString:
    """Draw one of the seven mouths."""
    return avatar.mouth(int(step))


@register.simple_tag
def outline(grid: Sequence[Sequence[float]], label: str = "", size: int = 160) -> SafeString:
    """Draw where the ensemble looked."""
    return avatar.outline(grid, label=label, size=size)


@register.filter
def feeling_name(feeling: str) -> str:
    """Name a feeling: 기쁨."""
    return str(Feeling(feeling).label) if feeling else ""


@register.filter
def feeling_said(feeling: str) -> str:
    """Say a feeling as a person does: 기뻐요."""
    return str(FEELING_SAID[Feeling(feeling)]) if feeling else ""


@register.filter
def mood_name(mood: int | None) -> str:
    """Name one of the seven steps: 조금 좋아요."""
    return "" if mood is None else str(Mood(mood).label)


@register.filter
def percent(share: float) -> int:
    """Turn 0..1 into whole percent; a guess is never shown as certain, so 99 is the most."""
    return min(99, round(100 * share))


@register.filter
def said_date(day: date) -> str:
    """Say a day with its weekday: 11월 21일 토요일."""
    return date_format(day, pgettext("day with weekday, Django date format", "n월 j일 l"))


@register.filter
def short_weekday(day: date) -> str:
    """Say a weekday in the fewest letters: 토, Sat."""
    return str(_WEEKDAYS[day.weekday()])


@register.filter
def said_full_date(day: date) -> str:
    """Say a day with its year."""
    return date_format(day, pgettext("day with year, Django date format", "Y년 n월 j일 l"))


@register.filter
def short_date(day: date) -> str:
    """Say a day in digits or few letters: 11.21, 21 Nov."""
    return date_format(day, pgettext("short day, Django date format", "n.j"))


@register.filter
def said_month(day: date) -> str:
    """Say a month with its year: 2026년 11월."""
    return date_format(day, pgettext("month with year, Django date format", "Y년 n월"))


@register.filter
def said_time(moment: time) -> str:
    """Say a time as one says it: 아침 8시 12분."""
    values = {"hour": (moment.hour - 1) % _NOON + 1, "minute": f"{moment.minute:02d}"}
    if moment.hour == 0:
        return _("밤 %(hour)s시 %(minute)s분") % values
    if moment.hour < 6:
        return _("새벽 %(hour)s시 %(minute)s분") % values
    if moment.hour < 11:
        return _("아침 %(hour)s시 %(minute)s분") % values
    if moment.hour < 12:
        return _("오전 %(hour)s시 %(minute)s분") % values
    if moment.hour < 17:
        return _("낮 %(hour)s시 %(minute)s분") % values
    if moment.hour < 21:
        return _("저녁 %(hour)s시 %(minute)s분") % values
    return _("밤 %(hour)s시 %(minute)s분") % values


@register.filter
def lasting(seconds: float) -> str:
    """Say how long something takes, in the largest unit that fits: 40초, 3분, 2시간."""
    whole = max(1, round(seconds))
    if whole < 60:
        return ngettext("%d초", "%d초", whole) % whole
    if whole < 3600:
        minutes = round(whole / 60)
        return ngettext("%d분", "%d분", minutes) % minutes
    hours = round(whole / 3600)
    return ngettext("%d시간", "%d시간", hours) % hours


@register.simple_tag
def heat(reading: PhotoReading) -> SafeString:
    """Draw over a kept photo where the ensemble looked."""
    return heat_map.over_photo(reading)
