"""A folder that ``manage.py build_dataset`` wrote: dataset.json, index.csv, images/."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference._labels import ClassList
from inference.training.dataset import DataSetError, Files
from inference.training.sources._records import Draft, ReadOptions, Record
from inference.training.splits import SPLITS

FORMAT: Final = 1
#: Columns of index.csv before one column a class.
COLUMNS: Final = ("image", "split", "subject", "gender", "age", "name", "digest")


def read(root: Path, classes: ClassList, options: ReadOptions) -> Draft:
    """Read the index; the classes must be those the folder was built with."""
    _check(root, classes)
    paths: list[Path] = []
    records: list[Record] = []
    try:
        with (root / "index.csv").open(newline="", encoding="utf-8") as lines:
            rows = csv.DictReader(lines)
            if tuple(rows.fieldnames or ()) != (*COLUMNS, *classes.classes):
                raise DataSetError(f"{root / 'index.csv'} has other columns than build_dataset writes.")
            for row in rows:
                paths.append(root / "images" / row["image"])
                records.append(_record(row, classes, f"{root / 'index.csv'}, line {rows.line_num}"))
    except OSError as error:
        raise DataSetError(f"{root} has no index.csv; build it again.", code="missing") from error
    return Draft(Files(tuple(paths)), records, Counter())


def _check(root: Path, classes: ClassList) -> None:
    try:
        about: Any = json.loads((root / "dataset.json").read_text("utf-8"))
        found, version = tuple(about["classes"]["names"]), about["format"]
    except OSError as error:
        raise DataSetError(
            f"There is no built data set in {root} (no dataset.json).", code="missing"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataSetError(f"{root / 'dataset.json'} is not what build_dataset writes.") from error
    if version != FORMAT:
        raise DataSetError(f"{root} has format {version}; this program reads {FORMAT}.")
    if found != classes.classes:
        message = f"{root} was built for the classes {', '.join(found)}, not {', '.join(classes.classes)}."
        raise DataSetError(message, code="classes")


def _record(row: dict[str, str], classes: ClassList, where: str) -> Record:
    try:
        values = np.array([row[name] or "nan" for name in classes.classes], np.float32)
        target: NDArray[np.float32] | None = None if np.isnan(values).any() else values
        age = int(row["age"])
    except (ValueError, TypeError, KeyError) as error:
        raise DataSetError(f"{where}: a number is missing.") from error
    if row["split"] not in SPLITS:
        raise DataSetError(f"{where}: {row['split']!r} is no split.")
    return Record(row["name"], target, row["subject"], row["split"], row["gender"], age)
