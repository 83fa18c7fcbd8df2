"""FER+ as laid out by its own scripts: ``data/FER2013{Train,Valid,Test}/label.csv`` and PNG files."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference._labels import ClassList
from inference.training.dataset import DataSetError, Files
from inference.training.sources._records import Draft, ReadOptions, Record

#: Columns of label.csv after file name and box.
COLUMNS: Final = (
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
FOLDERS: Final = {"FER2013Train": "train", "FER2013Valid": "valid", "FER2013Test": "test"}


def target_of(
    votes: NDArray[np.float32], classes: ClassList, *, majority: bool
) -> NDArray[np.float32] | None:
    """Turn ten vote counts, shape ``(10,)``, into a distribution over the classes.

    The top column must be one of the classes; with ``majority`` it must also hold at least half of
    the votes cast, the rule by which FER+ is scored, and takes all. Otherwise the image is left out
    (None). Votes for disgust count as angry (a proxy); contempt, unknown and not-a-face fall out.
    """
    top = int(votes.argmax())
    word = classes.class_of(COLUMNS[top])
    if word is None or votes.sum() <= 0 or (majority and votes[top] * 2 < votes.sum()):
        return None
    target = np.zeros(len(classes), np.float32)
    if majority:
        target[classes.classes.index(word)] = 1
        return target
    for name, count in zip(COLUMNS, votes, strict=True):
        found = classes.class_of(name)
        if found is not None:
            target[classes.classes.index(found)] += count
    return np.asarray(target / target.sum(), np.float32)


def read(root: Path, classes: ClassList, options: ReadOptions) -> Draft:
    """Read the votes of every folder that is there; at least one must be."""
    paths: list[Path] = []
    records: list[Record] = []
    dropped: Counter[str] = Counter()
    for path, split, votes in entries(root):
        strict = split != "train" if options.majority == "held_out" else options.majority
        target = target_of(votes, classes, majority=strict)
        if target is None:
            dropped["no_majority_or_class"] += 1
        elif path is None:
            dropped["missing"] += 1
        else:
            name = f"{path.parent.name}/{path.name}"
            paths.append(path)
            records.append(Record(name, target, name, split))
    return Draft(Files(tuple(paths)), records, dropped)


def entries(root: Path) -> Iterator[tuple[Path | None, str, NDArray[np.float32]]]:
    """Yield file (None if it is not there), split and votes of every row of every ``label.csv``."""
    places = [
        root / "data" / folder for folder in FOLDERS if (root / "data" / folder / "label.csv").is_file()
    ]
    if not places:
        raise DataSetError(f"No label.csv under {root / 'data'}/FER2013Train, Valid or Test.", code="missing")
    for place in places:
        there = {path.name for path in place.iterdir()}
        with (place / "label.csv").open(newline="", encoding="utf-8") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                path = place / row[0] if row and row[0] in there else None
                yield path, FOLDERS[place.name], _votes(row, place / "label.csv", number)


def _votes(row: list[str], path: Path, number: int) -> NDArray[np.float32]:
    try:
        votes = np.array(row[2:12], np.float32)
    except ValueError as error:
        raise DataSetError(f"{path}, line {number}: the votes are no numbers.") from error
    if votes.shape != (len(COLUMNS),):
        raise DataSetError(f"{path}, line {number}: there should be ten votes.")
    return votes
