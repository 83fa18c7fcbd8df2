"""What scales hold about a member: everything out, everything gone."""

from __future__ import annotations

from typing import Any

from accounts.keys import KeyLost
from accounts.models import User
from moods.scales import selectors, services
from moods.scales.models import Rhythm, Sitting


def export(user: User) -> dict[str, Any]:
    """Return every sitting with its answers, also of scales that are switched off, and the rhythm."""
    rows = selectors.sittings_of(user).order_by("started_at", "pk")
    rhythm = Rhythm.objects.filter(member=user).first()
    return {
        "sittings": [_sitting(user, row) for row in rows],
        "every_two_weeks": {"on": rhythm.on, "since": rhythm.since.isoformat()} if rhythm else None,
    }


def erase(user: User) -> None:
    """Remove every sitting and the rhythm."""
    services.member_erase(member=user)


def _sitting(user: User, row: Sitting) -> dict[str, Any]:
    taken = selectors.taken_of(user, row)
    try:
        answers: selectors.Answers | None = selectors.answers_of(user, row)
    except KeyLost:
        answers = None
    return {
        "uuid": str(row.uuid),
        "scale": row.scale,
        "language": row.language,
        "wording": row.wording,
        "started_at": row.started_at.isoformat(),
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "date": row.local_date.isoformat() if row.local_date else None,
        "time_zone": row.time_zone or None,
        "answers": answers,
        "score": taken.score if taken else None,
        "score_of": taken.score_top if taken else None,
    }
