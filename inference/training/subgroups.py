"""Measure people apart: by gender and by age, where the data says either."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference._labels import ClassList
from inference.training.dataset import Dataset
from inference.training.evaluation import (
    Labels,
    Probabilities,
    calibration_error,
    confusion,
    rounded,
    scores,
    spread,
)
from inference.training.intervals import intervals

GENDERS: Final = ("female", "male")
#: First and last year of each band, both included.
AGE_BANDS: Final = {
    "0-18": (0, 18),
    "19-39": (19, 39),
    "40-59": (40, 59),
    "60-74": (60, 74),
    "75+": (75, 200),
}
#: Below this many images a subgroup's numbers are marked: their intervals are wide.
FEW: Final = 100
NOT_MEASURED: Final = "not measured: no data"
_KEYS: Final = ("accuracy", "log_loss", "macro_f1", "ece", "spread", "accuracy_interval", "macro_f1_interval")


def subgroups(chances: Probabilities, labels: Labels, data: Dataset) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the scores of each gender and age band; rows of ``data`` lie as those of ``chances``.

    Every subgroup is always there: one without an image has ``n`` 0, nulls and a note saying so.
    """
    masks = {
        "gender": {name: data.gender == name for name in GENDERS},
        "age": {name: (data.age >= low) & (data.age <= high) for name, (low, high) in AGE_BANDS.items()},
    }
    return {
        kind: {name: _one(chances, labels, data, mask) for name, mask in bands.items()}
        for kind, bands in masks.items()
    }


def _one(chances: Probabilities, labels: Labels, data: Dataset, mask: NDArray[np.bool_]) -> dict[str, Any]:
    n = int(mask.sum())
    if n == 0:
        return {"n": 0, **dict.fromkeys(_KEYS), "note": NOT_MEASURED}
    part, true = chances[mask], labels[mask]
    classes: ClassList = data.classes
    ends = intervals(part, true, classes, subjects=data.subjects[mask], draws=500)
    return {
        "n": n,
        **scores(part, true),
        "ece": rounded(calibration_error(part, true)),
        "spread": rounded(spread(confusion(part, true))),
        "accuracy_interval": ends["accuracy"],
        "macro_f1_interval": ends["macro_f1"],
        "note": f"few images: fewer than {FEW}" if n < FEW else None,
    }
