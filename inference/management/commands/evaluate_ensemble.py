"""Measure a bundle on labelled faces; docs/evaluation.md says what each number means."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

SOURCES: Final = ("ferplus", "fer2013", "aihub", "kface", "folder", "built")


class Command(BaseCommand):
    """``manage.py evaluate_ensemble --source ferplus --root DIR --split test --crops --json``."""

    help = "Measure an ensemble on a labelled data set."
    requires_system_checks: list[str] = []  # says itself, with a sentence, what is wrong with a bundle

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the data, the bundle, and what to say of them."""
        parser.add_argument("--source", choices=SOURCES, required=True)
        parser.add_argument("--root", type=Path, required=True)
        parser.add_argument("--split", choices=["train", "valid", "test", "all"], default="test")
        parser.add_argument("--limit", type=_count, help="a fixed random part of this many images")
        parser.add_argument(
            "--labels",
            choices=["majority", "uploader", "unanimous"],
            default="majority",
            help="AI-Hub: whose word",
        )
        parser.add_argument(
            "--crops", action="store_true", help="images are face crops: no detection, no gates"
        )
        parser.add_argument("--restrict", action="store_true", help="renormalise over the classes present")
        parser.add_argument("--bundle", metavar="VERSION|DIR", help="instead of the active bundle")
        parser.add_argument("--plots", type=Path, metavar="DIR", help="folder for diagrams as PNG")
        parser.add_argument(
            "--explain",
            type=_count,
            default=0,
            metavar="N",
            help="test the heat maps of N faces (and draw some with --plots)",
        )
        parser.add_argument(
            "--cross", action="store_true", help="score on FER2013's labels too, or on FER+'s"
        )
        parser.add_argument(
            "--votes", action="store_true", help="compare equal, fixed and fitted weights, fitted on valid"
        )
        parser.add_argument(
            "--even-classes", action="store_true", help="fit class scales on valid that even out the recalls"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, vote, score, print."""
        from inference import InferenceError
        from inference.training.dataset import DataSetError
        from inference.training.heat import HeatError
        from inference.training.measure import measure

        began = time.monotonic()
        names = (
            "source",
            "root",
            "split",
            "limit",
            "crops",
            "restrict",
            "plots",
            "labels",
            "bundle",
            "cross",
            "votes",
        )
        asked = {name: options[name] for name in names}
        try:
            report = measure(**asked, even=options["even_classes"], explain_count=options["explain"])
        except (DataSetError, InferenceError, HeatError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"measured in {time.monotonic() - began:.0f} s")
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, allow_nan=False))
            return
        for line in table(report):
            self.stdout.write(line)


def _count(text: str) -> int:
    """Read a whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


_SHOWN: Final[Mapping[str, Callable[[float], str]]] = {
    "accuracy": "{:.2%}".format,
    "log_loss": "{:.4f}".format,
    "macro_f1": "{:.4f}".format,
    "ece": "{:.4f}".format,
    "spread": "{:.4f}".format,
}


def table(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield a report as lines for a person; ``--json`` has every number."""
    yield f"{report['bundle']} on {report['source']} {report['split']}: n = {report['n']}, {report['coverage']['judged']:.1%} of the images judged, {report['faces_per_second']} faces/s"
    for key, shown in _SHOWN.items():
        yield f"  {key:<9} {shown(report[key]):>8}   [{', '.join(map(shown, report['intervals'][key]))}]"
    for name, row in report["per_class"].items():
        numbers = (
            "no images"
            if not row["n"]
            else "  ".join(f"{k} {row[k]:.3f}" for k in ("precision", "recall", "f1"))
        )
        yield f"  {name:<9} n {row['n']:>5}  {numbers}"
    for name, row in report["members"].items():
        yield f"  {name:<16} accuracy {row['accuracy']:.2%}  log loss {row['log_loss']:.4f}  weight {row['weight']:.3f}"
    for kind, bands in report["subgroups"].items():
        for name, row in bands.items():
            yield f"  {kind} {name}: " + (
                row["note"] if not row["n"] else f"{row['accuracy']:.2%} of {row['n']}"
            )
    for key in ("coverage", "cross", "votes", "even_classes", "explain"):
        if key in report:
            yield f"  {key}: {json.dumps(report[key], ensure_ascii=False)}"
