from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from inference._bundle import read_bundle
from inference._labels import PRESETS, SIX, ClassList
from inference.members import InputShape, get_member
from inference.training.augment import augment, augment_points, mixed_up, paste_mask
from inference.training.config import SHIPPED, read_config
from inference.training.dataset import DataSetError
from inference.training.loop import train_member
from inference.training.optimise import freeze
from inference.training.pseudo import joined
from inference.training.recipe import Recipe, TrainingError, read_recipe
from inference.training.state import BEST, LOG, STATE
from tests.inference.formats import cartoon
from tests.inference.training_faces import TINY, Drawn, drawn, stripes

ROOT = Path(__file__).parents[2]
COVER = (
    ROOT
    / "inference"
    / "bundles"
    / (ROOT / "inference" / "bundles" / "current.txt").read_text().strip()
    / "cover.npz"
)
CONFIGS = sorted(path.stem for path in SHIPPED.glob("*.json") if not path.stem.startswith("sweep-"))


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def refused(code: str, call: Any, *args: Any) -> str:
    with pytest.raises((TrainingError, DataSetError)) as caught:
        call(*args)
    error: Any = caught.value
    assert error.code == code
    return str(caught.value)


def val_loss_of(weights: Path, recipe: Recipe) -> float:
    """Measure saved weights on the validation faces, apart from the code that trained them."""
    import keras

    graph = get_member(recipe.member).build(InputShape(*recipe.size), 6, 0.0, recipe.width)
    model = keras.Model(graph.input, graph.output["logits"])
    model.load_weights(weights)
    valid = drawn(24, seed=1)
    logits = np.asarray(model.predict_on_batch(valid.grey(recipe.size)[..., None].astype(np.float32)))
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return float(-(valid.targets * logs).sum(1).mean())


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    train_member(TINY, drawn(48), drawn(24, seed=1), folder)
    return folder


def test_a_run_killed_in_its_second_epoch_ends_as_one_never_killed(whole_run: Path, tmp_path: Path) -> None:
    # 48 reads for the record, some 64 each epoch (Keras looks ahead): read 130 lies in the second.
    killed = subprocess.run(
        [sys.executable, "-m", "tests.inference.training_faces", str(tmp_path / "run"), "130"],
        cwd=ROOT, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""}, capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert [line["epoch"] for line in log_of(tmp_path / "run")] == [0]
    assert (tmp_path / "run" / STATE).exists()

    result = train_member(TINY, drawn(48), drawn(24, seed=1), tmp_path / "run")

    lines = log_of(tmp_path / "run")
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    # Optimiser, averages, order and chances went on where they were: the same numbers come out.
    whole = [line["val_loss"] for line in log_of(whole_run)]
    assert [line["val_loss"] for line in lines] == pytest.approx(whole, rel=2e-2)
    assert result["val_loss"] == min(line["val_loss"] for line in lines)
    assert val_loss_of(tmp_path / "run" / BEST, TINY) == pytest.approx(result["val_loss"], abs=1e-4)


def test_a_run_folder_keeps_recipe_curves_environment_and_digests(whole_run: Path) -> None:
    said = json.loads((whole_run / "environment.json").read_text())
    assert said["classes"] == list(SIX.classes)
    assert said["train"]["classes"] == dict.fromkeys(SIX.classes, 8)
    assert len(said["train"]["sha256"]) == 64
    assert said["backend"] in ("tensorflow", "jax", "torch")
    assert read_recipe(json.loads((whole_run / "recipe.json").read_text())) == TINY
    picture = cv2.imread(str(whole_run / "curves.png"))
    assert picture is not None
    assert picture.shape[1] > 500
    assert not (whole_run / STATE).exists()


def test_a_finished_run_is_not_trained_again_and_another_recipe_is_refused(whole_run: Path) -> None:
    source = Drawn(48, 6)
    again = train_member(TINY, drawn(48, source=source), drawn(24, seed=1), whole_run)
    assert source.reads == 0
    assert again["epochs"] == 3
    said = refused("recipe_changed", train_member, replace(TINY, rate=1.0), drawn(48), drawn(24), whole_run)
    assert "rate" in said
    other = ClassList("own", tuple(reversed(SIX.classes)))
    refused("class_order", train_member, TINY, drawn(48, other), drawn(24, other), whole_run)


@pytest.fixture
def small_files() -> Iterator[Any]:
    """Give a function that lets no file grow over 20 kB, as a full disk would not."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def shrink(reads: int) -> None:
        if reads > 130:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))

    yield shrink
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_at_a_checkpoint_is_named_and_leaves_the_one_before(
    tmp_path: Path, small_files: Any
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # As above, read 130 lies in the second epoch.
    source = Drawn(48, 6, before=small_files)
    said = refused(
        "checkpoint_write", train_member, TINY, drawn(48, source=source), drawn(24, seed=1), tmp_path / "run"
    )
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "free some disk space" in said
    assert not list((tmp_path / "run").glob("*.part*"))
    with np.load(tmp_path / "run" / STATE) as stored:
        assert json.loads(str(stored["progress"]))["epoch"] == 1
    result = train_member(TINY, drawn(48), drawn(24, seed=1), tmp_path / "run")
    assert result["epochs"] == 3


def test_an_unreadable_image_in_an_epoch_is_named_and_a_few_may_be_left_out(tmp_path: Path) -> None:
    broken = Drawn(48, 6, broken=frozenset({7, 30}))
    once = replace(TINY, epochs=1)
    said = refused("unreadable", train_member, once, drawn(48, source=broken), drawn(24), tmp_path / "a")
    assert "faces/7.png" in said or "faces/30.png" in said
    result = train_member(
        replace(once, skip_unreadable=2), drawn(48, source=broken), drawn(24, seed=1), tmp_path / "a"
    )
    assert result["last"]["skipped"] == 2


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    wild = replace(TINY, optimiser="sgd", rate=1e30, ema=0.0, schedule="plateau")
    said = refused("nan_loss", train_member, wild, drawn(48), drawn(24), tmp_path / "run")
    assert "lower rate" in said


def test_frozen_layers_stand_still_until_they_are_thawed(tmp_path: Path) -> None:
    graph = get_member("cnn").build(InputShape(32, 32), 6, 0.0, 0.25)
    freeze(graph, 0.5)
    able = [layer.trainable for layer in graph.layers if layer.weights]
    assert able == sorted(able)
    assert able.count(False) == round(0.5 * len(able))
    freeze(graph, ("conv1", "conv2"))
    assert not graph.get_layer("conv2_bn").trainable
    assert graph.get_layer("conv3").trainable
    assert graph.get_layer("conv11").trainable
    assert "conv99" in refused("bad_recipe", freeze, graph, ("conv99",))

    recipe = replace(TINY, epochs=2, frozen=("conv1", "conv2"), thaw_epoch=1, class_weights=True, mixup=0.2)
    seen: list[Any] = []
    result = train_member(
        replace(recipe, schedule="plateau", optimiser="adamax", mask_paste=0.5),
        drawn(48, source=Drawn(48, 6, before=seen.append)),
        drawn(24, seed=1),
        tmp_path / "run",
    )
    assert result["epochs"] == 2
    assert np.isfinite(result["val_loss"])


@pytest.mark.parametrize(
    ("code", "train", "valid"),
    [
        ("empty", drawn(0), drawn(6)),
        ("empty", drawn(6), drawn(0)),
        ("class_empty", drawn(48).where(drawn(48).labels != 2), drawn(6)),
        ("class_order", drawn(12), drawn(12, ClassList("own", tuple(reversed(SIX.classes))))),
        ("unlabelled", replace(drawn(12), targets=np.full((12, 6), np.nan, np.float32)), drawn(6)),
    ],
)
def test_data_that_nothing_can_be_learned_from_is_refused_by_name(
    tmp_path: Path, code: str, train: Any, valid: Any
) -> None:
    said = refused(code, train_member, TINY, train, valid, tmp_path / "run")
    assert said.endswith(".")
    if code == "class_empty":
        assert "angry" in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"member": "cnn", "optimiser": "lion"},
        {"member": "cnn", "rate": -1.0},
        {"member": "cnn", "dropout": 1.0},
        {"member": "cnn", "size": [8, 8]},
        {"member": "cnn", "channels": 2},
        {"member": "cnn", "frozen": 1.5},
        {"member": "cnn", "epochs": "ten"},
        {"member": "cnn", "learning_rate": 1e-3},
        {"size": [48, 48]},
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_with_the_field(wrong: dict[str, Any]) -> None:
    refused("bad_recipe", read_recipe, wrong)


def test_starting_weights_are_found_or_their_absence_is_told(
    whole_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inference.training.start import initialise, sha256

    def graph() -> Any:
        return get_member("cnn").build(InputShape(32, 32), 6, 0.0, 0.25)

    built = graph()
    best = str(whole_run / BEST)
    assert initialise(built, replace(TINY, init_weights=best)) == sha256(whole_run / BEST)
    refused("init_missing", initialise, graph(), replace(TINY, init_weights=str(tmp_path / "none.h5")))
    wide = get_member("cnn").build(InputShape(32, 32), 6, 0.0, 0.5)
    refused("init_mismatch", initialise, wide, replace(TINY, init_weights=best))
    refused("init_unknown", initialise, graph(), replace(TINY, init="imagenet"))
    # Nothing listens on this port: the download fails as it does without a network.
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    # urllib keeps the opener, proxies and all, that it builds on first use: later tests must not get this one.
    monkeypatch.setattr("urllib.request._opener", None)
    mobile = Recipe("mobilenet_v2", size=(48, 48), init="imagenet")
    target = get_member("mobilenet_v2").build(InputShape(48, 48), 6, 0.0)
    monkeypatch.setattr(
        "keras.src.utils.file_utils.os.path.expanduser", lambda p: p.replace("~", str(tmp_path))
    )
    said = refused("init_offline", initialise, target, mobile)
    assert "--init-weights" in said


def test_a_first_convolution_of_caffe_colours_answers_the_same_in_torch_colours() -> None:
    from inference.members._graph import CAFFE_MEAN_BGR, IMAGENET_MEAN, IMAGENET_STD
    from inference.training.start import to_torch_colours

    rng = np.random.default_rng(1)
    kernel = rng.normal(size=(1, 1, 3, 4)).astype(np.float32)
    bias = rng.normal(size=4).astype(np.float32)
    pixel = np.array([200.0, 90.0, 20.0])
    moved, shifted = to_torch_colours(kernel, bias)
    caffe = (pixel[::-1] - CAFFE_MEAN_BGR) @ kernel[0, 0] + bias
    torch = (pixel / 255 - IMAGENET_MEAN) / IMAGENET_STD @ moved[0, 0] + shifted
    assert torch == pytest.approx(caffe, abs=1e-3)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("coloured", [False, True])
def test_augmentation_takes_and_gives_grey_and_colour(colour: bool, coloured: bool) -> None:
    from skimage.data import astronaut

    face = astronaut()[0:200, 130:330]
    image = face if coloured else cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    out = [
        augment(image, (48, 36), np.random.default_rng(i), colour=colour, mask_paste=0.5) for i in range(24)
    ]
    assert all(o.dtype == np.uint8 and o.shape == ((48, 36, 3) if colour else (48, 36)) for o in out)
    assert len({o.tobytes() for o in out}) == 24
    if colour:  # both ways: some lose their colour, some keep or gain one
        bare = [augment(image, (24, 24), np.random.default_rng(i), colour=True) for i in range(40)]
        flat = [bool((o == o[..., :1]).all()) for o in bare]
        assert any(flat)
        assert not all(flat)
    same = [augment(image, (48, 36), np.random.default_rng(3), colour=colour) for _ in range(2)]
    assert np.array_equal(same[0], same[1])


def test_a_pasted_mask_hides_the_mouth_and_leaves_the_eyes() -> None:
    image = stripes(3, 1, side=64)
    for seed in range(12):
        out = paste_mask(image, np.random.default_rng(seed))
        assert out.shape == image.shape
        assert np.array_equal(out[:24], image[:24])
        assert (out[45:58, 20:44] != image[45:58, 20:44]).mean() > 0.8


def test_mixup_keeps_targets_distributions_and_points_keep_their_shape() -> None:
    rng = np.random.default_rng(0)
    inputs, targets = mixed_up(rng.random((8, 4, 4, 1), np.float32), np.eye(8, dtype=np.float32), 0.4, rng)
    assert targets.sum(1) == pytest.approx(np.ones(8))
    assert 0 < (targets > 0).sum(1).max() <= 2
    assert inputs.dtype == np.float32
    points = rng.random((478, 2)).astype(np.float32)
    moved = augment_points(points, rng)
    assert moved.shape == points.shape
    assert 0 < np.abs(moved - points).mean() < 0.2


@pytest.mark.parametrize("name", CONFIGS)
def test_every_shipped_config_names_members_that_exist(name: str) -> None:
    config = read_config(SHIPPED / f"{name}.json")
    assert config.card["limits"]
    assert config.card["data"]
    for recipe in config.recipes:
        assert InputShape(*recipe.size, recipe.channels).size == recipe.size
        assert get_member(recipe.member).card.name
    assert config.student == (name == "student")


def write_folders(root: Path, classes: ClassList, each: int = 10) -> None:
    for number, name in enumerate(classes.classes):
        (root / name).mkdir(parents=True)
        for i in range(each):
            path = root / name / f"{i}.png"
            cv2.imwrite(str(path), cartoon(1000 * number + i))


def small_config(name: str, path: Path, **more: Any) -> Path:
    """Shrink a shipped config to two tiny members and one epoch, keeping classes and card."""
    raw = json.loads((SHIPPED / f"{name}.json").read_text())
    tiny = {
        "member": "cnn",
        "size": [32, 32],
        "width": 0.25,
        "epochs": 1,
        "batch": 8,
        "ema": 0.5,
        "rate": 3e-3,
    }
    members = [{**tiny, "name": "one"}, {**tiny, "name": "two", "dropout": 0.1, "seed": 3}]
    raw |= {"version": f"{name}-tiny", "source": "folder", "members": members, **more}
    path.write_text(json.dumps(raw))
    return path


@pytest.mark.parametrize("name", ["six", "seven", "five", "kface3"])
def test_each_preset_trains_votes_and_writes_a_bundle(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folders(tmp_path / "faces", PRESETS[name])
    config = small_config(name, tmp_path / "config.json")
    common = ["--config", str(config), "--root", str(tmp_path / "faces"), "--runs", str(tmp_path / "runs")]
    call_command("train_ensemble", *common, "--cover", str(COVER), "--out", str(tmp_path / "out"), "--json")
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"valid", "test"} <= set(metrics)
    bundle = read_bundle(tmp_path / "out")
    assert bundle.classes == PRESETS[name]
    assert len(bundle.members) == 2
    if name != "six":
        return
    # The vote that was just made teaches a student, also on faces nobody labelled.
    train = drawn(48)
    train = joined(train, replace(drawn(12, seed=5), targets=np.full((12, 6), np.nan, np.float32)))
    taught = replace(
        TINY,
        name="student",
        epochs=1,
        teacher=str(tmp_path / "out"),
        teacher_share=0.7,
        pseudo_confidence=0.0,
    )
    train_member(taught, train, drawn(24, seed=1), tmp_path / "student")
    said = json.loads((tmp_path / "student" / "environment.json").read_text())
    assert said["pseudo_labelled"] == 12
    assert said["train"]["images"] == 60
    assert len(list((tmp_path / "student").glob("teacher-*.npy"))) == 1
    five = PRESETS["five"]
    refused("teacher_classes", train_member, taught, drawn(40, five), drawn(20, five), tmp_path / "other")
    lost = replace(taught, teacher=str(tmp_path / "nowhere"))
    refused("teacher_missing", train_member, lost, drawn(48), drawn(24), tmp_path / "lost")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", "bad_config"),
        ('{"version": "x"}', "bad_config"),
        ('{"version": "x", "coverage": 2, "card": {}, "members": [{"member": "cnn"}]}', "bad_config"),
        ('{"version": "../x", "coverage": 0.9, "card": {}, "members": [{"member": "cnn"}]}', "bad_config"),
        (
            '{"version": "x", "coverage": 0.9, "card": {}, "members": [{"member": "cnn", "lr": 1}]}',
            "bad_recipe",
        ),
        (
            '{"version": "x", "classes": "eight", "coverage": 0.9, "card": {}, "members": [{"member": "cnn"}]}',
            "bad_config",
        ),
    ],
)
def test_the_command_tells_what_is_wrong_with_a_config(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CommandError, match=code):
        call_command("train_ensemble", config=tmp_path / "config.json", root=tmp_path, train_only=True)
