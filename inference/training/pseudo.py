"""What each image is taught as: its label, a teacher's vote, or both; unlabelled faces by the teacher alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inference.training.dataset import Dataset, ImageSource, Pixels
from inference.training.distill import teacher_answers
from inference.training.recipe import Recipe, TrainingError


def with_targets(recipe: Recipe, train: Dataset, folder: Path) -> tuple[Dataset, dict[str, Any]]:
    """Return the images to train on with their final targets, and what was done to get them.

    1. At most ``images_per_class`` labelled images of a class stay. 2. With a teacher, a labelled
    image is taught ``teacher_share`` of its vote and the rest of its label. 3. An unlabelled image is
    taught the vote where that is sure enough, and left out where it is not.

    Raises:
        TrainingError: ``unlabelled`` where images have no label and the recipe no teacher.
    """
    capped = _capped(train, recipe)
    facts: dict[str, Any] = {"left_out_by_cap": len(train) - len(capped)}
    labelled = capped.labelled
    if not recipe.teacher:
        if not labelled.all():
            raise TrainingError(
                f"{int((~labelled).sum())} images have no label and the recipe names no teacher to label them.",
                code="unlabelled",
            )
        return capped, facts
    answers = teacher_answers(recipe, capped, folder)
    heard = np.asarray(~np.isnan(answers).any(1))
    both = np.asarray(labelled & heard)
    targets = np.where(heard[:, None], answers, capped.targets)
    share = recipe.teacher_share
    targets[both] = share * answers[both] + (1 - share) * capped.targets[both]
    sure = np.asarray(heard & (np.nan_to_num(answers).max(1) >= recipe.pseudo_confidence))
    kept = labelled | sure
    facts |= {
        "teacher": Path(recipe.teacher).name,
        "pseudo_labelled": int((~labelled & sure).sum()),
        "pseudo_left_out": int((~labelled & ~sure).sum()),
    }
    return replace(capped, targets=targets.astype(np.float32)).where(kept), facts


def _capped(train: Dataset, recipe: Recipe) -> Dataset:
    """Keep a fixed random part of each class that has more than the recipe's most."""
    if recipe.images_per_class is None:
        return train
    labelled, labels = train.labelled, np.nan_to_num(train.targets).argmax(1)
    order = np.random.default_rng(recipe.seed).permutation(len(train))
    keep = ~labelled
    for one in range(len(train.classes)):
        chosen = order[(labelled & (labels == one))[order]][: recipe.images_per_class]
        keep[chosen] = True
    return train.where(keep)


def joined(labelled: Dataset, faces: Dataset) -> Dataset:
    """Put unlabelled faces behind labelled ones, as one set to train on."""
    offset = len(labelled.source)
    both: dict[str, Any] = {
        name: np.concatenate([getattr(labelled, name), getattr(faces, name)])
        for name in ("targets", "splits", "subjects", "gender", "age", "names")
    }
    rows = np.concatenate([labelled.rows, faces.rows + offset])
    return replace(
        labelled, source=_Chained(labelled.source, faces.source), rows=rows, boxes=None, dropped={}, **both
    )


@dataclass(frozen=True)
class _Chained:
    """Two image sources, one after the other."""

    first: ImageSource
    second: ImageSource

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, index: int, /) -> Pixels:
        inside = index < len(self.first)
        return self.first[index] if inside else self.second[index - len(self.first)]
