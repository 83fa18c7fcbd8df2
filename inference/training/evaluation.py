"""Score probabilities against labels; every number a model card or ``evaluate_ensemble`` prints.

docs/evaluation.md says what each number means and where it comes from.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference._ensemble import check_probabilities
from inference._labels import SIX, ClassList
from inference.training.dataset import DataSetError

Probabilities = NDArray[np.float64]
Labels = NDArray[np.int64]
Table = NDArray[np.int64]

#: Equal bins of confidence for calibration error and reliability diagram.
BINS: Final = 15


def checked(chances: Probabilities, labels: Labels, classes: ClassList) -> None:
    """Refuse to score what has no meaning: no images, other shapes, no distribution, unknown label."""
    if len(labels) == 0:
        raise DataSetError("There are no images to score.", code="empty")
    if chances.shape[0] != len(labels):
        raise DataSetError(f"{len(labels)} labels do not fit {chances.shape[0]} answers.")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise DataSetError(f"A label lies outside the {len(classes)} classes of {classes.name}.")
    check_probabilities(chances, len(classes))


def scores(chances: Probabilities, labels: Labels) -> dict[str, float]:
    """Return accuracy, log loss and macro-F1 (over the classes present) of ``(n, k)`` probabilities."""
    table = confusion(chances, labels)
    return {
        "accuracy": rounded(np.mean(chances.argmax(1) == labels)),
        "log_loss": rounded(log_loss(chances, labels)),
        "macro_f1": rounded(macro_f1(table)),
    }


def log_losses(chances: Probabilities, labels: Labels) -> NDArray[np.float64]:
    """Return each image's negative log probability of its true class, clipped at 1e-12."""
    return np.asarray(-np.log(np.clip(chances[np.arange(len(labels)), labels], 1e-12, 1)), np.float64)


def log_loss(chances: Probabilities, labels: Labels) -> float:
    """Return the mean negative log probability of the true class."""
    return float(log_losses(chances, labels).mean())


def confusion(chances: Probabilities, labels: Labels) -> Table:
    """Count true classes (rows) against answers (columns), shape ``(k, k)``."""
    k = chances.shape[1]
    return np.bincount(labels * k + chances.argmax(1), minlength=k * k).reshape(k, k)


def precision_recall_f1(table: NDArray[Any]) -> tuple[NDArray[np.float64], ...]:
    """Return precision, recall and F1 a class of a confusion table; 0 where nothing can be divided."""
    hits, said, true = np.diag(table), table.sum(axis=0), table.sum(axis=1)
    return ratio(hits, said), ratio(hits, true), ratio(2 * hits, said + true)


def macro_f1(table: NDArray[Any]) -> float:
    """Return the mean F1 of the classes that occur among the true labels."""
    present = table.sum(axis=1) > 0
    return float(precision_recall_f1(table)[2][present].mean())


def spread(table: NDArray[Any]) -> float:
    """Return the largest minus the smallest recall among the classes present."""
    recall = precision_recall_f1(table)[1][table.sum(axis=1) > 0]
    return float(recall.max() - recall.min())


def full_report(
    chances: Probabilities, labels: Labels, floor: float, classes: ClassList = SIX
) -> dict[str, Any]:
    """Return the keys of ``evaluate_ensemble`` that depend on the vote alone.

    ``ece`` is the expected calibration error over 15 equal bins of confidence; a class without an
    image has ``n`` 0 and nulls, and is left out of macro-F1 and spread.
    """
    checked(chances, labels, classes)
    table = confusion(chances, labels)
    return {
        "n": len(labels),
        **scores(chances, labels),
        "ece": rounded(calibration_error(chances, labels)),
        "spread": rounded(spread(table)),
        "per_class": _per_class(table, classes),
        "coverage": coverage(chances, labels, floor),
        "confusion": {"classes": list(classes.classes), "table": table.tolist()},
    }


def _per_class(table: Table, classes: ClassList) -> dict[str, dict[str, float | int | None]]:
    found: dict[str, dict[str, float | int | None]] = {}
    for i, (name, *values) in enumerate(zip(classes.classes, *precision_recall_f1(table), strict=True)):
        n = int(table[i].sum())
        keys = ("precision", "recall", "f1")
        known = {key: rounded(v) if n else None for key, v in zip(keys, values, strict=True)}
        found[name] = {**known, "n": n}
    return found


def coverage(chances: Probabilities, labels: Labels, floor: float) -> dict[str, Any]:
    """Say how many are answered at the floor, and how right the surest shares are.

    ``curve`` holds ``[share answered, accuracy]`` in steps of a twentieth; ``aurc`` is the mean error
    over all shares (Geifman & El-Yaniv 2017), lower is better.
    """
    confidence, right = chances.max(1), chances.argmax(1) == labels
    answered = confidence >= floor
    running = surest(chances, labels)
    shares = {f"accuracy_at_{share}": rounded(_at(running, share)) for share in (0.95, 0.9, 0.8, 0.7)}
    curve = [[step / 20, rounded(_at(running, step / 20))] for step in range(1, 21)]
    at_floor = rounded(right[answered].mean()) if answered.any() else 0.0
    return {
        "floor": floor,
        "answered": rounded(answered.mean()),
        "accuracy_answered": at_floor,
        **shares,
        "curve": curve,
        "aurc": rounded(1 - running.mean()),
    }


def surest(chances: Probabilities, labels: Labels) -> NDArray[np.float64]:
    """Return the accuracy on the surest 1, 2, ... n images, shape ``(n,)``."""
    right = (chances.argmax(1) == labels)[np.argsort(-chances.max(1), kind="stable")]
    return np.asarray(np.cumsum(right) / np.arange(1, len(labels) + 1), np.float64)


def _at(running: NDArray[np.float64], share: float) -> float:
    return float(running[max(1, round(len(running) * share)) - 1])


def reliability(chances: Probabilities, labels: Labels, bins: int = BINS) -> NDArray[np.float64]:
    """Return share of images, mean confidence and accuracy a bin of confidence, shape ``(bins, 3)``.

    Bins are equal and half-open, ``[b / bins, (b + 1) / bins)``; an empty one holds NaN but for its share.
    """
    confidence, right = chances.max(1), chances.argmax(1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):
        sure = np.bincount(which, confidence, bins) / count
        hits = np.bincount(which, right, bins) / count
    return np.column_stack([count / len(labels), sure, hits])


def calibration_error(chances: Probabilities, labels: Labels, bins: int = BINS) -> float:
    """Return the expected calibration error of the winning class's confidence (Naeini et al. 2015)."""
    share, sure, hits = reliability(chances, labels, bins).T
    return float(np.nansum(share * abs(hits - sure)))


def restricted(chances: Probabilities, labels: Labels) -> Probabilities:
    """Renormalise over the classes that occur among the labels."""
    kept = np.clip(chances, 1e-12, 1) * np.isin(np.arange(chances.shape[1]), labels)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True), np.float64)


def ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """Divide, with 0 where there is nothing to divide by."""
    return np.asarray(above / np.maximum(below, 1), np.float64)


def rounded(value: Any) -> float:
    """Round to four places, as every number of a card is written."""
    return round(float(value), 4)
