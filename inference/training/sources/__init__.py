"""Readers of the data sets, one a format; ``read_source`` is the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from inference._labels import ClassList
from inference.training.dataset import Dataset, DataSetError, Split
from inference.training.sources import aihub, built, fer2013, ferplus, folder, kface, unlabelled
from inference.training.sources._records import Draft, Labels, Majority, ReadOptions, assemble
from inference.training.splits import FRACTIONS, SEED

READERS: Final[Mapping[str, Callable[[Path, ClassList, ReadOptions], Draft]]] = {
    "aihub": aihub.read,
    "kface": kface.read,
    "ferplus": ferplus.read,
    "fer2013": fer2013.read,
    "folder": folder.read,
    "unlabelled": unlabelled.read,
    "built": built.read,
}


def read_source(
    source: str,
    root: Path,
    classes: ClassList,
    *,
    split: Split = "all",
    majority: Majority = False,
    labels: Labels = "majority",
    keep: Mapping[str, object] | None = None,
    fractions: tuple[float, float, float] = FRACTIONS,
    seed: int = SEED,
) -> Dataset:
    """Read a data set as it lies on disk; pixels stay there until asked for.

    Args:
        source: a key of :data:`READERS`.
        root: where the set lies.
        classes: over which targets shall be.
        split: the part wanted; sets without splits of their own are divided by subject.
        majority: FER+ only: one class an image, which at least half of the voters chose; ``held_out`` asks this
            of valid and test only.
        labels: AI-Hub only: the uploader's word, that of most annotators, or where all agree.
        keep: K-FACE only: the codes to keep, as in ``kface.KEEP``.
        fractions: shares of train, valid, test where the reader divides.
        seed: of that division.

    Raises:
        DataSetError: ``missing``, ``malformed``, ``empty``, ``classes`` or ``rules``.
    """
    reader = READERS.get(source)
    if reader is None:
        raise DataSetError(f"There is no source {source}; there are {', '.join(READERS)}.", code="rules")
    options = ReadOptions(majority, labels, keep, fractions, seed)
    data = assemble(classes, reader(root, classes, options), options, str(root)).part(split)
    if not len(data):
        raise DataSetError(f"There are no {split} images in {root}.", code="empty")
    return data


__all__ = ["READERS", "DataSetError", "Dataset", "Labels", "Majority", "read_source"]
