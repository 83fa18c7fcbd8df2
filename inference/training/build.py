"""Build a folder of face crops from a source: read, exclude, crop, cap, part, and say what was left out.

The folder is written as ``OUT.part`` and renamed when it is whole. A journal in it says what became
of each image, so that a build that was killed goes on where it stopped; with other options it
refuses. Layout: ``dataset.json``, ``index.csv``, ``twins.csv``, ``images/ab/abcdef.png``.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

import cv2
import numpy as np

from inference import _crop
from inference._cover import CoverNet
from inference._labels import ClassList
from inference.training.dataset import Dataset, DataSetError, Files, Pixels, Split
from inference.training.exclude import Exclusions, look
from inference.training.sources import Labels, Majority, built, read_source
from inference.training.splits import FRACTIONS, SEED, SPLITS
from inference.training.store import Outcome, digests_of, note, read_journal, write_image, write_index
from inference.training.twins import prints, twins_of

#: Sources whose images are face crops already.
CROPS: Final = frozenset({"ferplus", "fer2013", "built"})
#: The seeds' cap for K-FACE, which has millions of photos of few people.
TOTAL_CAPS: Final = {"kface": 45_000}

#: Which parts give way to which: the better a part is needed untouched, the later it loses rows.
_AGAINST: Final[Mapping[Split, tuple[Split, ...]]] = {"train": ("valid", "test"), "valid": ("test",)}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BuildOptions:
    """What to build.

    Attributes:
        source, root, classes, majority, labels, keep, fractions, seed: as ``read_source`` takes them.
        out: the folder to be written; it must not exist.
        crops: the images are face crops already and are kept as they are.
        size: side of the crops cut from photos.
        exclusions, cover: rules, and the network that ``no_cover`` asks.
        per_class, total: most images of a class, and most in all; classes are evened out first.
        allow_empty: a class may be without images.
    """

    source: str
    root: Path
    out: Path
    classes: ClassList
    majority: Majority = "held_out"
    labels: Labels = "majority"
    keep: Mapping[str, object] | None = None
    fractions: tuple[float, float, float] = FRACTIONS
    seed: int = SEED
    crops: bool = False
    size: int = 96
    exclusions: Exclusions = field(default_factory=Exclusions)
    cover: CoverNet | None = None
    per_class: int | None = None
    total: int | None = None
    allow_empty: bool = False

    def stated(self) -> dict[str, Any]:
        """Return the options as JSON values, for the report and for the check before going on."""
        keys = ("source", "majority", "labels", "keep", "fractions", "seed", "size", "per_class", "total")
        stated = {key: getattr(self, key) for key in (*keys, "allow_empty")}
        stated |= {"crops": self.crops or self.source in CROPS, "exclusions": asdict(self.exclusions)}
        return dict(
            json.loads(json.dumps({**stated, "classes": self.classes.classes, "root": self.root.name}))
        )


def class_limits(counts: Mapping[str, int], per_class: int | None, total: int | None) -> dict[str, int]:
    """Say how many of each class may stay: the largest classes are cut first, until both caps hold.

    >>> class_limits({"happy": 90, "sad": 40, "angry": 10}, 80, 100)
    {'happy': 50, 'sad': 40, 'angry': 10}
    """
    limits = {name: n if per_class is None else min(n, per_class) for name, n in counts.items()}
    if total is None or sum(limits.values()) <= total:
        return limits
    left, out = total, {}
    for rank, name in enumerate(sorted(limits, key=lambda name: limits[name])):
        out[name] = min(limits[name], left // (len(limits) - rank))
        left -= out[name]
    return {name: out[name] for name in counts}


def build(options: BuildOptions, progress: Progress | None = None) -> dict[str, Any]:
    """Build the folder and return what ``dataset.json`` says.

    Raises:
        DataSetError: ``exists`` or ``half_built`` for the folder, ``class_empty`` or ``empty`` for what
            would be in it, ``rules`` where no cover network is given, or whatever the reader raises.
        OSError: the disk is full or not writable; what was done so far stays and is gone on with.
    """
    if options.exclusions.no_cover and options.cover is None:
        raise DataSetError("The rule no_cover needs the cover network (--cover).", code="rules")
    part = _part_folder(options)
    data = _read(options)
    outcomes = _cut_all(options, data, part, progress)
    kept, twins = _without_twins_across(data, outcomes, part)
    final = data.where(np.array(sorted(kept), np.int64))
    if not options.allow_empty and options.source != "unlabelled":
        final.part("train").require_classes(f"the train part built from {options.root}")
    elif not len(final):
        raise DataSetError(f"Nothing of {options.root} was left.", code="empty")
    about = _about(options, data, final, outcomes, twins)
    write_index(part / "index.csv", final, outcomes)
    about["digests"] = digests_of(part / "index.csv", final, outcomes)
    (part / "dataset.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (part / "journal.jsonl").unlink()
    (part / "options.json").unlink()
    part.rename(options.out)
    return about


def _read(options: BuildOptions) -> Dataset:
    data = read_source(
        options.source,
        options.root,
        options.classes,
        majority=options.majority,
        labels=options.labels,
        keep=options.keep,
        fractions=options.fractions,
        seed=options.seed,
    )
    if not options.allow_empty and options.source != "unlabelled":
        data.part("train").require_classes(f"the train part of {options.root}")
    return data


def _part_folder(options: BuildOptions) -> Path:
    """Make, or find again, the folder to write into."""
    part = options.out.with_name(options.out.name + ".part")
    if options.out.exists():
        raise DataSetError(f"{options.out} is there already; delete it or name another.", code="exists")
    stated = {**options.stated(), "root": str(options.root.resolve())}
    if part.exists():
        try:
            before = json.loads((part / "options.json").read_text("utf-8"))
        except (OSError, ValueError):
            before = None
        if before != stated:
            message = (
                f"{part} was half built with other options; delete it, or repeat those options to go on."
            )
            raise DataSetError(message, code="half_built")
    else:
        part.mkdir(parents=True)
        (part / "options.json").write_text(json.dumps(stated, ensure_ascii=False), "utf-8")
    (part / "images").mkdir(exist_ok=True)
    return part


def _cut_all(
    options: BuildOptions, data: Dataset, part: Path, progress: Progress | None
) -> dict[int, Outcome]:
    """Look at rows in a fixed random order until the caps are reached; returns row to outcome."""
    labels = np.where(data.labelled, data.targets.argmax(1), -1)
    names = (*data.classes.classes, "")
    counts = Counter(names[k] for k in labels)
    limits = class_limits(counts, options.per_class, options.total)
    done, kept = read_journal(part / "journal.jsonl"), Counter[str]()
    outcomes: dict[int, Outcome] = {}
    order = np.random.default_rng(options.seed).permutation(len(data))
    with (part / "journal.jsonl").open("a", encoding="utf-8") as journal:
        for count, row in enumerate(map(int, order), 1):
            name = names[labels[row]]
            if kept[name] >= limits[name]:
                outcomes[row] = Outcome("over_cap")
            else:
                before = done.get(row)
                if before is None or (before.image and not (part / "images" / before.image).is_file()):
                    before = _cut(options, data, row, part, journal)
                outcomes[row] = before
                kept[name] += not outcomes[row].why
            if progress:
                progress(count, len(data))
    return outcomes


def _cut(options: BuildOptions, data: Dataset, row: int, part: Path, journal: TextIO) -> Outcome:
    """Read, judge, crop and write one image."""
    try:
        pixels = data[row]
    except DataSetError:
        outcome = Outcome("unreadable")
    else:
        crop, why = _crop_of(options, data, row, pixels)
        outcome = Outcome(why) if crop is None else write_image(part / "images", str(data.names[row]), crop)
    note(journal, row, outcome)
    return outcome


def _crop_of(options: BuildOptions, data: Dataset, row: int, pixels: Pixels) -> tuple[Pixels | None, str]:
    """Return the face crop, or None and why there is none."""
    crops = options.crops or options.source in CROPS
    if crops and not options.exclusions.needs_face:
        return pixels, ""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR) if pixels.ndim == 2 else pixels[..., ::-1]
    bgr = np.ascontiguousarray(bgr, np.uint8)
    box = None if crops or data.boxes is None else data.boxes[row]
    seen = look(bgr, box, options.cover if options.exclusions.no_cover else None)
    if seen is None:
        return None, "no_face"
    why = options.exclusions.broken(seen)
    if why is not None:
        return None, why
    return (pixels if crops else _crop.align(pixels, seen.face.landmarks, options.size)), ""


def _without_twins_across(
    data: Dataset, outcomes: dict[int, Outcome], part: Path
) -> tuple[set[int], dict[str, dict[str, int]]]:
    """Delete from train what lies in valid or test, and from valid what lies in test; counts by split."""
    rows = {split: [r for r in _kept(outcomes) if data.splits[r] == split] for split in SPLITS}
    seen = {split: prints(Files(_paths(part, outcomes, chosen))) for split, chosen in rows.items()}
    kept = set(_kept(outcomes))
    report: dict[str, dict[str, int]] = {}
    with (part / "twins.csv").open("w", newline="", encoding="utf-8") as out:
        listed = csv.writer(out)
        listed.writerow(("split", "name", "kind", "looks_like"))
        for split, against in _AGAINST.items():
            exact, near, pairs = twins_of(seen[split], *(seen[other] for other in against))
            others = [row for other in against for row in rows[other]]
            report[split] = {"exact": int(exact.sum()), "near": int(near.sum())}
            for k in np.flatnonzero(exact | near):
                row = rows[split][int(k)]
                like = str(data.names[others[pairs[int(k)]]]) if near[k] else ""
                listed.writerow((split, data.names[row], "near" if near[k] else "exact", like))
                kept.discard(row)
                (part / "images" / outcomes[row].image).unlink(missing_ok=True)
    return kept, report


def _kept(outcomes: dict[int, Outcome]) -> Iterator[int]:
    return (row for row, outcome in sorted(outcomes.items()) if not outcome.why)


def _paths(part: Path, outcomes: dict[int, Outcome], rows: list[int]) -> tuple[Path, ...]:
    return tuple(part / "images" / outcomes[row].image for row in rows)


def _about(
    options: BuildOptions, data: Dataset, final: Dataset, outcomes: dict[int, Outcome], twins: dict[str, Any]
) -> dict[str, Any]:
    why = Counter(outcome.why for outcome in outcomes.values() if outcome.why)
    removed = {name: why.pop(name, 0) for name in ("unreadable", "over_cap")}
    parts = {split: final.part(split) for split in SPLITS}
    return {
        "format": built.FORMAT,
        "source": options.source,
        "classes": {"name": options.classes.name, "names": list(options.classes.classes)},
        "made": datetime.now(UTC).date().isoformat(),
        "options": options.stated(),
        "counts": {
            split: rows.counts() | {"unlabelled": int((~rows.labelled).sum())}
            for split, rows in parts.items()
        },
        "subjects": {split: len(np.unique(rows.subjects)) for split, rows in parts.items()},
        "removed": {"reader": dict(data.dropped), **removed, "excluded": dict(why), "twins": twins},
    }
