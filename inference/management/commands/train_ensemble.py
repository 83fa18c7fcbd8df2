"""Train members, fit the vote, and write a bundle; call again after a kill to go on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

if TYPE_CHECKING:
    from inference._labels import ClassList
    from inference.training.config import Config
    from inference.training.dataset import Dataset
    from inference.training.recipe import Recipe


class Command(BaseCommand):
    """``manage.py train_ensemble --config FILE --root DIR``: needs data this project does not ship."""

    help = "Train the members of an ensemble, fit their vote, write a bundle; or run a grid with --sweep."
    requires_system_checks: list[str] = []  # a missing bundle must not stop the making of one

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what is trained, where data, starting weights and runs lie."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--config", type=Path, help="ensemble to train: a JSON file, or a name as 'six'")
        what.add_argument("--sweep", type=Path, help="grid to train: a JSON file, or a name as 'sweep-small'")
        parser.add_argument("--root", type=Path, required=True, help="folder of the data set")
        parser.add_argument("--source", help="reader of the data set; default what the config says")
        parser.add_argument("--labels", help="which of the source's labels; default what the config says")
        parser.add_argument("--runs", type=Path, default=Path("var/runs"), help="one folder a member")
        parser.add_argument("--weights", type=Path, default=Path(), help="folder of the starting weights")
        parser.add_argument("--member", action="append", help="train only this one (its name in the config)")
        parser.add_argument("--init", choices=("none", "imagenet"), help="start of members without a file")
        parser.add_argument("--init-weights", type=Path, help="start of the one member trained")
        parser.add_argument("--teacher", type=Path, help="bundle whose vote is taught, for every member")
        parser.add_argument("--unlabelled", type=Path, help="folder of faces for the teacher to label")
        parser.add_argument(
            "--cover", type=Path, help="cover.npz of inference.training.cover, for the bundle"
        )
        parser.add_argument("--out", type=Path, help="bundle folder; default inference/bundles/VERSION")
        parser.add_argument("--export-only", action="store_true", help="runs are trained; write the bundle")
        parser.add_argument("--train-only", action="store_true", help="write no bundle")
        parser.add_argument("--json", action="store_true", help="print the metrics as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run a grid, or train what is not trained and export."""
        from inference._types import InferenceError

        try:
            result = self._sweep(options) if options["sweep"] else self._ensemble(options)
        except (ValueError, OSError, InferenceError) as error:
            code = getattr(error, "code", "")
            raise CommandError(f"{error} [{code}]" if code else str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(result))

    def _sweep(self, options: dict[str, Any]) -> Any:
        from inference.training.config import named
        from inference.training.sweep import read_sweep, run_sweep

        sweep = read_sweep(named(options["sweep"]))
        recipes = tuple(self._started(recipe, options) for recipe in sweep.recipes)
        source, labels = options["source"] or sweep.source, options["labels"] or "majority"
        train, valid, _ = self._data(source, labels, sweep.classes, options)
        folder = options["runs"] / sweep.name
        rows = run_sweep(replace(sweep, recipes=recipes), train, valid, folder)
        self.stderr.write(f"wrote {folder / sweep.name}.csv, .md and .png")
        return rows

    def _ensemble(self, options: dict[str, Any]) -> Any:
        from inference._bundle import BUNDLES
        from inference.training.config import named, read_config
        from inference.training.export import export

        config: Config = read_config(named(options["config"]))
        source, labels = options["source"] or config.source, options["labels"] or config.labels
        recipes = self._chosen(config, options)
        if not options["train_only"]:
            self._require_cover(options)
        train, valid, test = self._data(source, labels, config.classes, options)
        runs: Path = options["runs"]
        results = {}
        if not options["export_only"]:
            runs.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(named(options["config"]), runs / f"{config.version}.json")
            results = self._train(recipes, train, valid, runs)
        if options["train_only"] or options["member"]:
            return results
        self._require(config.recipes, runs)
        folder = options["out"] or BUNDLES / config.version
        metrics = export(config, runs, options["cover"], valid, test, folder, calibration=train)
        self.stderr.write(f"wrote {folder}")
        return metrics

    def _data(
        self, source: str, labels: str, classes: ClassList, options: dict[str, Any]
    ) -> tuple[Dataset, Dataset, Dataset]:
        """Read the three parts; train loses every image that also lies in one of the others."""
        from inference.training.sources import read_source
        from inference.training.twins import without_twins

        told: Any = {"labels": labels, "majority": "held_out"}
        whole = read_source(source, options["root"], classes, **told)
        valid, test = whole.part("valid"), whole.part("test")
        train, report = without_twins(whole.part("train"), valid, test)
        self.stderr.write(
            f"{len(train)} faces to train on, {report.exact} exact and {report.near} near twins of valid or "
            f"test left out; {len(valid)} to validate, {len(test)} to test"
        )
        if options["unlabelled"]:
            from inference.training.pseudo import joined

            faces = read_source("unlabelled", options["unlabelled"], classes)
            faces, report = without_twins(faces, valid, test)
            train = joined(train, faces)
        return train, valid, test

    def _chosen(self, config: Config, options: dict[str, Any]) -> tuple[Recipe, ...]:
        """Return the recipes to train, with their starts and teachers as files of this machine."""
        wanted = options["member"]
        known = [recipe.name for recipe in config.recipes]
        missing = [name for name in wanted or () if name not in known]
        if missing:
            raise CommandError(f"The config has no member {', '.join(missing)}; it has {', '.join(known)}.")
        recipes = [recipe for recipe in config.recipes if not wanted or recipe.name in wanted]
        if options["init_weights"] and len(recipes) != 1:
            raise CommandError("--init-weights starts one member; say which with --member.")
        return tuple(self._started(recipe, options) for recipe in recipes)

    def _started(self, recipe: Recipe, options: dict[str, Any]) -> Recipe:
        file = options["init_weights"] or (
            options["weights"] / recipe.init_weights if recipe.init_weights else None
        )
        return replace(
            recipe,
            init=options["init"] or recipe.init,
            init_weights=str(file) if file else None,
            teacher=self._teacher(recipe, options),
        )

    def _teacher(self, recipe: Recipe, options: dict[str, Any]) -> str | None:
        """Return the teacher's folder; a bare name means a bundle that is installed."""
        from inference._bundle import BUNDLES

        said = options["teacher"] or recipe.teacher
        if said is None or Path(said).exists():
            return None if said is None else str(said)
        return str(BUNDLES / said)

    def _train(
        self, recipes: tuple[Recipe, ...], train: Dataset, valid: Dataset, runs: Path
    ) -> dict[str, Any]:
        from inference.training.loop import train_member

        results = {}
        for recipe in recipes:
            self.stderr.write(f"training {recipe.name}")
            results[recipe.name] = train_member(recipe, train, valid, runs / recipe.name)
        return results

    def _require_cover(self, options: dict[str, Any]) -> None:
        """Refuse before hours of training what could not be written after them."""
        if options["cover"] is None and not options["member"]:
            raise CommandError("--cover names the cover network that the bundle needs; or say --train-only.")
        if options["cover"] is not None and not options["cover"].is_file():
            raise CommandError(f"Not there yet: {options['cover']}")

    def _require(self, recipes: tuple[Recipe, ...], runs: Path) -> None:
        """Refuse to export before every run is there."""
        needed = [runs / recipe.name / "best.weights.h5" for recipe in recipes]
        missing = [str(path) for path in needed if not path.is_file()]
        if missing:
            raise CommandError("Not there yet: " + ", ".join(missing))
