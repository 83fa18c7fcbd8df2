"""Ask a finished bundle about every training image, once, so that another network can learn its vote.

The same works for a small ``student`` and for a network without ImageNet weights that learns from
the vote of others (Hinton et al. 2015; Xie et al. 2020 for the unlabelled part).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference._bundle import MANIFEST, BundleError, read_bundle
from inference._ensemble import Vote
from inference._labels import ClassList
from inference._members import load_member
from inference.training.batches import Reader
from inference.training.dataset import Dataset, Pixels
from inference.training.recipe import Recipe, TrainingError
from inference.training.start import sha256
from inference.training.state import write_whole

#: Faces asked about at a time.
PIECE: Final = 64

Ask = Callable[[Sequence[Pixels]], NDArray[np.float32]]


def open_teacher(folder: Path, classes: ClassList) -> Ask:
    """Open a bundle as a function from faces to its calibrated vote ``(n, k)``, plain and mirrored.

    Raises:
        TrainingError: ``teacher_missing`` or ``teacher_classes``.
    """
    try:
        bundle = read_bundle(folder)
        if bundle.classes.classes != classes.classes:
            raise TrainingError(
                f"The teacher {folder} answers {', '.join(bundle.classes.classes)}, in this order, not "
                f"{', '.join(classes.classes)}.",
                code="teacher_classes",
            )
        members = [load_member(bundle, entry) for entry in bundle.members]
    except BundleError as error:
        raise TrainingError(
            f"The teacher {folder} cannot be used: {error}", code="teacher_missing"
        ) from error
    weights = tuple(entry.weight for entry in bundle.members)
    vote = Vote(weights, bundle.temperature, class_scale=bundle.class_scale, classes=bundle.classes)

    def ask(faces: Sequence[Pixels]) -> NDArray[np.float32]:
        heard = [member.answer(faces, flip=True).probabilities for member in members]
        return np.asarray(vote.combine(heard), np.float32)

    return ask


def teacher_answers(recipe: Recipe, faces: Dataset, folder: Path) -> NDArray[np.float32]:
    """Return the teacher's vote on every image, shape ``(n, k)``, from the run folder if it is there.

    Images that cannot be read are all NaN, up to the recipe's ``skip_unreadable``.
    """
    teacher = Path(recipe.teacher or "")
    manifest = teacher / MANIFEST
    if not manifest.is_file():
        raise TrainingError(f"There is no bundle in {teacher} to learn from.", code="teacher_missing")
    asked = hashlib.sha256(sha256(manifest).encode() + "\n".join(map(str, faces.names)).encode())
    cache = folder / f"teacher-{asked.hexdigest()[:16]}.npy"
    if cache.exists():
        return np.asarray(np.load(cache, allow_pickle=False), np.float32)
    answers = _asked(open_teacher(teacher, faces.classes), recipe, faces)
    write_whole(cache, lambda part: np.save(part, answers, allow_pickle=False), ".npy")
    return answers


def _asked(ask: Ask, recipe: Recipe, faces: Dataset) -> NDArray[np.float32]:
    reader = Reader(faces, recipe)
    answers = np.full((len(faces), len(faces.classes)), np.nan, np.float32)
    for begin in range(0, len(faces), PIECE):
        rows = range(begin, min(begin + PIECE, len(faces)))
        read = {row: image for row in rows if (image := reader(row)) is not None}
        if read:
            answers[list(read)] = _heard(ask, list(read.values()), recipe)
    return answers


def _heard(ask: Ask, faces: Sequence[Pixels], recipe: Recipe) -> NDArray[np.float32]:
    try:
        return ask(faces)
    except BundleError as error:
        raise TrainingError(f"The teacher {recipe.teacher} broke: {error}", code="teacher_nan") from error
