"""What imports hold about a member: told on export, gone when they leave."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from moods.portable import selectors, services


def export(user: User) -> list[dict[str, Any]]:
    """Return every import with its counts; the entries themselves are told by the diary."""
    return [
        {
            "uuid": str(batch.uuid),
            "source": batch.source,
            "state": batch.state,
            "made": batch.made,
            "photos": batch.photos,
            "left_out": batch.left_out,
            "removed": batch.removed,
            "applied_at": batch.applied_at.isoformat() if batch.applied_at else None,
            "undone_at": batch.undone_at.isoformat() if batch.undone_at else None,
        }
        for batch in selectors.imports_of(user)
    ]


def erase(user: User) -> None:
    """Remove every import of the member."""
    services.member_erase(member=user)
