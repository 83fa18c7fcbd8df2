"""A registry of what ends, room by room, in the moment a grant is withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from accounts.choices import Purpose
from accounts.models import Grant, User

#: Called with the member and the grant's withdrawal, inside the withdrawal's transaction.
Effect = Callable[[User, Grant], None]
_EFFECTS: Final[dict[tuple[Purpose, str], Effect]] = {}


def register(purpose: Purpose, room: str, effect: Effect) -> None:
    """Add what a room ends when this purpose is withdrawn; the room's name keeps it once."""
    _EFFECTS[purpose, room] = effect


def run(user: User, row: Grant) -> None:
    """Let every room end what the withdrawn grant allowed; one that fails undoes the withdrawal."""
    for (purpose, _room), effect in list(_EFFECTS.items()):
        if purpose == row.purpose:
            effect(user, row)
