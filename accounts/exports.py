"""A registry of what each room holds about a person: everything out, everything gone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from django.db import transaction

from accounts import audit, selectors, services
from accounts.models import AccessEntry, Grant, User

Exporter = Callable[[User], Any]
Eraser = Callable[[User], None]
_ROOMS: Final[dict[str, tuple[Exporter, Eraser | None]]] = {}


def register(name: str, exporter: Exporter, eraser: Eraser | None = None) -> None:
    """Add a room: ``exporter`` returns JSON-ready values, ``eraser`` removes what no key covers."""
    _ROOMS[name] = (exporter, eraser)


def export_all(user: User, without: Collection[str] = ()) -> dict[str, Any]:
    """Return everything every room knows of the person, by room; rooms in ``without`` are not asked."""
    rooms = sorted(_ROOMS.items())
    return {name: exporter(user) for name, (exporter, _eraser) in rooms if name not in without}


@transaction.atomic
def erase_all(user: User) -> None:
    """Remove the person from every room, then destroy the key and the account."""
    for _exporter, eraser in _ROOMS.values():
        if eraser is not None:
            eraser(user)
    services.account_erase(user=user)


def export_account(user: User) -> dict[str, Any]:
    """Return the account itself, every consent receipt, and who looked."""
    return {
        "email": user.email,
        "display_name": user.display_name,
        "birth_year": user.birth_year,
        "language": user.language,
        "time_zone": user.time_zone,
        "shows_streaks": user.shows_streaks,
        "photo_retention": user.photo_retention,
        "joined": user.date_joined.isoformat(),
        "roles": sorted(user.roles),
        "consents": [receipt(row) for row in selectors.grant_history(user)],
        "looks": [_look(row, user) for row in selectors.access_entries_of(user)],
    }


def receipt(row: Grant) -> dict[str, Any]:
    """Return one consent decision as a receipt (fields after ISO/IEC TS 27560)."""
    return {
        "grant": str(row.grant),
        "subject": str(row.subject),
        "decision": row.decision,
        "at": row.at.isoformat(),
        "purpose": row.purpose,
        "organisation": row.organisation.name if row.organisation else None,
        "data_classes": row.data_classes,
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        "notice_version": row.notice_version,
        "notice_sha256": row.notice_hash,
        "language": row.language,
        "method": row.method,
        "digest": row.digest,
    }


def _look(row: AccessEntry, user: User) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "who": row.actor.name,
        "organisation": row.organisation.name if row.organisation else None,
        "what": audit.label_of(row.action),
        "data_classes": row.data_classes,
        "why": audit.reason_for(row, user),
    }
