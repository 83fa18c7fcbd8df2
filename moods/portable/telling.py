"""Put a member's entries into the words of our own export; one at a time, so that ten years fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from django.db.models import QuerySet

from accounts.keys import KeyLost, decrypt_for
from accounts.models import User
from moods import selectors
from moods.models import CheckIn, PhotoReading, Reread
from moods.portable.models import ImportedEntry
from moods.portable.services import IMPORTED

_READING: Final = (
    "status", "reason", "emotion", "probabilities", "confidence", "valence", "arousal", "faces",
    "face", "pose", "quality", "eyewear", "mask", "grid", "grid_corners",
)  # fmt: skip
_AGAIN: Final = (
    "state", "reason", "was_status", "was_emotion", "was_confidence", "was_version",
    "now_status", "now_emotion", "now_confidence",
)  # fmt: skip


def entries_of(member: User) -> QuerySet[CheckIn]:
    """Return a member's entries in the order they were lived."""
    found = selectors.check_ins_of(member).select_related("imported")
    return found.prefetch_related("reading__rereads").order_by("local_date", "local_time", "pk")


def entries_told(member: User) -> Iterator[dict[str, Any]]:
    """Yield every entry as the export tells it; photos are named, not held."""
    for entry in entries_of(member).iterator(chunk_size=500):
        yield entry_told(member, entry)


def entry_told(member: User, entry: CheckIn) -> dict[str, Any]:
    """Tell one entry."""
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
        "reading": _reading(member, entry, reading) if reading else None,
    }


def photo_name(entry: CheckIn) -> str:
    """Return where a kept photo lies in the ZIP."""
    return f"photos/{entry.local_date.isoformat()}-{entry.uuid}.jpg"


def _reading(member: User, entry: CheckIn, reading: PhotoReading) -> dict[str, Any]:
    version = reading.ensemble_version
    finished = reading.finished_at
    return {name: getattr(reading, name) for name in _READING} | {
        "ensemble_version": version.removeprefix(IMPORTED),
        "imported": version.startswith(IMPORTED),
        "queued_at": reading.queued_at.isoformat(),
        "finished_at": finished.isoformat() if finished else None,
        "photo_until": reading.photo_until.isoformat() if reading.photo_until else None,
        "read_again": [*_history(member, entry), *(_again(row) for row in reading.rereads.all())],
        "photo": photo_name(entry) if reading.photo else None,
    }


def _again(row: Reread) -> dict[str, Any]:
    finished = row.finished_at
    return {name: getattr(row, name) for name in _AGAIN} | {
        "finished_at": finished.isoformat() if finished else None
    }


def _history(member: User, entry: CheckIn) -> list[dict[str, Any]]:
    """Return what an import told of readings before the last one."""
    try:
        sealed = bytes(entry.imported.sealed_history)
        found: list[dict[str, Any]] = json.loads(decrypt_for(member, sealed)) if sealed else []
    except (ImportedEntry.DoesNotExist, KeyLost):
        return []
    return found
