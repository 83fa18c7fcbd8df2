"""Decide, before any vote, whether this photo shows one face well enough to be read.

Each gate has a threshold chosen by measurement (docs/model-cards/gates.md says on what) and a
reason. They ask in the order of :class:`Reason`: what a person can mend most easily comes first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import _cover, _crop
from inference._faces import Face, find_faces, refine
from inference._types import Pose, Quality, Reason

#: A face is alone, or its box has at least this many times the area of the next one.
DOMINANCE: Final = 3.0
#: Faces below this score never count as company.
COMPANY_SCORE: Final = 0.75
#: Pixels between the eyes; the 1st percentile of FER+'s 48-pixel crops is 12.
MIN_EYE_DISTANCE: Final = 11.0
#: Share of brows to chin beyond the photo.
MAX_OUTSIDE: Final = 0.15
#: Degrees. A portrait turned in depth by 25, 45, 65 and 80 degrees is seen at 19, 34..38, 47..54 and
#: 55..62, so profiles are refused and half-turned heads read; 90 % of FER+ and eyewear faces lie within
#: 44 of yaw, 99 % within 25 of pitch.
MAX_YAW: Final = 48.0
#: Eye distance over eyes-to-mouth distance: a second sign of a profile, for its landmarks are noisy.
#: Frontal 0.9..1.1, turned by 70 degrees 0.55 and less.
MIN_EYE_SPAN: Final = 0.64
MAX_PITCH: Final = 42.0
MAX_ROLL: Final = 45.0
#: Light is judged by contrast, not by brightness: dark skin in good light has contrast, a face in
#: the dark has none. Clear faces: 0.256 and more (1st percentile); at a tenth of the light: 0.087
#: and less (99th).
MIN_CONTRAST: Final = 0.1
MIN_BRIGHTNESS: Final = 0.03
MAX_CLIPPED: Final = 0.55
#: Clear faces 0.141 and more (1st percentile); blurred by 3.5 % of the width 0.022 (median).
MIN_SHARPNESS: Final = 0.035
#: Largest probability of "covered" or "unnatural" that still counts as clear; the clear faces refused at this
#: value stand in the card.
MAX_COVERED: Final = 0.6

#: Heights of the layout's points above the eye plane, in eye distances. A real nose tip stands at about
#: 0.55; YuNet draws turned faces too frontal, so the depth that gives the true angle is less. Fitted
#: on a portrait turned in depth by 25 and 45 degrees.
_DEPTH: Final = np.array([0.0, 0.0, 0.32, 0.05, 0.05])


@dataclass(frozen=True)
class Judged:
    """What the gates found.

    Attributes:
        reason: None if the photo may be read.
        faces: how many were found.
        face, pose, quality: of the largest face; None if there was none.
    """

    reason: Reason | None
    faces: int
    face: Face | None = None
    pose: Pose | None = None
    quality: Quality | None = None


def judge(bgr: NDArray[np.uint8], cover: _cover.CoverNet | None) -> Judged:
    """Find the face in a BGR photo ``(h, w, 3)`` and ask every gate; the first refusal stands."""
    faces = find_faces(bgr)
    if not faces:
        return Judged(_why_none(bgr), 0)
    face = refine(bgr, faces[0])
    pose, quality = head_pose(face.landmarks), measure(bgr, face)
    reason = _geometry(faces, face, pose, quality) or _light(quality)
    if reason is None and cover is not None:
        crop = _crop.align(bgr, face.landmarks, _cover.SIDE)
        _, covered, unnatural = (float(p) for p in cover.probabilities(crop[None])[0])
        quality = replace(quality, covered=covered, unnatural=unnatural)
        if covered + unnatural > MAX_COVERED:
            reason = Reason.COVERED if covered >= unnatural else Reason.UNNATURAL
    return Judged(reason, len(faces), face, pose, quality)


def _why_none(bgr: NDArray[np.uint8]) -> Reason:
    """Say "too dark" rather than "no face" where the whole picture is black."""
    return Reason.DARK if float(np.percentile(_crop.grey(bgr), 99)) < 40 else Reason.NO_FACE


def _geometry(faces: list[Face], face: Face, pose: Pose, quality: Quality) -> Reason | None:
    if _in_company(faces):
        return Reason.SEVERAL_FACES
    if quality.eye_distance < MIN_EYE_DISTANCE:
        return Reason.TOO_SMALL
    if quality.outside > MAX_OUTSIDE:
        return Reason.CUT_OFF
    if abs(pose.yaw) > MAX_YAW or abs(pose.pitch) > MAX_PITCH or abs(pose.roll) > MAX_ROLL:
        return Reason.TURNED_AWAY
    if _eye_span(face.landmarks) < MIN_EYE_SPAN:
        return Reason.TURNED_AWAY
    return None


def _light(quality: Quality) -> Reason | None:
    if quality.brightness < MIN_BRIGHTNESS or quality.contrast < MIN_CONTRAST:
        return Reason.OVEREXPOSED if quality.brightness > 0.6 else Reason.DARK
    if quality.clipped > MAX_CLIPPED:
        return Reason.OVEREXPOSED
    if quality.sharpness < MIN_SHARPNESS:
        return Reason.BLURRED
    return None


def _eye_span(landmarks: NDArray[np.float64]) -> float:
    """Return eye distance over the distance between the middles of eyes and mouth."""
    down = (landmarks[3] + landmarks[4] - landmarks[0] - landmarks[1]) / 2
    return float(np.hypot(*(landmarks[1] - landmarks[0])) / max(float(np.hypot(*down)), 1e-6))


def _in_company(faces: list[Face]) -> bool:
    areas = [face.box.w * face.box.h for face in faces]
    others = [area for face, area in zip(faces[1:], areas[1:], strict=True) if face.score >= COMPANY_SCORE]
    return bool(others) and areas[0] < DOMINANCE * max(others)


def measure(bgr: NDArray[np.uint8], face: Face) -> Quality:
    """Measure one face on its aligned grey crop of 48 pixels, FER+'s own size."""
    crop = _crop.grey(_crop.align(bgr, face.landmarks, round(_crop.UNIT)))
    low, middle, high = np.percentile(crop, [10, 50, 90]) / 255
    # Eye and nose-to-mouth distance, whichever says more: a turned head brings the eyes together.
    eyes = float(np.hypot(*(face.landmarks[1] - face.landmarks[0])))
    scale = float(np.hypot(*_crop.similarity(face.landmarks, round(_crop.UNIT))[:, 0]))
    spread = float(_crop.LAYOUT[1, 0] - _crop.LAYOUT[0, 0]) / scale
    return Quality(
        detection=face.score,
        eye_distance=max(eyes, spread),
        brightness=float(middle),
        contrast=float(high - low),
        clipped=float((crop >= 250).mean()),
        sharpness=sharpness(crop),
        outside=_crop.outside(face.landmarks, bgr.shape[1], bgr.shape[0]),
    )


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Return the variance of the Laplacian over the variance of the picture itself.

    The ratio does not change with contrast or brightness; a photo that is merely pale is not soft.
    """
    values = crop.astype(np.float32)
    return float(cv2.Laplacian(values, cv2.CV_32F).var() / (values.var() + 25.0))


def head_pose(landmarks: NDArray[np.float64]) -> Pose:
    """Estimate yaw, pitch and roll in degrees from five landmarks, shape ``(5, 2)``.

    Fits a scaled orthographic camera to the layout's face given depth (POS, DeMenthon & Davis
    1995). Good to about 10 degrees, enough to tell a profile from a glance aside.
    """
    unit = float(_crop.LAYOUT[1, 0] - _crop.LAYOUT[0, 0])
    model = np.column_stack([_crop.LAYOUT / unit, -_DEPTH])
    model, points = model - model.mean(0), landmarks - landmarks.mean(0)
    right, down = (np.linalg.pinv(model) @ points).T
    right, down = _orthonormal(right, down)
    toward = np.cross(right, down)
    # The face looks along -z of the model; the camera sees x to the right and y down.
    nose = -np.array([right[2], down[2], toward[2]])
    return Pose(
        yaw=round(math.degrees(math.atan2(nose[0], -nose[2])), 1),
        pitch=round(math.degrees(math.asin(float(np.clip(-nose[1], -1, 1)))), 1),
        roll=round(math.degrees(math.atan2(down[0], right[0])), 1),
    )


def _orthonormal(
    right: NDArray[np.float64], down: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the two nearest unit vectors at right angles."""
    u, _, vt = np.linalg.svd(np.stack([right, down]), full_matrices=False)
    nearest = u @ vt
    return nearest[0], nearest[1]
