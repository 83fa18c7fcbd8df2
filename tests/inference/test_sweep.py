from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import pytest

from inference.training.config import SHIPPED
from inference.training.recipe import TrainingError
from inference.training.sweep import read_sweep, run_sweep
from tests.inference.training_faces import Drawn, drawn

BASE = {"member": "cnn", "size": [32, 32], "width": 0.25, "epochs": 1, "batch": 8, "ema": 0.5}


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("sweep-*.json")), ids=lambda path: path.stem)
def test_every_shipped_grid_can_be_read(path: Path) -> None:
    sweep = read_sweep(path)
    names = [recipe.name for recipe in sweep.recipes]
    assert len(names) == len(set(names)) >= 4


def test_a_grid_becomes_one_table_and_a_second_call_trains_nothing_again(tmp_path: Path) -> None:
    grid = {"optimiser": ["rmsprop", "sgd"], "rate": [1e-3, 1e30]}
    (tmp_path / "grid.json").write_text(json.dumps({"name": "grid", "base": BASE, "grid": grid}))
    sweep = read_sweep(tmp_path / "grid.json")
    rows = run_sweep(sweep, drawn(48), drawn(24, seed=1), tmp_path / "runs")

    learned = [row for row in rows if "val_loss" in row]
    assert {(row["optimiser"], row["rate"]) for row in learned} >= {("rmsprop", 1e-3), ("sgd", 1e-3)}
    wild = next(row for row in rows if row["optimiser"] == "sgd" and row["rate"] == 1e30)
    assert wild["problem"] == "nan_loss"
    with (tmp_path / "runs" / "grid.csv").open() as lines:
        table = list(csv.DictReader(lines))
    assert len(table) == 4
    losses = [float(row["val_loss"]) for row in table if row["val_loss"]]
    assert losses == sorted(losses)
    assert table[-1]["problem"] == "nan_loss"
    assert (tmp_path / "runs" / "grid.md").read_text().count("\n") == 6
    assert cv2.imread(str(tmp_path / "runs" / "grid.png")) is not None

    source = Drawn(48, 6)
    again = run_sweep(
        read_sweep(tmp_path / "grid.json").__class__(**{**sweep.__dict__, "recipes": sweep.recipes[:1]}),
        drawn(48, source=source),
        drawn(24, seed=1),
        tmp_path / "runs",
    )
    assert source.reads == 0
    assert again[0]["val_loss"] == rows[0]["val_loss"]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"base": BASE, "grid": {}},
        {"base": BASE, "grid": {"batch": 8}},
        {"base": BASE, "grid": {"batch": []}},
    ],
)
def test_a_grid_without_values_is_refused(tmp_path: Path, raw: dict[str, object]) -> None:
    (tmp_path / "grid.json").write_text(json.dumps(raw))
    with pytest.raises(TrainingError) as caught:
        read_sweep(tmp_path / "grid.json")
    assert caught.value.code == "bad_sweep"
