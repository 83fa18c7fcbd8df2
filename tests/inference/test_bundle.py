"""A bundle is opened only when it is there, unchanged, and one this program can run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import EMOTIONS, InferenceError, _settings
from inference._bundle import (
    BundleChanged,
    BundleIncompatible,
    BundleMissing,
    dequantised,
    find_bundle,
    quantised,
    read_bundle,
    write_arrays,
)
from inference._ensemble import Vote, activation_grid
from inference.checks import check_bundle


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    shutil.copytree(find_bundle(), folder)
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "bundle.json").read_text())
    change(manifest)
    (folder / "bundle.json").write_text(json.dumps(manifest))


def test_shipped_bundle_is_whole_and_says_what_it_is() -> None:
    bundle = read_bundle(find_bundle())
    bundle.verify()
    assert bundle.card["metrics"]["test"]["n"] > 3000
    assert bundle.card["limits"]
    assert 0 < bundle.floor < 1


def test_missing_bundle_is_named_as_missing(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing) as caught:
        read_bundle(tmp_path)
    assert (caught.value.code, caught.value.permanent) == ("model_missing", True)
    assert isinstance(caught.value, InferenceError)


def test_missing_weights_file_is_named_as_missing(copy: Path) -> None:
    (copy / "cover.npz").unlink()
    with pytest.raises(BundleMissing):
        read_bundle(copy).verify()


def test_changed_byte_is_noticed_before_the_file_is_opened(copy: Path) -> None:
    bundle = read_bundle(copy)
    path = copy / bundle.members[0].file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleChanged) as caught:
        bundle.arrays(bundle.members[0].file, bundle.members[0].sha256)
    assert caught.value.code == "model_changed"


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(format=99),
        lambda m: m["classes"].update(words=m["classes"]["words"][::-1]),
        lambda m: m["members"][0].update(weight=-0.2),
        lambda m: m["members"][0].update(weight=float("nan")),
        lambda m: m["members"][0].update(weight=m["members"][0]["weight"] + 0.5),
        lambda m: m.update(temperature=0),
        lambda m: m.update(floor=1.5),
        lambda m: m["cover"].update(file="../cover.npz"),
        lambda m: m.pop("members"),
    ],
)
def test_manifest_that_cannot_vote_is_incompatible(
    copy: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    edit(copy, change)
    with pytest.raises(BundleIncompatible) as caught:
        read_bundle(copy)
    assert caught.value.code == "model_incompatible"


def test_weights_that_carry_objects_are_not_opened(copy: Path) -> None:
    import hashlib

    np.savez(copy / "cover.npz", evil=np.array([{"a": 1}], dtype=object))
    digest = hashlib.sha256((copy / "cover.npz").read_bytes()).hexdigest()
    edit(copy, lambda m: m["cover"].update(sha256=digest))
    bundle = read_bundle(copy)
    with pytest.raises(BundleIncompatible):
        bundle.arrays(*bundle.cover)


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda f: (f / "bundle.json").unlink(), "inference.W001"),
        (lambda f: (f / "cover.npz").write_bytes(b"x"), "inference.E002"),
        (lambda f: edit(f, lambda m: m.update(format=99)), "inference.E003"),
    ],
)
def test_system_check_says_what_is_wrong(
    copy: Path, harm: Callable[[Path], object], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_settings.SETTINGS, "bundle", str(copy))
    assert check_bundle() == []
    harm(copy)
    assert [message.id for message in check_bundle()] == [code]


def test_int8_kernels_come_back_within_half_a_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weights = {
        "a/kernel": rng.normal(0, 0.1, (3, 3, 8, 16)).astype(np.float32),
        "a/bias": np.ones(16, np.float32),
    }
    write_arrays(tmp_path / "w.npz", quantised(weights))
    with np.load(tmp_path / "w.npz") as stored:
        assert stored["a/kernel|int8"].dtype == np.int8
        back = dequantised({name: stored[name] for name in stored.files})
    step = abs(weights["a/kernel"]).max(axis=(0, 1, 2)) / 127
    assert (abs(back["a/kernel"] - weights["a/kernel"]) <= step * 0.501).all()
    assert not list(tmp_path.glob("*.part"))


def test_vote_is_the_weighted_mean() -> None:
    rows = np.eye(6)
    combined = Vote((0.75, 0.25)).combine([rows[:1], rows[1:2]])
    assert combined[0, :3] == pytest.approx([0.75, 0.25, 0.0], abs=1e-9)


def test_temperature_makes_the_vote_less_sure_without_changing_the_winner() -> None:
    sharp = np.array([[0.7, 0.1, 0.05, 0.05, 0.05, 0.05]])
    soft = Vote((1.0,), temperature=2.0).combine([sharp])
    assert soft.argmax() == 0
    assert soft.max() < 0.7
    assert soft.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "bad", [np.full((1, 6), np.nan), np.full((1, 6), 0.5), np.full((1, 5), 0.2), -np.eye(6)[:1]]
)
def test_what_is_no_distribution_cannot_vote(bad: np.ndarray) -> None:
    with pytest.raises(BundleIncompatible):
        Vote((1.0,)).combine([bad])


def test_vote_needs_a_weight_for_each_member() -> None:
    with pytest.raises(BundleIncompatible):
        Vote((0.5, 0.5)).combine([np.eye(6)])
    with pytest.raises(BundleIncompatible):
        Vote((0.9, 0.3))


def test_grid_is_normalised_and_weighted() -> None:
    left, right = np.zeros((4, 4)), np.zeros((7, 7))
    left[:, 0], right[:, 6] = 1, 1
    grid = np.array(activation_grid([left, right], [0.8, 0.2]))
    assert grid.shape == (6, 6)
    assert grid.max() == 1
    assert grid[3, 0] > grid[3, 5] > 0
    assert EMOTIONS[0] == "happy"
