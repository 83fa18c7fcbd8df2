"""AI-Hub's Korean emotion set: JSON lists of entries, photos anywhere below the root, found by file name.

An entry: ``{"filename", "gender", "age", "isProf", "faceExp_uploader", "bg_uploader", "annot_A": {"faceExp",
"bg", "boxes": {"minX", "minY", "maxX", "maxY"}}, "annot_B": ..., "annot_C": ...}``.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np

from inference._labels import ClassList
from inference.training.dataset import DataSetError, Files
from inference.training.sources._records import (
    Draft,
    Labels,
    ReadOptions,
    Record,
    images_below,
    plain,
    require_folder,
)

ANNOTATORS: Final = ("annot_A", "annot_B", "annot_C")
_GENDERS: Final = {
    **dict.fromkeys(("남", "남자", "남성", "male", "m"), "male"),
    **dict.fromkeys(("여", "여자", "여성", "female", "f"), "female"),
}


def read(root: Path, classes: ClassList, options: ReadOptions) -> Draft:
    """Read every JSON list below the root; entries without photo, label or class are counted."""
    require_folder(root)
    lists = sorted(path for path in root.rglob("*") if path.suffix.lower() == ".json" and path.is_file())
    if not lists:
        raise DataSetError(f"There is no JSON list below {root}.", code="missing")
    photos = _Photos(root)
    paths: dict[Path, Record] = {}
    dropped: Counter[str] = Counter()
    for source in lists:
        for number, entry in enumerate(_entries(source)):
            where = f"{source}, entry {number}"
            path = photos.find(_filename(entry, where))
            word = _word(entry, options.labels, where)
            name = classes.class_of(word) if word else None
            why = _why_not(path, word, name, path in paths)
            if why or path is None or name is None:
                dropped[why or "no_class"] += 1
            else:
                paths[path] = _record(entry, where, path, root, classes.classes.index(name))
    return Draft(Files(tuple(paths)), list(paths.values()), dropped)


def _why_not(path: Path | None, word: str | None, name: str | None, twice: bool) -> str | None:
    """Say why an entry is no record; None if it is one."""
    if path is None:
        return "missing"
    if word is None:
        return "no_agreement"
    if name is None:
        return "no_class"
    return "listed_twice" if twice else None


class _Photos:
    """Find photos by name: as written, else in any case, else with another ending."""

    def __init__(self, root: Path) -> None:
        self._names: dict[str, Path] = {}
        self._stems: dict[str, Path] = {}
        for path in images_below(root):
            self._names.setdefault(plain(path.name), path)
            self._stems.setdefault(plain(path.stem), path)

    def find(self, filename: str) -> Path | None:
        name = plain(filename.replace("\\", "/").rsplit("/", 1)[-1])
        return self._names.get(name) or self._stems.get(plain(Path(name).stem))


def _entries(path: Path) -> list[Any]:
    """Read one list, UTF-8 or the older Korean encodings (CP949 holds EUC-KR)."""
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            entries = json.loads(text)
        except ValueError as error:
            raise DataSetError(f"{path} is no JSON: {error}") from error
        if not isinstance(entries, list):
            raise DataSetError(f"{path} is no list of entries.")
        return entries
    raise DataSetError(f"{path} is written neither in UTF-8 nor in CP949 or EUC-KR.")


def _filename(entry: Any, where: str) -> str:
    name = entry.get("filename") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise DataSetError(f"{where}: there is no filename.")
    return name


def _word(entry: dict[str, Any], labels: Labels, where: str) -> str | None:
    """Return the label that counts, None if those asked do not agree or said nothing."""
    uploader = _text(entry.get("faceExp_uploader"))
    said = [_text(_annotation(entry, who, where).get("faceExp")) for who in ANNOTATORS]
    votes = Counter(word for word in said if word)
    if labels == "uploader":
        return uploader
    if labels == "unanimous":
        return uploader if uploader and set(votes) == {uploader} and all(said) else None
    if not votes:
        return None
    word, most = votes.most_common(1)[0]
    return word if most * 2 > votes.total() else None


def _text(value: object) -> str | None:
    return plain(value) if isinstance(value, str) and value.strip() else None


def _annotation(entry: dict[str, Any], who: str, where: str) -> dict[str, Any]:
    found = entry.get(who)
    if found is not None and not isinstance(found, dict):
        raise DataSetError(f"{where}: {who} is no object.")
    return found or {}


def _record(entry: dict[str, Any], where: str, path: Path, root: Path, target: int) -> Record:
    name = str(path.relative_to(root))
    subject = plain(path.stem).split("_")[0]
    gender = _GENDERS.get(plain(str(entry.get("gender", ""))), "")
    return Record(name, target, subject, "", gender, _age(entry.get("age")), _box(entry, where))


def _age(value: object) -> int:
    """Read 20, "20", "30대" (the thirties: 30); -1 if there is no sensible number."""
    found = re.search(r"\d{1,3}", str(value)) if isinstance(value, int | float | str) else None
    return int(found[0]) if found and int(found[0]) < 120 else -1


def _box(entry: dict[str, Any], where: str) -> tuple[float, float, float, float] | None:
    """Return the median of the annotators' boxes as (x, y, w, h); None if nobody drew one."""
    drawn = []
    for who in ANNOTATORS:
        boxes = _annotation(entry, who, where).get("boxes")
        if boxes is None:
            continue
        try:
            corners = [float(boxes[key]) for key in ("minX", "minY", "maxX", "maxY")]
        except (KeyError, TypeError, ValueError) as error:
            raise DataSetError(f"{where}: the box of {who} lacks a number.") from error
        if all(map(math.isfinite, corners)) and corners[2] > corners[0] and corners[3] > corners[1]:
            drawn.append(corners)
    if not drawn:
        return None
    left, top, right, bottom = (float(v) for v in np.median(drawn, axis=0))
    return left, top, right - left, bottom - top
