"""Small sets of drawn faces to train on, and a program that trains until it is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from inference._labels import SIX, ClassList
from inference.training.dataset import Dataset, DataSetError, Pixels
from inference.training.recipe import Recipe

#: Small enough to train in a second once it is traced.
TINY = Recipe("cnn", size=(32, 32), width=0.25, epochs=3, batch=8, rate=3e-3, ema=0.8, dropout=0.1)


@dataclass
class Drawn:
    """Grey squares whose stripes say the class; ``before`` is called with the number of reads so far."""

    count: int
    classes: int
    seed: int = 0
    broken: frozenset[int] = frozenset()
    before: Callable[[int], None] | None = None
    reads: int = field(default=0)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int, /) -> Pixels:
        self.reads += 1
        if self.before:
            self.before(self.reads)
        if index in self.broken:
            raise DataSetError(f"faces/{index}.png cannot be read as an image.", code="unreadable")
        return stripes(index % self.classes, self.seed * 1000 + index)


def stripes(one: int, seed: int, side: int = 40) -> Pixels:
    """Draw one picture of a class: as many dark bars as its number."""
    rng = np.random.default_rng(seed)
    picture = rng.normal(150, 12, (side, side))
    for bar in range(one + 1):
        at = int((bar + 1) * side / (one + 2))
        picture[at - 1 : at + 2] -= 110
    return np.clip(picture, 0, 255).astype(np.uint8)


def drawn(count: int, classes: ClassList = SIX, *, source: Drawn | None = None, seed: int = 0) -> Dataset:
    """Return a labelled set of drawn faces, every class alike."""
    k = len(classes)
    blank = np.array([""] * count)
    return Dataset(
        classes,
        source or Drawn(count, k, seed),
        np.arange(count),
        np.eye(k, dtype=np.float32)[np.arange(count) % k],
        blank,
        blank,
        blank,
        np.full(count, -1, np.int16),
        np.array([f"faces/{i}.png" for i in range(count)]),
    )


def die_at(reads: int) -> Callable[[int], None]:
    """Return what kills this process, as ``kill -9`` does, at a read of an image."""

    def look(done: int) -> None:
        if done == reads:
            os.kill(os.getpid(), signal.SIGKILL)

    return look


def main() -> None:
    """Train in the folder of the first argument; die at the read that the second one names."""
    from inference.training.loop import train_member

    source = Drawn(48, 6, before=die_at(int(sys.argv[2])))
    train_member(replace(TINY), drawn(48, source=source), drawn(24, seed=1), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
