"""Ask an ensemble about a data set, a few hundred images at a time, and keep what its members said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import _runtime
from inference._ensemble import Vote
from inference._gates import judge
from inference.members import Faces
from inference.training.dataset import Dataset, DataSetError, Pixels
from inference.training.evaluation import Probabilities

#: Images read, asked about and let go again at a time.
CHUNK: Final = 256


class Told(Protocol):
    """What one member said of ``n`` faces."""

    @property
    def probabilities(self) -> Probabilities: ...

    @property
    def features(self) -> NDArray[np.float32] | None: ...


class Ensemble(Protocol):
    """What is measured: the runtime's ``Loaded``, or anything that answers like it."""

    @property
    def vote(self) -> Vote: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def kernels(self) -> tuple[NDArray[np.float32] | None, ...]: ...

    def ask(self, faces: Faces) -> Sequence[Told]: ...

    def crop(self, image: Pixels) -> Pixels | None: ...


@dataclass(frozen=True)
class Shipped:
    """A loaded bundle, asked through the runtime's own door with its engine and precision."""

    loaded: _runtime.Loaded

    @property
    def vote(self) -> Vote:
        return self.loaded.vote

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.loaded.bundle.members)

    @property
    def kernels(self) -> tuple[NDArray[np.float32] | None, ...]:
        return tuple(member.class_kernel for member in self.loaded.members)

    def ask(self, faces: Faces) -> Sequence[Told]:
        return self.loaded.ask(faces)

    def crop(self, image: Pixels) -> Pixels | None:
        """Detect, judge and cut out a face as production does; None where a gate refuses the photo."""
        how = cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR
        bgr = np.asarray(cv2.cvtColor(image, how), np.uint8)
        judged = judge(bgr, self.loaded.cover)
        if judged.reason is not None or judged.face is None:
            return None
        return self.loaded.crop(bgr, judged.face.landmarks)


@dataclass(frozen=True)
class Heard:
    """What the members said of a data set.

    Attributes:
        members: each ``(n, k)``, of the images that were judged.
        kept: which those are, one a row of the data set.
        seconds: in gates and networks; reading files does not count.
    """

    members: tuple[Probabilities, ...]
    kept: NDArray[np.bool_]
    seconds: float


def hear(ensemble: Ensemble, data: Dataset, *, crops: bool) -> Heard:
    """Ask every member about every image, a few hundred in memory at a time.

    Raises ``DataSetError``: ``unreadable`` names a broken file, ``empty`` if the gates let none through.
    """
    said: list[list[Probabilities]] = []
    kept, seconds = np.zeros(len(data), bool), 0.0
    for start in range(0, len(data), CHUNK):
        rows = range(start, min(start + CHUNK, len(data)))
        images: list[Pixels] = [data[i] for i in rows]
        began = time.perf_counter()
        faces: list[Pixels | None] = [*images] if crops else [ensemble.crop(image) for image in images]
        for i, face in zip(rows, faces, strict=True):
            kept[i] = face is not None
        clear = [face for face in faces if face is not None]
        if clear:
            said.append([np.asarray(a.probabilities, np.float64) for a in ensemble.ask(clear)])
        seconds += time.perf_counter() - began
    if not said:
        raise DataSetError("The gates let none of these images through.", code="empty")
    return Heard(tuple(np.concatenate(parts) for parts in zip(*said, strict=True)), kept, seconds)
