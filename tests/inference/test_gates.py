"""Each gate refuses what it is for and lets the plain portrait through."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference import Reason, _cover, _gates
from inference._bundle import find_bundle, read_bundle
from tests.inference.photos import Pixels, astronaut, covered, grey, turned


@pytest.fixture(scope="module")
def cover() -> _cover.CoverNet:
    bundle = read_bundle(find_bundle())
    return _cover.CoverNet(bundle.arrays(*bundle.cover))


def judged(rgb: Pixels, cover: _cover.CoverNet | None = None) -> _gates.Judged:
    return _gates.judge(np.ascontiguousarray(rgb[..., ::-1]), cover)


def on_wall(rgb: Pixels, border: int) -> Pixels:
    wall = cv2.copyMakeBorder(rgb, border, border, border, border, cv2.BORDER_CONSTANT, value=(180, 170, 160))
    return np.asarray(wall, np.uint8)


@pytest.mark.parametrize("change", [lambda a: a, grey, lambda a: a[:, ::-1], lambda a: a[45:185, 155:295]])
def test_plain_portrait_passes(change: object, cover: _cover.CoverNet) -> None:
    assert judged(change(astronaut()), cover).reason is None  # type: ignore[operator]


@pytest.mark.parametrize("side", [48, 64, 96, 200])
def test_tight_crop_is_judged_like_a_photo(side: int, cover: _cover.CoverNet) -> None:
    crop = cv2.resize(astronaut()[50:180, 160:290], (side, side), interpolation=cv2.INTER_AREA)
    assert judged(np.asarray(crop, np.uint8), cover).reason is None


def test_empty_room_has_no_face() -> None:
    noise = np.random.default_rng(0).integers(90, 160, (400, 400, 3)).astype(np.uint8)
    assert judged(noise).reason == Reason.NO_FACE


def test_black_frame_is_called_dark() -> None:
    assert judged(np.zeros((480, 640, 3), np.uint8)).reason == Reason.DARK


def test_three_faces_are_not_read() -> None:
    found = judged(np.hstack([astronaut()[:300, 100:340]] * 3))
    assert (found.reason, found.faces) == (Reason.SEVERAL_FACES, 3)


def test_passer_by_does_not_count_beside_a_close_face() -> None:
    small = cv2.resize(astronaut()[20:220, 120:320], (80, 80), interpolation=cv2.INTER_AREA)
    scene = astronaut().copy()
    scene[:80, :80] = small
    assert judged(scene).reason is None


def test_tiny_face_is_too_small() -> None:
    tiny = cv2.resize(astronaut(), (80, 80), interpolation=cv2.INTER_AREA)
    assert judged(on_wall(np.asarray(tiny, np.uint8), 150)).reason == Reason.TOO_SMALL


def test_half_a_face_is_cut_off() -> None:
    assert judged(astronaut()[:, :212]).reason == Reason.CUT_OFF


@pytest.mark.parametrize("degrees", [-80, -70, 75, 85])
def test_profile_is_not_read(degrees: float) -> None:
    assert judged(turned(astronaut(), degrees)).reason in {Reason.TURNED_AWAY, Reason.NO_FACE}


@pytest.mark.parametrize("degrees", [-40, -25, 25, 40])
def test_turned_head_is_seen_on_the_right_side(degrees: float) -> None:
    pose = judged(turned(astronaut(), degrees)).pose
    assert pose is not None
    assert abs(pose.yaw - degrees) < 12


@pytest.mark.parametrize("degrees", [-40, -20, 20, 40])
def test_leaning_head_is_measured_and_still_read(degrees: float, cover: _cover.CoverNet) -> None:
    upright = judged(astronaut()).pose
    matrix = cv2.getRotationMatrix2D((224, 120), -degrees, 1)
    leaning = cv2.warpAffine(astronaut(), matrix, (512, 512), borderMode=cv2.BORDER_REFLECT_101)
    found = judged(np.asarray(leaning, np.uint8), cover)
    assert found.reason is None
    assert upright is not None
    assert found.pose is not None
    assert abs(found.pose.roll - upright.roll - degrees) < 8


def test_face_in_the_dark_is_called_dark() -> None:
    assert judged((astronaut() * 0.1).astype(np.uint8)).reason == Reason.DARK


def test_washed_out_face_is_overexposed() -> None:
    pale = 255 - ((255 - astronaut().astype(np.float32)) * 0.08)
    assert judged(pale.astype(np.uint8)).reason in {Reason.OVEREXPOSED, Reason.NO_FACE}


@pytest.mark.parametrize("sigma", [5, 8, 14])
def test_heavy_blur_is_not_read(sigma: float) -> None:
    soft = cv2.GaussianBlur(astronaut(), (0, 0), sigma)
    assert judged(np.asarray(soft, np.uint8)).reason in {Reason.BLURRED, Reason.NO_FACE}


def test_slight_blur_is_read(cover: _cover.CoverNet) -> None:
    assert judged(np.asarray(cv2.GaussianBlur(astronaut(), (0, 0), 1.5), np.uint8), cover).reason is None


COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "blue": (60, 90, 190),
    "skin": (220, 170, 140),
    "green": (40, 130, 70),
}


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS.keys())
@pytest.mark.parametrize("in_grey", [False, True])
def test_covered_lower_face_is_not_read(
    colour: tuple[int, int, int], in_grey: bool, cover: _cover.CoverNet
) -> None:
    photo = covered(astronaut(), colour)
    assert judged(grey(photo) if in_grey else photo, cover).reason in {Reason.COVERED, Reason.NO_FACE}


@pytest.mark.parametrize("in_grey", [False, True])
def test_negative_is_not_read(in_grey: bool, cover: _cover.CoverNet) -> None:
    negative = 255 - astronaut()
    reason = judged(grey(negative) if in_grey else negative, cover).reason
    assert reason in {Reason.UNNATURAL, Reason.NO_FACE, Reason.COVERED}
