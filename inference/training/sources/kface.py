"""K-FACE: ``<resolution>/<person>/S001/L1/E01/C7.jpg`` (accessory, light, expression, camera), or one flat name.

The layout is that of the set's own description: 400 people of eight digits, S001..S006, L1..L30,
E01..E03, C1..C20. Which codes count as near-frontal, well lit and uncovered is data: ``KEEP``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from inference._labels import ClassList
from inference.training.dataset import DataSetError, Files
from inference.training.sources._records import Draft, ReadOptions, Record, images_below, require_folder

KEEP: Final[Mapping[str, object]] = {
    "accessory": ["S001"],
    "light": ["L1", "L2", "L3"],
    "camera": ["C6", "C7", "C8"],
    "expression": {"E01": "neutral", "E02": "happy", "E03": "negative"},
}
#: Person, accessory, light, expression, camera; folders or joined by underscores.
_PLACE: Final = re.compile(
    r"(?:^|/)([^/_]+)[/_](S\d{3})[/_](L\d{1,2})[/_](E\d{2})[/_](C\d{1,2})\.[a-z]+$", re.IGNORECASE
)
_RESOLUTIONS: Final = ("high", "middle", "low")


def read(root: Path, classes: ClassList, options: ReadOptions) -> Draft:
    """Read the kept codes; of a picture in several resolutions the finest is taken."""
    require_folder(root)
    keep = _keep(options.keep)
    words: dict[str, str] = keep["expression"]
    dropped: Counter[str] = Counter()
    best: dict[tuple[str, ...], tuple[int, Path]] = {}
    for path in images_below(root):
        place = _PLACE.search(path.resolve().as_posix())
        if place is None:
            dropped["no_code"] += 1
            continue
        person, accessory, light, expression, camera = (part.upper() for part in place.groups())
        codes = {"accessory": accessory, "light": light, "camera": camera, "expression": expression}
        wrong = next((kind for kind, code in codes.items() if code not in keep[kind]), None)
        if wrong or classes.class_of(words.get(expression, "")) is None:
            dropped[wrong or "no_class"] += 1
            continue
        key, rank = (person, accessory, light, expression, camera), _rank(path, root)
        if key in best:
            dropped["other_resolution"] += 1
        if key not in best or rank < best[key][0]:
            best[key] = (rank, path)
    records = [_record(key, path, root, classes, words) for key, (_, path) in best.items()]
    return Draft(Files(tuple(path for _, path in best.values())), records, dropped)


def read_keep(path: Path) -> Mapping[str, object]:
    """Read other codes to keep from a JSON object with keys of :data:`KEEP`."""
    try:
        given = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataSetError(f"{path} cannot be read as JSON: {error}", code="rules") from error
    if not isinstance(given, dict):
        raise DataSetError(f"{path} is no JSON object.", code="rules")
    _keep(given)
    return given


def _record(
    key: tuple[str, ...], path: Path, root: Path, classes: ClassList, words: dict[str, str]
) -> Record:
    word = classes.class_of(words[key[3]])
    assert word is not None  # noqa: S101 - the reader dropped the others
    return Record(str(path.relative_to(root)), classes.classes.index(word), key[0])


def _rank(path: Path, root: Path) -> int:
    parts = [part.lower() for part in (root.name, *path.relative_to(root).parts)]
    ranks = [i for i, name in enumerate(_RESOLUTIONS) for part in parts if part.startswith(name)]
    return ranks[0] if ranks else len(_RESOLUTIONS)


def _keep(given: Mapping[str, object] | None) -> dict[str, dict[str, str]]:
    """Check what a JSON file may have brought; returns code to word for every kind (words only matter for E)."""
    merged = {**KEEP, **(given or {})}
    unknown = set(merged) - set(KEEP)
    if unknown:
        raise DataSetError(
            f"K-FACE knows no {', '.join(sorted(unknown))}; it has {', '.join(KEEP)}.", code="rules"
        )
    kept: dict[str, dict[str, str]] = {}
    for kind, codes in merged.items():
        if isinstance(codes, Mapping) == (kind == "expression") and isinstance(codes, Mapping | list):
            pairs = codes.items() if isinstance(codes, Mapping) else ((code, "") for code in codes)
            kept[kind] = {str(code).upper(): str(word) for code, word in pairs}
        else:
            shape = "an object of code and word" if kind == "expression" else "a list of codes"
            raise DataSetError(f"K-FACE's {kind} must be {shape}.", code="rules")
    return kept
