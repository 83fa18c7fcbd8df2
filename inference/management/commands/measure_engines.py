"""Set the engines that could run each member side by side: time, and what each costs in accuracy."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """``manage.py measure_engines --bundle VERSION --source ferplus --root DIR --json``."""

    help = "Measure every engine on every member of a bundle."
    requires_system_checks: list[str] = []  # says itself, with a sentence, what is wrong with a bundle

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the bundle and, for accuracy, labelled faces."""
        parser.add_argument("--bundle", default="", help="folder or version; default: the active one")
        parser.add_argument("--source", default="ferplus", help="as evaluate_ensemble takes it")
        parser.add_argument("--root", type=Path, help="labelled faces; without them only time is measured")
        parser.add_argument("--split", choices=["train", "valid", "test", "all"], default="valid")
        parser.add_argument("--limit", type=int, default=600, help="a fixed random part of this many faces")
        parser.add_argument("--batches", type=int, nargs="+", default=[1, 32])
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print one row a member and engine."""
        from inference import InferenceError
        from inference._bundle import find_bundle, read_bundle
        from inference._settings import SETTINGS
        from inference.training.dataset import DataSetError
        from inference.training.engines import measure_member

        try:
            bundle = read_bundle(find_bundle(options["bundle"] or SETTINGS.bundle, SETTINGS.bundles))
            faces = self._faces(bundle.classes, options)
            rows = [
                row
                for entry in bundle.members
                for row in measure_member(bundle, entry, faces, options["batches"])
            ]
        except (DataSetError, InferenceError, OSError) as error:
            raise CommandError(str(error)) from error
        report = {"bundle": bundle.version, "threads": SETTINGS.threads, "machine": machine(), "rows": rows}
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        self.stdout.write(f"{bundle.version} on {report['machine']}, {SETTINGS.threads} threads")
        for row in rows:
            self.stdout.write("  ".join(f"{key} {value}" for key, value in row.items()))

    def _faces(self, classes: Any, options: dict[str, Any]) -> Any:
        from inference.training.sources import read_source

        if options["root"] is None:
            return None
        faces = read_source(
            options["source"], options["root"], classes, split=options["split"], majority=True
        )
        return faces.limited(options["limit"])


def machine() -> str:
    """Name the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} x {len(names)}" if names else platform.machine()
