"""Batches of augmented faces, read from disk as they are needed; never the whole set in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from inference.members import InputShape, MemberSpec, get_member
from inference.training.augment import augment, augment_points, mixed_up
from inference.training.dataset import Dataset, DataSetError, Pixels
from inference.training.recipe import Recipe

#: Images in one forward pass of validation.
VALID_BATCH: Final = 128


class Reader:
    """Reads single images and keeps count of those that cannot be read.

    Attributes:
        skipped: names of unreadable images met so far.
        problem: the error that must stop the run, kept because data threads lose its type.
    """

    def __init__(self, faces: Dataset, recipe: Recipe) -> None:
        self.faces, self.limit = faces, recipe.skip_unreadable
        self.skipped: set[str] = set()
        self.problem: DataSetError | None = None
        self._lock = threading.Lock()

    def __call__(self, row: int) -> Pixels | None:
        """Return the pixels of a row, or None where it is unreadable and may be left out."""
        try:
            return self.faces[row]
        except DataSetError as error:
            with self._lock:
                self.skipped.add(str(self.faces.names[row]))
                if error.code == "unreadable" and len(self.skipped) <= self.limit:
                    return None
                self.problem = self.problem or error
            raise


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """One epoch of training batches; order and chances follow from seed, epoch and batch alone."""

    def __init__(self, reader: Reader, recipe: Recipe, epoch: int, points: Path | None = None) -> None:
        super().__init__(workers=recipe.workers, max_queue_size=8)
        self.reader, self.recipe, self.epoch = reader, recipe, epoch
        self.spec, self.shape = member_of(recipe)
        self.points = None if points is None else np.load(points, mmap_mode="r")
        self.order = np.random.default_rng((recipe.seed, epoch)).permutation(len(reader.faces))
        self.weights = class_weights(reader.faces) if recipe.class_weights else None

    @property
    def batch(self) -> int:
        """Return how many images a batch holds; a tiny set is one batch."""
        return min(self.recipe.batch, len(self.order))

    def __len__(self) -> int:
        return max(1, len(self.order) // self.batch)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], ...]:
        rng = np.random.default_rng((self.recipe.seed, self.epoch, index))
        rows = self.order[index * self.batch : (index + 1) * self.batch]
        inputs, rows = self._inputs(rows, rng)
        targets = self.reader.faces.targets[rows]
        if self.recipe.mixup and len(rows) > 1:
            inputs, targets = mixed_up(inputs, targets, self.recipe.mixup, rng)
        if self.weights is None:
            return inputs, targets
        return inputs, targets, np.asarray(targets @ self.weights, np.float32)

    def _inputs(
        self, rows: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return what the network reads, and the row of each; unreadable rows give way to readable ones."""
        if self.points is not None:
            found = [augment_points(np.asarray(self.points[row]), rng) for row in rows]
            return np.stack(found), rows
        images, kept = [], []
        colour = self.recipe.channels == 3
        for first in rows:
            row, image = int(first), self.reader(int(first))
            while image is None:  # ends: the reader raises once too many were unreadable
                row = int(rng.integers(len(self.order)))
                image = self.reader(row)
            chance = self.recipe.mask_paste
            images.append(augment(image, self.recipe.size, rng, colour=colour, mask_paste=chance))
            kept.append(row)
        return self.spec.prepare(images, self.shape), np.asarray(kept)


def member_of(recipe: Recipe) -> tuple[MemberSpec, InputShape]:
    """Return the member a recipe trains and the shape it reads."""
    return get_member(recipe.member), InputShape(*recipe.size, recipe.channels)


def reads_points(recipe: Recipe) -> bool:
    """Say whether the member reads a face mesh, which is found once and not in every epoch."""
    return get_member(recipe.member).card.preprocess == "none"


def class_weights(faces: Dataset) -> NDArray[np.float32]:
    """Return one weight a class, so that each counts alike in the loss; their mean over images is 1."""
    mass = faces.targets.sum(0)
    return np.asarray(len(faces) / (len(mass) * np.maximum(mass, 1e-6)), np.float32)


def in_pieces(reader: Reader, recipe: Recipe) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Yield unaugmented inputs and their rows, :data:`VALID_BATCH` at a time."""
    spec, shape = member_of(recipe)
    for begin in range(0, len(reader.faces), VALID_BATCH):
        rows = range(begin, min(begin + VALID_BATCH, len(reader.faces)))
        read = [(row, image) for row in rows if (image := reader(row)) is not None]
        if read:
            yield spec.prepare([image for _, image in read], shape), np.array([row for row, _ in read])


def cached_points(reader: Reader, recipe: Recipe, path: Path) -> Path:
    """Find every training face's mesh once, into a file of float32 ``(n, 478, 2)``; zeros where none is."""
    if path.exists():
        return path
    found: Any = None
    part = path.with_name(path.name + ".part")
    for inputs, rows in in_pieces(reader, recipe):
        if found is None:
            shape = (len(reader.faces), *inputs.shape[1:])
            found = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=shape)
        found[rows] = inputs
    if found is None:
        raise DataSetError("None of the training images can be read.", code="unreadable")
    found.flush()
    part.replace(path)
    return path
