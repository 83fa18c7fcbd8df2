"""Make small bundles of untrained networks from synthetic faces, through the export that ships bundles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference._bundle import find_bundle, read_bundle
from inference._labels import PRESETS, ClassList
from inference.training.dataset import Dataset

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Pictures:
    """Synthetic pictures in memory."""

    images: Pixels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int, /) -> Pixels:
        return np.asarray(self.images[index], np.uint8)


def faces(classes: ClassList, each: int = 8, side: int = 32) -> Dataset:
    """Return ``each`` blurred noise pictures a class; a class's pictures share a bright corner."""
    import cv2

    rng = np.random.default_rng(7)
    count = each * len(classes)
    labels = np.arange(count) % len(classes)
    images = rng.integers(0, 200, (count, side, side), np.uint8)
    images = np.stack([cv2.GaussianBlur(image, (5, 5), 2) for image in images])
    for image, label in zip(images, labels, strict=True):
        image[: 4 + 3 * label, :8] += 50
    words = np.full(count, "", dtype="U8")
    return Dataset(
        classes=classes,
        source=Pictures(images),
        rows=np.arange(count),
        targets=np.eye(len(classes), dtype=np.float32)[labels],
        splits=words,
        subjects=np.arange(count).astype(str),
        gender=words,
        age=np.full(count, -1, np.int16),
        names=np.arange(count).astype(str),
    )


def write_cover(folder: Path) -> Path:
    """Copy the shipped cover network's arrays to a file, as ``export`` takes them."""
    shipped = read_bundle(find_bundle())
    path = folder / "cover.npz"
    path.write_bytes(shipped.verified(*shipped.cover))
    return path


def write_bundle(
    folder: Path, version: str, classes: str = "six", *, student: bool = False, members: Any = None
) -> Path:
    """Export untrained networks as a bundle ``folder/version``."""
    import keras

    from inference.members import InputShape, get_member
    from inference.training.config import Config
    from inference.training.export import export
    from inference.training.recipe import Recipe

    words = PRESETS[classes]
    recipes = members or (Recipe("cnn", size=(32, 32), width=0.25),)
    runs = folder / f"runs-{version}"
    keras.utils.set_random_seed(11)
    for recipe in recipes:
        run = runs / (recipe.name or recipe.member)
        run.mkdir(parents=True)
        shape = InputShape(recipe.size[0], recipe.size[1], recipe.channels)
        graph = get_member(recipe.member).build(shape, len(words), 0.0, recipe.width)
        keras.Model(graph.input, graph.output["logits"]).save_weights(run / "best.weights.h5")
    config = Config(version, words, 0.9, tuple(recipes), {"name": version}, student)
    data = faces(words)
    export(config, runs, write_cover(folder), data, data, folder / version, calibration=data)
    return folder / version
