"""Plain folders: ``root/<class name>/...`` or ``root/<split>/<class name>/...``, as most public sets lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from inference._labels import ClassList
from inference.training.dataset import DataSetError, Files
from inference.training.sources._records import (
    SPLIT_FOLDERS,
    Draft,
    ReadOptions,
    Record,
    images_below,
    plain,
    require_folder,
    subject_of,
)


def read(root: Path, classes: ClassList, options: ReadOptions) -> Draft:
    """Read images by the name of their folder; folders whose name is no class are counted and left out."""
    require_folder(root)
    paths: list[Path] = []
    records: list[Record] = []
    dropped: Counter[str] = Counter()
    for folder, split in _class_folders(root):
        name = classes.class_of(plain(folder.name))
        for path in images_below(folder):
            if name is None:
                dropped["no_class"] += 1
                continue
            paths.append(path)
            target = classes.classes.index(name)
            records.append(Record(str(path.relative_to(root)), target, subject_of(path, root), split))
    if not records:
        raise DataSetError(f"No folder under {root} has the name of a class.", code="empty")
    return Draft(Files(tuple(paths)), records, dropped, carve=True)


def _class_folders(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield every folder that should be named as a class, and the split it lies in."""
    for folder in _folders(root):
        split = SPLIT_FOLDERS.get(plain(folder.name).replace("_", "").replace(" ", ""))
        if split is None:
            yield folder, ""
        else:
            yield from ((inner, split) for inner in _folders(folder))


def _folders(root: Path) -> list[Path]:
    return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
