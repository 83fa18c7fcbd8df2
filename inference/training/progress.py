"""Tell how far an epoch is: a bar for a person, one line a minute for a log file."""

from __future__ import annotations

import math
import sys
import time
from typing import Any, Final

import keras
from tqdm import tqdm  # type: ignore[import-untyped]

from inference.training.recipe import TrainingError

#: Seconds between two lines where nobody watches.
QUIET: Final = 60
#: Batches between two looks at the loss.
LOOK: Final = 20


class Watcher(keras.callbacks.Callback):  # type: ignore[misc]
    """Shows progress of one epoch, and stops it when the loss is no number any more."""

    def __init__(self, title: str, steps: int) -> None:
        super().__init__()
        self.title, self.steps, self.said = title, steps, time.monotonic()
        self.bar = tqdm(total=steps, desc=title, unit="batch", disable=not sys.stderr.isatty())
        self.batch = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar; now and then look at the loss, which stays NaN once it is."""
        self.bar.update(batch + 1 - self.batch)
        self.batch = batch + 1
        loud = self.bar.disable and time.monotonic() - self.said > QUIET
        if self.batch % LOOK and not loud:
            return
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise self.not_finite(self.title)
        self.bar.set_postfix(loss=f"{loss:.3f}")
        if loud:
            self.said = time.monotonic()
            print(f"  {self.title}: batch {self.batch} of {self.steps}, loss {loss:.3f}", flush=True)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the bar."""
        self.bar.close()

    def not_finite(self, name: str) -> TrainingError:
        """Return the error of a loss that is NaN or infinite."""
        self.bar.close()
        return TrainingError(
            f"The loss of {name} is no number any more near batch {self.batch}; the best epoch so far is "
            "kept. A lower rate, or float32 instead of half precision, may help.",
            code="nan_loss",
        )
