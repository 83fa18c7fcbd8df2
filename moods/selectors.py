"""Reads of this room. A person's own word outranks every reading, in one place: here."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import fmean
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.keys import KeyLost
from accounts.models import User
from inference import Emotion
from moods import bundle_facts
from moods.choices import EMOTION_PLANE, Point, Status, mood_feeling, mood_valence
from moods.models import CheckIn, PhotoReading
from moods.services.bundles import active_version
from moods.services.photos import photo_bytes


@dataclass(frozen=True)
class DayPoint:
    """One day of one member on the plane; ``own`` if it rests on the member's own word."""

    valence: float
    arousal: float
    own: bool


@dataclass(frozen=True)
class DayCell:
    """One day of the calendar; ``uuid`` is the entry whose feeling is shown (else the last one)."""

    date: date
    feeling: str | None
    own: bool
    valence: float | None
    count: int
    uuid: UUID | None


@dataclass(frozen=True)
class LinePoint:
    """One day of the line; ``valence`` is None where there is a gap."""

    date: date
    valence: float | None
    arousal: float | None
    own: bool


@dataclass(frozen=True)
class LastEntry:
    """When somebody last wrote anything, in the zone it was written in.

    ``own``: True for the person's own word, False for a reading only, None for neither.
    """

    date: date
    time: time
    at: datetime
    own: bool | None


@dataclass(frozen=True)
class QueueState:
    """How the queue stands: rows that wait and run, and since when the oldest waits."""

    waiting: int
    running: int
    oldest: datetime | None


def check_ins_of(member: User) -> QuerySet[CheckIn]:
    """Return a member's entries with their readings, the latest first."""
    return CheckIn.objects.filter(member=member).select_related("reading")


def entry_for(member: User, uuid: UUID | str) -> CheckIn | None:
    """Return one entry of a member, or None."""
    return check_ins_of(member).filter(uuid=uuid).first()


def entries_on(member: User, day: date) -> QuerySet[CheckIn]:
    """Return a member's entries of one local day, the earliest first."""
    return check_ins_of(member).filter(local_date=day).order_by("local_time", "pk")


def reading_of(check_in: CheckIn) -> PhotoReading | None:
    """Return an entry's reading, or None for an entry without a photo."""
    try:
        return check_in.reading
    except PhotoReading.DoesNotExist:
        return None


def photo_of(check_in: CheckIn) -> bytes | None:
    """Return the kept photo of an entry as JPEG, or None once it is destroyed or its key is lost."""
    reading = reading_of(check_in)
    if reading is None or not reading.photo:
        return None
    try:
        return photo_bytes(reading)
    except (FileNotFoundError, KeyLost):
        return None


def mood_point(check_in: CheckIn) -> Point | None:
    """Return where an entry lies on the plane: the person's word first, then a READ reading."""
    own = own_point(check_in.mood, check_in.feeling)
    if own is not None:
        return own
    reading = reading_of(check_in)
    return reading.point if reading is not None and reading.status == Status.READ else None


def own_point(mood: int | None, feeling: str) -> Point | None:
    """Return where a person's word lies: valence by the step, arousal by the feeling."""
    place = EMOTION_PLANE[Emotion(feeling)] if feeling else None
    if mood is None:
        return place
    return Point(mood_valence(mood), place.arousal if place else 0.0)


def shown_feeling(check_in: CheckIn) -> tuple[str, bool] | None:
    """Return the feeling a page shows for an entry, and whether it is the person's own word."""
    if check_in.feeling:
        return check_in.feeling, True
    if check_in.mood is not None:
        return mood_feeling(check_in.mood).value, True
    reading = reading_of(check_in)
    if reading is not None and reading.status == Status.READ:
        return reading.emotion, False
    return None


def day_points(
    members: User | Collection[User] | QuerySet[User], start: date, end: date
) -> dict[int, dict[date, DayPoint]]:
    """Return each member's days from ``start`` to ``end`` inclusive, in one query for all of them.

    A day is the mean of its own words; only a day without any is the mean of its readings. Every
    member is a key, days without a point are not.
    """
    people = [members] if isinstance(members, User) else list(members)
    rows = CheckIn.objects.filter(member__in=people, local_date__range=(start, end)).values_list(
        "member_id", "local_date", "mood", "feeling",
        "reading__status", "reading__valence", "reading__arousal",
    )  # fmt: skip
    points: dict[tuple[int, date], list[tuple[Point, bool]]] = {}
    for member_id, day, mood, feeling, status, valence, arousal in rows.order_by():
        own = own_point(mood, feeling)
        if own is not None:
            points.setdefault((member_id, day), []).append((own, True))
        elif status == Status.READ and valence is not None and arousal is not None:
            points.setdefault((member_id, day), []).append((Point(valence, arousal), False))
    days: dict[int, dict[date, DayPoint]] = {person.pk: {} for person in people}
    for (member_id, day), found in points.items():
        days[member_id][day] = _day_point(found)
    return days


def last_entries(member_ids: Iterable[int]) -> dict[int, LastEntry]:
    """Return when each of the members last wrote anything, in one query; silent ones are no key."""
    last = CheckIn.objects.filter(member=OuterRef("pk")).order_by("-local_date", "-local_time", "-pk")
    found = User.objects.filter(pk__in=list(member_ids)).values(last=Subquery(last.values("pk")[:1]))
    entries = CheckIn.objects.filter(pk__in=found).select_related("reading").only(
        "member_id", "local_date", "local_time", "time_zone", "mood", "feeling",
        "reading__status", "reading__emotion",
    )  # fmt: skip
    return {entry.member_id: _last_entry(entry) for entry in entries.order_by()}


def month_of(member: User, year: int, month: int) -> list[DayCell]:
    """Return every day of a month, in one query."""
    days = calendar.monthrange(year, month)[1]
    found: dict[date, list[CheckIn]] = {}
    month_range = (date(year, month, 1), date(year, month, days))
    for entry in check_ins_of(member).filter(local_date__range=month_range):
        found.setdefault(entry.local_date, []).append(entry)
    return [_cell(day, found.get(day, [])) for day in (date(year, month, n + 1) for n in range(days))]


def line_of(member: User, days: int = 30, until: date | None = None) -> list[LinePoint]:
    """Return the last days up to ``until`` (today at the member's place), gaps included, in one query."""
    until = until or timezone.localdate(timezone=member.zone)
    start = until - timedelta(days=days - 1)
    found = day_points(member, start, until)[member.pk]
    return [_line_point(start + timedelta(days=n), found) for n in range(days)]


def queue_state() -> QueueState:
    """Return how the queue stands, for the health page."""
    waiting = PhotoReading.objects.filter(status=Status.QUEUED)
    oldest = waiting.order_by("queued_at").values_list("queued_at", flat=True).first()
    return QueueState(waiting.count(), PhotoReading.objects.filter(status=Status.RUNNING).count(), oldest)


def active_model_card() -> dict[str, Any]:
    """Return the card of the bundle in use; rooms above must not ask ``inference`` themselves."""
    return bundle_facts.card_of(active_version())


def _last_entry(entry: CheckIn) -> LastEntry:
    shown = shown_feeling(entry)
    return LastEntry(entry.local_date, entry.local_time, entry.at, shown[1] if shown else None)


def _day_point(found: list[tuple[Point, bool]]) -> DayPoint:
    own = [point for point, is_own in found if is_own]
    counted = own or [point for point, _is_own in found]
    return DayPoint(
        fmean(point.valence for point in counted), fmean(point.arousal for point in counted), bool(own)
    )


def _cell(day: date, entries: list[CheckIn]) -> DayCell:
    """Show the last own word of a day, else its last reading; ``entries`` come latest first."""
    said = [(entry, *shown) for entry in entries if (shown := shown_feeling(entry)) is not None]
    if not said:
        return DayCell(day, None, False, None, len(entries), entries[0].uuid if entries else None)
    entry, feeling, own = next((one for one in said if one[2]), said[0])
    points = [(point, is_own) for one, _, is_own in said if (point := mood_point(one)) is not None]
    valence = _day_point(points).valence if points else None
    return DayCell(day, feeling, own, valence, len(entries), entry.uuid)


def _line_point(day: date, found: dict[date, DayPoint]) -> LinePoint:
    point = found.get(day)
    if point is None:
        return LinePoint(day, None, None, False)
    return LinePoint(day, point.valence, point.arousal, point.own)
