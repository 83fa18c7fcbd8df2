"""Hand a member everything this room holds about them, and destroy it when they leave."""

from __future__ import annotations

import base64
from typing import Any

from accounts.models import User
from moods import selectors, services
from moods.models import CheckIn, PhotoReading, Reread


def export(user: User) -> list[dict[str, Any]]:
    """Return every entry with its reading, the member's corrections and the photo while it is kept."""
    return [
        _entry(entry) for entry in selectors.check_ins_of(user).order_by("local_date", "local_time", "pk")
    ]


def erase(user: User) -> None:
    """Remove every entry, reading and photo of a member."""
    services.check_ins_erase(member=user)


def _entry(entry: CheckIn) -> dict[str, Any]:
    reading = selectors.reading_of(entry)
    return {
        "uuid": str(entry.uuid),
        "date": entry.local_date.isoformat(),
        "time": entry.local_time.isoformat(),
        "time_zone": entry.time_zone,
        "mood": entry.mood,
        "feeling": entry.feeling or None,
        "note": entry.note,
        "tags": entry.tags,
        "agreed": entry.agreed,
        "agreed_to": entry.agreed_to or None,
        "corrected_at": entry.corrected_at.isoformat() if entry.corrected_at else None,
        "written_at": entry.created_at.isoformat(),
        "reading": _reading(entry, reading) if reading else None,
    }


def _again(row: Reread) -> dict[str, Any]:
    names = (
        "state", "reason", "was_status", "was_emotion", "was_confidence", "was_version",
        "now_status", "now_emotion", "now_confidence",
    )  # fmt: skip
    finished = row.finished_at
    return {name: getattr(row, name) for name in names} | {
        "finished_at": finished.isoformat() if finished else None
    }


def _reading(entry: CheckIn, reading: PhotoReading) -> dict[str, Any]:
    photo = selectors.photo_of(entry)
    names = (
        "status", "reason", "emotion", "probabilities", "confidence", "valence", "arousal", "faces",
        "face", "pose", "quality", "eyewear", "mask", "grid", "grid_corners", "ensemble_version",
    )  # fmt: skip
    values = {name: getattr(reading, name) for name in names}
    finished = reading.finished_at
    return values | {
        "queued_at": reading.queued_at.isoformat(),
        "finished_at": finished.isoformat() if finished else None,
        "photo_until": reading.photo_until.isoformat() if reading.photo_until else None,
        "read_again": [_again(row) for row in reading.rereads.order_by("pk")],
        "photo_jpeg_base64": base64.b64encode(photo).decode() if photo else None,
    }
