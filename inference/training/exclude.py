"""Leave out photos in which the face is turned, small, soft or covered; the rules are data."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference import _cover, _crop, _gates
from inference._faces import Face, find_faces, refine
from inference._types import FaceBox, Pose, Quality
from inference.training.dataset import DataSetError

#: Share of a given face box kept around it on each side when the face is searched there.
_AROUND: Final = 0.6


@dataclass(frozen=True)
class Seen:
    """What was found in one photo: the face in its pixels, and measures as the product takes them."""

    face: Face
    pose: Pose
    quality: Quality


@dataclass(frozen=True)
class Exclusions:
    """Limits a photo must keep; None asks nothing.

    Attributes:
        max_yaw, max_pitch: degrees to either side.
        min_sharpness: as in ``_gates.sharpness``.
        min_size: shorter side of the face box in pixels.
        no_cover: refuse faces whose mouth and nose are hidden (needs the cover network).
        max_covered: largest probability of it that still passes.
    """

    max_yaw: float | None = None
    max_pitch: float | None = None
    min_sharpness: float | None = None
    min_size: float | None = None
    no_cover: bool = False
    max_covered: float = _gates.MAX_COVERED

    @property
    def needs_face(self) -> bool:
        """Say whether any rule asks for a look at the photo."""
        limits = (self.max_yaw, self.max_pitch, self.min_sharpness, self.min_size)
        return self.no_cover or any(limit is not None for limit in limits)

    def broken(self, seen: Seen) -> str | None:
        """Return the first rule the face breaks, in the order of the attributes; None if it passes."""
        box, quality = seen.face.box, seen.quality
        hidden = (quality.covered or 0.0) + (quality.unnatural or 0.0)
        asked = (
            ("max_yaw", self.max_yaw is not None and abs(seen.pose.yaw) > self.max_yaw),
            ("max_pitch", self.max_pitch is not None and abs(seen.pose.pitch) > self.max_pitch),
            ("min_sharpness", self.min_sharpness is not None and quality.sharpness < self.min_sharpness),
            ("min_size", self.min_size is not None and min(box.w, box.h) < self.min_size),
            ("no_cover", self.no_cover and hidden > self.max_covered),
        )
        return next((name for name, fails in asked if fails), None)


def read_exclusions(path: Path) -> Exclusions:
    """Read rules from a JSON object; raises ``DataSetError`` (``rules``) on anything it does not know."""
    try:
        given: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataSetError(f"{path} cannot be read as JSON: {error}", code="rules") from error
    known = {field.name for field in fields(Exclusions)}
    if not isinstance(given, dict) or not set(given) <= known:
        raise DataSetError(f"{path} may hold only these rules: {', '.join(sorted(known))}.", code="rules")
    for name, value in given.items():
        fine = isinstance(value, bool) if name == "no_cover" else _number(value)
        if not fine:
            raise DataSetError(f"{path}: the value of {name} is of the wrong kind.", code="rules")
    return Exclusions(**given)


def _number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0)


def look(
    bgr: NDArray[np.uint8], box: NDArray[np.float32] | None, cover: _cover.CoverNet | None
) -> Seen | None:
    """Find the face in a BGR photo ``(h, w, 3)``; None if there is none.

    With a ``box`` (x, y, w, h) the face is searched there, and the one that overlaps it most is
    taken; else the largest.
    """
    face = _largest(bgr) if box is None or np.isnan(box).any() else _inside(bgr, box)
    if face is None:
        return None
    quality = _gates.measure(bgr, face)
    if cover is not None:
        crop = _crop.align(bgr, face.landmarks, _cover.SIDE)
        _, covered, unnatural = (float(p) for p in cover.probabilities(crop[None])[0])
        quality = replace(quality, covered=covered, unnatural=unnatural)
    return Seen(face, _gates.head_pose(face.landmarks), quality)


def _largest(bgr: NDArray[np.uint8]) -> Face | None:
    found = find_faces(bgr)
    return refine(bgr, found[0]) if found else None


def _inside(bgr: NDArray[np.uint8], box: NDArray[np.float32]) -> Face | None:
    """Search the surroundings of a box; the face comes back in pixels of the whole photo."""
    x, y, w, h = (float(v) for v in box)
    height, width = bgr.shape[:2]
    left, top = max(0, int(x - _AROUND * w)), max(0, int(y - _AROUND * h))
    right, bottom = min(width, int(x + (1 + _AROUND) * w) + 1), min(height, int(y + (1 + _AROUND) * h) + 1)
    if right - left < 16 or bottom - top < 16:
        return None
    part = np.ascontiguousarray(bgr[top:bottom, left:right])
    wanted = FaceBox(x - left, y - top, w, h)
    found = [face for face in find_faces(part) if _overlap(face.box, wanted) > 0]
    if not found:
        return None
    face = refine(part, max(found, key=lambda face: _overlap(face.box, wanted)))
    moved = FaceBox(face.box.x + left, face.box.y + top, face.box.w, face.box.h)
    return Face(moved, face.landmarks + np.array([left, top], np.float64), face.score)


def _overlap(a: FaceBox, b: FaceBox) -> float:
    """Return the shared area over the joint area, 0..1."""
    across = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    down = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / max(a.w * a.h + b.w * b.h - shared, 1e-9)
