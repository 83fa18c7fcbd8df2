"""Score any classifier on FER+ PrivateTest, six classes, by the rule that the product's own evaluation uses."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference._labels import EMOTIONS, SOURCE_NAMES

#: Columns of label.csv after file name and box.
COLUMNS: Final = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "nf",
)  # fmt: skip
#: More words that other packages use for the same classes.
OTHER_NAMES: Final = {"fearful": "fear", "surprised": "surprise", "disgusted": "disgust"}


def private_test(root: Path, limit: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return grey crops ``(n, 48, 48)`` and labels ``(n,)``; raises ``SystemExit`` when the data is not there.

    The top column must hold at least half of the votes cast and be one of the six (disgust as angry).
    """
    folder = root / "data" / "FER2013Test"
    if not (folder / "label.csv").exists():
        raise SystemExit("--ferplus DIR must hold data/FER2013Test/label.csv.")
    with (folder / "label.csv").open(newline="") as lines:
        rows = [(row[0], np.array(row[2:12], np.float32)) for row in csv.reader(lines)]
    kept = [(name, SOURCE_NAMES[COLUMNS[int(votes.argmax())]]) for name, votes in rows if _clear(votes)]
    if limit is not None and limit < len(kept):
        chosen = np.sort(np.random.default_rng(20261121).permutation(len(kept))[:limit])
        kept = [kept[i] for i in chosen]
    images = np.stack([_grey(folder / name) for name, _ in kept])
    return images, np.array([EMOTIONS.index(emotion) for _, emotion in kept], np.int64)


def _clear(votes: NDArray[np.float32]) -> bool:
    top = int(votes.argmax())
    return COLUMNS[top] in SOURCE_NAMES and bool(votes[top] * 2 >= votes.sum())


def _grey(path: Path) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.open(path).convert("L"), np.uint8)


def as_six(scores: NDArray[np.floating[Any]], names: list[str]) -> NDArray[np.int64]:
    """Turn a peer's scores ``(n, k)`` into indices of ours: its best word, disgust as angry, contempt left out."""
    words = [OTHER_NAMES.get(name.lower(), name.lower()) for name in names]
    known = [i for i, word in enumerate(words) if word in SOURCE_NAMES]
    best = np.asarray(scores)[:, known].argmax(1)
    return np.array([EMOTIONS.index(SOURCE_NAMES[words[known[i]]]) for i in best], np.int64)


def score(answers: NDArray[np.int64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return n, accuracy, macro-F1 and half the width of the accuracy's 95 % interval (normal approximation)."""
    right = float((answers == labels).mean())
    f1 = []
    for label in np.unique(labels):
        hit = float(((answers == label) & (labels == label)).sum())
        f1.append(2 * hit / max(1.0, float((answers == label).sum() + (labels == label).sum())))
    half = 1.96 * float(np.sqrt(right * (1 - right) / len(labels)))
    return {
        "n": len(labels),
        "accuracy": round(right, 4),
        "macro_f1": round(float(np.mean(f1)), 4),
        "half_width": round(half, 4),
    }
