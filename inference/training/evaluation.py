"""Score probabilities against labels; every number a model card or ``evaluate_ensemble`` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inference._labels import EMOTIONS

Probabilities = NDArray[np.float64]
Labels = NDArray[np.int64]


def scores(chances: Probabilities, labels: Labels) -> dict[str, float]:
    """Return accuracy, log loss and macro-F1 of ``(n, 6)`` probabilities."""
    table = confusion(chances, labels)
    present = table.sum(axis=1) > 0
    return {
        "accuracy": _round(np.mean(chances.argmax(1) == labels)),
        "log_loss": _round(log_loss(chances, labels)),
        "macro_f1": _round(np.mean(_f1(table)[present])),
    }


def log_loss(chances: Probabilities, labels: Labels) -> float:
    """Return the mean negative log probability of the true class."""
    return float(-np.log(np.clip(chances[np.arange(len(labels)), labels], 1e-12, 1)).mean())


def confusion(chances: Probabilities, labels: Labels) -> NDArray[np.int64]:
    """Count true classes (rows) against answers (columns)."""
    table = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(table, (labels, chances.argmax(1)), 1)
    return table


def full_report(chances: Probabilities, labels: Labels, floor: float) -> dict[str, Any]:
    """Return the keys of ``evaluate_ensemble`` that depend on the vote alone.

    ``spread`` is the largest minus the smallest recall among the classes present;
    ``ece`` the expected calibration error over 15 equal bins of confidence.
    """
    table = confusion(chances, labels)
    present = table.sum(axis=1) > 0
    recall = _ratio(np.diag(table), table.sum(axis=1))
    precision = _ratio(np.diag(table), table.sum(axis=0))
    per_class = {
        emotion.value: {
            "precision": _round(precision[i]),
            "recall": _round(recall[i]),
            "f1": _round(_f1(table)[i]),
            "n": int(table[i].sum()),
        }
        for i, emotion in enumerate(EMOTIONS)
    }
    return {
        "n": len(labels),
        **scores(chances, labels),
        "ece": _round(calibration_error(chances, labels)),
        "spread": _round(recall[present].max() - recall[present].min()),
        "per_class": per_class,
        "coverage": coverage(chances, labels, floor),
    }


def coverage(chances: Probabilities, labels: Labels, floor: float) -> dict[str, float]:
    """Say how many are answered at the floor, and how right the surest shares are."""
    confidence, right = chances.max(1), chances.argmax(1) == labels
    answered = confidence >= floor
    order = np.argsort(-confidence)
    shares = {
        f"accuracy_at_{share}": _round(right[order[: max(1, round(len(order) * share))]].mean())
        for share in (0.95, 0.9, 0.8, 0.7)
    }
    at_floor = _round(right[answered].mean()) if answered.any() else 0.0
    return {"floor": floor, "answered": _round(answered.mean()), "accuracy_answered": at_floor, **shares}


def calibration_error(chances: Probabilities, labels: Labels, bins: int = 15) -> float:
    """Return the expected calibration error of the winning class's confidence."""
    confidence, right = chances.max(1), chances.argmax(1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).mean()
        for b in range(bins)
        if (which == b).any()
    ]
    return float(sum(gaps))


def restricted(chances: Probabilities, labels: Labels) -> Probabilities:
    """Renormalise over the classes that occur among the labels."""
    kept = chances * np.isin(np.arange(chances.shape[1]), labels)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True), np.float64)


def draw_confusion(table: NDArray[np.int64], path: Path) -> None:
    """Write a confusion matrix as PNG: rows true, columns answered, shade by share of the row."""
    cell, edge = 84, 110
    picture = Image.new("RGB", (edge + cell * len(EMOTIONS),) * 2, "white")
    draw = ImageDraw.Draw(picture)
    shares = _ratio(table, table.sum(axis=1, keepdims=True))
    for i, row in enumerate(EMOTIONS):
        draw.text((8, edge + i * cell + cell // 2), row.value, fill="black")
        draw.text((edge + i * cell + 8, edge - 20), row.value, fill="black")
        for j in range(len(EMOTIONS)):
            shade = round(255 * (1 - float(shares[i, j])))
            left, top = edge + j * cell, edge + i * cell
            draw.rectangle((left, top, left + cell - 2, top + cell - 2), fill=(shade, shade, 255))
            draw.text((left + 24, top + 34), str(table[i, j]), fill="black" if shade > 110 else "white")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


def _f1(table: NDArray[np.int64]) -> NDArray[np.float64]:
    return _ratio(2 * np.diag(table), table.sum(axis=0) + table.sum(axis=1))


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """Divide, with 0 where there is nothing to divide by."""
    return np.asarray(above / np.maximum(below, 1), np.float64)


def _round(value: Any) -> float:
    return round(float(value), 4)
