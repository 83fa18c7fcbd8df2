"""Measure what each gate refuses: ``python -m inference.training.thresholds --ferplus DIR --eyewear DIR --cover NPZ``.

Clear faces (FER+ Valid; none, eyeglasses, sunglasses) should pass, the same faces degraded should
not. Prints JSON: percentiles of each measure on clear faces, and shares per reason and level.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import _cover, _gates
from inference._labels import SIX
from inference.members._prepare import to_grey
from inference.training.sources import read_source

Image = NDArray[np.uint8]


def _blur(share: float) -> Callable[[Image], Image]:
    """Blur by a Gaussian whose sigma is ``share`` of the picture's width."""
    return lambda image: cv2.GaussianBlur(image, (0, 0), share * image.shape[1]).astype(np.uint8)


def _gain(factor: float) -> Callable[[Image], Image]:
    return lambda image: np.clip(image * factor, 0, 255).astype(np.uint8)


LEVELS: Final[dict[str, Callable[[Image], Image]]] = {
    "as it is": lambda image: image,
    "blur 2 % of width": _blur(0.02),
    "blur 3.5 % of width": _blur(0.035),
    "blur 6 % of width": _blur(0.06),
    "light x 0.25": _gain(0.25),
    "light x 0.1": _gain(0.1),
    "light x 2.5": _gain(2.5),
    "light x 6": _gain(6),
    "negative": lambda image: np.asarray(255 - image, np.uint8),
    "left half gone": lambda image: image[:, image.shape[1] // 2 :].copy(),
}


def clear_faces(ferplus: Path, eyewear: Path, count: int) -> dict[str, list[Image]]:
    """Return ``count`` clear faces of each kind, BGR."""
    faces = read_source("ferplus", ferplus, SIX, split="valid", majority=True)
    rng = np.random.default_rng(3)
    rows = rng.permutation(len(faces))[:count]
    paths = [p for folder in ("none", "eyeglasses") for p in sorted((eyewear / "train" / folder).iterdir())]
    chosen = [paths[i] for i in rng.permutation(len(paths))[:count]]
    return {
        "ferplus": [
            np.asarray(cv2.cvtColor(to_grey(faces[int(i)]), cv2.COLOR_GRAY2BGR), np.uint8) for i in rows
        ],
        "eyewear": [np.asarray(cv2.imread(str(path)), np.uint8) for path in chosen],
    }


def table(images: list[Image], cover: _cover.CoverNet) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield, for each level, the share of each reason, and percentiles of the measures."""
    for name, change in LEVELS.items():
        judged = [_gates.judge(change(image), cover) for image in images]
        reasons = Counter(j.reason.value if j.reason else "passed" for j in judged)
        row: dict[str, Any] = {reason: round(k / len(images), 3) for reason, k in reasons.most_common()}
        if name in ("as it is", "blur 3.5 % of width", "light x 0.1", "light x 6"):
            row["percentiles 1, 2, 50, 98, 99"] = _percentiles(judged)
        yield name, row


def _percentiles(judged: list[_gates.Judged]) -> dict[str, list[float]]:
    rows = [
        {**asdict(j.quality), **{k: abs(v) for k, v in asdict(j.pose).items()}}
        for j in judged
        if j.quality and j.pose
    ]
    out = {}
    for key in rows[0]:
        values = [row[key] for row in rows if row[key] is not None]
        out[key] = [round(float(v), 3) for v in np.percentile(values, [1, 2, 50, 98, 99])] if values else []
    return out


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ferplus", type=Path, required=True)
    parser.add_argument("--eyewear", type=Path, required=True)
    parser.add_argument("--cover", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    with np.load(options.cover, allow_pickle=False) as stored:
        cover = _cover.CoverNet({name: stored[name].astype(np.float32) for name in stored.files})
    for kind, images in clear_faces(options.ferplus, options.eyewear, options.count).items():
        print(json.dumps({kind: dict(table(images, cover))}, indent=1))


if __name__ == "__main__":
    main()
