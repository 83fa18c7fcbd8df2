"""Call the product as its worker does, whichever bundle is asked for, and make the faces that are classified."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import photos
from benchmarks.machine import THREADS

if TYPE_CHECKING:
    from inference import Reading
    from inference._faces import Face
    from inference._runtime import Loaded

#: Pixels of the aligned cut that every classifier is given: the largest any of them looks at.
SIDE: Final = 112


def prepare() -> None:
    """Bound the threads as a worker's settings would, and see the bundles that lie outside the repository."""
    from inference._settings import SETTINGS

    SETTINGS.threads = THREADS
    SETTINGS.bundles = os.environ.get("MAEUM_BUNDLES", "")


def load(version: str | None = None) -> Loaded:
    """Return the ensemble in use, or the installed one of that version."""
    from inference import _runtime

    prepare()
    return _runtime.load(version)


def read(data: list[bytes], version: str | None = None) -> list[Reading]:
    """Read photos through the room's door."""
    import inference

    return inference.read_photos(data, version=version)


def versions() -> dict[str, bool]:
    """Return each bundle that can serve, the one in use first, and whether it is a ``student``.

    Raises ``SystemExit`` when none is installed.
    """
    import inference

    prepare()
    found = {info.version: info.student for info in inference.installed_bundles() if not info.problem}
    if not found:
        raise SystemExit("No installed bundle can serve.")
    return found


def decode(data: bytes) -> NDArray[np.uint8]:
    """Open a photo as the worker does; BGR ``(h, w, 3)``."""
    from inference._images import open_photo

    return np.ascontiguousarray(np.asarray(open_photo(data), np.uint8)[..., ::-1])


def detect(bgr: NDArray[np.uint8], ensemble: Loaded | None = None) -> Face:
    """Find the face and ask every gate; raises ``SystemExit`` where the portrait is refused."""
    from inference._gates import judge

    judged = judge(bgr, ensemble.cover if ensemble else None)
    if judged.reason is not None or judged.face is None:
        raise SystemExit(f"The gates refused the portrait: {judged.reason}.")
    return judged.face


def align(bgr: NDArray[np.uint8], face: Face, side: int = SIDE) -> NDArray[np.uint8]:
    """Cut the aligned face, BGR ``(side, side, 3)``."""
    from inference import _crop

    return _crop.align(bgr, face.landmarks, side)


def grey(cuts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn BGR cuts ``(n, h, w, 3)`` into grey ``(n, h, w)``."""
    from inference import _crop

    return np.stack([_crop.grey(cut) for cut in cuts])


def cuts(count: int, side: int = SIDE) -> NDArray[np.uint8]:
    """Return ``count`` different aligned BGR cuts of the portrait: it is shifted by a pixel or two each time."""
    prepare()
    bgr = decode(photos.square())
    face = detect(bgr)
    shifted = [np.roll(bgr, (i % 4, i // 4 % 4), (0, 1)) for i in range(count)]
    return np.stack([align(np.ascontiguousarray(picture), face, side) for picture in shifted])


def bytes_on_disk(folder: Path) -> int:
    """Return how many bytes a bundle takes."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
