"""Read our own export: the JSON, alone or in its ZIP with photos."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import date, datetime, time
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from moods.choices import FINAL, Feeling
from moods.portable.errors import ImportRefused, RowProblem
from moods.portable.models import Source
from moods.portable.rows import Parsed, Row, clean, feeling_of, gather, moment_of, words_of

FORMAT: Final = "maeum-export"
VERSION: Final = 1
#: Bounds of what a reading may carry: far above a real one, far below a nuisance.
_MOST_ITEMS: Final = 64
_MOST_HISTORY: Final = 50


def read_own(values: Any, member: User, photos: Collection[str] = ()) -> Parsed:
    """Read our JSON; ``photos`` are the names of the parts of its ZIP."""
    if not isinstance(values, dict):
        raise ImportRefused("wrong_shape")
    if isinstance(values.get("version"), int) and values["version"] > VERSION:
        raise ImportRefused("newer_version")
    # "moods": the one-file download of the account page, which holds the same entries.
    entries = values.get("entries", values.get("moods"))
    if not isinstance(entries, list):
        raise ImportRefused("wrong_shape")
    return gather(
        Source.MAEUM,
        (
            (number, partial(_row, number, entry, member, photos))
            for number, entry in enumerate(entries, start=1)
        ),
    )


def _row(number: int, entry: Any, member: User, photos: Collection[str]) -> Row:
    if not isinstance(entry, dict):
        raise RowProblem("bad_row")
    day, clock, zone = _moment(entry)
    moment_of(member, day, clock, zone)
    mood = entry.get("mood")
    if mood is not None and (isinstance(mood, bool) or not isinstance(mood, int)):
        raise RowProblem("unknown_mood")
    tags = entry.get("tags") or []
    if not isinstance(tags, list):
        raise RowProblem("bad_row")
    feeling = feeling_of(entry.get("feeling"))
    note, tidy = words_of(clean(entry.get("note")), [clean(tag) for tag in tags], mood, feeling)
    reading, history, photo = _reading(entry.get("reading"), photos)
    if not (mood is not None or feeling or note or tidy or entry.get("reading")):
        raise RowProblem("nothing_said")
    return Row(
        number, _origin(entry), day, clock, zone,
        mood=mood, feeling=feeling, note=note, tags=tidy,
        agreed=entry.get("agreed") is True, agreed_to=feeling_of(entry.get("agreed_to")),
        corrected_at=_instant(entry.get("corrected_at")), written_at=_instant(entry.get("written_at")),
        reading=reading, history=history, photo=photo,
    )  # fmt: skip


def _origin(entry: dict[str, Any]) -> str:
    try:
        return f"maeum:{UUID(str(entry.get('uuid')))}"
    except ValueError as error:
        raise RowProblem("bad_row") from error


def _moment(entry: dict[str, Any]) -> tuple[date, time, str]:
    day, clock, zone = entry.get("date"), entry.get("time"), entry.get("time_zone")
    try:
        found_day = date.fromisoformat(day) if isinstance(day, str) else None
    except ValueError:
        found_day = None
    if found_day is None:
        raise RowProblem("bad_date")
    try:
        found_clock = time.fromisoformat(clock) if isinstance(clock, str) else None
    except ValueError:
        found_clock = None
    if found_clock is None or found_clock.tzinfo is not None:
        raise RowProblem("bad_time")
    if not isinstance(zone, str):
        raise RowProblem("bad_zone")
    return found_day, found_clock, zone


def _instant(value: Any) -> datetime | None:
    """Return a past moment with its offset; anything else is no moment."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found if found and found.tzinfo and found <= timezone.now() else None
    except (ValueError, OverflowError):
        return None


def _reading(found: Any, photos: Collection[str]) -> tuple[dict[str, Any] | None, list[dict[str, Any]], str]:
    """Return what may come back of a reading: only one that had ended, only values of the known shape."""
    if not isinstance(found, dict) or found.get("status") not in FINAL:
        return None, [], ""
    photo = found.get("photo")
    kept = {
        "status": found["status"],
        "reason": _short(found.get("reason"), 30),
        "emotion": found.get("emotion") if found.get("emotion") in Feeling.values else "",
        "probabilities": _chances(found.get("probabilities")),
        "ensemble_version": _short(found.get("ensemble_version"), 50),
        "eyewear": _short(found.get("eyewear"), 12) or None,
        "mask": _short(found.get("mask"), 12) or None,
        "faces": _whole(found.get("faces")),
        "confidence": _within(found.get("confidence"), 0, 1),
        "valence": _within(found.get("valence"), -1, 1),
        "arousal": _within(found.get("arousal"), -1, 1),
        "queued_at": found.get("queued_at") if _instant(found.get("queued_at")) else None,
        "finished_at": found.get("finished_at") if _instant(found.get("finished_at")) else None,
    }
    for name in ("face", "pose", "quality", "grid", "grid_corners"):
        kept[name] = found.get(name) if _is_small(found.get(name)) else None
    if not _is_grid(kept["grid"]) or not _is_grid(kept["grid_corners"]):
        kept["grid"] = kept["grid_corners"] = None
    if kept["status"] == "read" and (not kept["emotion"] or not kept["probabilities"]):
        return None, [], ""
    history = found.get("read_again")
    told = history if isinstance(history, list) else []
    again = [one for one in told[:_MOST_HISTORY] if isinstance(one, dict) and _is_small(one)]
    return kept, again, photo if isinstance(photo, str) and photo in photos else ""


def _chances(found: Any) -> dict[str, float] | None:
    if not isinstance(found, dict) or not found or set(found) - set(Feeling.values):
        return None
    chances = {name: _within(value, 0, 1) for name, value in found.items()}
    told = {name: value for name, value in chances.items() if value is not None}
    return told if len(told) == len(chances) else None


def _short(value: Any, length: int) -> str:
    return clean(value)[:length] if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1000
    return value if fits else None


def _within(value: Any, low: float, high: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None


def _is_small(value: Any, depth: int = 0) -> bool:
    """Say whether a value is a few numbers and short words, at most three levels deep."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return len(value) <= 60 and "\x00" not in value and value.isprintable()
    if isinstance(value, int | float):
        return abs(value) < 1e9 and math.isfinite(value)
    if depth > 2 or not isinstance(value, list | dict) or len(value) > _MOST_ITEMS:
        return False
    if isinstance(value, dict) and not all(isinstance(key, str) and len(key) <= 30 for key in value):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return all(_is_small(one, depth + 1) for one in inside)


def _is_grid(value: Any) -> bool:
    """Say whether a value is rows of equally many numbers."""
    if value is None:
        return False
    if not isinstance(value, list) or not value or not all(isinstance(row, list) and row for row in value):
        return False
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for row in value for one in row)
    return numbers and len({len(row) for row in value}) == 1
