"""Train every combination of a grid and put the results side by side: CSV, Markdown and a plot."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inference._labels import SIX, ClassList
from inference.training.config import read_classes, read_json
from inference.training.dataset import Dataset
from inference.training.recipe import Recipe, TrainingError, read_recipe
from inference.training.state import write_json, write_whole

#: What the table says of each run after the grid's own fields.
MEASURED: Final = ("val_loss", "val_accuracy", "val_macro_f1", "best_epoch", "epochs", "seconds", "problem")
#: Errors that end one combination; any other ends the sweep.
_OF_ONE: Final = frozenset({"nan_loss", "bad_recipe", "init_unknown", "init_mismatch"})


@dataclass(frozen=True)
class Sweep:
    """What ``train_ensemble --sweep`` reads.

    Attributes:
        name: of the table and plot.
        classes: over which is trained.
        source: reader of data sets meant when the command names none.
        fields: the grid's fields, in the order of the table.
        recipes: one a combination; the name says which.
        train_images: most training images, a fixed random part; None takes all.
        valid_images: the same of the validation images.
    """

    name: str
    classes: ClassList
    source: str
    fields: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    train_images: int | None
    valid_images: int | None


def read_sweep(path: Path) -> Sweep:
    """Read ``{"name", "base": recipe, "grid": {field: [values]}}``; raises :class:`TrainingError`."""
    raw = read_json(path)
    base, grid = raw.get("base"), raw.get("grid")
    if not isinstance(base, dict) or not isinstance(grid, dict) or not grid:
        raise TrainingError(
            f"{path} is no sweep: it needs a base recipe and a grid of values.", code="bad_sweep"
        )
    for field, values in grid.items():
        if not isinstance(values, list) or not values:
            raise TrainingError(f"The grid of {path} needs a list of values for {field}.", code="bad_sweep")
    fields = tuple(grid)
    recipes = [
        read_recipe({**base, **dict(zip(fields, values, strict=True)), "name": _key(fields, values)})
        for values in itertools.product(*grid.values())
    ]
    return Sweep(
        name=str(raw.get("name", path.stem)),
        classes=read_classes(raw.get("classes", SIX.name)),
        source=str(raw.get("source", "ferplus")),
        fields=fields,
        recipes=tuple(recipes),
        train_images=raw.get("train_images"),
        valid_images=raw.get("valid_images"),
    )


def _key(fields: Sequence[str], values: Sequence[Any]) -> str:
    """Name the run folder of one combination: readable, and never two alike.

    >>> _key(("batch", "optimiser"), (32, "adam"))
    'batch-32_optimiser-adam'
    """
    said = [value if isinstance(value, int | float | str) else json.dumps(value) for value in values]
    key = "_".join(f"{field}-{value}" for field, value in zip(fields, said, strict=True))
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in key)
    if plain == key and len(key) <= 120:
        return key
    return f"{plain[:100]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def run_sweep(sweep: Sweep, train: Dataset, valid: Dataset, folder: Path) -> list[dict[str, Any]]:
    """Train what is not trained yet, one combination after the other, and rewrite the tables after each.

    A combination that cannot learn (NaN loss, a frozen depth its network lacks) is a row with a
    ``problem``. Call again after a kill: finished combinations are read back, the open one goes on.

    Raises:
        TrainingError: what would break every combination, as a full disk.
        DataSetError: the data cannot be used.
    """
    from inference.training.loop import train_member

    folder.mkdir(parents=True, exist_ok=True)
    train, valid = train.limited(sweep.train_images), valid.limited(sweep.valid_images)
    rows: list[dict[str, Any]] = []
    for recipe in sweep.recipes:
        began = time.monotonic()
        row: dict[str, Any] = {field: getattr(recipe, field) for field in sweep.fields}
        try:
            result = train_member(recipe, train, valid, folder / recipe.name)
        except TrainingError as error:
            if error.code not in _OF_ONE:
                raise
            row["problem"] = error.code
        else:
            row |= {key: value for key, value in result["best"].items() if key in MEASURED}
            row |= {"best_epoch": result["best_epoch"] + 1, "epochs": result["epochs"]}
        row["seconds"] = _seconds(folder / recipe.name, time.monotonic() - began)
        rows.append(row)
        write_tables(sweep, rows, folder)
    return rows


def _seconds(run: Path, spent: float) -> float:
    """Return what a run took in all, also when most of it was before a kill."""
    try:
        lines = (run / "log.jsonl").read_text().splitlines()
    except OSError:
        return round(spent, 1)
    return round(sum(float(json.loads(line)["seconds"]) for line in lines), 1)


def write_tables(sweep: Sweep, rows: list[dict[str, Any]], folder: Path) -> None:
    """Write ``NAME.csv``, ``NAME.md``, ``NAME.json`` and ``NAME.png``; the lowest log loss comes first."""
    ranked = sorted(rows, key=lambda row: row.get("val_loss", float("inf")))
    columns = (*sweep.fields, *MEASURED)

    def write_csv(part: Path) -> None:
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(ranked)

    write_whole(folder / f"{sweep.name}.csv", write_csv)
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [_line([_said(row.get(column)) for column in columns]) for row in ranked]
    write_whole(folder / f"{sweep.name}.md", lambda part: part.write_text("\n".join(lines) + "\n"))
    write_json(folder / f"{sweep.name}.json", ranked)
    _draw(sweep, ranked, folder / f"{sweep.name}.png")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _said(value: Any) -> str:
    if value is None:
        return ""
    return (
        f"{value:.4f}".rstrip("0").rstrip(".")
        if isinstance(value, float) and abs(value) >= 1e-3
        else str(value)
    )


def _draw(sweep: Sweep, ranked: list[dict[str, Any]], path: Path) -> None:
    """Draw each combination's lowest validation log loss, best at the top; failed ones have no bar."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from inference.training.curves import TRAIN

    names = [", ".join(f"{field} {_said(row[field])}" for field in sweep.fields) for row in ranked]
    figure = Figure(figsize=(8, 1.2 + 0.32 * len(ranked)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    losses = [row.get("val_loss") for row in ranked]
    bars = axes.barh(names, [loss or 0.0 for loss in losses], color=TRAIN)
    labels = [row.get("problem") or f"{row['val_loss']:.3f} ({row['val_accuracy']:.1%})" for row in ranked]
    axes.bar_label(bars, labels, padding=3, fontsize=8)
    axes.set(
        xlabel="validation log loss (accuracy)", xlim=(0, 1.3 * max((x for x in losses if x), default=1.0))
    )
    axes.invert_yaxis()
    write_whole(path, lambda part: figure.savefig(part, format="png", dpi=110))
