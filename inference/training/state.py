"""Where a run stands: everything needed to go on after a kill, in one file that is whole or not there.

The file holds the raw weights, the optimiser's slots, its averaged weights and step count, the
dropout seeds, and the log of every finished epoch. ``log.jsonl`` is written from it, so an epoch is
told once however often a run was killed.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference.training.recipe import TrainingError

STATE: Final = "state.npz"
FINISHED: Final = "finished.json"
BEST: Final = "best.weights.h5"
LOG: Final = "log.jsonl"


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        epoch: number of finished epochs.
        best: lowest validation log loss so far; None before the first.
        best_epoch: which epoch that was.
        stale: epochs since then.
        rate: learning rate of the ``plateau`` schedule.
        thawed: whether what was frozen is free.
        history: one entry a finished epoch, as in ``log.jsonl``.
    """

    epoch: int = 0
    best: float | None = None
    best_epoch: int = -1
    stale: int = 0
    rate: float = 0.0
    thawed: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)


def write_whole(path: Path, write: Callable[[Path], object], suffix: str = "", reserve: int = 0) -> None:
    """Write beside ``path`` and rename, so that the old file stays until the new one is whole.

    Args:
        suffix: that ``write`` insists on.
        reserve: bytes tried with zeros first. HDF5 leaves broken handles behind when a disk fills under
            it, which end the process later; so it is only let at a disk that has just held as much.

    Raises:
        TrainingError: ``checkpoint_write`` if the disk is full or refuses; the old file is untouched.
    """
    part = path.with_name(f"{path.name}.part{suffix}")
    try:
        if reserve:
            _try_space(part, reserve)
        write(part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:  # HDF5 tells a full disk at closing, as a RuntimeError
        part.unlink(missing_ok=True)
        raise TrainingError(
            f"{path} could not be written ({getattr(error, 'strerror', None) or error}); the file before it is kept, "
            "so free some disk space and run the same command again.",
            code="checkpoint_write",
        ) from error


def _try_space(part: Path, size: int) -> None:
    piece = bytes(min(size, 1 << 20))
    with part.open("wb") as file:
        for _ in range(-(-size // len(piece))):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    part.unlink()


def write_json(path: Path, value: object) -> None:
    """Write JSON whole or not at all."""
    write_whole(path, lambda part: part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n"))


def save(folder: Path, progress: Progress, model: Any) -> None:
    """Keep the whole state after an epoch, then bring ``log.jsonl`` up to it."""
    arrays = {"progress": np.array(json.dumps(asdict(progress)))}
    for group, variables in _variables(model).items():
        arrays.update({f"{group}/{i}": _plain(v) for i, v in enumerate(variables)})

    def write(part: Path) -> None:
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy takes every keyword for its flag
            file.flush()
            os.fsync(file.fileno())

    write_whole(folder / STATE, write)
    _write_log(folder, progress)


def _variables(model: Any) -> dict[str, list[Any]]:
    return {"model": list(model.variables), "optimiser": list(model.optimizer.variables)}


def _plain(variable: Any) -> NDArray[Any]:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(variable))


def _write_log(folder: Path, progress: Progress) -> None:
    lines = "".join(json.dumps(line) + "\n" for line in progress.history)
    write_whole(folder / LOG, lambda part: part.write_text(lines))


def load_progress(folder: Path) -> Progress:
    """Read how far a run came; a fresh :class:`Progress` where it never finished an epoch."""
    if not (folder / STATE).exists():
        return Progress()
    progress = Progress(**json.loads(str(_opened(folder)["progress"])))
    _write_log(folder, progress)  # a kill between state and log left the log one line short
    return progress


def restore(folder: Path, model: Any) -> None:
    """Put the saved weights, slots and averages into a compiled model built from the same recipe."""
    stored = _opened(folder)
    for group, variables in _variables(model).items():
        for i, variable in enumerate(variables):
            value = stored.get(f"{group}/{i}")
            if value is None or value.shape != tuple(variable.shape):
                raise TrainingError(
                    f"{folder / STATE} does not fit the network of its recipe; move the run folder away "
                    "to begin anew.",
                    code="state_unreadable",
                )
            variable.assign(value)


def _opened(folder: Path) -> dict[str, Any]:
    try:
        with np.load(folder / STATE, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{folder / STATE} cannot be read ({error}); move the run folder away to begin anew.",
            code="state_unreadable",
        ) from error


def finish(folder: Path, progress: Progress) -> None:
    """Say that a run is over, and let go of the optimiser's state."""
    write_json(
        folder / FINISHED,
        {"epochs": progress.epoch, "best_epoch": progress.best_epoch, "val_loss": progress.best}
        | {"last": progress.history[-1], "best": progress.history[progress.best_epoch]},
    )
    (folder / STATE).unlink(missing_ok=True)
