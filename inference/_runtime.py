"""Hold the loaded ensemble and read photos with it. One per process, loaded once, under a lock."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import _cover, _crop
from inference._bundle import Bundle, BundleIncompatible, find_bundle, read_bundle
from inference._ensemble import Vote, activation_grid
from inference._gates import Judged, judge
from inference._images import PhotoError, open_photo
from inference._labels import EMOTIONS
from inference._members import Answer, Member, load_member
from inference._settings import SETTINGS
from inference._types import Outcome, Reading, Reason

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """An ensemble in memory."""

    bundle: Bundle
    members: tuple[Member, ...]
    vote: Vote
    cover: _cover.CoverNet

    def ask(self, faces: NDArray[np.uint8]) -> list[Answer]:
        """Ask every member about grey faces ``(n, h, w)``."""
        return [member.answer(faces, flip=self.bundle.flip) for member in self.members]

    def probabilities(self, faces: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the calibrated vote ``(n, 6)``."""
        return self.vote.combine([answer.probabilities for answer in self.ask(faces)])


@dataclass
class _Opened:
    """A photo on its way: pixels, what the gates said, and what each stage took (ms)."""

    bgr: NDArray[np.uint8] | None = None
    judged: Judged | None = None
    ms: dict[str, float] = field(default_factory=dict)


_lock = threading.Lock()
_loaded: Loaded | None = None


def load() -> Loaded:
    """Return the ensemble, loading it if need be; raises ``BundleError``."""
    global _loaded
    with _lock:
        if _loaded is None:
            _loaded = _load(read_bundle(find_bundle(SETTINGS.bundle)))
        return _loaded


def release() -> None:
    """Forget the ensemble, so that the next reading loads it anew."""
    global _loaded
    with _lock:
        _loaded = None


def warm_up() -> None:
    """Load and run once, so that the first person does not wait for tracing."""
    load().ask(np.zeros((1, 64, 64), np.uint8))


def _load(bundle: Bundle) -> Loaded:
    """Verify and open every file of a bundle."""
    began = time.monotonic()
    _limit_threads(SETTINGS.threads)
    cover = _cover.CoverNet(bundle.arrays(*bundle.cover))
    if any(not np.isfinite(value).all() for value in cover.weights.values()):
        raise BundleIncompatible("The cover network holds numbers that are not finite.")
    members = tuple(load_member(bundle, entry) for entry in bundle.members)
    vote = Vote(tuple(entry.weight for entry in bundle.members), bundle.temperature, bundle.floor)
    logger.info("Loaded bundle %s in %.1f s", bundle.version, time.monotonic() - began)
    return Loaded(bundle, members, vote, cover)


def _limit_threads(threads: int) -> None:
    """Keep TensorFlow and OpenCV from taking every core; too late once TensorFlow has run."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cv2.setNumThreads(threads)
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        logger.info("TensorFlow already runs; its threads stay as they are.")


def read_photos(photos: Sequence[bytes]) -> list[Reading]:
    """Read photos in order: open, judge, then one vote over all that passed the gates.

    A photo that cannot be opened, or breaks a stage, ends FAILED alone; the others go on. Raises
    ``InferenceError`` only when nothing can be read at all.
    """
    ensemble = load()
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
    rgb = np.asarray(open_photo(data), np.uint8)
    opened.bgr = np.ascontiguousarray(rgb[..., ::-1])
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
        answers = ensemble.ask(np.stack([_grey_face(p) for p in clear]))
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


def _grey_face(photo: _Opened) -> NDArray[np.uint8]:
    assert photo.bgr is not None and photo.judged and photo.judged.face  # noqa: S101, PT018 - for the types
    return _crop.grey(_crop.align(photo.bgr, photo.judged.face.landmarks, 64))


def _maps(
    answers: list[Answer], row: int, combined: NDArray[np.float64], ensemble: Loaded
) -> list[NDArray[np.float32]]:
    """Return each member's class activation map ``(h, w)`` for the winning class of one face."""
    top = int(combined[row].argmax())
    return [
        np.asarray(answer.features[row] @ member.class_kernel[:, top], np.float32)
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
    photo: _Opened, chances: NDArray[np.float64], maps: list[NDArray[np.float32]], ensemble: Loaded
) -> Reading:
    assert photo.judged is not None and photo.judged.face is not None  # noqa: S101, PT018 - for the types
    judged, confidence = photo.judged, float(chances.max())
    unsure = confidence < ensemble.vote.floor
    named: Mapping[Any, float] = {e: round(float(p), 4) for e, p in zip(EMOTIONS, chances, strict=True)}
    return Reading(
        Outcome.UNSURE if unsure else Outcome.READ,
        Reason.LOW_CONFIDENCE if unsure else None,
        ensemble.bundle.version,
        emotion=EMOTIONS[int(chances.argmax())],
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
