"""A registry of demo seeders: each room adds its own, `seed_demo` runs them in order."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import Organisation, User


@dataclass
class SeedContext:
    """What seeders share: one seeded chance, the size, the day, and the people made so far."""

    rng: random.Random
    members_wanted: int
    days: int
    today: date
    say: Callable[[str], None]
    members: list[User] = field(default_factory=list)
    staff: dict[str, User] = field(default_factory=dict)
    organisations: list[Organisation] = field(default_factory=list)


Seeder = Callable[[SeedContext], None]
_SEEDERS: dict[str, tuple[int, Seeder]] = {}


def register(order: int, name: str, seed: Seeder) -> None:
    """Add a room's seeder; lower orders run first."""
    _SEEDERS[name] = (order, seed)


def run_all(context: SeedContext) -> None:
    """Run every seeder in order."""
    for name, (_order, seed) in sorted(_SEEDERS.items(), key=lambda item: item[1][0]):
        context.say(name)
        seed(context)
