"""The shipped bundle reads real photos, and its accuracy is pinned where the data is at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

import inference
from inference import EMOTIONS, Emotion, Outcome, Reason
from tests.inference.photos import astronaut, covered, encoded, grey

#: May differ by chance from the card's number on a part of the images.
SLACK = 0.02


@pytest.fixture(scope="module")
def readings() -> dict[str, inference.Reading]:
    photo = astronaut()
    photos = {
        "plain": encoded(photo, "JPEG", quality=90),
        "broken": encoded(photo, "JPEG")[:3000],
        "negative": encoded(255 - grey(photo)),
        "black cover": encoded(covered(photo, (0, 0, 0))),
        "skin cover": encoded(covered(photo, (220, 170, 140))),
        "grey": encoded(grey(photo)),
        "crop": encoded(photo[50:180, 160:290]),
    }
    return dict(zip(photos, inference.read_photos(list(photos.values())), strict=True))


def test_smiling_portrait_is_read_as_happy(readings: dict[str, inference.Reading]) -> None:
    for name in ("plain", "grey", "crop"):
        assert (readings[name].outcome, readings[name].emotion) == (Outcome.READ, Emotion.HAPPY), name


def test_reading_carries_everything_a_page_needs(readings: dict[str, inference.Reading]) -> None:
    reading = readings["plain"]
    assert list(reading.probabilities) == list(EMOTIONS)
    assert sum(reading.probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert reading.confidence == max(reading.probabilities.values())
    assert reading.face is not None
    assert 150 < reading.face.x < 210
    assert reading.faces == 1
    assert reading.grid is not None
    assert np.max(reading.grid) == 1
    assert np.min(reading.grid) >= 0
    assert reading.ensemble_version == inference.ensemble_version()
    assert set(reading.ms) == {"decode", "gates", "vote"}
    assert (reading.eyewear, reading.mask, reading.skin_tone) == (None, None, None)
    assert json.loads(json.dumps(reading.as_dict()))["emotion"] == "happy"


def test_negative_and_covered_faces_are_not_read(readings: dict[str, inference.Reading]) -> None:
    for name in ("negative", "black cover", "skin cover"):
        assert readings[name].outcome == Outcome.REJECTED, name
        assert readings[name].emotion is None
        assert readings[name].grid is None


def test_broken_photo_fails_alone(readings: dict[str, inference.Reading]) -> None:
    assert (readings["broken"].outcome, readings["broken"].reason) == (Outcome.FAILED, Reason.UNREADABLE)


def test_mirrored_face_gets_nearly_the_same_probabilities() -> None:
    one, other = inference.read_photos([encoded(astronaut()), encoded(astronaut()[:, ::-1])])
    assert one.emotion == other.emotion
    assert abs(one.probabilities[Emotion.HAPPY] - other.probabilities[Emotion.HAPPY]) < 0.15


def test_no_photos_make_no_readings() -> None:
    assert inference.read_photos([]) == []


def test_importing_the_room_and_its_checks_imports_no_framework() -> None:
    code = (
        "import sys, inference, inference._images, inference.checks;"
        "inference.ensemble_version(); inference.model_card(); inference.checks.check_bundle();"
        "bad = {'tensorflow', 'keras', 'cv2'} & set(sys.modules); sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_missing_bundle_is_one_error_for_the_whole_batch(tmp_path: Path) -> None:
    code = (
        f"import inference; from inference import _settings; _settings.configure(bundle={str(tmp_path)!r})\n"
        "try: inference.read_photos([b'x'])\n"
        "except inference.InferenceError as e: print(e.code, e.permanent)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["model_missing", "True"]


@pytest.fixture(scope="module")
def ferplus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = os.environ.get("MAEUM_DATA")
    archive = Path(place or ".") / "ferplus.tar.xz"
    if not place or not archive.is_file():
        pytest.skip("skipped: no data")
    folder = tmp_path_factory.mktemp("ferplus")
    with tarfile.open(archive) as packed:
        wanted = [m for m in packed if "FER2013Valid/" in m.name]
        packed.extractall(folder, members=wanted, filter="data")
    return folder / "ferplus"


@pytest.mark.timeout(600)
def test_accuracy_on_ferplus_valid_is_what_the_card_says(ferplus: Path) -> None:
    from inference.training.measure import measure

    report = measure(source="ferplus", root=ferplus, split="valid", limit=800, crops=True)
    said = inference.model_card()["metrics"]["valid"]
    assert report["n"] == 800
    assert report["accuracy"] >= said["accuracy"] - SLACK
    assert report["ece"] < 0.06
