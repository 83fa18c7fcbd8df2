"""What studies hold about a person: everything out, everything gone."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from moods.panel import services
from moods.panel.models import Face, Participant, Study


def export(user: User) -> dict[str, Any]:
    """Return the person's photos in studies, their answers, and the studies they made."""
    faces = Face.objects.filter(reading__check_in__member=user)
    parts = Participant.objects.filter(user=user).select_related("study")
    return {
        "photos": [
            _photo(face) for face in faces.select_related("study", "reading__check_in").order_by("pk")
        ],
        "answers": [_part(one) for one in parts.order_by("pk")],
        "studies": [
            {"title": study.title, "made_at": study.made_at.isoformat(), "state": study.state}
            for study in Study.objects.filter(made_by=user).order_by("pk")
        ],
    }


def erase(user: User) -> None:
    """Remove the person's photos from every study, and every answer they gave."""
    services.person_erase(user=user)


def _photo(face: Face) -> dict[str, Any]:
    entry = face.reading.check_in.uuid if face.reading else None
    return {
        "study": face.study.title,
        "entry": str(entry) if entry else None,
        "label": face.label,
        "machine": face.machine_emotion or None,
        "machine_version": face.machine_version,
        "times_shown": face.answers.count(),
    }


def _part(one: Participant) -> dict[str, Any]:
    answers = one.answers.select_related("face").order_by("pk")
    return {
        "study": one.study.title,
        "name": one.name,
        "consent_version": one.consent_version,
        "consented_at": one.consented_at.isoformat(),
        "finished_at": one.finished_at.isoformat() if one.finished_at else None,
        "answers": [
            {
                "face": str(row.face.uuid),
                "feeling": row.feeling or None,
                "shown_at": row.shown_at.isoformat(),
                "answered_at": row.answered_at.isoformat() if row.answered_at else None,
            }
            for row in answers
        ],
    }
