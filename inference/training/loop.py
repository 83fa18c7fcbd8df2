"""Train one member: augmented batches from disk, averaged weights, best epoch by validation log loss.

Pure Keras 3: the same code trains on TensorFlow, JAX and PyTorch. Keras runs one epoch at a time;
validation, the choice of the best epoch, checkpoints and the schedule between epochs are here,
because Keras' own callbacks forget the best epoch and exchange raw and averaged weights when a run
is taken up again.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from inference._ensemble import softmax
from inference.training import state
from inference.training.batches import Batches, Reader, cached_points, in_pieces, member_of, reads_points
from inference.training.curves import draw_curves
from inference.training.dataset import Dataset, DataSetError
from inference.training.evaluation import confusion, macro_f1
from inference.training.optimise import averaged, compiled, freeze, inner
from inference.training.progress import Watcher
from inference.training.pseudo import with_targets
from inference.training.recipe import Recipe, TrainingError
from inference.training.record import check_folder, write_record
from inference.training.start import initialise
from inference.training.state import BEST, FINISHED

__all__ = ["Recipe", "train_member"]

#: A lower validation log loss counts as better only by this much.
LEAST_GAIN: Final = 1e-5


def train_member(recipe: Recipe, train: Dataset, valid: Dataset, folder: Path) -> dict[str, Any]:
    """Train and leave ``best.weights.h5`` in ``folder``; call again after a kill to go on.

    Args:
        recipe: how; must be the one the folder was begun with.
        train: images to learn from; rows without a label need the recipe's teacher.
        valid: images to choose the best epoch by; never trained on.
        folder: gets recipe, environment, log, curves, checkpoints and weights.

    Returns:
        ``{"epochs", "best_epoch", "val_loss", "last": {...}, "best": {...}}``, as in ``finished.json``.

    Raises:
        DataSetError: ``empty``, ``class_empty``, ``unreadable``.
        TrainingError: everything else that stops a run, each with a code of its own.
        MemberError: the recipe's member cannot be built as it asks.
    """
    _check_data(train, valid)
    folder.mkdir(parents=True, exist_ok=True)
    check_folder(recipe, train.classes, folder)
    if not (folder / FINISHED).exists():
        with _precision(recipe.mixed_precision):
            _Run(recipe, train, valid, folder).go_on()
    result: dict[str, Any] = json.loads((folder / FINISHED).read_text())
    return result


def _check_data(train: Dataset, valid: Dataset) -> None:
    if train.classes.classes != valid.classes.classes:
        raise TrainingError(
            "Training and validation images are labelled with different classes or another order of them.",
            code="class_order",
        )
    for faces, what in ((train, "the training images"), (valid, "the validation images")):
        if not len(faces):
            raise DataSetError(f"There are no images in {what}.", code="empty")


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """Let layers compute in half precision while a run lasts; weights and class layer stay float32."""
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(name if name == "float32" else f"mixed_{name}")
    try:
        yield
    finally:
        keras.mixed_precision.set_dtype_policy(before)


class _Run:
    """One member's training, from wherever its folder says it stands."""

    def __init__(self, recipe: Recipe, train: Dataset, valid: Dataset, folder: Path) -> None:
        self.recipe, self.folder = recipe, folder
        keras.utils.set_random_seed(recipe.seed)
        train, facts = with_targets(recipe, train, folder)
        train.require_classes("the training images")
        self.train, self.valid = Reader(train, recipe), Reader(valid, recipe)
        spec, shape = member_of(recipe)
        self.graph = spec.build(shape, len(train.classes), recipe.dropout, recipe.width)
        self.model = keras.Model(self.graph.input, self.graph.output["logits"])
        # Never compiled: what it saves are the weights alone, without the optimiser's.
        self.bare = keras.Model(self.graph.input, self.graph.output["logits"])
        self.progress = state.load_progress(folder)
        began = self.progress.epoch > 0
        # A run that goes on has its weights in the state; the start need not be there any more.
        digest = None if began else initialise(self.graph, recipe)
        self.points = (
            cached_points(self.train, recipe, folder / "points.npy") if reads_points(recipe) else None
        )
        self.steps = len(Batches(self.train, recipe, 0))
        if not began:
            self.progress.rate = recipe.rate
            write_record(recipe, train, valid, folder, {**facts, "init_sha256": digest})
        self._compile(self._thaw_now(self.progress.epoch) if not began else self.progress.thawed)
        if began:
            state.restore(folder, self.model)

    def _thaw_now(self, epoch: int) -> bool:
        return self.recipe.thaw_epoch is not None and epoch >= self.recipe.thaw_epoch

    def _compile(self, thawed: bool) -> None:
        """Free or freeze layers and begin a new optimiser at this place of the schedule."""
        self.progress.thawed = thawed
        freeze(self.graph, () if thawed else self.recipe.frozen)
        begun = self.recipe.thaw_epoch or 0 if thawed else 0
        compiled(self.model, self.recipe, self.steps, begun * self.steps, self.progress.rate)

    def go_on(self) -> None:
        """Train every epoch that is left, keeping the state after each."""
        while self.progress.epoch < self.recipe.epochs and not self._stale():
            if self._thaw_now(self.progress.epoch) and not self.progress.thawed:
                self._compile(thawed=True)
            began = time.monotonic()
            line = {"epoch": self.progress.epoch, **self._epoch(), **self._validated()}
            line["seconds"] = round(time.monotonic() - began, 1)
            line["skipped"] = len(self.train.skipped | self.valid.skipped)
            self._keep(line)
        draw_curves(self.progress.history, self.recipe.name, self.folder / "curves.png")
        state.finish(self.folder, self.progress)

    def _stale(self) -> bool:
        return bool(self.recipe.patience) and self.progress.stale >= self.recipe.patience

    def _epoch(self) -> dict[str, float]:
        """Run one pass over the training images; return loss and accuracy on them, as augmented."""
        batches = Batches(self.train, self.recipe, self.progress.epoch, self.points)
        watcher = Watcher(f"{self.recipe.name} {self.progress.epoch + 1}/{self.recipe.epochs}", self.steps)
        try:
            history = self.model.fit(batches, epochs=1, verbose=0, callbacks=[watcher]).history
        except TrainingError:
            raise
        except Exception as error:
            if self.train.problem is not None:  # data threads wrap it in an error of the back end's own
                raise self.train.problem from error
            raise TrainingError(
                f"Epoch {self.progress.epoch + 1} of {self.recipe.name} broke: {str(error).splitlines()[0]}",
                code="batch_failed",
            ) from error
        found = {key: float(values[-1]) for key, values in history.items()}
        if not all(map(math.isfinite, found.values())):
            raise watcher.not_finite(self.recipe.name)
        return found

    def _validated(self) -> dict[str, float]:
        """Measure the averaged weights on the validation images, and keep them where they are best."""
        with averaged(self.model):
            found = self._measured()
            loss = found["val_loss"]
            if not math.isfinite(loss):
                raise TrainingError(
                    f"The validation loss of {self.recipe.name} is no number any more after epoch "
                    f"{self.progress.epoch + 1}; the best epoch before it is kept. A lower rate may help.",
                    code="nan_loss",
                )
            best = self.progress.best
            if best is None or loss < best - LEAST_GAIN:
                self._save_best()
                self.progress.best, self.progress.best_epoch = loss, self.progress.epoch
                self.progress.stale = 0
            else:
                self.progress.stale += 1
        return found

    def _save_best(self) -> None:
        size = sum(4 * int(np.prod(weight.shape)) for weight in self.bare.weights)
        place = self.folder / BEST
        state.write_whole(place, self.bare.save_weights, ".weights.h5", reserve=size * 5 // 4 + (1 << 20))

    def _measured(self) -> dict[str, float]:
        logits, rows = [], []
        for inputs, found in in_pieces(self.valid, self.recipe):
            answer = keras.ops.convert_to_numpy(self.model.predict_on_batch(inputs))
            logits.append(np.asarray(answer, np.float64))
            rows.append(found)
        if not logits:
            raise DataSetError("None of the validation images can be read.", code="unreadable")
        said, targets = np.concatenate(logits), self.valid.faces.targets[np.concatenate(rows)]
        if not np.isfinite(said).all():
            return {"val_loss": math.nan}
        chances, labels = softmax(said), targets.argmax(1).astype(np.int64)
        return {
            "val_loss": round(float(-(targets * np.log(np.clip(chances, 1e-12, 1))).sum(1).mean()), 6),
            "val_accuracy": round(float((chances.argmax(1) == labels).mean()), 6),
            "val_macro_f1": round(macro_f1(confusion(chances, labels)), 6),
        }

    def _keep(self, line: dict[str, Any]) -> None:
        """Finish an epoch: log it, lower the rate if it is time, write the state whole."""
        progress = self.progress
        progress.epoch += 1
        progress.history.append(line)
        if (
            self.recipe.schedule == "plateau"
            and progress.stale
            and not progress.stale % self.recipe.plateau_epochs
        ):
            progress.rate /= 2
            inner(self.model.optimizer).learning_rate = progress.rate
        state.save(self.folder, progress, self.model)
        draw_curves(progress.history, self.recipe.name, self.folder / "curves.png")
        print(json.dumps(line), flush=True)
