"""Write tiny data sets in the real formats: cartoon faces in noise, nobody's picture."""

from __future__ import annotations

import csv
import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
FERPLUS_COLUMNS = 10


def cartoon(seed: int, side: int = 48) -> Pixels:
    """Draw a face of its own, grey ``(side, side)``: an oval, eyes, a mouth, over smooth noise."""
    rng = np.random.default_rng(seed)
    noise = rng.uniform(0, 255, (6, 6)).astype(np.float32)
    canvas = np.asarray(cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC))
    middle, shade = side // 2, float(rng.uniform(120, 255))
    axes = (int(side * rng.uniform(0.25, 0.4)), int(side * rng.uniform(0.35, 0.48)))
    cv2.ellipse(canvas, (middle, middle), axes, float(rng.uniform(-15, 15)), 0, 360, shade, -1)
    for sign in (-1, 1):
        centre = (middle + sign * side // 7, int(side * rng.uniform(0.35, 0.45)))
        cv2.circle(canvas, centre, max(1, side // 16), float(rng.uniform(0, 80)), -1)
    mouth = (middle, int(side * rng.uniform(0.62, 0.72)))
    bend = int(rng.integers(0, 2)) * 180
    cv2.ellipse(canvas, mouth, (side // 6, side // 10), 0, bend, bend + 180, 20.0, max(1, side // 24))
    return np.clip(canvas + rng.normal(0, 4, canvas.shape), 0, 255).astype(np.uint8)


def write_image(path: Path, pixels: Pixels) -> Path:
    """Write grey or RGB pixels; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    done, coded = cv2.imencode(path.suffix.lower(), bgr)
    assert done
    path.write_bytes(coded.tobytes())
    return path


def person(number: int) -> str:
    """Return the hash with which AI-Hub's file names begin."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def aihub_entry(filename: str, words: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return one entry: the uploader's word, then one for each annotator."""
    box = {"minX": 10.0, "minY": 12.0, "maxX": 50.0, "maxY": 62.0}
    entry: dict[str, Any] = {
        "filename": filename,
        "gender": "남",
        "age": 20,
        "isProf": "전문인",
        "faceExp_uploader": words[0],
        "bg_uploader": "실내",
    }
    for letter, word in zip("ABC", words[1:], strict=True):
        entry[f"annot_{letter}"] = {"boxes": dict(box), "faceExp": word, "bg": "실내"}
    return {**entry, **more}


def write_aihub(
    root: Path, entries: Sequence[Mapping[str, Any]], encoding: str = "utf-8", name: str = "img_emotion.json"
) -> Path:
    """Write a list of entries; photos are written apart."""
    path = root / "라벨링데이터" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(list(entries), ensure_ascii=False).encode(encoding))
    return path


def write_ferplus(root: Path, votes: Mapping[str, Sequence[Sequence[int]]]) -> None:
    """Write folders of FER+ (``Train``, ``Valid``, ``Test``) with one image a row of ten votes."""
    seed = 0
    for part, rows in votes.items():
        folder = root / "data" / f"FER2013{part}"
        folder.mkdir(parents=True)
        with (folder / "label.csv").open("w", newline="") as out:
            for row in rows:
                assert len(row) == FERPLUS_COLUMNS
                write_image(folder / f"fer{seed:07}.png", cartoon(seed))
                csv.writer(out).writerow((f"fer{seed:07}.png", "(0, 0, 48, 48)", *row))
                seed += 1


def write_fer2013(path: Path, rows: Sequence[tuple[int, str, Pixels]], *, quoted: bool = False) -> None:
    """Write the contest's csv: label, Usage and pixels of each image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = '"' if quoted else ""
    lines = [
        f"{label},{mark}{' '.join(map(str, pixels.ravel()))}{mark},{usage}" for label, usage, pixels in rows
    ]
    path.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")


def write_kface(root: Path, people: int, codes: Sequence[str], resolution: str = "High_Resolution") -> None:
    """Write ``<resolution>/<person>/<S/L/E>/<C>.jpg`` for every person and code, as ``S001/L1/E01/C7``."""
    for number in range(people):
        for k, code in enumerate(codes):
            path = root / resolution / f"{19062421 + number}" / f"{code}.jpg"
            write_image(path, cartoon(1000 * number + k))


def write_folders(root: Path, names: Mapping[str, int], suffix: str = ".png", start: int = 0) -> None:
    """Write ``count`` images for every folder name."""
    seed = start
    for name, count in names.items():
        for _ in range(count):
            write_image(root / name / f"{seed}{suffix}", cartoon(seed))
            seed += 1


def decomposed(word: str) -> str:
    """Return a Korean word as macOS writes it in folder names."""
    return unicodedata.normalize("NFD", word)
