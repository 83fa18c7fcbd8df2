"""Hold loaded ensembles and read photos with them. One per version and process, loaded once, under a lock."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import _cover, _crop
from inference._bundle import Bundle
from inference._ensemble import Probabilities, Vote, activation_grid, class_activation
from inference._gates import Judged, judge
from inference._images import PhotoError, open_photo
from inference._installed import bundle_of, check_servable
from inference._labels import EMOTIONS, Emotion
from inference._members import Answer, Member, load_member
from inference._settings import SETTINGS
from inference._types import Outcome, Reading, Reason
from inference.members import Faces

logger = logging.getLogger(__name__)

#: Ensembles kept in memory: the active one and the one that a re-read or a switch asks for.
KEPT: Final = 2


@dataclass(frozen=True)
class Loaded:
    """An ensemble in memory."""

    bundle: Bundle
    members: tuple[Member, ...]
    vote: Vote
    cover: _cover.CoverNet

    @property
    def side(self) -> int:
        """Return the side in pixels of the crop that every member's input is made from."""
        return max(side for member in self.members for side in member.shape.size)

    @property
    def colour(self) -> bool:
        """Tell whether any member reads colour."""
        return any(member.shape.channels == 3 for member in self.members)

    def crop(self, bgr: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Cut the aligned face out of a BGR photo: RGB ``(side, side, 3)``, or grey if nobody reads colour."""
        cut = _crop.align(bgr, landmarks, self.side)
        return np.ascontiguousarray(cut[..., ::-1]) if self.colour else _crop.grey(cut)

    def ask(self, faces: Faces) -> list[Answer]:
        """Ask every member about aligned faces, grey ``(h, w)`` or RGB ``(h, w, 3)``."""
        return [member.answer(faces, flip=self.bundle.flip) for member in self.members]

    def probabilities(self, faces: Faces) -> Probabilities:
        """Return the calibrated vote ``(n, k)``."""
        return self.vote.combine([answer.probabilities for answer in self.ask(faces)])


@dataclass
class _Opened:
    """A photo on its way: pixels, what the gates said, and what each stage took (ms)."""

    bgr: NDArray[np.uint8] | None = None
    judged: Judged | None = None
    ms: dict[str, float] = field(default_factory=dict)


_lock = threading.Lock()
_loaded: OrderedDict[tuple[str, int], Loaded] = OrderedDict()


def load(version: str | None = None) -> Loaded:
    """Return an ensemble, loading it if need be; None means the active one. Raises ``BundleError``."""
    with _lock:
        bundle = bundle_of(version)
        key = (str(bundle.folder.resolve()), (bundle.folder / "bundle.json").stat().st_mtime_ns)
        if key not in _loaded:
            made = load_bundle(bundle)
            while len(_loaded) >= KEPT:
                _loaded.popitem(last=False)
            _loaded[key] = made
        _loaded.move_to_end(key)
        return _loaded[key]


def release() -> None:
    """Forget every ensemble, so that the next reading loads it anew."""
    with _lock:
        _loaded.clear()


def warm_up() -> None:
    """Load and run once, so that the first person does not wait."""
    ensemble = load()
    ensemble.ask(np.zeros((1, ensemble.side, ensemble.side), np.uint8))


def load_bundle(bundle: Bundle) -> Loaded:
    """Verify and open every file of a bundle."""
    began = time.monotonic()
    cv2.setNumThreads(SETTINGS.threads)
    cover = _cover.CoverNet(bundle.arrays(*bundle.cover))
    members = tuple(load_member(bundle, entry) for entry in bundle.members)
    vote = vote_of(bundle)
    logger.info("Loaded bundle %s in %.1f s", bundle.version, time.monotonic() - began)
    return Loaded(bundle, members, vote, cover)


def vote_of(bundle: Bundle) -> Vote:
    """Return how a bundle's members are heard."""
    weights = tuple(entry.weight for entry in bundle.members)
    return Vote(weights, bundle.temperature, bundle.floor, bundle.class_scale, bundle.classes)


def read_photos(photos: Sequence[bytes], *, version: str | None = None) -> list[Reading]:
    """Read photos in order: open, judge, then one vote over all that passed the gates.

    A photo that cannot be opened, or breaks a stage, ends FAILED alone; the others go on. Raises
    ``InferenceError`` only when nothing can be read at all.
    """
    ensemble = load(version)
    check_servable(ensemble.bundle)
    version = ensemble.bundle.version
    readings: list[Reading | None] = [None] * len(photos)
    passed: dict[int, _Opened] = {}
    for i, data in enumerate(photos):
        opened = _Opened()
        try:
            _open_and_judge(data, opened, ensemble.cover)
        except PhotoError as error:
            logger.info("A photo could not be opened: %s", error.code)
            readings[i] = Reading(Outcome.FAILED, Reason.UNREADABLE, version, ms=opened.ms)
        except Exception:  # one strange photo must not take the batch or the worker along
            logger.exception("A photo broke the gates")
            readings[i] = Reading(Outcome.FAILED, Reason.INTERNAL, version, ms=opened.ms)
        else:
            passed[i] = opened
    for i, reading in zip(passed, _vote(list(passed.values()), ensemble), strict=True):
        readings[i] = reading
    return [reading for reading in readings if reading is not None]


def _open_and_judge(data: bytes, opened: _Opened, cover: _cover.CoverNet) -> None:
    began = time.perf_counter()
    rgb = np.asarray(open_photo(data, quick=True), np.uint8)
    opened.bgr = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)
    decoded = time.perf_counter()
    opened.ms["decode"] = round((decoded - began) * 1000, 1)
    opened.judged = judge(opened.bgr, cover)
    opened.ms["gates"] = round((time.perf_counter() - decoded) * 1000, 1)


def _vote(photos: list[_Opened], ensemble: Loaded) -> list[Reading]:
    """Turn judged photos into readings; the clear ones share one pass through each member."""
    clear = [p for p in photos if p.judged and p.judged.reason is None]
    answers: list[Answer] = []
    if clear:
        began = time.perf_counter()
        answers = ensemble.ask([_face(p, ensemble) for p in clear])
        combined = ensemble.vote.combine([answer.probabilities for answer in answers])
        each = round((time.perf_counter() - began) * 1000 / len(clear), 1)
        for photo in clear:
            photo.ms["vote"] = each
    rows = {id(photo): row for row, photo in enumerate(clear)}
    return [
        _answered(
            photo, combined[rows[id(photo)]], _maps(answers, rows[id(photo)], combined, ensemble), ensemble
        )
        if id(photo) in rows
        else _rejected(photo, ensemble)
        for photo in photos
    ]


def _face(photo: _Opened, ensemble: Loaded) -> NDArray[np.uint8]:
    assert photo.bgr is not None and photo.judged and photo.judged.face  # noqa: S101, PT018 - for the types
    return ensemble.crop(photo.bgr, photo.judged.face.landmarks)


def _maps(
    answers: list[Answer], row: int, combined: NDArray[np.float64], ensemble: Loaded
) -> list[NDArray[np.float32] | None]:
    """Return each member's class activation map ``(h, w)`` for the winning class of one face."""
    top = int(combined[row].argmax())
    return [
        None if answer.features is None else class_activation(answer.features[row], member.class_kernel, top)
        for answer, member in zip(answers, ensemble.members, strict=True)
    ]


def _rejected(photo: _Opened, ensemble: Loaded) -> Reading:
    assert photo.judged is not None  # noqa: S101 - for the types
    judged = photo.judged
    return Reading(
        Outcome.REJECTED,
        judged.reason,
        ensemble.bundle.version,
        faces=judged.faces,
        face=judged.face.box if judged.face else None,
        pose=judged.pose,
        quality=judged.quality,
        ms=photo.ms,
    )


def _answered(
    photo: _Opened, chances: NDArray[np.float64], maps: list[NDArray[np.float32] | None], ensemble: Loaded
) -> Reading:
    assert photo.judged is not None and photo.judged.face is not None  # noqa: S101, PT018 - for the types
    judged, confidence = photo.judged, float(chances.max())
    unsure = confidence < ensemble.vote.floor
    words = ensemble.vote.classes.classes
    heard = dict(zip(words, chances, strict=True))
    # A class the bundle does not know is said with chance 0, so that every reading has all six.
    named: Mapping[Any, float] = {e: round(float(heard.get(e.value, 0.0)), 4) for e in EMOTIONS}
    return Reading(
        Outcome.UNSURE if unsure else Outcome.READ,
        Reason.LOW_CONFIDENCE if unsure else None,
        ensemble.bundle.version,
        emotion=Emotion(words[int(chances.argmax())]),
        probabilities=named,
        confidence=round(confidence, 4),
        faces=judged.faces,
        face=photo.judged.face.box,
        pose=judged.pose,
        quality=judged.quality,
        ms=photo.ms,
        grid=activation_grid(maps, ensemble.vote.weights),
        grid_corners=tuple((float(x), float(y)) for x, y in _crop.corners(photo.judged.face.landmarks)),
    )
