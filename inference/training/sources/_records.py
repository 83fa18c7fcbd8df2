"""What every reader of a data set hands over, and how images are found below a folder."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from inference._labels import ClassList
from inference.training.dataset import Dataset, DataSetError, ImageSource
from inference.training.splits import FRACTIONS, SEED, assign

IMAGE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})
Labels = Literal["uploader", "majority", "unanimous"]
#: FER+: whether the majority rule holds for every image, for none, or for valid and test only.
Majority = bool | Literal["held_out"]
#: Names of sub-folders that say to which split their images belong.
SPLIT_FOLDERS: Final = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "publictest": "valid",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}


@dataclass(frozen=True)
class ReadOptions:
    """What a reader may be asked for; each reader heeds what its data set knows.

    Attributes:
        majority: keep only FER+ images of which half of the voters agree, with one class each;
            with ``held_out`` in valid and test only, while train keeps its votes.
        labels: whose word counts in the AI-Hub set.
        keep: for K-FACE, which codes to keep; None for the usual ones.
        fractions, seed: of the split by subject, where the source has none of its own.
    """

    majority: Majority = False
    labels: Labels = "majority"
    keep: Mapping[str, object] | None = None
    fractions: tuple[float, float, float] = FRACTIONS
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Record:
    """One image of a source, in the order of its ``ImageSource``.

    Attributes:
        name: how reports call it: its path below the root.
        target: index of its class, a distribution over the classes, or None without a label.
        subject: whose face it is, as far as the source says.
        split: empty if the source has none.
        gender, age: as in ``Dataset``.
        box: of the face, pixels (x, y, w, h).
    """

    name: str
    target: int | NDArray[np.float32] | None
    subject: str
    split: str = ""
    gender: str = ""
    age: int = -1
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Draft:
    """What a reader read.

    Attributes:
        source: of the pixels of every record.
        records: one an image.
        dropped: entries that became no record, by reason.
        carve: take a valid part out of train, by subject, where the source has none.
    """

    source: ImageSource
    records: Sequence[Record]
    dropped: Counter[str] = field(default_factory=Counter)
    carve: bool = False


def plain(word: str) -> str:
    """Return a folder's or class's word composed (macOS unpacks Korean names decomposed), small, trimmed."""
    return unicodedata.normalize("NFC", word).strip().lower()


def images_below(root: Path) -> Iterator[Path]:
    """Yield the images below a folder, sorted within each folder; hidden ones are passed over."""
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES:
                yield Path(folder) / name


def require_folder(root: Path) -> None:
    """Raise ``DataSetError`` (``missing``) unless ``root`` is a folder."""
    if not root.is_dir():
        raise DataSetError(f"There is no folder {root}.", code="missing")


def subject_of(path: Path, root: Path) -> str:
    """Return the leading hash of a file name (sixteen or more hexadecimal digits), else the path itself."""
    head = path.stem.split("_")[0].lower()
    if len(head) >= 16 and set(head) <= set("0123456789abcdef"):
        return head
    return str(path.relative_to(root))


def assemble(classes: ClassList, draft: Draft, options: ReadOptions, where: str) -> Dataset:
    """Make a set of a draft and give a split to every record that has none."""
    records = draft.records
    if not records:
        why = ", ".join(f"{n} {reason}" for reason, n in draft.dropped.items())
        raise DataSetError(
            f"There are no usable images in {where}" + (f" ({why})." if why else "."), code="empty"
        )
    targets = np.stack([_target(record.target, len(classes)) for record in records])
    subjects = np.array([record.subject for record in records])
    boxes = np.array([record.box or (np.nan,) * 4 for record in records], np.float32)
    labels = np.where(np.isnan(targets).any(1), -1, targets.argmax(1)).astype(np.int64)
    return Dataset(
        classes=classes,
        source=draft.source,
        rows=np.arange(len(records)),
        targets=targets,
        splits=_splits(draft, subjects, labels, options),
        subjects=subjects,
        gender=np.array([record.gender for record in records]),
        age=np.array([record.age for record in records], np.int16),
        names=np.array([record.name for record in records]),
        boxes=None if bool(np.isnan(boxes).all()) else boxes,
        dropped=dict(draft.dropped),
    )


def _target(target: int | NDArray[np.float32] | None, size: int) -> NDArray[np.float32]:
    if target is None:
        return np.full(size, np.nan, np.float32)
    return np.eye(size, dtype=np.float32)[target] if isinstance(target, int) else target


def _splits(
    draft: Draft, subjects: NDArray[np.str_], labels: NDArray[np.int64], options: ReadOptions
) -> NDArray[np.str_]:
    """Keep the source's own splits; divide the rest, or carve valid out of train, by subject."""
    splits = np.array([record.split for record in draft.records], "U5")
    loose = splits == ""
    if loose.any():
        splits[loose] = assign(subjects[loose], labels[loose], options.fractions, options.seed)
    train = splits == "train"
    if draft.carve and train.any() and not (splits == "valid").any() and (splits == "test").any():
        rest, valid = options.fractions[0], options.fractions[1]
        parts = (rest / (rest + valid), valid / (rest + valid), 0.0)
        splits[train] = assign(subjects[train], labels[train], parts, options.seed)
    return np.asarray(splits)
