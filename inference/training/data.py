"""Read labelled face crops: FER+ votes, and plain folders of class names."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from inference._labels import EMOTIONS, SOURCE_NAMES, Emotion

Split = Literal["train", "valid", "test", "all"]

#: Columns of FER+'s label.csv after file name and box.
FERPLUS_COLUMNS: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "nf",
)
_FERPLUS_FOLDERS: Final = {
    "train": ("FER2013Train",),
    "valid": ("FER2013Valid",),
    "test": ("FER2013Test",),
    "all": ("FER2013Train", "FER2013Valid", "FER2013Test"),
}
IMAGE_SUFFIXES: Final = {".png", ".jpg", ".jpeg", ".tif", ".tiff"}


class DataSetError(ValueError):
    """The data set cannot be used as it lies there; the message says why."""


@dataclass(frozen=True)
class Faces:
    """Labelled faces in memory.

    Attributes:
        images: uint8 grey, shape ``(n, h, w)``.
        targets: float32 label distributions over :data:`EMOTIONS`, shape ``(n, 6)``, rows sum to 1.
        paths: where each came from.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    paths: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.paths)


def ferplus_target(votes: NDArray[np.float32], *, majority: bool) -> NDArray[np.float32] | None:
    """Turn ten FER+ vote counts into a distribution over the six emotions.

    The top column must be one of our classes; with ``majority`` it must also hold at least half
    of the votes cast, the rule by which FER+ is scored. Otherwise the image is left out (None).
    Votes for disgust count as angry (a proxy), votes for contempt, unknown and not-a-face fall out.
    """
    top = int(votes.argmax())
    if FERPLUS_COLUMNS[top] not in SOURCE_NAMES:
        return None
    if majority and votes[top] * 2 < votes.sum():
        return None
    target = np.zeros(len(EMOTIONS), np.float32)
    for name, count in zip(FERPLUS_COLUMNS, votes, strict=True):
        if name in SOURCE_NAMES:
            target[EMOTIONS.index(SOURCE_NAMES[name])] += count
    if majority:
        one_hot = np.zeros_like(target)
        one_hot[EMOTIONS.index(SOURCE_NAMES[FERPLUS_COLUMNS[top]])] = 1
        return one_hot
    return np.asarray(target / target.sum(), np.float32)


def read_ferplus(root: Path, split: Split, *, majority: bool) -> Faces:
    """Read FER+ as laid out by its own scripts (``data/FER2013*/label.csv``)."""
    images: list[NDArray[np.uint8]] = []
    targets: list[NDArray[np.float32]] = []
    paths: list[Path] = []
    for folder in _FERPLUS_FOLDERS[split]:
        place = root / "data" / folder
        if not (place / "label.csv").exists():
            raise DataSetError(f"No label.csv under {place}.")
        with (place / "label.csv").open(newline="") as lines:
            for row in csv.reader(lines):
                target = ferplus_target(np.array(row[2:12], np.float32), majority=majority)
                image = cv2.imread(str(place / row[0]), cv2.IMREAD_GRAYSCALE)
                if target is None or image is None:
                    continue
                images.append(np.asarray(image, np.uint8))
                targets.append(target)
                paths.append(place / row[0])
    return Faces(np.stack(images), np.stack(targets), tuple(paths))


def read_folder(root: Path) -> Faces:
    """Read ``root/<class name>/*``; folders whose name is no known class are left out."""
    images: list[NDArray[np.uint8]] = []
    targets: list[NDArray[np.float32]] = []
    paths: list[Path] = []
    for folder in sorted(p for p in root.iterdir() if p.is_dir()):
        emotion: Emotion | None = SOURCE_NAMES.get(folder.name.lower())
        if emotion is None:
            continue
        for path in sorted(folder.iterdir()):
            image = (
                cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.suffix.lower() in IMAGE_SUFFIXES else None
            )
            if image is None:
                continue
            images.append(cv2.resize(np.asarray(image, np.uint8), (96, 96)))  # type: ignore[arg-type]
            targets.append(np.eye(len(EMOTIONS), dtype=np.float32)[EMOTIONS.index(emotion)])
            paths.append(path)
    if not paths:
        raise DataSetError(f"No folder under {root} has the name of a class.")
    return Faces(np.stack(images), np.stack(targets), tuple(paths))


def without_twins(train: Faces, *others: Faces) -> tuple[Faces, int]:
    """Remove from ``train`` every image whose pixels also lie in ``others``; say how many."""
    seen = {_digest(image) for other in others for image in other.images}
    keep = [i for i, image in enumerate(train.images) if _digest(image) not in seen]
    kept = Faces(train.images[keep], train.targets[keep], tuple(train.paths[i] for i in keep))
    return kept, len(train) - len(kept)


def _digest(image: NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()
