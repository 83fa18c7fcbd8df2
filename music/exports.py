"""What music holds about a person: everything out, everything gone."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from music.models import PlayerEvent, Suggestion


def export(user: User) -> dict[str, Any]:
    """Return every track that was suggested to the person, and every report of their player."""
    shown = Suggestion.objects.filter(member=user).select_related("track", "check_in")
    events = PlayerEvent.objects.filter(member=user).select_related("source__track")
    return {
        "suggestions": [_suggestion(row) for row in shown.order_by("chosen_at", "position")],
        "player_events": [_event(row) for row in events.order_by("at")],
    }


def erase(user: User) -> None:
    """Remove everything that was suggested to the person or played by them."""
    PlayerEvent.objects.filter(member=user).delete()
    Suggestion.objects.filter(member=user).delete()


def _suggestion(row: Suggestion) -> dict[str, Any]:
    return {
        "track": row.track.slug,
        "check_in": str(row.check_in.uuid),
        "journey": row.journey,
        "position": row.position,
        "valence": row.valence,
        "arousal": row.arousal,
        "distance": row.distance,
        "at": row.chosen_at.isoformat(),
    }


def _event(row: PlayerEvent) -> dict[str, Any]:
    return {
        "track": row.source.track.slug,
        "kind": row.kind,
        "error_code": row.error_code,
        "at_second": row.at_second,
        "at": row.at.isoformat(),
    }
