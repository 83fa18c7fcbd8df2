"""Everything that writes scales."""

from __future__ import annotations

import json
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.keys import encrypt_for
from accounts.models import User
from moods.scales import selectors
from moods.scales.choices import SHAPES, Scale
from moods.scales.errors import ScaleError
from moods.scales.models import Rhythm, Sitting
from moods.scales.selectors import Answers
from moods.scales.wording import Wording


def sitting_start(*, member: User, wording: Wording) -> Sitting:
    """Return the sitting to answer: today's, the half-filled one, or a new one.

    A PHQ-9 begins with the two answers of a PHQ-2 finished today: the questions are the same.
    """
    found = selectors.sitting_today(member, wording.scale) or selectors.open_sitting(member, wording.scale)
    if found is not None:
        return found
    answers: Answers = [None] * SHAPES[wording.scale].items
    if wording.scale == Scale.PHQ9:
        short = selectors.sitting_today(member, Scale.PHQ2)
        if short is not None:
            answers[:2] = selectors.answers_of(member, short)
    sitting = Sitting(member=member, scale=wording.scale, sealed=_seal(member, answers))
    _worded(sitting, wording)
    try:
        with transaction.atomic():
            Sitting.objects.filter(member=member, scale=wording.scale, finished_at=None).delete()
            sitting.save()
    except IntegrityError:  # another tab was faster: there is one half-filled sitting, use it
        return Sitting.objects.get(member=member, scale=wording.scale, finished_at=None)
    return sitting


@transaction.atomic
def answer_set(*, member: User, uuid: UUID, number: int, value: str, wording: Wording) -> Sitting:
    """Store one answer, and finish the sitting with the last; the same answer again changes nothing.

    ``number`` counts from 1. Raises :class:`ScaleError` for a value that is no answer of this scale,
    and for a sitting of another day.
    """
    if value not in {str(score) for score, _words in wording.options}:
        raise ScaleError("scale_bad_answer")
    sitting = Sitting.objects.select_for_update().get(member=member, uuid=uuid)
    today = selectors.local_today(member)
    if sitting.local_date not in (None, today):
        raise ScaleError("scale_closed")
    answers = selectors.answers_of(member, sitting)
    answers[number - 1] = int(value)
    sitting.sealed = _seal(member, answers)
    _worded(sitting, wording)
    if sitting.finished_at is None and selectors.first_gap(answers) is None:
        sitting.finished_at, sitting.local_date = timezone.now(), today
        sitting.time_zone = member.time_zone
    sitting.save()
    return sitting


def sitting_delete(*, member: User, uuid: UUID) -> None:
    """Remove one sitting, finished or half-filled."""
    Sitting.objects.filter(member=member, uuid=uuid).delete()


def rhythm_set(*, member: User, on: bool) -> None:
    """Begin or end being asked every two weeks; beginning again asks at once, ending keeps all answers."""
    row, made = Rhythm.objects.get_or_create(
        member=member, defaults={"on": on, "since": selectors.local_today(member)}
    )
    if not made and row.on != on:
        row.on, row.since, row.passed = on, selectors.local_today(member), False
        row.save()


def round_pass(*, member: User) -> None:
    """Put the present round off: the next one begins two weeks from today. Not asked for: nothing."""
    if selectors.is_due(member):
        Rhythm.objects.filter(member=member, on=True).update(since=selectors.local_today(member), passed=True)


def member_erase(*, member: User) -> None:
    """Remove every sitting and the rhythm of a member."""
    Sitting.objects.filter(member=member).delete()
    Rhythm.objects.filter(member=member).delete()


def _seal(member: User, answers: Answers) -> bytes:
    return encrypt_for(member, json.dumps(answers).encode())


def _worded(sitting: Sitting, wording: Wording) -> None:
    sitting.language, sitting.wording = wording.language, wording.version
