"""Measure the bundle in use on labelled faces."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """``manage.py evaluate_ensemble --source ferplus --root DIR --split valid --json``."""

    help = "Measure the shipped ensemble on a labelled data set."
    requires_system_checks: list[str] = []  # says itself, with a sentence, what is wrong with a bundle

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the data and how to look at it."""
        parser.add_argument("--source", choices=["ferplus", "folder"], required=True)
        parser.add_argument("--root", type=Path, required=True)
        parser.add_argument("--split", choices=["train", "valid", "test", "all"], default="test")
        parser.add_argument("--limit", type=int, help="a fixed random part of this many images")
        parser.add_argument(
            "--crops", action="store_true", help="images are face crops: no detection, no gates"
        )
        parser.add_argument("--restrict", action="store_true", help="renormalise over the classes present")
        parser.add_argument("--plots", type=Path, help="folder for the confusion matrix as PNG")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, vote, score, print."""
        from inference import InferenceError
        from inference.training.data import DataSetError
        from inference.training.measure import measure

        began = time.monotonic()
        try:
            report = measure(
                source=options["source"],
                root=options["root"],
                split=options["split"],
                limit=options["limit"],
                crops=options["crops"],
                restrict=options["restrict"],
                plots=options["plots"],
            )
        except (DataSetError, InferenceError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"measured in {time.monotonic() - began:.0f} s")
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        for key, value in report.items():
            self.stdout.write(f"{key}: {json.dumps(value, ensure_ascii=False)}")
