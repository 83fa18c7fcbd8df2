"""FER2013 with its own labels: the contest's csv, folders, or FER+'s images with a list of those labels."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference._labels import ClassList
from inference.training.dataset import DataSetError, Files, Pixels
from inference.training.sources import ferplus, folder
from inference.training.sources._records import Draft, ReadOptions, Record, require_folder

#: What the numbers of the csv mean.
WORDS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
USAGES: Final = {"training": "train", "publictest": "valid", "privatetest": "test"}
_CSV_NAMES: Final = ("fer2013.csv", "fer2013/fer2013.csv", "icml_face_data.csv")
#: FER2013's labels for FER+'s files: image, fer2013_label.
OWN_LABELS: Final = "fer2013_original_labels.csv"
_USAGE_IN_NAME: Final = re.compile(r"(training|publictest|privatetest)_", re.IGNORECASE)


def read(root: Path, classes: ClassList, options: ReadOptions) -> Draft:
    """Read whichever layout lies at ``root``; ``root`` may be the csv itself."""
    if root.is_file():
        return _read_csv(root, classes)
    require_folder(root)
    for name in _CSV_NAMES:
        if (root / name).is_file():
            return _read_csv(root / name, classes)
    if (root / OWN_LABELS).is_file():
        return _read_beside_ferplus(root, classes)
    draft = folder.read(root, classes, options)
    return replace(draft, records=[_by_name(record) for record in draft.records])


def _by_name(record: Record) -> Record:
    """Take the split from names like ``PublicTest_123.jpg``, which folder sets put under ``test``."""
    found = _USAGE_IN_NAME.match(Path(record.name).name)
    return replace(record, split=USAGES[found[1].lower()]) if found else record


@dataclass(frozen=True)
class CsvPixels:
    """Square grey images written as numbers in a csv; only the places of the lines are in memory.

    Attributes:
        path: of the csv.
        offsets: of each line, bytes, shape ``(n,)``.
        column: in which the pixels stand.
    """

    path: Path
    offsets: NDArray[np.int64]
    column: int

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, index: int, /) -> Pixels:
        with self.path.open("rb") as lines:
            lines.seek(int(self.offsets[index]))
            row = next(csv.reader([lines.readline().decode("ascii", "replace")]))
        try:
            pixels = np.array(row[self.column].split(), np.uint8)
        except (ValueError, OverflowError, IndexError) as error:
            raise self._unreadable(index) from error
        side = math.isqrt(pixels.size)
        if side == 0 or side * side != pixels.size:
            raise self._unreadable(index)
        return pixels.reshape(side, side)

    def _unreadable(self, index: int) -> DataSetError:
        where = f"the line at byte {self.offsets[index]} of {self.path}"
        return DataSetError(f"{where} holds no square image.", code="unreadable")


def _read_csv(path: Path, classes: ClassList) -> Draft:
    """Note where each line begins; pixels are decoded when asked for."""
    records: list[Record] = []
    offsets: list[int] = []
    dropped: Counter[str] = Counter()
    with path.open("rb") as lines:
        columns = _columns(path, lines.readline())
        place, number = lines.tell(), 2
        for line in lines:
            if line.strip():
                word, split = _row(path, number, line, columns)
                name = classes.class_of(word)
                if name is None:
                    dropped["no_class"] += 1
                else:
                    offsets.append(place)
                    records.append(
                        Record(f"line {number}", classes.classes.index(name), f"line {number}", split)
                    )
            place, number = place + len(line), number + 1
    return Draft(CsvPixels(path, np.array(offsets, np.int64), columns["pixels"]), records, dropped)


def _columns(path: Path, line: bytes) -> dict[str, int]:
    names = [name.strip().lower() for name in line.decode("utf-8-sig", "replace").split(",")]
    if not {"emotion", "pixels", "usage"} <= set(names):
        raise DataSetError(f"{path} does not begin with the columns emotion, pixels, Usage.")
    return {name: names.index(name) for name in ("emotion", "pixels", "usage")}


def _row(path: Path, number: int, line: bytes, columns: dict[str, int]) -> tuple[str, str]:
    """Return the word and split of one line without decoding its pixels."""
    cells = line.split(b",")
    try:
        label = int(cells[columns["emotion"]])
        usage = cells[columns["usage"]].decode("ascii").strip().strip('"').lower()
        if label < 0:
            raise IndexError
        return WORDS[label], USAGES[usage]
    except (ValueError, IndexError, KeyError) as error:
        raise DataSetError(f"{path}, line {number}: no label from 0 to 6, or no known Usage.") from error


def _read_beside_ferplus(root: Path, classes: ClassList) -> Draft:
    """Give FER+'s images FER2013's labels; images without one (FER+ mended some) are left out."""
    with (root / OWN_LABELS).open(newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(lines)
        if not {"image", "fer2013_label"} <= set(rows.fieldnames or ()):
            raise DataSetError(f"{root / OWN_LABELS} lacks the columns image and fer2013_label.")
        words = {row["image"]: row["fer2013_label"] for row in rows}
    paths: list[Path] = []
    records: list[Record] = []
    dropped: Counter[str] = Counter()
    for path, split, _ in ferplus.entries(root):
        if path is None:
            dropped["missing"] += 1
            continue
        word = classes.class_of(words.get(path.name, ""))
        if word is None:
            dropped["no_class" if path.name in words else "no_label"] += 1
            continue
        name = f"{path.parent.name}/{path.name}"
        paths.append(path)
        records.append(Record(name, classes.classes.index(word), name, split))
    return Draft(Files(tuple(paths)), records, dropped)
