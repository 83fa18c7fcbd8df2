"""Order kept photos to be read again with the active bundle; the workers do the work."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moods import bundle_facts, services, tasks
from moods.runs import RereadKind
from moods.services import RereadRefused


class Command(BaseCommand):
    """One run, or with ``--dry-run`` only the count."""

    help = (
        "Reads kept photos again with the active bundle, after all new ones; corrections are never touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_mutually_exclusive_group(required=True)
        said = {
            RereadKind.MISSING: "photos that could not be read",
            RereadKind.STALE: "photos read by another bundle than the active one",
            RereadKind.ALL: "every photo that is still kept",
        }
        for kind, words in said.items():
            kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, help=words)
        parser.add_argument("--dry-run", action="store_true", help="only say how many that would be")

    def handle(self, *args: Any, **options: Any) -> None:
        kind, version = RereadKind(options["kind"]), services.active_version()
        if options["dry_run"]:
            count = next(row for row in bundle_facts.kind_counts(version) if row.kind == kind)
            about = "unknown" if count.seconds is None else f"about {count.seconds:.0f} s"
            self.stdout.write(
                f"{kind}: {count.readable} to read with {version or 'no bundle'} ({about}); "
                f"{count.not_kept} photo not kept, {count.no_consent} without consent"
            )
            return
        try:
            run = services.reread_start(kind=kind, by=None)
        except RereadRefused as error:
            raise CommandError(f"{error.code}: {error}") from error
        tasks.wake()
        self.stdout.write(f"Run {run.pk}: {run.expected} photos will be read again with {run.version}.")
