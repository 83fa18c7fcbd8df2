"""Faces without labels, FFHQ-style: every image below a folder, for pseudo-labels; all of it is train."""

from __future__ import annotations

from pathlib import Path

from inference._labels import ClassList
from inference.training.dataset import Files
from inference.training.sources._records import (
    Draft,
    ReadOptions,
    Record,
    images_below,
    require_folder,
    subject_of,
)


def read(root: Path, classes: ClassList, options: ReadOptions) -> Draft:
    """Read every image; targets are left open."""
    require_folder(root)
    paths = tuple(images_below(root))
    records = [Record(str(p.relative_to(root)), None, subject_of(p, root), "train") for p in paths]
    return Draft(Files(paths), records)
