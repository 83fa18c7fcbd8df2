"""Train members, fit the vote, and write a bundle; call again after a kill to go on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """``manage.py train_ensemble --config FILE --root DIR``: needs data this project does not ship."""

    help = "Train the members of an ensemble, fit their vote, write a bundle."
    requires_system_checks: list[str] = []  # a missing bundle must not stop the making of one

    def add_arguments(self, parser: CommandParser) -> None:
        """Say where data, starting weights and runs lie."""
        parser.add_argument("--config", type=Path, required=True)
        parser.add_argument(
            "--root", type=Path, required=True, help="folder of FER+ (holds data/FER2013Train)"
        )
        parser.add_argument("--runs", type=Path, default=Path("var/runs"), help="one folder a member")
        parser.add_argument("--weights", type=Path, default=Path(), help="folder of the ImageNet starts")
        parser.add_argument("--cover", type=Path, required=True, help="cover.npz of inference.training.cover")
        parser.add_argument("--out", type=Path, help="bundle folder; default inference/bundles/VERSION")
        parser.add_argument(
            "--export-only", action="store_true", help="runs are trained; only write the bundle"
        )
        parser.add_argument("--json", action="store_true", help="print the metrics as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train what is not trained, then export."""
        from inference._bundle import BUNDLES
        from inference.training.data import DataSetError, read_ferplus, without_twins
        from inference.training.export import Config, export, read_config

        try:
            config: Config = read_config(options["config"])
            valid = read_ferplus(options["root"], "valid", majority=True)
            test = read_ferplus(options["root"], "test", majority=True)
            if not options["export_only"]:
                train, twins = without_twins(
                    read_ferplus(options["root"], "train", majority=False), valid, test
                )
                self.stderr.write(f"{len(train)} faces to train on, {twins} twins of Valid or Test left out")
                self._train(config.recipes, train, valid, options)
        except (DataSetError, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self._require(config.recipes, options)
        folder = options["out"] or BUNDLES / config.version
        metrics = export(config, options["runs"], options["cover"], valid, test, folder)
        self.stderr.write(f"wrote {folder}")
        if options["json"]:
            self.stdout.write(json.dumps(metrics))

    def _train(self, recipes: tuple[Any, ...], train: Any, valid: Any, options: dict[str, Any]) -> None:
        from inference.training.loop import train_member

        for recipe in recipes:
            self.stderr.write(f"training {recipe.member}")
            start = str(options["weights"] / recipe.init_weights) if recipe.init_weights else None
            train_member(replace(recipe, init_weights=start), train, valid, options["runs"] / recipe.member)

    def _require(self, recipes: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Refuse to export before every file is there."""
        needed = [options["runs"] / recipe.member / "best.weights.h5" for recipe in recipes]
        missing = [str(path) for path in (*needed, options["cover"]) if not path.is_file()]
        if missing:
            raise CommandError("Not there yet: " + ", ".join(missing))
