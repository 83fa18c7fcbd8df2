"""Run the bundle in use over a labelled data set, on crops or as in production."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import _crop, _runtime
from inference._gates import judge
from inference.training.data import DataSetError, Faces, Split, read_ferplus, read_folder
from inference.training.evaluation import confusion, draw_confusion, full_report, restricted, scores


def measure(
    *,
    source: str,
    root: Path,
    split: Split = "test",
    limit: int | None = None,
    crops: bool = False,
    restrict: bool = False,
    plots: Path | None = None,
) -> dict[str, Any]:
    """Return every key of ``evaluate_ensemble --json``.

    Without ``crops`` each file is detected, gated and aligned as in production; ``n`` counts what
    passed, and ``coverage.judged`` says which share of the images that was.
    """
    faces = read_ferplus(root, split, majority=True) if source == "ferplus" else read_folder(root)
    faces = _part(faces, limit)
    ensemble = _runtime.load()
    ensemble.ask(faces.images[:1])
    began = time.perf_counter()
    images, kept = (faces.images, np.ones(len(faces), bool)) if crops else _aligned(faces, ensemble)
    if not kept.any():
        raise DataSetError("The gates let none of these images through.")
    answers = ensemble.ask(images)
    chances = ensemble.vote.combine([answer.probabilities for answer in answers])
    seconds = time.perf_counter() - began
    labels = faces.targets[kept].argmax(1)
    if restrict:
        chances = restricted(chances, labels)
    if plots:
        draw_confusion(confusion(chances, labels), plots / "confusion.png")
    report = full_report(chances, labels, ensemble.vote.floor)
    report["coverage"]["judged"] = round(float(kept.mean()), 4)
    report["members"] = {
        entry.name: {**scores(answer.probabilities, labels), "weight": entry.weight}
        for entry, answer in zip(ensemble.bundle.members, answers, strict=True)
    }
    report["faces_per_second"] = round(len(faces) / seconds, 1)
    return report


def _part(faces: Faces, limit: int | None) -> Faces:
    """Take a fixed random part, so that two runs measure the same images."""
    if limit is None or limit >= len(faces):
        return faces
    rows = np.sort(np.random.default_rng(20261121).permutation(len(faces))[:limit])
    return Faces(faces.images[rows], faces.targets[rows], tuple(faces.paths[i] for i in rows))


def _aligned(faces: Faces, ensemble: _runtime.Loaded) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Detect, judge and align every file; returns crops ``(k, 64, 64)`` and who passed ``(n,)``."""
    crops, kept = [], np.zeros(len(faces), bool)
    for i, path in enumerate(faces.paths):
        bgr = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
        judged = judge(bgr, ensemble.cover)
        if judged.reason is None and judged.face is not None:
            kept[i] = True
            crops.append(_crop.grey(_crop.align(bgr, judged.face.landmarks, 64)))
    return np.stack(crops) if crops else np.zeros((0, 64, 64), np.uint8), kept
