"""The words that leave this room: one frozen Reading a photo, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from inference._labels import Emotion


class Outcome(StrEnum):
    """How a reading ended; each has its own page text and next step in ``moods``."""

    READ = "READ"
    UNSURE = "UNSURE"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


class Reason(StrEnum):
    """Why a reading is not READ. Stable codes: they are stored, translated and tested."""

    # REJECTED, in the order in which the gates ask
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    CUT_OFF = "cut_off"
    TURNED_AWAY = "turned_away"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    COVERED = "covered"
    UNNATURAL = "unnatural"
    # UNSURE
    LOW_CONFIDENCE = "low_confidence"
    # FAILED
    UNREADABLE = "unreadable"
    MODEL_MISSING = "model_missing"
    MODEL_CHANGED = "model_changed"
    MODEL_INCOMPATIBLE = "model_incompatible"
    INTERNAL = "internal"


@dataclass(frozen=True)
class FaceBox:
    """Where the face is, in pixels of the upright photo; may reach past its edges."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Pose:
    """How the head is held, in degrees; 0, 0, 0 looks straight into the camera.

    Attributes:
        yaw: positive when the nose points to the right of the picture.
        pitch: positive when the head looks up.
        roll: positive when the head leans clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class Quality:
    """What the gates measured on the aligned grey face.

    Attributes:
        detection: score of the face detector, 0..1.
        eye_distance: pixels between the eyes in the photo as it was handed in.
        brightness: median grey of the face, 0..1.
        contrast: 90th minus 10th percentile of grey, 0..1.
        clipped: share of the face at or above grey 250.
        sharpness: energy of fine detail over energy of all detail (see ``_gates.sharpness``).
        outside: share of the face, brows to chin, that lies beyond the edge of the photo.
        covered: probability that mouth and nose are hidden, 0..1; None if not asked.
        unnatural: probability that this is no natural picture (a negative); None if not asked.
    """

    detection: float
    eye_distance: float
    brightness: float
    contrast: float
    clipped: float
    sharpness: float
    outside: float
    covered: float | None = None
    unnatural: float | None = None


@dataclass(frozen=True)
class Reading:
    """The machine's guess about one photo; every key of ``read_photo --json`` but valence/arousal.

    Attributes:
        outcome: one of four.
        reason: why it is not READ; None on READ.
        emotion: the class with the most votes; None unless READ or UNSURE.
        probabilities: calibrated vote per emotion, sums to 1; empty unless READ or UNSURE.
        confidence: the largest probability; None unless READ or UNSURE.
        faces: how many faces were found; None if the photo could not be opened.
        face, pose, quality: of the judged face; None if there was none.
        eyewear, mask, skin_tone: None until a classifier for them is shipped.
        ms: milliseconds per stage (``decode``, ``detect``, ``gates``, ``vote``).
        ensemble_version: of the bundle that read, or would have read, this photo.
        grid: coarse activation map of the winning class, rows of 0..1, no pixels; None unless
            READ or UNSURE.
        grid_corners: where the grid lies in the photo: four ``(x, y)`` in pixels, from top left
            clockwise; None where there is no grid.
    """

    outcome: Outcome
    reason: Reason | None
    ensemble_version: str | None
    emotion: Emotion | None = None
    probabilities: Mapping[Emotion, float] = field(default_factory=dict)
    confidence: float | None = None
    faces: int | None = None
    face: FaceBox | None = None
    pose: Pose | None = None
    quality: Quality | None = None
    eyewear: str | None = None
    mask: str | None = None
    skin_tone: str | None = None
    ms: Mapping[str, float] = field(default_factory=dict)
    grid: tuple[tuple[float, ...], ...] | None = None
    grid_corners: tuple[tuple[float, float], ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values, all keys present, null where unknown."""
        return asdict(self)


class InferenceError(Exception):
    """No photo can be read at all just now; nothing is wrong with the photos.

    Attributes:
        permanent: trying again cannot help until somebody changes the installation.
        code: stable, one of :class:`Reason`'s FAILED codes.
    """

    def __init__(self, message: str, *, permanent: bool, code: str) -> None:
        super().__init__(message)
        self.permanent, self.code = permanent, code
