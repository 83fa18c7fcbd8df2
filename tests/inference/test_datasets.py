"""Data sets: every format read, people kept apart, twins found, caps held, folders built whole."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference._cover import CLASSES, CONVOLUTIONS, HIDDEN, SIDE, CoverNet
from inference._labels import PRESETS, SIX
from inference.training.build import BuildOptions, build, class_limits
from inference.training.dataset import Dataset, DataSetError
from inference.training.exclude import Exclusions, read_exclusions
from inference.training.sources import read_source
from inference.training.splits import SPLITS, assign
from inference.training.twins import Prints, near_pairs, perceptual_hash, prints, without_twins
from tests.inference.formats import (
    aihub_entry,
    cartoon,
    decomposed,
    person,
    write_aihub,
    write_fer2013,
    write_ferplus,
    write_folders,
    write_image,
    write_kface,
)
from tests.inference.photos import astronaut

HAPPY = [0, 8, 0, 0, 0, 0, 0, 0, 2, 0]
SIX_FOLDERS = ("happy", "sadness", "Angry", "FEAR", "surprise", "중립")


def code_of(call: Any) -> str:
    with pytest.raises(DataSetError) as caught:
        call()
    return caught.value.code


# --- AI-Hub -----------------------------------------------------------------------------------------


def write_aihub_photo(root: Path, who: int, number: int, suffix: str = ".jpg") -> str:
    name = f"{person(who)}_{number:02}"
    write_image(root / "원천데이터" / f"묶음{who}" / f"{name}{suffix}", cartoon(100 * who + number, 64))
    return name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "euc-kr"])
def test_aihub_lists_are_read_in_every_korean_encoding(tmp_path: Path, encoding: str) -> None:
    name = write_aihub_photo(tmp_path, 1, 1)
    write_aihub(tmp_path, [aihub_entry(f"{name}.jpg", ["기쁨"] * 4, gender="여", age="30대")], encoding)
    data = read_source("aihub", tmp_path, SIX)
    assert data.counts()["happy"] == 1
    assert (data.gender[0], data.age[0], data.subjects[0]) == ("female", 30, person(1))
    assert data.boxes is not None
    assert data.boxes[0].tolist() == [10, 12, 40, 50]
    assert data[0].shape == (64, 64)


def test_aihub_photos_are_found_whatever_the_case_and_ending(tmp_path: Path) -> None:
    name = write_aihub_photo(tmp_path, 1, 1, ".JPG")
    other = write_aihub_photo(tmp_path, 2, 1, ".png")
    entries = [aihub_entry(f"{name.upper()}.jpeg", ["슬픔"] * 4), aihub_entry(f"{other}.jpg", ["분노"] * 4)]
    write_aihub(tmp_path, [*entries, aihub_entry("nowhere.jpg", ["분노"] * 4)])
    data = read_source("aihub", tmp_path, SIX)
    assert sorted(data.classes.classes[k] for k in data.labels) == ["angry", "sad"]
    assert data.dropped == {"missing": 1}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [("uploader", ["기쁨", "슬픔", "불안", "중립"]), ("majority", ["기쁨", "당황"]), ("unanimous", ["기쁨"])],
)
def test_aihub_labels_are_those_of_whom_one_asks(tmp_path: Path, labels: Any, expected: list[str]) -> None:
    said = [
        ["기쁨", "기쁨", "기쁨", "기쁨"],
        ["슬픔", "당황", "당황", "분노"],
        ["불안", "당황", "슬픔", "분노"],
        ["중립", "상처", "상처", "상처"],
    ]
    names = [write_aihub_photo(tmp_path, who, 1) for who in range(4)]
    write_aihub(tmp_path, [aihub_entry(f"{n}.jpg", words) for n, words in zip(names, said, strict=True)])
    data = read_source("aihub", tmp_path, SIX, labels=labels)
    assert sorted(data.classes.classes[k] for k in data.labels) == sorted(
        str(SIX.class_of(word)) for word in expected
    )
    if labels == "majority":
        assert data.dropped == {"no_agreement": 1, "no_class": 1}
        assert read_source("aihub", tmp_path, PRESETS["seven"]).counts()["hurt"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[{", "is no JSON"),
        (b'{"filename": "a.jpg"}', "no list of entries"),
        (b'[{"filename": "a.jpg"}, {"age": 3}]', "entry 1: there is no filename"),
        (b'[{"filename": "a.jpg", "annot_A": [1]}]', "entry 0: annot_A is no object"),
        (b"\xff\xff[]", "neither in UTF-8 nor"),
    ],
)
def test_a_malformed_aihub_list_is_named_with_its_entry(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "list.json").write_bytes(content)
    with pytest.raises(DataSetError, match=words) as caught:
        read_source("aihub", tmp_path, SIX)
    assert caught.value.code == "malformed"
    assert "list.json" in str(caught.value)


def test_a_box_without_numbers_is_named(tmp_path: Path) -> None:
    name = write_aihub_photo(tmp_path, 1, 1)
    entry = aihub_entry(f"{name}.jpg", ["기쁨"] * 4)
    del entry["annot_B"]["boxes"]["maxY"]
    write_aihub(tmp_path, [entry])
    with pytest.raises(DataSetError, match=r"entry 0: the box of annot_B lacks a number"):
        read_source("aihub", tmp_path, SIX)


# --- K-FACE -----------------------------------------------------------------------------------------


def test_kface_keeps_near_frontal_well_lit_uncovered_faces(tmp_path: Path) -> None:
    kept = ["S001/L1/E01/C7", "S001/L1/E02/C6", "S001/L2/E03/C8"]
    write_kface(tmp_path, 3, [*kept, "S001/L1/E01/C1", "S001/L20/E01/C7", "S003/L1/E01/C7"])
    data = read_source("kface", tmp_path, PRESETS["kface3"])
    assert data.counts() == {"neutral": 3, "positive": 3, "negative": 3}
    assert set(data.subjects) == {"19062421", "19062422", "19062423"}
    assert data.dropped == {"camera": 3, "light": 3, "accessory": 3}


def test_kface_takes_the_finest_resolution_and_other_codes_on_demand(tmp_path: Path) -> None:
    for resolution in ("Low_Resolution", "High_Resolution", "Middle_Resolution"):
        write_kface(tmp_path, 1, ["S002/L1/E01/C7"], resolution)
    data = read_source("kface", tmp_path, PRESETS["kface3"], keep={"accessory": ["S002"]})
    assert len(data) == 1
    assert str(data.names[0]).startswith("High_Resolution")
    assert code_of(lambda: read_source("kface", tmp_path, PRESETS["kface3"], keep={"hat": []})) == "rules"


# --- FER2013 and FER+ -------------------------------------------------------------------------------


@pytest.mark.parametrize("quoted", [False, True])
def test_fer2013_csv_pixels_are_read_line_by_line(tmp_path: Path, quoted: bool) -> None:
    usages = ("Training", "PublicTest", "PrivateTest")
    rows = [(k % 7, usages[k % 3], cartoon(k)) for k in range(21)]
    write_fer2013(tmp_path / "fer2013.csv", rows, quoted=quoted)
    data = read_source("fer2013", tmp_path, SIX)
    assert all(np.array_equal(data[k], rows[k][2]) for k in range(21))
    assert data.splits.tolist() == ["train", "valid", "test"] * 7
    assert data.counts()["angry"] == 6  # three angry, three disgusted
    assert [data.classes.classes[k] for k in data.labels[:4]] == ["angry", "angry", "anxious", "happy"]


def test_fer2013_csv_lines_that_cannot_be_are_named(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text("emotion,pixels,Usage\n0,1 2 3 4,Training\n9,1 2 3 4,Training\n")
    with pytest.raises(DataSetError, match="line 3"):
        read_source("fer2013", tmp_path, SIX)
    path.write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
    assert code_of(lambda: read_source("fer2013", path, SIX)[0]) == "unreadable"
    path.write_text("face,label\n")
    assert code_of(lambda: read_source("fer2013", tmp_path, SIX)) == "malformed"


def test_fer2013_folders_keep_public_and_private_test_apart(tmp_path: Path) -> None:
    write_image(tmp_path / "train" / "happy" / "Training_1.jpg", cartoon(1))
    write_image(tmp_path / "test" / "happy" / "PublicTest_2.jpg", cartoon(2))
    write_image(tmp_path / "test" / "disgust" / "PrivateTest_3.jpg", cartoon(3))
    data = read_source("fer2013", tmp_path, SIX)
    assert dict(zip(data.names.tolist(), data.splits.tolist(), strict=True)) == {
        "train/happy/Training_1.jpg": "train",
        "test/happy/PublicTest_2.jpg": "valid",
        "test/disgust/PrivateTest_3.jpg": "test",
    }


def test_ferplus_votes_become_soft_labels_and_majorities_hard_ones(tmp_path: Path) -> None:
    disgust = [0, 0, 0, 0, 3, 6, 0, 1, 0, 0]
    unsure = [3, 3, 2, 2, 0, 0, 0, 0, 0, 0]
    contempt = [1, 0, 0, 0, 0, 0, 0, 9, 0, 0]
    write_ferplus(tmp_path, {"Train": [HAPPY, disgust, unsure, contempt], "Valid": [unsure, HAPPY]})
    soft = read_source("ferplus", tmp_path, SIX, split="train")
    expected = [[1.0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0.3, 0.2, 0, 0, 0.2, 0.3]]
    assert np.allclose(soft.targets, np.array(expected))
    hard = read_source("ferplus", tmp_path, SIX, majority=True)
    assert hard.targets.tolist() == [[1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]]
    mixed = read_source("ferplus", tmp_path, SIX, majority="held_out")
    assert mixed.splits.tolist() == ["train", "train", "train", "valid"]
    assert mixed.dropped == {"no_majority_or_class": 2}


def test_ferplus_counts_files_that_are_not_there(tmp_path: Path) -> None:
    write_ferplus(tmp_path, {"Train": [HAPPY, HAPPY]})
    (tmp_path / "data" / "FER2013Train" / "fer0000001.png").unlink()
    assert read_source("ferplus", tmp_path, SIX).dropped == {"missing": 1}
    (tmp_path / "data" / "FER2013Train" / "label.csv").write_text("a.png,box,1,2\n")
    assert code_of(lambda: read_source("ferplus", tmp_path, SIX)) == "malformed"
    assert code_of(lambda: read_source("ferplus", tmp_path / "data", SIX)) == "missing"


def test_fer2013_labels_can_be_laid_over_ferplus_images(tmp_path: Path) -> None:
    write_ferplus(tmp_path, {"Train": [HAPPY, HAPPY], "Test": [HAPPY]})
    lines = "image,fer2013_label\nfer0000000.png,disgust\nfer0000002.png,fear\n"
    (tmp_path / "fer2013_original_labels.csv").write_text(lines)
    data = read_source("fer2013", tmp_path, SIX)
    assert [SIX.classes[k] for k in data.labels] == ["angry", "anxious"]
    assert data.splits.tolist() == ["train", "test"]
    assert data.dropped == {"no_label": 1}


# --- folders, faces without labels ------------------------------------------------------------------


def test_folders_of_any_sets_words_are_read_in_any_case_and_normal_form(tmp_path: Path) -> None:
    names = {"Happiness": 1, decomposed("슬픔"): 1, "분노": 1, "FEAR": 1, "surprise": 1, "neutral": 1}
    write_folders(tmp_path, {**names, "contempt": 2}, ".TIFF")
    data = read_source("folder", tmp_path, SIX)
    assert set(data.counts().values()) == {1}
    assert data.dropped == {"no_class": 2}


def test_folders_keep_their_own_splits_and_lend_a_missing_valid_from_train(tmp_path: Path) -> None:
    write_folders(tmp_path / "Train", {"happy": 20, "sad": 20})
    write_folders(tmp_path / "test", {"happy": 4}, start=90)
    data = read_source("folder", tmp_path, SIX)
    assert len(data.part("test")) == 4
    assert 2 <= len(data.part("valid")) <= 8
    assert all(str(name).startswith("Train") for name in data.part("valid").names)


def test_unlabelled_faces_have_open_targets(tmp_path: Path) -> None:
    write_folders(tmp_path, {"00000": 2, "01000/deep": 1})
    data = read_source("unlabelled", tmp_path, SIX)
    assert len(data) == 3
    assert np.isnan(data.targets).all()
    assert set(data.splits) == {"train"}


@pytest.mark.parametrize("source", ["folder", "unlabelled", "kface", "aihub", "fer2013", "ferplus", "built"])
def test_an_empty_or_absent_folder_is_a_named_error(tmp_path: Path, source: str) -> None:
    assert code_of(lambda: read_source(source, tmp_path, SIX)) in {"empty", "missing"}
    assert code_of(lambda: read_source(source, tmp_path / "nowhere", SIX)) == "missing"


# --- splits -----------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), min_size=1, max_size=200), st.integers(0, 9)
)
def test_no_subject_lies_in_two_splits(rows: list[tuple[int, int]], seed: int) -> None:
    subjects = np.array([str(who) for who, _ in rows])
    labels = np.array([label for _, label in rows])
    splits = assign(subjects, labels, (0.6, 0.2, 0.2), seed)
    for who in set(subjects):
        assert len(set(splits[subjects == who])) == 1
    order = np.random.default_rng(seed).permutation(len(rows))
    again = assign(subjects[order], labels[order], (0.6, 0.2, 0.2), seed)
    assert (again == splits[order]).all()


def test_splits_are_balanced_by_class() -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice(6, 6000, p=[0.4, 0.2, 0.2, 0.1, 0.07, 0.03])
    subjects = rng.integers(0, 900, 6000).astype(str)
    splits = assign(subjects, labels)
    for split, share in zip(SPLITS, (0.8, 0.1, 0.1), strict=True):
        for label in range(6):
            assert abs((splits[labels == label] == split).mean() - share) < 0.03


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.9, 0.2, 0.1), (1.2, -0.1, -0.1)])
def test_fractions_that_are_no_shares_are_refused(fractions: tuple[float, ...]) -> None:
    assert code_of(lambda: assign(np.array(["a"]), np.array([0]), fractions)) == "rules"


# --- twins ------------------------------------------------------------------------------------------


def altered(image: Any) -> dict[str, Any]:
    """Return what the web does to a picture."""
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])
    return {
        "enlarged": cv2.resize(image, (96, 96), interpolation=cv2.INTER_CUBIC),
        "squeezed": cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE),
        "brighter": np.clip(image * 0.8 + 40, 0, 255).astype(np.uint8),
        "softer": cv2.GaussianBlur(image, (0, 0), 0.8),
    }


def test_near_twins_are_found_and_strangers_are_not() -> None:
    strangers = prints([cartoon(k) for k in range(300)])
    for kind in ("enlarged", "squeezed", "brighter", "softer"):
        changed = prints([altered(cartoon(k))[kind] for k in range(300, 340)])
        originals = prints([cartoon(k) for k in range(300, 340)])
        assert near_pairs(changed, originals).tolist() == [[k, k] for k in range(40)]
        assert len(near_pairs(changed, strangers)) == 0


def test_the_index_finds_every_pair_within_the_limit() -> None:
    rng = np.random.default_rng(0)
    thumb = rng.integers(0, 255, (1, 256), np.uint8)
    ours = rng.integers(0, 2**64, 200, np.uint64)
    theirs = ours.copy()
    for k in range(200):
        for bit in rng.permutation(64)[: k % 10]:
            theirs[k] ^= np.uint64(1) << np.uint64(bit)
    pairs = near_pairs(
        Prints((), ours, np.repeat(thumb, 200, 0)), Prints((), theirs, np.repeat(thumb, 200, 0))
    )
    assert pairs.tolist() == [[k, k] for k in range(200) if k % 10 <= 6]


def test_flat_pictures_have_no_near_twins() -> None:
    flat = prints([np.full((48, 48), shade, np.uint8) for shade in (0, 90, 255)])
    assert len(near_pairs(flat, flat)) == 0
    assert perceptual_hash(np.zeros((48, 48), np.uint8)) == 0


def test_train_loses_what_also_lies_elsewhere(tmp_path: Path) -> None:
    write_folders(tmp_path / "train", {"happy": 6, "sad": 6})
    write_image(tmp_path / "valid" / "happy" / "a.png", cartoon(0))
    write_image(tmp_path / "test" / "sad" / "b.png", altered(cartoon(7))["enlarged"])
    data = read_source("folder", tmp_path, SIX)
    kept, report = without_twins(data.part("train"), data.part("valid"), data.part("test"))
    assert (report.exact, report.near, len(kept)) == (1, 1, 10)
    assert report.pairs == (("train/sad/7.png", "test/sad/b.png"),)


# --- building ---------------------------------------------------------------------------------------


def options(root: Path, out: Path, **more: Any) -> BuildOptions:
    usual: dict[str, Any] = {"source": "folder", "classes": SIX, "crops": True}
    return BuildOptions(root=root, out=out, **{**usual, **more})


def test_a_built_folder_reads_back_as_it_was(tmp_path: Path) -> None:
    write_folders(tmp_path / "in", dict.fromkeys(SIX_FOLDERS, 20))
    (tmp_path / "in" / "happy" / "broken.png").write_bytes(b"no image")
    about = build(options(tmp_path / "in", tmp_path / "out"))
    data = read_source("built", tmp_path / "out", SIX)
    before = read_source("folder", tmp_path / "in", SIX)
    assert about["removed"]["unreadable"] == 1
    assert about["counts"]["train"]["happy"] == data.part("train").counts()["happy"]
    assert sum(sum(part.values()) for part in about["counts"].values()) == len(data)
    where = {str(name): k for k, name in enumerate(before.names)}
    for k, name in enumerate(data.names):
        assert np.array_equal(data[k], before[where[str(name)]])
        assert data.splits[k] == before.splits[where[str(name)]]
    assert not (tmp_path / "out.part").exists()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "dataset.json",
        "index.csv",
        "twins.csv",
        "images",
    }


def test_a_built_folder_serves_only_the_classes_it_was_built_for(tmp_path: Path) -> None:
    write_folders(tmp_path / "in", dict.fromkeys(SIX_FOLDERS, 3))
    build(options(tmp_path / "in", tmp_path / "out"))
    assert code_of(lambda: read_source("built", tmp_path / "out", PRESETS["five"])) == "classes"
    (tmp_path / "out" / "dataset.json").write_text("[]")
    assert code_of(lambda: read_source("built", tmp_path / "out", SIX)) == "malformed"


def test_soft_and_open_targets_survive_a_build(tmp_path: Path) -> None:
    votes = [[10 if k == c else 1 for k in range(7)] + [0, 0, 0] for c in (0, 1, 2, 3, 4, 6)]
    write_ferplus(tmp_path / "in", {"Train": votes, "Valid": votes[:2], "Test": votes[2:4]})
    build(options(tmp_path / "in", tmp_path / "out", source="ferplus"))
    data = read_source("built", tmp_path / "out", SIX)
    assert np.allclose(data.targets.sum(1), 1, atol=1e-5)
    assert data.part("train").targets.max() < 1
    assert (data.part("test").targets.max(1) == 1).all()
    write_folders(tmp_path / "open", {"x": 3})
    build(options(tmp_path / "open", tmp_path / "out2", source="unlabelled"))
    assert np.isnan(read_source("built", tmp_path / "out2", SIX).targets).all()


def test_twins_across_splits_are_removed_and_listed(tmp_path: Path) -> None:
    write_folders(tmp_path / "in" / "train", dict.fromkeys(SIX_FOLDERS, 3))
    write_image(tmp_path / "in" / "valid" / "happy" / "v.png", cartoon(0))
    write_image(tmp_path / "in" / "test" / "happy" / "t.png", altered(cartoon(1))["squeezed"])
    about = build(options(tmp_path / "in", tmp_path / "out"))
    assert about["removed"]["twins"] == {
        "train": {"exact": 1, "near": 1},
        "valid": {"exact": 0, "near": 0},
    }
    listed = (tmp_path / "out" / "twins.csv").read_text()
    assert "train,train/happy/1.png,near,test/happy/t.png" in listed
    assert len(list((tmp_path / "out" / "images").rglob("*.png"))) == 18


def test_a_class_without_images_is_a_named_error_unless_allowed(tmp_path: Path) -> None:
    write_folders(tmp_path / "in", {"happy": 3, "sad": 3})
    with pytest.raises(DataSetError, match="No images of angry, anxious") as caught:
        build(options(tmp_path / "in", tmp_path / "out"))
    assert caught.value.code == "class_empty"
    build(options(tmp_path / "in", tmp_path / "out2", allow_empty=True))


def test_a_killed_build_goes_on_where_it_stopped(tmp_path: Path) -> None:
    write_folders(tmp_path / "in", dict.fromkeys(SIX_FOLDERS, 4))
    whole = build(options(tmp_path / "in", tmp_path / "whole"))

    def killed(count: int, of: int) -> None:
        if count == of // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(options(tmp_path / "in", tmp_path / "out"), killed)
    part = tmp_path / "out.part"
    with (part / "journal.jsonl").open("a") as journal:
        journal.write('{"row": 3, "im')  # cut off in the middle of a line
    lost = next((part / "images").rglob("*.png"))
    lost.unlink()
    kept = {path: path.stat().st_mtime_ns for path in (part / "images").rglob("*.png")}
    assert len(kept) == 11
    other = options(tmp_path / "in", tmp_path / "out", seed=1)
    assert code_of(lambda: build(other)) == "half_built"
    assert build(options(tmp_path / "in", tmp_path / "out"))["digests"] == whole["digests"]
    for path, made in kept.items():
        assert (tmp_path / "out" / path.relative_to(part)).stat().st_mtime_ns == made
    assert code_of(lambda: build(options(tmp_path / "in", tmp_path / "out"))) == "exists"


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 500), min_size=1),
    st.none() | st.integers(0, 300),
    st.none() | st.integers(0, 900),
)
def test_caps_hold_and_cut_the_largest_classes_first(
    counts: dict[str, int], per_class: int | None, total: int | None
) -> None:
    limits = class_limits(counts, per_class, total)
    assert list(limits) == list(counts)
    assert all(limits[name] <= counts[name] for name in counts)
    assert per_class is None or max(limits.values()) <= per_class
    assert total is None or sum(limits.values()) <= total
    most = max(limits.values())
    full = {name: n if per_class is None else min(n, per_class) for name, n in counts.items()}
    assert all(limits[name] == full[name] or limits[name] >= most - 1 for name in counts)
    if total is not None and sum(full.values()) > total:
        assert sum(limits.values()) == total


def test_caps_are_kept_by_a_build_and_counted(tmp_path: Path) -> None:
    names = dict(zip(SIX_FOLDERS, (12, 10, 8, 4, 4, 4), strict=True))
    write_folders(tmp_path / "in", names)
    about = build(options(tmp_path / "in", tmp_path / "out", per_class=9, total=30))
    data = read_source("built", tmp_path / "out", SIX)
    assert len(data) <= 30
    assert max(data.counts().values()) <= 6
    assert about["removed"]["over_cap"] == 42 - 30


# --- photos -----------------------------------------------------------------------------------------


def photo_of(k: int) -> Any:
    """Return the portrait, relit and cut a little differently, so that no two are twins."""
    rng = np.random.default_rng(k)
    image = astronaut()[: 400 - 3 * k, 40 + 2 * k : 420]
    return np.clip(image * rng.uniform(0.7, 1.2) + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def test_photos_are_cut_by_the_product_s_own_crop_and_rules_are_counted(tmp_path: Path) -> None:
    for k, name in enumerate(SIX_FOLDERS):
        write_image(tmp_path / "in" / name / f"{k}.png", photo_of(k))
    soft = cv2.GaussianBlur(photo_of(7), (0, 0), 9).astype(np.uint8)
    write_image(tmp_path / "in" / "happy" / "soft.png", soft)
    write_image(tmp_path / "in" / "happy" / "wall.png", np.full((300, 300, 3), 127, np.uint8))
    small = cv2.resize(photo_of(8), None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA).astype(np.uint8)
    write_image(tmp_path / "in" / "sadness" / "small.png", small)
    rules = Exclusions(max_yaw=60, min_sharpness=0.035, min_size=60)
    about = build(
        options(
            tmp_path / "in",
            tmp_path / "out",
            crops=False,
            size=64,
            exclusions=rules,
            fractions=(1.0, 0.0, 0.0),
        )
    )
    assert about["removed"]["excluded"] == {"min_sharpness": 1, "no_face": 1, "min_size": 1}
    data = read_source("built", tmp_path / "out", SIX)
    assert len(data) == 6
    assert all(data[k].shape == (64, 64, 3) for k in range(6))


def test_covered_faces_are_left_out_where_the_rule_asks(tmp_path: Path) -> None:
    write_image(tmp_path / "in" / "happy" / "a.png", photo_of(0))
    rules = Exclusions(no_cover=True)
    report = {}
    for word in CLASSES:
        seen = options(
            tmp_path / "in",
            tmp_path / word,
            crops=False,
            exclusions=rules,
            cover=always(word),
            allow_empty=True,
            fractions=(1, 0, 0),
        )
        try:
            report[word] = build(seen)["counts"]["train"]["happy"]
        except DataSetError as error:
            report[word] = error.code
    assert report == {"clear": 1, "covered": "empty", "unnatural": "empty"}


def always(word: str) -> CoverNet:
    """Return a cover network that says the same of every face."""
    weights: dict[str, NDArray[np.float32]] = {}
    channels = 3
    for i, (kernel, _, filters) in enumerate(CONVOLUTIONS):
        weights[f"conv{i}.kernel"] = np.zeros((kernel, kernel, channels, filters), np.float32)
        weights[f"conv{i}.bias"] = np.zeros(filters, np.float32)
        channels = filters
    flat = channels * (SIDE // 16) ** 2
    for name, shape in (("dense0", (flat, HIDDEN)), ("dense1", (HIDDEN, len(CLASSES)))):
        weights[f"{name}.kernel"] = np.zeros(shape, np.float32)
        weights[f"{name}.bias"] = np.zeros(shape[1], np.float32)
    weights["dense1.bias"][CLASSES.index(word)] = 9
    return CoverNet(weights)


def test_a_given_box_says_which_face_is_meant(tmp_path: Path) -> None:
    pair = np.concatenate([astronaut()[:300], astronaut()[:300, ::-1] // 2], axis=1)
    name = f"{person(1)}_1.png"
    write_image(tmp_path / "in" / name, pair)
    boxes = {"minX": 739 + 0.0, "minY": 55.0, "maxX": 859.0, "maxY": 175.0}
    entry = aihub_entry(name, ["기쁨"] * 4)
    for letter in "ABC":
        entry[f"annot_{letter}"]["boxes"] = boxes
    write_aihub(tmp_path / "in", [entry])
    chosen = options(
        tmp_path / "in", tmp_path / "out", source="aihub", crops=False, allow_empty=True, fractions=(1, 0, 0)
    )
    build(chosen)
    crop = read_source("built", tmp_path / "out", SIX)[0]
    assert crop.mean() < 110  # the darker twin on the right


@pytest.mark.parametrize(
    "content", ["[]", '{"max_roll": 3}', '{"max_yaw": "far"}', '{"no_cover": 1}', "{", '{"min_size": -1}']
)
def test_rules_that_are_not_understood_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "rules.json").write_text(content)
    assert code_of(lambda: read_exclusions(tmp_path / "rules.json")) == "rules"


def test_the_command_builds_and_reports(tmp_path: Path) -> None:
    write_folders(tmp_path / "in", dict.fromkeys(SIX_FOLDERS, 5))
    out = io.StringIO()
    common = ("--source", "folder", "--root", str(tmp_path / "in"), "--crops", "--json")
    call_command("build_dataset", *common, "--out", str(tmp_path / "out"), stdout=out)
    assert json.loads(out.getvalue())["classes"]["name"] == "six"
    with pytest.raises(CommandError, match="is there already"):
        call_command("build_dataset", *common, "--out", str(tmp_path / "out"))
    (tmp_path / "rules.json").write_text('{"no_cover": true}')
    with pytest.raises(CommandError, match="needs the cover network"):
        call_command(
            "build_dataset", *common, "--out", str(tmp_path / "b"), "--exclude", str(tmp_path / "rules.json")
        )
    (tmp_path / "cover.npz").write_bytes(b"nothing")
    with pytest.raises(CommandError, match="no cover network"):
        call_command(
            "build_dataset", *common, "--out", str(tmp_path / "b"), "--cover", str(tmp_path / "cover.npz")
        )


def test_limited_parts_keep_boxes_and_subjects_in_step(tmp_path: Path) -> None:
    names = [write_aihub_photo(tmp_path, who, 1) for who in range(6)]
    entries = [aihub_entry(f"{name}.jpg", ["기쁨"] * 4) for name in names]
    for k, entry in enumerate(entries):
        for letter in "ABC":
            entry[f"annot_{letter}"]["boxes"] = {"minX": k, "minY": 0, "maxX": k + 9, "maxY": 9}
    write_aihub(tmp_path, entries)
    data: Dataset = read_source("aihub", tmp_path, SIX).limited(3)
    assert data.boxes is not None
    assert [person(int(box[0])) for box in data.boxes] == data.subjects.tolist()
