"""What lies in a half-built folder: the journal, the images, and at the end the index."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TextIO

import cv2
import numpy as np

from inference.training.dataset import Dataset, DataSetError, Pixels
from inference.training.sources import built

JPEG_QUALITY: Final = 95


@dataclass(frozen=True)
class Outcome:
    """What became of one row.

    Attributes:
        why: it was left out; empty if it was not.
        image: its file below ``images/``.
        digest: BLAKE2b (16 bytes) of that file.
    """

    why: str = ""
    image: str = ""
    digest: str = ""


def read_journal(path: Path) -> dict[int, Outcome]:
    """Read what an earlier run did; a last line that was cut off by a kill is removed."""
    if not path.exists():
        return {}
    lines = path.read_text("utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    if len(whole) < len(lines):
        path.write_text("".join(whole), "utf-8")
    entries = [json.loads(line) for line in whole]
    return {entry.pop("row"): Outcome(**entry) for entry in entries}


def note(journal: TextIO, row: int, outcome: Outcome) -> None:
    """Write one line; it survives a kill from here on."""
    journal.write(json.dumps({"row": row, **asdict(outcome)}) + "\n")
    journal.flush()


def write_image(folder: Path, name: str, pixels: Pixels) -> Outcome:
    """Write grey as PNG, colour as JPEG, under a name made of the row's name; never half a file."""
    key = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    kind = ".png" if pixels.ndim == 2 else ".jpg"
    path = folder / key[:2] / (key + kind)
    path.parent.mkdir(exist_ok=True)
    bgr = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    done, coded = cv2.imencode(kind, bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if kind == ".jpg" else [])
    if not done:
        raise DataSetError(f"{name} cannot be written as {kind}.", code="unreadable")
    coded_bytes = coded.tobytes()
    half = path.with_suffix(".part")
    half.write_bytes(coded_bytes)
    os.replace(half, path)
    return Outcome("", f"{key[:2]}/{path.name}", hashlib.blake2b(coded_bytes, digest_size=16).hexdigest())


def write_index(path: Path, final: Dataset, outcomes: dict[int, Outcome]) -> None:
    """Write one line an image: file, split, subject, what is known, and its target over the classes."""
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow((*built.COLUMNS, *final.classes.classes))
        for i, row in enumerate(map(int, final.rows)):
            values = ["" if np.isnan(v) else f"{v:.6g}" for v in final.targets[i]]
            known = (final.splits[i], final.subjects[i], final.gender[i], final.age[i], final.names[i])
            rows.writerow((outcomes[row].image, *known, outcomes[row].digest, *values))


def digests_of(index: Path, final: Dataset, outcomes: dict[int, Outcome]) -> dict[str, str]:
    """Return what the finished folder can be checked by: of the index, and of all images together."""
    images = sorted(outcomes[int(row)].digest for row in final.rows)
    return {
        "index.csv": hashlib.sha256(index.read_bytes()).hexdigest(),
        "images": hashlib.sha256("".join(images).encode()).hexdigest(),
    }
