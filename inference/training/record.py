"""What a run folder says of how it came about: recipe, classes, data, digests, versions, machine."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from inference._labels import ClassList
from inference.training.dataset import Dataset
from inference.training.recipe import Recipe, TrainingError, differences
from inference.training.state import BEST, FINISHED, STATE, write_json

RECIPE: Final = "recipe.json"
ENVIRONMENT: Final = "environment.json"
#: Images whose pixels go into the digest of a data set, evenly spread over it.
SAMPLED: Final = 512


def check_folder(recipe: Recipe, classes: ClassList, folder: Path) -> None:
    """Refuse a run folder that was begun with another recipe or class list, or by something else.

    Raises:
        TrainingError: ``recipe_changed``, ``class_order`` or ``run_unknown``.
    """
    if (folder / RECIPE).exists():
        changed = differences(recipe, json.loads((folder / RECIPE).read_text()))
        if changed:
            raise TrainingError(
                f"{folder} was begun with another recipe (other {', '.join(changed)}); take another folder "
                "or move this one away.",
                code="recipe_changed",
            )
    if (folder / ENVIRONMENT).exists():
        said = json.loads((folder / ENVIRONMENT).read_text())["classes"]
        if said != list(classes.classes):
            raise TrainingError(
                f"{folder} was trained for the classes {', '.join(said)}, in this order, not for "
                f"{', '.join(classes.classes)}.",
                code="class_order",
            )
    known = (STATE, FINISHED, ENVIRONMENT)  # the last alone: killed before the first epoch was over
    if (folder / BEST).exists() and not any((folder / name).exists() for name in known):
        raise TrainingError(
            f"{folder} holds a {BEST} but no {STATE} to go on from; export it with --export-only, start "
            "a new run from it with init_weights, or move it away.",
            code="run_unknown",
        )


def write_record(recipe: Recipe, train: Dataset, valid: Dataset, folder: Path, facts: dict[str, Any]) -> None:
    """Write ``recipe.json`` and ``environment.json``."""
    write_json(folder / RECIPE, asdict(recipe))
    write_json(
        folder / ENVIRONMENT,
        {
            "classes": list(train.classes.classes),
            "train": describe(train),
            "valid": describe(valid),
            **facts,
            "python": sys.version.split()[0],
            "packages": _versions("keras", "tensorflow", "jax", "torch", "numpy", "opencv-python-headless"),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            **_backend(),
        },
    )


def describe(faces: Dataset) -> dict[str, Any]:
    """Count a data set and give it a digest: of names, targets and :data:`SAMPLED` images' pixels."""
    digest = hashlib.sha256("\n".join(map(str, faces.names)).encode())
    digest.update(np.ascontiguousarray(faces.targets).tobytes())
    for row in np.unique(np.linspace(0, len(faces) - 1, min(SAMPLED, len(faces))).astype(int)):
        try:
            digest.update(np.ascontiguousarray(faces[int(row)]).tobytes())
        except ValueError:  # training reports an unreadable image, with its name
            digest.update(b"unreadable")
    return {"images": len(faces), "classes": faces.counts(), "sha256": digest.hexdigest()}


def _versions(*packages: str) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _backend() -> dict[str, Any]:
    import keras

    backend = keras.backend.backend()
    if backend == "torch":  # Keras lists no devices of PyTorch
        import torch

        found = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] or ["cpu"]
    else:
        found = sorted({str(device) for device in keras.distribution.list_devices()})
    return {"backend": backend, "devices": found}
