"""Bundles of the current format: written whole, opened only if right, side by side, served by version."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import inference
from inference import EMOTIONS, Emotion, Outcome, _runtime, _settings
from inference._bundle import BundleChanged, BundleIncompatible, BundleMissing, read_bundle
from inference._members import load_member
from tests.inference.photos import astronaut, encoded
from tests.inference.small_bundle import faces, write_bundle, write_cover


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three bundles: six, five and a student of seven classes."""
    folder = tmp_path_factory.mktemp("bundles")
    from inference.training.recipe import Recipe

    two = (
        Recipe("cnn", size=(32, 32), width=0.25),
        Recipe("cnn", "colour", size=(24, 40), channels=3, width=0.25),
    )
    write_bundle(folder, "small-six", members=two)
    write_bundle(folder, "small-five", "five", student=True)
    write_bundle(folder, "small-seven", "seven")
    return folder


@pytest.fixture
def installed(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(_settings.SETTINGS, "bundles", str(made))
    yield made
    _runtime.release()


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "small-six", tmp_path / "copy")
    return tmp_path / "copy"


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "bundle.json").read_text())
    change(manifest)
    (folder / "bundle.json").write_text(json.dumps(manifest))


def test_bundles_lie_side_by_side_and_say_what_is_wrong(installed: Path) -> None:
    found = {info.version: info for info in inference.installed_bundles()}
    assert {"small-six", "small-five", "small-seven"} <= set(found)
    assert sum(info.active for info in found.values()) == 1
    assert found["small-six"].problem == ""
    assert found["small-six"].folder == installed / "small-six"
    assert found["small-five"].student
    assert found["small-seven"].problem == "model_incompatible"
    assert inference.model_card("small-five")["version"] == "small-five"


def test_photo_is_read_by_the_version_that_is_asked_for(installed: Path) -> None:
    readings = inference.read_photos([encoded(astronaut())], version="small-six")
    assert readings[0].ensemble_version == "small-six"
    assert readings[0].outcome in (Outcome.READ, Outcome.UNSURE)
    assert sum(readings[0].probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert readings[0].grid is not None


def test_class_a_bundle_does_not_know_has_chance_zero(installed: Path) -> None:
    reading = inference.read_photos([encoded(astronaut())], version="small-five")[0]
    assert list(reading.probabilities) == list(EMOTIONS)
    assert reading.probabilities[Emotion.ANXIOUS] == 0
    assert reading.emotion != Emotion.ANXIOUS


def test_bundle_with_a_word_no_reading_may_name_is_not_served(installed: Path) -> None:
    with pytest.raises(BundleIncompatible):
        inference.read_photos([], version="small-seven")
    assert len(_runtime.load("small-seven").vote.classes) == 7


def test_unknown_version_is_missing(installed: Path) -> None:
    for version in ("never-made", "../small-six"):
        with pytest.raises(BundleMissing):
            inference.read_photos([], version=version)


def test_two_ensembles_stay_in_memory_and_the_oldest_goes(installed: Path) -> None:
    first = _runtime.load("small-six")
    assert _runtime.load("small-six") is first
    _runtime.load("small-five")
    assert _runtime.load("small-six") is first
    _runtime.load("small-seven")
    _runtime.load("small-five")
    assert _runtime.load("small-six") is not first


def test_worker_reads_without_tensorflow(installed: Path) -> None:
    code = (
        "import sys, numpy as np; from inference import _settings, _runtime;"
        f"_settings.configure(bundles={str(installed)!r});"
        "one = _runtime.load('small-six'); one.probabilities(np.zeros((2, 32, 32), np.uint8));"
        "bad = {'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules); sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_crop_is_as_large_as_the_largest_input_and_coloured_if_anybody_reads_colour(installed: Path) -> None:
    colour, grey = _runtime.load("small-six"), _runtime.load("small-five")
    marks = np.array([[200, 100], [240, 100], [220, 120], [205, 140], [235, 140]], np.float64)
    bgr = np.ascontiguousarray(astronaut()[..., ::-1])
    assert colour.crop(bgr, marks).shape == (40, 40, 3)
    assert grey.crop(bgr, marks).shape == (32, 32)


def test_flip_reads_the_mirrored_face_alike(installed: Path) -> None:
    member = _runtime.load("small-six").members[0]
    face = faces(_runtime.load("small-six").vote.classes)[0][None]
    one = member.answer(face, flip=True)
    other = member.answer(np.ascontiguousarray(face[:, :, ::-1]), flip=True)
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-6)
    assert one.features is not None
    assert other.features is not None
    assert np.allclose(one.features, other.features[:, :, ::-1], atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(classes={"name": "six", "words": m["classes"]["words"][::-1]}),
        lambda m: m.update(classes={"name": "own", "words": ["happy"]}),
        lambda m: m.update(class_scale=[1.0]),
        lambda m: m.update(class_scale=[float("nan")] * 6),
        lambda m: m.update(student=True),
        lambda m: m["members"][0].update(weight=0.9),
        lambda m: m["members"][0].update(engine="exec"),
        lambda m: m["members"][0].update(channels=2),
        lambda m: m["members"][0].update(graph="../graph.json"),
        lambda m: m["members"][0].update(file=m["members"][1]["file"]),
        lambda m: m["members"][0].update(surprise=1),
    ],
)
def test_manifest_that_cannot_vote_is_incompatible(
    copy: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    read_bundle(copy)
    edit(copy, change)
    with pytest.raises(BundleIncompatible):
        read_bundle(copy)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a member's arrays and write their true digest, as a wrong program would."""
    path = folder / "cnn.npz"
    with np.load(path) as opened:
        arrays = {name: opened[name] for name in opened.files}
    change(arrays)
    np.savez(path, **arrays)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(folder, lambda m: m["members"][0].update(sha256=digest))


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.update({"logits/bias": np.full(6, np.nan, np.float32)}),
        lambda a: a.update({"logits/kernel": a["logits/kernel"][:, :5]}),
        lambda a: a.pop("logits/kernel"),
        lambda a: a.pop("logits/bias"),
    ],
)
@pytest.mark.parametrize("engine", ["onnx-float", "keras"])
def test_weights_that_do_not_fit_or_are_not_finite_are_incompatible(
    copy: Path, change: Callable[[dict[str, Any]], object], engine: Any
) -> None:
    rewrite(copy, change)
    bundle = read_bundle(copy)
    with pytest.raises(BundleIncompatible):
        load_member(bundle, bundle.members[0], engine)


def test_every_file_is_verified_before_it_is_opened(copy: Path) -> None:
    bundle = read_bundle(copy)
    for file, _ in bundle.files:
        data = (copy / file).read_bytes()
        (copy / file).write_bytes(data[:-1] + b"x")
        with pytest.raises(BundleChanged):
            bundle.verify()
        (copy / file).unlink()
        with pytest.raises(BundleMissing):
            bundle.verify()
        (copy / file).write_bytes(data)
    bundle.verify()


def test_member_trained_on_another_label_order_is_refused(copy: Path) -> None:
    path = copy / "cnn.graph.json"
    raw = json.loads(path.read_text())
    raw["classes"] = raw["classes"][::-1]
    path.write_text(json.dumps(raw))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(copy, lambda m: m["members"][0].update(graph_sha256=digest))
    bundle = read_bundle(copy)
    with pytest.raises(BundleIncompatible, match="order"):
        load_member(bundle, bundle.members[0], "onnx-float")


def test_engines_of_a_shipped_member_agree(made: Path) -> None:
    bundle = read_bundle(made / "small-six")
    images = faces(bundle.classes).grey((32, 32))[:6]
    names: tuple[Any, ...] = ("keras", "onnx-float", "onnx-int8")
    heard = [
        load_member(bundle, bundle.members[0], n).answer(images, flip=False).probabilities for n in names
    ]
    assert np.allclose(heard[0], heard[1], atol=1e-4)
    assert np.allclose(heard[0], heard[2], atol=0.05)


def test_export_replaces_a_bundle_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, "twice")
    (folder / "stray.npz").write_bytes(b"old")
    shutil.rmtree(tmp_path / "runs-twice")
    write_bundle(tmp_path, "twice")
    assert not (folder / "stray.npz").exists()
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".part", ".old")] == []
    read_bundle(folder).verify()


def test_export_refuses_too_many_students_other_classes_and_missing_runs(tmp_path: Path) -> None:
    from inference._labels import PRESETS
    from inference.training.config import Config
    from inference.training.export import ExportError, export
    from inference.training.recipe import Recipe

    small = Recipe("cnn", size=(32, 32), width=0.25)
    cover = write_cover(tmp_path)

    def code(config: Config, classes: str = "six") -> str:
        data = faces(PRESETS[classes])
        with pytest.raises(ExportError) as caught:
            export(config, tmp_path, cover, data, data, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        return caught.value.code

    assert code(Config("a", PRESETS["six"], 0.9, (small,), {})) == "run_missing"
    write_bundle(tmp_path, "ok")
    (tmp_path / "runs-ok" / "cnn").rename(tmp_path / "cnn")
    shutil.copytree(tmp_path / "cnn", tmp_path / "b")
    twins = (small, Recipe("cnn", "b", size=(32, 32), width=0.25))
    assert code(Config("a", PRESETS["six"], 0.9, twins, {}, student=True)) == "student_members"
    assert code(Config("a", PRESETS["six"], 0.9, (small,), {}), "five") == "classes"
