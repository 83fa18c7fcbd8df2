"""Labelled faces that stay on disk: rows in memory, pixels read one at a time when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from inference._labels import ClassList
from inference.members._prepare import resized, to_grey

Split = Literal["train", "valid", "test", "all"]
Pixels = NDArray[np.uint8]


class DataSetError(ValueError):
    """The data set cannot be used as it lies there; the message says why.

    Attributes:
        code: stable, for machines: ``empty``, ``class_empty``, ``unreadable``, ``malformed``, ``missing``,
            ``classes`` (the set was built with others), ``rules``, ``exists``, ``half_built``.
    """

    def __init__(self, message: str, *, code: str = "malformed") -> None:
        super().__init__(message)
        self.code = code


class ImageSource(Protocol):
    """Where pixels come from: uint8, grey ``(h, w)`` or RGB ``(h, w, 3)``, each of its own size."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Pixels:
        """Read one image; raises ``DataSetError`` with code ``unreadable`` and names the file."""
        ...


@dataclass(frozen=True)
class Files:
    """Images in files, read when asked for; grey files stay grey.

    Attributes:
        paths: one file an image.
    """

    paths: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int, /) -> Pixels:
        path = self.paths[index]
        image = cv2.imread(str(path), cv2.IMREAD_ANYCOLOR)
        if image is None:
            raise DataSetError(f"{path} cannot be read as an image.", code="unreadable")
        return np.asarray(image if image.ndim == 2 else image[..., ::-1], np.uint8)


@dataclass(frozen=True)
class Dataset:
    """Labelled faces and what is known about each.

    Attributes:
        classes: the words that ``targets`` is over.
        source: pixels of every image the set was opened with.
        rows: which of them belong to this part, shape ``(n,)``.
        targets: float32 label distributions, shape ``(n, len(classes))``, rows sum to 1; all NaN where
            the image has no label (faces for pseudo-labels).
        splits: ``train``, ``valid`` or ``test`` per row.
        subjects: whose face it is, as far as the source says; never shared between splits.
        gender: ``female``, ``male`` or empty.
        age: years, -1 where unknown, shape ``(n,)``.
        names: how each image is called in reports, never a person's name.
        boxes: where the face is in the image, pixels ``(x, y, w, h)``, shape ``(n, 4)``; NaN where unknown.
        dropped: why entries of the source are no rows here, and how many.
    """

    classes: ClassList
    source: ImageSource
    rows: NDArray[np.int64]
    targets: NDArray[np.float32]
    splits: NDArray[np.str_]
    subjects: NDArray[np.str_]
    gender: NDArray[np.str_]
    age: NDArray[np.int16]
    names: NDArray[np.str_]
    boxes: NDArray[np.float32] | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int, /) -> Pixels:
        """Read the pixels of one row."""
        return self.source[int(self.rows[index])]

    @property
    def labels(self) -> NDArray[np.int64]:
        """Return the index of each row's likeliest class, shape ``(n,)``."""
        return np.asarray(self.targets.argmax(1), np.int64)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | Sequence[int]) -> Dataset:
        """Return the rows that a mask or a list of row numbers names, in its order."""
        pick: Any = np.asarray(chosen)
        per_row = ("rows", "targets", "splits", "subjects", "gender", "age", "names")
        boxes = None if self.boxes is None else self.boxes[pick]
        return replace(self, boxes=boxes, **{name: getattr(self, name)[pick] for name in per_row})

    def part(self, split: Split) -> Dataset:
        """Return one split, or everything."""
        return self if split == "all" else self.where(self.splits == split)

    def limited(self, most: int | None, seed: int = 20261121) -> Dataset:
        """Return a fixed random part of at most ``most`` rows, in their old order."""
        if most is None or most >= len(self):
            return self
        return self.where(np.sort(np.random.default_rng(seed).permutation(len(self))[:most]))

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Say which rows have a label, shape ``(n,)``."""
        return np.asarray(~np.isnan(self.targets).any(1), np.bool_)

    def counts(self) -> dict[str, int]:
        """Return how many labelled rows each class has, in the order of the classes."""
        found = np.bincount(self.labels[self.labelled], minlength=len(self.classes))
        return {name: int(n) for name, n in zip(self.classes.classes, found, strict=True)}

    def require_classes(self, what: str) -> None:
        """Raise ``DataSetError`` if there are no rows (``empty``) or a class has none (``class_empty``)."""
        if not len(self):
            raise DataSetError(f"There are no images in {what}.", code="empty")
        lacking = [name for name, n in self.counts().items() if n == 0]
        if lacking:
            raise DataSetError(f"No images of {', '.join(lacking)} in {what}.", code="class_empty")

    def grey(self, size: tuple[int, int]) -> Pixels:
        """Read every row, grey, resized to ``size`` (height, width): shape ``(n, *size)``. For small parts."""
        return np.stack([resized(to_grey(self[i]), size) for i in range(len(self))])
