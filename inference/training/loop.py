"""Train one member on soft labels: augmented batches, EMA weights, best epoch by log loss."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from inference.members import get_member
from inference.training.augment import augment
from inference.training.data import Faces


@dataclass(frozen=True)
class Recipe:
    """How one member is trained; every field is written into the run folder."""

    member: str
    size: tuple[int, int] = (64, 64)
    epochs: int = 10
    batch: int = 64
    rate: float = 3e-4
    weight_decay: float = 0.02
    dropout: float = 0.3
    ema: float = 0.998
    frozen: tuple[str, ...] = ()
    init_weights: str | None = None
    seed: int = 20261121


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Augmented batches, a new order and new chances in every epoch."""

    def __init__(self, faces: Faces, recipe: Recipe, start_epoch: int = 0) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.faces, self.recipe, self.epoch = faces, recipe, start_epoch
        self._shuffle()

    def _shuffle(self) -> None:
        rng = np.random.default_rng((self.recipe.seed, self.epoch))
        self.order = rng.permutation(len(self.faces))

    def __len__(self) -> int:
        return len(self.faces) // self.recipe.batch

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = self.order[index * self.recipe.batch : (index + 1) * self.recipe.batch]
        rng = np.random.default_rng((self.recipe.seed, self.epoch, index))
        grey = np.stack([augment(self.faces.images[i], self.recipe.size, rng) for i in rows])
        return as_input(grey), self.faces.targets[rows]

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._shuffle()


def as_input(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Repeat grey faces ``(n, h, w)`` over three channels: float32 ``(n, h, w, 3)``, 0..255."""
    return np.repeat(grey[..., None].astype(np.float32), 3, axis=-1)


def resized(images: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize every grey face to ``size`` (height, width)."""
    return np.stack([cv2.resize(i, size[::-1], interpolation=cv2.INTER_LINEAR) for i in images]).astype(
        np.uint8
    )


class _Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """One line a minute and one an epoch, flushed, so that a log file can be followed."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.said, self.began = folder, time.monotonic(), time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if time.monotonic() - self.said > 60:
            self.said = time.monotonic()
            print(f"  batch {batch} {logs}", flush=True)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        line = {"epoch": epoch, "seconds": round(time.monotonic() - self.began), **(logs or {})}
        print(json.dumps(line), flush=True)
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")


def cosine(epoch_steps: int, recipe: Recipe) -> keras.optimizers.schedules.LearningRateSchedule:
    """Warm up for half an epoch, then fall along a cosine to 1 % of the peak."""
    return keras.optimizers.schedules.CosineDecay(
        recipe.rate * 0.1,
        decay_steps=max(1, epoch_steps * recipe.epochs - epoch_steps // 2),
        warmup_target=recipe.rate,
        warmup_steps=epoch_steps // 2,
        alpha=0.01,
    )


def train_member(recipe: Recipe, train: Faces, valid: Faces, folder: Path) -> dict[str, Any]:
    """Train and leave ``best.weights.h5`` in ``folder``; call again after a kill to go on.

    Returns the last logged epoch. The best epoch is the one with the lowest validation log loss
    of the averaged (EMA) weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1))
    keras.utils.set_random_seed(recipe.seed)
    member = get_member(recipe.member)
    graph = member.build(recipe.size, train.targets.shape[1], recipe.dropout)
    if recipe.init_weights:
        graph.load_weights(recipe.init_weights, by_name=True, skip_mismatch=False)
    for layer in graph.layers:
        if layer.name.startswith(recipe.frozen) and recipe.frozen:
            layer.trainable = False
    model = keras.Model(graph.input, graph.output["logits"])
    steps = len(train) // recipe.batch
    model.compile(
        keras.optimizers.AdamW(
            cosine(steps, recipe), weight_decay=recipe.weight_decay, use_ema=True, ema_momentum=recipe.ema
        ),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    log = folder / "log.jsonl"
    done = len(log.read_text().splitlines()) if log.exists() else 0
    x = as_input(resized(valid.images, recipe.size))
    history = model.fit(
        Batches(train, recipe, done),
        epochs=recipe.epochs,
        validation_data=(x, valid.targets),
        validation_batch_size=128,
        verbose=0,
        callbacks=[
            keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
            keras.callbacks.ModelCheckpoint(
                str(folder / "best.weights.h5"),
                monitor="val_loss",
                save_best_only=True,
                save_weights_only=True,
            ),
            keras.callbacks.BackupAndRestore(str(folder / "backup")),
            _Progress(folder),
        ],
    )
    last = {key: values[-1] for key, values in history.history.items()}
    return last if all(map(math.isfinite, last.values())) else {}
