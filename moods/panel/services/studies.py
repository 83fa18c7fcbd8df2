"""Make, fill, open, close and delete a study; draw and drop the faces that members allowed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.choices import DataClass, Purpose
from accounts.models import Grant, User
from accounts.selectors import grants_of, has_grant
from accounts.services import ledger_of
from moods.choices import Feeling
from moods.models import PhotoReading
from moods.panel import selectors
from moods.panel.choices import MOST_PER_MEMBER, Half, Look, MachineState, StudyState
from moods.panel.errors import PanelError
from moods.panel.models import Face, Participant, Study
from moods.panel.services import pictures


def study_create(*, by: User, title: str, per_half: int, submission: UUID | None = None) -> Study:
    """Make an empty draft; the same form sent twice gives the same study."""
    values = {"title": title, "per_half": per_half, "made_by": by, "key": pictures.new_key()}
    if submission is None:
        return Study.objects.create(**values)
    return Study.objects.get_or_create(submission=submission, defaults=values)[0]


@transaction.atomic
def faces_import(*, study: Study, faces: Iterable[tuple[str, bytes]], source: str, terms: str) -> int:
    """Replace the data-set half of a draft with (label, JPEG) pairs; returns how many.

    Raises:
        PanelError: ``not_a_draft``.
        OSError: the storage took a file and refused the next; nothing is kept.
    """
    study = _draft(study)
    old = list(study.faces.filter(half=Half.DATASET).values_list("file", flat=True))
    written: list[str] = []
    try:
        rows = []
        for label, jpeg in faces:
            written.append(pictures.file_store(study, jpeg))
            rows.append(Face(study=study, half=Half.DATASET, label=Feeling(label), file=written[-1]))
        study.faces.filter(half=Half.DATASET).delete()
        # In an order of their own: row numbers must not tell the label.
        random.SystemRandom().shuffle(rows)
        Face.objects.bulk_create(rows)
        study.source, study.terms = source, terms
        study.save(update_fields=["source", "terms"])
    except BaseException:
        pictures.drop_now(written)
        raise
    transaction.on_commit(lambda: pictures.drop_now(old), robust=True)
    return len(rows)


def own_draw(*, study: Study, by: User, rng: random.Random | None = None) -> int:
    """Draw allowed photos into the own half of a draft until it is full; returns how many came in.

    Classes take turns, and no member gives more than :data:`MOST_PER_MEMBER`. Each member's consent
    is asked again under the lock of their ledger, so that a withdrawal at the same moment wins.
    """
    _draft(study)
    rng = rng or random.SystemRandom()
    taken = 0
    missing = study.per_half - study.faces.filter(half=Half.OWN).count()
    for reading in _in_turns(list(selectors.eligible_photos(study)), rng):
        if taken >= missing:
            break
        taken += _draw(study, reading, by)
    return taken


def _in_turns(readings: Sequence[PhotoReading], rng: random.Random) -> list[PhotoReading]:
    """Shuffle within each class, then take one class after the other."""
    piles: dict[str, list[PhotoReading]] = {}
    for reading in readings:
        piles.setdefault(reading.check_in.feeling, []).append(reading)
    for pile in piles.values():
        rng.shuffle(pile)
    kinds, turns = list(piles), []
    rng.shuffle(kinds)
    while any(piles.values()):
        turns += [piles[kind].pop() for kind in kinds if piles[kind]]
    return turns


def _draw(study: Study, reading: PhotoReading, by: User) -> bool:
    """Put one photo into the study, and a line into its member's access log."""
    member = reading.check_in.member
    with ledger_of(member):
        mine = Face.objects.filter(study=study, reading__check_in__member=member).count()
        if mine >= MOST_PER_MEMBER or not selectors.eligible_photos(study).filter(pk=reading.pk).exists():
            return False
        _face, made = Face.objects.get_or_create(
            study=study, reading=reading, defaults={"half": Half.OWN, "label": reading.check_in.feeling}
        )
        if made:
            look(by=by, member=member, action=Look.DRAWN)
    return made


def look(*, by: User, member: User, action: Look) -> None:
    """Write into a member's access log that somebody used or saw their photo, and on which consent."""
    audit.record(
        actor=by, member=member, action=action, data_classes=[DataClass.PHOTOS], grant=panel_grant(member)
    )


def panel_grant(member: User) -> Grant | None:
    """Return the active consent to studies of a member."""
    grant: Grant | None = grants_of(member).filter(purpose=Purpose.PANEL).last()
    return grant


def study_open(*, study: Study, although_short: bool = False) -> Study:
    """Let people in; raises ``no_faces``, or ``short`` while a half lacks faces and nobody said that this is fine."""
    with transaction.atomic():
        study = _draft(study)
        halves = selectors.halves_of(study)
        if not any(half.count for half in halves):
            raise PanelError("no_faces")
        if any(half.missing for half in halves) and not although_short:
            raise PanelError("short")
        study.state, study.opened_at = StudyState.OPEN, timezone.now()
        study.save(update_fields=["state", "opened_at"])
    return study


def study_close(*, study: Study) -> bool:
    """Let nobody answer any more; say whether it was open."""
    now = timezone.now()
    rows = Study.objects.filter(pk=study.pk, state=StudyState.OPEN)
    return bool(rows.update(state=StudyState.CLOSED, closed_at=now))


@transaction.atomic
def study_delete(*, study: Study) -> None:
    """Remove a study with its faces, files, key, participants and answers."""
    pictures.files_drop(study)
    study.delete()


def machine_again(*, study: Study) -> int:
    """Ask the ensemble about every face anew (another version is in use); returns how many."""
    return study.faces.update(
        machine_state=MachineState.QUEUED,
        machine_reason="",
        machine_emotion="",
        machine_probabilities=None,
        machine_version="",
        machine_at=None,
        lease=None,
        lease_until=None,
        attempts=0,
    )


def own_faces_end(user: User, row: Grant) -> None:
    """Take every photo of a member out of every study, with all answers about it.

    Called inside the transaction in which one of the consents a study rests on is withdrawn: to take
    part, to read emotions, to keep photos. With another grant of that purpose still active, nothing ends.
    """
    if not has_grant(user, row.purpose):
        Face.objects.filter(reading__check_in__member=user).delete()


@transaction.atomic
def person_erase(*, user: User) -> None:
    """Remove a person's photos from every study, and every answer they gave."""
    Face.objects.filter(reading__check_in__member=user).delete()
    Participant.objects.filter(user=user).delete()


def _draft(study: Study) -> Study:
    """Return the study, locked if a transaction is open, while its faces may still change."""
    rows = Study.objects.filter(pk=study.pk, state=StudyState.DRAFT)
    if transaction.get_connection().in_atomic_block:
        rows = rows.select_for_update()
    found = rows.first()
    if found is None:
        raise PanelError("not_a_draft")
    return found
