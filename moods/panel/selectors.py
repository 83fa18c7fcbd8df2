"""Questions about studies; nothing here writes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.choices import Purpose
from accounts.models import Grant, User
from moods.choices import Feeling, Status
from moods.models import PhotoReading
from moods.panel.choices import UNREAD, Half, StudyState
from moods.panel.models import Answer, Face, Link, Participant, Study

#: What a photo in a study rests on; withdrawing any of them takes it out.
NEEDED = (Purpose.PANEL, Purpose.EMOTION, Purpose.PHOTO_KEEP)


@dataclass(frozen=True)
class HalfCount:
    """How full one half is; ``more`` counts photos that could still be drawn."""

    half: Half
    count: int
    wanted: int
    more: int
    classes: tuple[tuple[str, int], ...]

    @property
    def missing(self) -> int:
        """Return how many faces this half lacks."""
        return max(0, self.wanted - self.count)


@dataclass(frozen=True)
class Progress:
    """Where one participant stands."""

    total: int
    done: int
    skipped: int
    next: Face | None


def studies() -> QuerySet[Study]:
    """Return every study with counts of faces, people and those who finished, newest first."""
    finished = Q(participants__finished_at__isnull=False)
    return Study.objects.annotate(
        face_count=Count("faces", distinct=True),
        people=Count("participants", distinct=True),
        finished=Count("participants", filter=finished, distinct=True),
    )


def open_studies() -> QuerySet[Study]:
    """Return the studies that people can take part in now."""
    return studies().filter(state=StudyState.OPEN)


def study_for(uuid: UUID) -> Study | None:
    """Return a study, or None."""
    return studies().filter(uuid=uuid).first()


def halves_of(study: Study) -> list[HalfCount]:
    """Return how full both halves are, classes counted."""
    rows = study.faces.values("half", "label").annotate(n=Count("pk")).order_by()
    found = {(row["half"], row["label"]): row["n"] for row in rows}
    halves = []
    for half in Half:
        classes = tuple((label, found.get((half, label), 0)) for label in Feeling.values)
        more = eligible_photos(study).count() if half == Half.OWN else 0
        halves.append(HalfCount(half, sum(n for _, n in classes), study.per_half, more, classes))
    return halves


def eligible_photos(study: Study) -> QuerySet[PhotoReading]:
    """Return kept photos with one face whose members allowed all of this and said a feeling first.

    Words said *after* the reading are left out: a correction is mostly written where the ensemble
    was wrong, so such labels would be chosen against it, and others lean towards what it said.
    """
    members = User.objects.filter(is_active=True)
    for purpose in NEEDED:
        subjects = Grant.objects.active().filter(purpose=purpose).values("subject")
        members = members.filter(subject_key__subject__in=subjects)
    kept = Q(photo_until__isnull=True) | Q(photo_until__gt=timezone.now())
    return (
        PhotoReading.objects.filter(
            kept,
            check_in__member__in=members.values("pk"),
            check_in__corrected_at__isnull=True,
            status__in=(Status.READ, Status.UNSURE),
            face__isnull=False,
        )
        .exclude(photo="")
        .exclude(check_in__feeling="")
        .exclude(panel_faces__study=study)
        .select_related("check_in__member")
    )


def order_of(participant: Participant) -> list[Face]:
    """Return the faces in this person's own order: random, the same on every device.

    Each face is placed by a hash of seed and id, so that a face that is taken out moves no other.
    """
    faces = Face.objects.filter(study_id=participant.study_id).select_related("reading__check_in__member")
    return sorted(faces, key=lambda face: _place(participant.seed, face.uuid))


def _place(seed: int, face: UUID) -> bytes:
    return hashlib.sha256(f"{seed}:{face.hex}".encode()).digest()


def answers_of(participant: Participant) -> dict[int, Answer]:
    """Return what a participant answered, by face."""
    return {row.face_id: row for row in participant.answers.filter(answered_at__isnull=False)}


def progress_of(participant: Participant, faces: list[Face] | None = None) -> Progress:
    """Return where a participant stands; photos that can no longer be shown do not count."""
    faces = showable(order_of(participant) if faces is None else faces, participant)
    said = answers_of(participant)
    waiting = [face for face in faces if face.pk not in said]
    skipped = sum(1 for face in faces if face.pk in said and not said[face.pk].feeling)
    return Progress(len(faces), len(faces) - len(waiting), skipped, waiting[0] if waiting else None)


def showable(faces: list[Face], participant: Participant) -> list[Face]:
    """Leave out own photos that are no longer kept, unless this person answered them before."""
    said = answers_of(participant)
    return [face for face in faces if face.pk in said or is_kept(face)]


def is_kept(face: Face) -> bool:
    """Say whether the pixels of a face still exist, as far as the rows know."""
    if face.reading is None:
        return True
    until = face.reading.photo_until
    return bool(face.reading.photo) and (until is None or until > timezone.now())


def participant_of(user: User, study: Study) -> Participant | None:
    """Return somebody's own part in a study, or None."""
    return Participant.objects.filter(study=study, user=user).select_related("study", "user").first()


def participant_by(uuid: str, study: Study) -> Participant | None:
    """Return a guest of a study by the id that their session holds, or None."""
    guests = Participant.objects.filter(study=study, user__isnull=True)
    try:
        return guests.select_related("study").filter(uuid=UUID(uuid)).first()
    except ValueError:
        return None


def invitations_of(study: Study) -> QuerySet[Link]:
    """Return the invitations to a study, newest first."""
    return study.links.filter(for_device=False).select_related("participant").order_by("-made_at", "-pk")


def unread_count(study: Study) -> int:
    """Return how many faces the ensemble has not answered yet."""
    return study.faces.filter(machine_state__in=UNREAD).count()
