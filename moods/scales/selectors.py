"""Questions about scales; nothing here writes. Every one is asked about one member."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.keys import KeyLost, decrypt_for
from accounts.models import User
from moods.scales import choices
from moods.scales.choices import SHAPES, Scale
from moods.scales.models import Rhythm, Sitting
from moods.scales.wording import wording_of

Answers = list[int | None]


@dataclass(frozen=True)
class Taken:
    """One finished scale: when, and what it adds up to."""

    uuid: UUID
    scale: Scale
    local_date: date
    finished_at: datetime
    raw: int
    crisis: bool

    @property
    def top(self) -> int:
        """Return the highest sum the scale has."""
        return SHAPES[self.scale].top

    @property
    def score(self) -> int:
        """Return the score as it is published: of 100 for WHO-5, the raw sum for the PHQ."""
        return choices.percent(self.raw) if self.scale == Scale.WHO5 else self.raw

    @property
    def score_top(self) -> int:
        """Return the highest score as it is published."""
        return choices.percent(self.top) if self.scale == Scale.WHO5 else self.top

    @property
    def low(self) -> bool:
        """Say whether the published limit says to look closer."""
        if self.scale == Scale.WHO5:
            return self.raw < choices.WHO5_LOW
        if self.scale == Scale.PHQ2:
            return self.raw >= choices.PHQ2_MORE
        return choices.band(self.raw) >= choices.PHQ9_ADVISE


def local_today(member: User) -> date:
    """Return today's date where the member is."""
    return timezone.localdate(timezone=member.zone)


def sittings_of(member: User) -> QuerySet[Sitting]:
    """Return every sitting of the member, the newest first."""
    return Sitting.objects.filter(member=member)


def sitting_of(member: User, uuid: UUID) -> Sitting | None:
    """Return one sitting of the member, if it is theirs and its scale is switched on."""
    found = sittings_of(member).filter(uuid=uuid).first()
    return found if found and wording_of(found.scale) else None


def open_sitting(member: User, scale: str) -> Sitting | None:
    """Return the half-filled sitting of a scale that still speaks of the same two weeks."""
    oldest = timezone.now() - timedelta(days=choices.DRAFT_DAYS)
    return sittings_of(member).filter(scale=scale, finished_at=None, started_at__gte=oldest).first()


def sitting_today(member: User, scale: str) -> Sitting | None:
    """Return the sitting of a scale that was finished today."""
    return sittings_of(member).filter(scale=scale, local_date=local_today(member)).first()


def answers_of(member: User, sitting: Sitting) -> Answers:
    """Return the answers, None where there is none; :class:`KeyLost` when no key opens them."""
    found: Answers = json.loads(decrypt_for(member, bytes(sitting.sealed)))
    return found


def first_gap(answers: Answers) -> int | None:
    """Return the number (from 1) of the first question without an answer."""
    return next((number for number, value in enumerate(answers, start=1) if value is None), None)


def taken_of(member: User, sitting: Sitting) -> Taken | None:
    """Return what a sitting adds up to; None while it is half-filled or unreadable."""
    if sitting.finished_at is None or sitting.local_date is None:
        return None
    try:
        answers = [value for value in answers_of(member, sitting) if value is not None]
    except KeyLost:
        return None
    scale = Scale(sitting.scale)
    at = SHAPES[scale].crisis
    return Taken(
        uuid=sitting.uuid,
        scale=scale,
        local_date=sitting.local_date,
        finished_at=sitting.finished_at,
        raw=choices.total(answers),
        crisis=bool(at and answers[at - 1]),
    )


def scales_of(member: User, scale: str | None = None) -> list[Taken]:
    """Return every finished scale of a member, the oldest first.

    For others than the member only under an active grant that names scales: no such data class
    exists yet, so that nobody else may call this.
    """
    rows = sittings_of(member).exclude(finished_at=None).order_by("local_date", "finished_at", "pk")
    if scale is not None:
        rows = rows.filter(scale=scale)
    return [taken for row in rows if (taken := taken_of(member, row)) is not None]


def rhythm_of(member: User) -> Rhythm | None:
    """Return the member's wish to be asked every two weeks, when it is switched on."""
    return Rhythm.objects.filter(member=member, on=True).first()


def next_round(member: User, today: date | None = None) -> date | None:
    """Return the day on which the present or the next round of WHO-5 begins; None without the wish.

    Whole days of the member's own calendar, so that a change of clocks moves nothing. A round that
    was let pass is not made up for: the next begins where it would have begun.
    """
    rhythm = rhythm_of(member)
    if rhythm is None:
        return None
    today = today or local_today(member)
    first = rhythm.since + timedelta(days=choices.ROUND_DAYS if rhythm.passed else 0)
    last = sittings_of(member).filter(scale=Scale.WHO5, local_date__isnull=False).order_by("-local_date")
    answered = last.values_list("local_date", flat=True).first()
    if answered is not None:
        first = max(first, answered + timedelta(days=choices.ROUND_DAYS))
    rounds, into = divmod(max(0, (today - first).days), choices.ROUND_DAYS)
    return first + timedelta(days=choices.ROUND_DAYS * (rounds + (into >= choices.OFFER_DAYS)))


def is_due(member: User, today: date | None = None) -> bool:
    """Say whether WHO-5 may be offered today: asked for, due, and switched on."""
    if wording_of(Scale.WHO5) is None:
        return False
    today = today or local_today(member)
    begins = next_round(member, today)
    return begins is not None and begins <= today


def had_a_hard_time(member: User) -> bool:
    """Say whether the member's last PHQ-9 of the past two weeks named thoughts of dying or self-harm.

    Read from the answers themselves: whether the crisis card was seen is stored nowhere.
    """
    since = local_today(member) - timedelta(days=choices.ROUND_DAYS)
    rows = sittings_of(member).filter(scale=Scale.PHQ9, local_date__gte=since)
    last = rows.order_by("-local_date", "-finished_at").first()
    taken = taken_of(member, last) if last else None
    return taken is not None and taken.crisis
