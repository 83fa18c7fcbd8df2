"""Make demo people, a year of entries and whatever else each room seeds."""

from __future__ import annotations

import random
import time
from argparse import ArgumentParser
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import seeding
from accounts.models import User


class Command(BaseCommand):
    """Run every room's seeder; the same seed and day give the same people and the same entries."""

    help = "Makes demo people of every role and a year of entries (deterministic by --seed)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--members", type=int, default=30, help="how many members (default 30)")
        parser.add_argument("--days", type=int, default=365, help="days of entries (default 365)")
        parser.add_argument("--seed", type=int, default=7, help="seed of every choice (default 7)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where people exist already")
        parser.add_argument("--force", action="store_true", help="also outside a demo installation")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.MAEUM_DEMO or settings.DEBUG or options["force"]):
            raise CommandError(
                "This is no demo installation. Demo people have printed passwords: set MAEUM_DEMO=1, "
                "or add --force if you are sure."
            )
        if options["members"] < 1 or options["days"] < 1:
            raise CommandError("--members and --days must be at least 1.")
        if options["if_empty"] and User.objects.exists():
            self.stdout.write("There are people already; nothing was seeded.")
            return
        started = time.monotonic()
        context = seeding.SeedContext(
            rng=random.Random(options["seed"]),  # noqa: S311 - demo data, no secret
            members_wanted=options["members"],
            days=options["days"],
            today=timezone.localdate(timezone=ZoneInfo("Asia/Seoul")),
            say=self._say,
        )
        # All or nothing: after a Ctrl-C half-way, people without entries would look like a finished demo.
        with transaction.atomic():
            seeding.run_all(context)
        self._say(f"demo data is ready ({time.monotonic() - started:.1f} s)")

    def _say(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()
