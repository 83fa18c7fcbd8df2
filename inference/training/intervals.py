"""Say how far each number could be off: bootstrap intervals of everything ``evaluate_ensemble`` prints."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference._labels import SIX, ClassList
from inference.training.evaluation import (
    BINS,
    Labels,
    Probabilities,
    log_losses,
    macro_f1,
    precision_recall_f1,
    rounded,
    spread,
)

#: Resamples and seed, fixed so that two runs print the same intervals.
DRAWS: Final = 1000
SEED: Final = 20261121
#: What is written beside the intervals.
METHOD: Final = (
    "percentile bootstrap, 2.5 and 97.5 %, {draws} draws of {unit} with replacement, not stratified"
)
_KINDS: Final = ("precision", "recall", "f1")


def intervals(
    chances: Probabilities,
    labels: Labels,
    classes: ClassList = SIX,
    *,
    subjects: NDArray[np.str_] | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> dict[str, Any]:
    """Return 95 % percentile bootstrap intervals (Efron 1979), ``[low, high]`` a number.

    Each draw takes as many images as there are, with replacement, over all classes together (not
    stratified: how many anxious faces a set holds is chance too). Where the set names subjects and
    some have several images, subjects are drawn instead, for two photos of one person are no two
    independent ones. A class's interval is over the draws that held it (precision: that were answered with it).

    Returns:
        ``accuracy``, ``log_loss``, ``macro_f1``, ``ece``, ``spread``, ``per_class`` with
        ``precision``, ``recall``, ``f1`` (null for a class without images), ``method`` and ``seed``.
    """
    groups = _groups(labels, subjects)
    units, rng = int(groups.max()) + 1, np.random.default_rng(seed)
    facts = _Facts(chances, labels)
    overall, per_class = [], []
    for _ in range(draws):
        weights = np.bincount(rng.integers(0, units, units), minlength=units)[groups].astype(np.float64)
        numbers, table = facts.drawn(weights)
        overall.append(numbers)
        true, said = table.sum(1) > 0, table.sum(0) > 0
        asked = (true & said, true, true)  # an answer never given has no precision
        values = precision_recall_f1(table)
        per_class.append([np.where(mask, value, np.nan) for mask, value in zip(asked, values, strict=True)])
    unit = "images" if units == len(labels) else "subjects"
    found: dict[str, Any] = dict(zip(_Facts.NAMES, map(_ends, np.array(overall).T), strict=True))
    found["per_class"] = {
        name: {kind: _ends(np.array(per_class)[:, j, i]) for j, kind in enumerate(_KINDS)}
        for i, name in enumerate(classes.classes)
    }
    return {**found, "method": METHOD.format(draws=draws, unit=unit), "seed": seed}


class _Facts:
    """What of each image a draw needs, so that a draw is a few weighted counts."""

    NAMES: Final = ("accuracy", "log_loss", "macro_f1", "ece", "spread")

    def __init__(self, chances: Probabilities, labels: Labels) -> None:
        self.k = chances.shape[1]
        self.cell = labels * self.k + chances.argmax(1)
        self.loss = log_losses(chances, labels)
        confidence = chances.max(1)
        self.bin = np.minimum((confidence * BINS).astype(int), BINS - 1)
        self.gap = (chances.argmax(1) == labels) - confidence

    def drawn(self, weights: NDArray[np.float64]) -> tuple[list[float], NDArray[Any]]:
        """Return the numbers and the confusion table of one draw, each image counted ``weights`` times."""
        every = weights.sum()
        table = np.bincount(self.cell, weights, self.k**2).reshape(self.k, self.k)
        error = abs(np.bincount(self.bin, weights * self.gap, BINS)).sum() / every
        accuracy, loss = np.trace(table) / every, (weights * self.loss).sum() / every
        return [accuracy, loss, macro_f1(table), error, spread(table)], table


def _groups(labels: Labels, subjects: NDArray[np.str_] | None) -> NDArray[np.int64]:
    """Number what is drawn: subjects where every image names one, else images."""
    if subjects is None or (np.asarray(subjects) == "").any():
        return np.arange(len(labels))
    return np.asarray(np.unique(subjects, return_inverse=True)[1], np.int64)


def _ends(values: NDArray[np.float64]) -> list[float] | None:
    known = values[np.isfinite(values)]
    return [rounded(end) for end in np.quantile(known, (0.025, 0.975))] if len(known) else None
