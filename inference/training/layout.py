"""Measure where the landmarks of FER+ faces lie: ``python -m inference.training.layout ROOT``.

Prints the layout for ``inference/_crop.py`` and the share of faces found.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference._faces import find_faces
from inference._labels import SIX
from inference.training.sources import read_source


def layout(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], float]:
    """Return median landmarks ``(5, 2)`` in pixels of grey crops ``(n, h, w)``, and the share found."""
    found = [find_faces(np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)) for image in images]
    points = np.stack([faces[0].landmarks for faces in found if faces])
    median = np.median(points, axis=0)
    mirrored = median[[1, 0, 2, 4, 3]] * [-1, 1] + [images.shape[2], 0]
    return (median + mirrored) / 2, len(points) / len(images)


def main(root: Path, limit: int = 1500) -> None:
    """Print the layout measured on a fixed random part of FER+ Train."""
    faces = read_source("ferplus", root, SIX, split="train")
    rows = np.random.default_rng(0).permutation(len(faces))[:limit]
    points, share = layout(faces.where(rows).grey((48, 48)))
    print(np.array2string(points.round(2), separator=", "), f"found {share:.3f} of {len(rows)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
