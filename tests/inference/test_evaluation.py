"""Every number is the one its formula gives by hand; a report has every key, and bad input a sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference._ensemble import Vote, VoteError
from inference._labels import PRESETS, SIX, ClassList
from inference.training import measure as measuring
from inference.training.dataset import Dataset, DataSetError, Pixels
from inference.training.evaluation import (
    calibration_error,
    confusion,
    coverage,
    full_report,
    log_loss,
    macro_f1,
    precision_recall_f1,
    reliability,
    restricted,
    scores,
)
from inference.training.hearing import hear
from inference.training.intervals import intervals
from inference.training.measure import fitted, measured

Chances = NDArray[np.float64]
#: DESIGN.md's keys.
KEYS = {
    "n",
    "accuracy",
    "log_loss",
    "macro_f1",
    "ece",
    "spread",
    "per_class",
    "coverage",
    "members",
    "faces_per_second",
}

#: Four faces, three classes: answers 0, 0, 1, 2; true 0, 1, 1, 2.
BY_HAND = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
TRUE = np.array([0, 1, 1, 2])
THREE = PRESETS["kface3"]


def random_set(n: int, k: int, seed: int) -> tuple[Chances, NDArray[np.int64]]:
    """Return a vote and labels drawn from it: perfectly calibrated by construction."""
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet([0.3] * k, n)
    return chances, (chances.cumsum(1) < rng.random((n, 1))).sum(1).clip(0, k - 1)


def test_scores_equal_the_values_worked_out_by_hand() -> None:
    assert confusion(BY_HAND, TRUE).tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert log_loss(BY_HAND, TRUE) == pytest.approx(-np.log([0.7, 0.3, 0.8, 0.6]).mean())
    precision, recall, f1 = precision_recall_f1(confusion(BY_HAND, TRUE))
    assert precision == pytest.approx([1 / 2, 1, 1])
    assert recall == pytest.approx([1, 1 / 2, 1])
    assert f1 == pytest.approx([2 / 3, 2 / 3, 1])
    report = full_report(BY_HAND, TRUE, 0.65, THREE)
    assert (report["n"], report["accuracy"], report["spread"]) == (4, 0.75, 0.5)
    assert report["macro_f1"] == pytest.approx(7 / 9, abs=1e-4)
    assert report["coverage"]["answered"] == 0.5
    assert report["coverage"]["accuracy_answered"] == 1.0
    # Surest first: right, right, then the tie 0.6 in the order of the set: wrong, right.
    assert report["coverage"]["curve"][-1] == [1.0, 0.75]
    assert report["coverage"]["aurc"] == pytest.approx(1 - np.mean([1, 1, 2 / 3, 3 / 4]), abs=1e-4)


def test_calibration_error_equals_the_value_worked_out_by_hand() -> None:
    # Bins of a fifteenth: 0.6 (0.6, 0.6) alone in bin 9, 0.7 in bin 10, 0.8 in bin 12.
    by_hand = (2 * abs(1 / 2 - 0.6) + abs(1 - 0.7) + abs(1 - 0.8)) / 4
    assert calibration_error(BY_HAND, TRUE) == pytest.approx(by_hand)
    table = reliability(BY_HAND, TRUE)
    assert table.shape == (15, 3)
    assert table[:, 0].sum() == pytest.approx(1)
    assert table[10] == pytest.approx([0.25, 0.7, 1])
    assert np.isnan(table[0, 1])


@settings(max_examples=20, derandomize=True, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 7))
def test_a_calibrated_vote_has_a_small_calibration_error_and_a_sharpened_one_a_larger(
    seed: int, k: int
) -> None:
    chances, labels = random_set(6000, k, seed)
    honest = calibration_error(chances, labels)
    bold = chances**4
    assert honest < 0.03
    assert calibration_error(bold / bold.sum(1, keepdims=True), labels) > honest + 0.02


@settings(max_examples=20, derandomize=True, deadline=None)
@given(st.integers(0, 2**31))
def test_order_of_images_and_names_of_classes_change_no_number(seed: int) -> None:
    chances, labels = random_set(200, 5, seed)
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(200), rng.permutation(5)
    whole = {**scores(chances, labels), "ece": calibration_error(chances, labels)}
    moved = chances[rows]
    assert {**scores(moved, labels[rows]), "ece": calibration_error(moved, labels[rows])} == pytest.approx(
        whole
    )
    renamed = np.argsort(names)[labels]
    again = {**scores(chances[:, names], renamed), "ece": calibration_error(chances[:, names], renamed)}
    assert again == pytest.approx(whole, abs=1.01e-4)


def test_classes_without_images_are_null_and_leave_the_means() -> None:
    chances = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]])
    report = full_report(chances, np.array([0, 1]), 0.0, THREE)
    absent = report["per_class"]["negative"]
    assert absent == {"precision": None, "recall": None, "f1": None, "n": 0}
    assert (report["macro_f1"], report["spread"]) == (1.0, 0.0)
    kept = restricted(chances, np.array([0, 1]))
    assert kept[:, 2] == pytest.approx([0, 0])
    assert kept[0] == pytest.approx([8 / 9, 1 / 9, 0])


def test_coverage_grows_surer_as_fewer_are_answered() -> None:
    chances, labels = random_set(4000, 6, 1)
    found = coverage(chances, labels, 0.5)
    assert found["accuracy_at_0.7"] > found["accuracy_at_0.8"] > found["accuracy_at_0.95"]
    assert [share for share, _ in found["curve"]] == pytest.approx([i / 20 for i in range(1, 21)])


@pytest.mark.parametrize(
    ("chances", "labels", "fault"),
    [
        (np.full((2, 3), np.nan), [0, 1], "not_finite"),
        (np.full((2, 3), 0.5), [0, 1], "no_distribution"),
        (np.full((2, 4), 0.25), [0, 1], "classes"),
    ],
)
def test_what_is_no_vote_is_not_scored(chances: Chances, labels: list[int], fault: str) -> None:
    with pytest.raises(VoteError) as caught:
        full_report(chances, np.array(labels), 0.0, THREE)
    assert caught.value.fault == fault


def test_no_images_or_strange_labels_are_named() -> None:
    with pytest.raises(DataSetError) as caught:
        full_report(BY_HAND[:0], TRUE[:0], 0.0, THREE)
    assert caught.value.code == "empty"
    with pytest.raises(DataSetError):
        full_report(BY_HAND, TRUE + 1, 0.0, THREE)
    with pytest.raises(DataSetError):
        full_report(BY_HAND, TRUE[:3], 0.0, THREE)


def test_interval_of_accuracy_is_the_binomials_and_repeats_itself() -> None:
    chances, labels = random_set(1500, 6, 2)
    found = intervals(chances, labels)
    p = (chances.argmax(1) == labels).mean()
    half = 1.96 * np.sqrt(p * (1 - p) / 1500)
    assert found["accuracy"] == pytest.approx([p - half, p + half], abs=0.006)
    for name, value in scores(chances, labels).items():
        low, high = found[name]
        assert low < value < high, name
    assert found == intervals(chances, labels)
    assert "images" in found["method"]


def test_photos_of_one_person_count_as_one() -> None:
    chances, labels = random_set(150, 6, 3)
    people = np.array([f"p{i}" for i in range(150)])
    one = intervals(chances, labels, subjects=people)["accuracy"]
    many = intervals(np.repeat(chances, 10, 0), np.repeat(labels, 10), subjects=np.repeat(people, 10))
    assert many["accuracy"] == pytest.approx(one, abs=0.02)
    assert "subjects" in many["method"]


def test_class_without_images_has_no_interval() -> None:
    found = intervals(BY_HAND[:3], TRUE[:3], THREE, draws=100)
    assert found["per_class"]["negative"] == {"precision": None, "recall": None, "f1": None}


@dataclass(frozen=True)
class Said:
    probabilities: Chances
    features: NDArray[np.float32] | None


@dataclass(frozen=True)
class Reader:
    """Two members that read the class off a face's brightness, one better than the other."""

    vote: Vote
    names: tuple[str, ...] = ("resnet50.test", "alexnet.test")
    order: int = 1

    @property
    def kernels(self) -> tuple[NDArray[np.float32] | None, ...]:
        return (np.eye(1, len(self.vote.classes), dtype=np.float32), None)

    def ask(self, faces: Sequence[Pixels] | Pixels) -> Sequence[Said]:
        k = len(self.vote.classes)
        means = np.array([face.mean() for face in faces])
        near = -abs(means[:, None] - (np.arange(k) + 0.5) * 250 / k)
        powers = [np.exp(near / width)[:, :: self.order] for width in (8, 30)]
        maps = np.stack([cv2.resize(face[..., 0] if face.ndim == 3 else face, (4, 4)) for face in faces])
        chances = [p / p.sum(1, keepdims=True) for p in powers]
        return [Said(chances[0], maps[..., None].astype(np.float32)), Said(chances[1], None)]

    def crop(self, image: Pixels) -> Pixels | None:
        return None if image[0, 0] == 0 else image


def people(classes: ClassList = SIX, n: int = 240, seed: int = 0) -> Dataset:
    """Return noisy grey pictures whose brightness tells their class, of women, men and unknown ages."""
    rng = np.random.default_rng(seed)
    k = len(classes)
    labels = np.arange(n) % k
    level = (labels + 0.5) * 250 / k + rng.normal(0, 12, n)
    pictures = [np.clip(v + rng.normal(0, 5, (24, 24)), 1, 255).astype(np.uint8) for v in level]
    return Dataset(
        classes,
        pictures,
        np.arange(n),
        np.eye(k, dtype=np.float32)[labels],
        np.array(["test", "valid"])[np.arange(n) // (n // 2) % 2],
        np.array([str(i) for i in range(n)]),
        np.array(["female", "male", ""])[np.arange(n) % 3],
        np.where(np.arange(n) % 2, 70, -1).astype(np.int16),
        np.array([f"{i}.png" for i in range(n)]),
    )


@pytest.mark.parametrize("preset", list(PRESETS))
def test_report_of_every_class_list_has_every_key_as_plain_json(preset: str) -> None:
    classes = PRESETS[preset]
    report = measured(Reader(Vote((0.7, 0.3), floor=0.4, classes=classes)), people(classes))
    assert set(report) >= KEYS
    assert list(report["per_class"]) == list(classes.classes)
    assert report["members"]["resnet50.test"]["weight"] == 0.7
    assert set(report["members"]["alexnet.test"]) == {"accuracy", "log_loss", "macro_f1", "weight"}
    assert report["accuracy"] > 0.5
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_subgroups_are_measured_apart_and_missing_ones_said() -> None:
    report = measured(Reader(Vote((0.7, 0.3))), people())
    groups = report["subgroups"]
    assert (groups["gender"]["female"]["n"], groups["gender"]["male"]["n"]) == (80, 80)
    assert groups["age"]["60-74"]["n"] == 120
    assert groups["age"]["60-74"]["note"] is None
    assert "few" in groups["gender"]["male"]["note"]
    young = groups["age"]["0-18"]
    assert (young["n"], young["accuracy"], young["note"]) == (0, None, "not measured: no data")
    low, high = groups["gender"]["female"]["accuracy_interval"]
    assert low <= groups["gender"]["female"]["accuracy"] <= high


def test_faces_the_gates_refuse_are_counted_not_scored() -> None:
    data = people()
    for i in range(60):
        data.source[i][0, 0] = 0
    report = measured(Reader(Vote((0.7, 0.3))), data, crops=False)
    assert (report["n"], report["coverage"]["judged"]) == (180, 0.75)
    for i in range(len(data)):
        data.source[i][0, 0] = 0
    with pytest.raises(DataSetError) as caught:
        hear(Reader(Vote((0.7, 0.3))), data, crops=False)
    assert caught.value.code == "empty"


def test_classes_in_another_order_are_refused() -> None:
    other = ClassList("six", SIX.classes[::-1])
    with pytest.raises(DataSetError, match="another order") as caught:
        measured(Reader(Vote((0.7, 0.3))), people(other))
    assert caught.value.code == "label_order"
    with pytest.raises(DataSetError) as caught:
        measured(Reader(Vote((0.7, 0.3))), people(PRESETS["five"]))
    assert caught.value.code == "classes"


def test_images_without_a_label_are_refused() -> None:
    data = people()
    with pytest.raises(DataSetError) as caught:
        measured(Reader(Vote((0.7, 0.3))), replace(data, targets=np.full_like(data.targets, np.nan)))
    assert caught.value.code == "unlabelled"


def test_votes_and_even_classes_are_fitted_on_valid_and_shown_on_both(tmp_path: Path) -> None:
    ensemble, data = Reader(Vote((0.5, 0.5))), people(n=600)
    valid, test = data.part("valid"), data.part("test")
    sides = [(hear(ensemble, part, crops=True), part) for part in (valid, test)]
    found = fitted(ensemble, sides[0], sides[1], votes=True, even=True)
    rows = {row["vote"]: row for row in found["votes"]}
    assert rows["fitted"]["valid"]["log_loss"] <= rows["fixed calibrated"]["valid"]["log_loss"]
    even = found["even_classes"]
    assert even["valid"]["after"]["spread"] <= even["valid"]["before"]["spread"]
    assert set(even["asked"]) == {"before", "after"}


def test_diagrams_and_heat_maps_are_drawn_and_complete(tmp_path: Path) -> None:
    from PIL import Image

    report = measured(Reader(Vote((0.7, 0.3))), people(), plots=tmp_path / "out", explain_count=3)
    drawn = {path.stem for path in (tmp_path / "out").iterdir()}
    assert drawn == {"confusion", "reliability", "coverage", "classes", "subgroups", "explain"}
    for path in (tmp_path / "out").iterdir():
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 200
    assert report["explain"]["n"] == 3
    assert 0 < report["explain"]["deletion_auc"] < 1


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command measure the brightness reader instead of a bundle's networks."""

    class Bundle:
        version = "test-1"

    class Loaded:
        bundle = Bundle()

    monkeypatch.setattr(measuring, "open_bundle", lambda _: Loaded())
    monkeypatch.setattr(measuring, "Shipped", lambda _: Reader(Vote((0.7, 0.3))))


def folder(root: Path, words: Sequence[str]) -> Path:
    rng = np.random.default_rng(1)
    for word in words:
        (root / word).mkdir(parents=True)
        shade = (SIX.classes.index(str(SIX.class_of(word))) + 0.5) * 250 / 6
        for i in range(8):
            picture = np.clip(shade + rng.normal(0, 4, (20 + i, 24)), 1, 255).astype(np.uint8)
            cv2.imwrite(str(root / word / f"{i}.png"), picture)
    return root


def run(*words: str) -> str:
    out = StringIO()
    call_command("evaluate_ensemble", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_command_measures_any_folder_of_class_names(served: None, tmp_path: Path) -> None:
    root = folder(tmp_path, ["Happiness", "sad", "Fear"])
    words = ("--source", "folder", "--root", str(root), "--split", "all", "--crops")
    report = json.loads(run(*words, "--json"))
    assert set(report) >= KEYS
    assert (report["n"], report["bundle"], report["source"]) == (24, "test-1", "folder")
    assert report["per_class"]["neutral"]["n"] == 0
    assert report["accuracy"] == 1.0
    strict = json.loads(run(*words, "--json", "--restrict"))
    assert strict["restricted"] is True
    assert strict["log_loss"] <= report["log_loss"]
    assert json.loads(run(*words, "--json", "--limit", "10"))["n"] == 10
    lines = run(*words)
    assert "neutral" in lines
    assert "no images" in lines


@pytest.mark.parametrize(
    "words",
    [
        ("--source", "folder", "--root", "no such place"),
        ("--source", "folder", "--root", "{tmp}"),
        ("--source", "folder", "--root", "{tmp}", "--cross"),
        ("--source", "folder", "--root", "{tmp}", "--limit", "0"),
        ("--source", "nothing", "--root", "{tmp}"),
    ],
)
def test_command_says_in_a_sentence_what_is_wrong(
    served: None, tmp_path: Path, words: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError) as caught:
        run(*(word.format(tmp=tmp_path) for word in words), "--crops")
    assert len(str(caught.value)) > 10


def test_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such bundle"):
        run("--source", "folder", "--root", str(tmp_path), "--bundle", "no such bundle")


def test_macro_f1_leaves_absent_classes_out() -> None:
    assert macro_f1(np.array([[2, 0, 1], [0, 3, 0], [0, 0, 0]])) == pytest.approx((0.8 + 1) / 2)
