"""The vote is fitted, not assumed: the better network is heard more, and confidence is honest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference._ensemble import Vote, VoteError, activation_grid, class_activation
from inference._labels import PRESETS, SIX, ClassList
from inference.training.dataset import DataSetError
from inference.training.evaluation import confusion, log_loss, spread
from inference.training.vote import (
    choose_floor,
    compare_votes,
    even_classes,
    fit_temperature,
    fit_vote,
    fixed_weights,
    on_simplex,
)

N, CLASSES = 3000, 6
Chances = NDArray[np.float64]
Labels = NDArray[np.int64]


def softmax(scores: Chances) -> Chances:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def network(
    labels: Labels, *, skill: float, seed: int, doubt: float = 1.0, classes: int = CLASSES
) -> Chances:
    """Return what a network of this skill says; with doubt above 1 it is less sure than it is right."""
    noise = np.random.default_rng(seed).normal(size=(len(labels), classes))
    return softmax((skill * np.eye(classes)[labels] + noise) / doubt)


@pytest.fixture(scope="module")
def labels() -> Labels:
    return np.random.default_rng(1).integers(0, CLASSES, N)


def test_the_better_network_is_heard_more(labels: Labels) -> None:
    better, worse = network(labels, skill=3, seed=2), network(labels, skill=0.3, seed=3)
    weights = fit_vote([worse, better], labels).weights
    assert weights[1] > 0.8
    assert sum(weights) == pytest.approx(1)


def test_networks_of_one_skill_share_the_vote_and_beat_each_alone(labels: Labels) -> None:
    members = [network(labels, skill=2, seed=seed) for seed in (4, 5)]
    vote = fit_vote(members, labels)
    assert vote.weights[0] == pytest.approx(0.5, abs=0.1)
    alone = min(log_loss(fit_vote([member], labels).combine([member]), labels) for member in members)
    assert log_loss(vote.combine(members), labels) < alone - 0.05


def test_a_network_that_doubts_too_much_is_sharpened(labels: Labels) -> None:
    timid = network(labels, skill=3, seed=6, doubt=3.0)
    vote = fit_vote([timid], labels)
    assert vote.temperature < 0.6
    sure = vote.combine([timid])
    right = (sure.argmax(1) == labels).mean()
    assert sure.max(1).mean() == pytest.approx(right, abs=0.04)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_class_list_votes_from_fit_to_answer(preset: str) -> None:
    classes = PRESETS[preset]
    k = len(classes)
    true = np.random.default_rng(2).integers(0, k, 900)
    members = [network(true, skill=s, seed=i, classes=k) for i, s in enumerate((1.0, 2.0, 2.5))]
    vote = fit_vote(members, true, classes)
    answer = vote.combine(members)
    assert answer.shape == (900, k)
    assert answer.sum(1) == pytest.approx(1)
    assert vote.classes is classes
    equal = Vote((0.3334, 0.3333, 0.3333), classes=classes)
    assert log_loss(answer, true) < log_loss(equal.combine(members), true)


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(1, 4), st.integers(0, 2**31))
def test_fitted_weights_lie_on_the_simplex_to_the_last_digit(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = np.concatenate([np.arange(3), rng.integers(0, 3, 40)])
    members = [network(true, skill=float(rng.random() * 3), seed=seed + i, classes=3) for i in range(count)]
    weights = fit_vote(members, true, PRESETS["kface3"]).weights
    assert min(weights) >= 0
    assert sum(weights) == pytest.approx(1, abs=1e-9)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=9))
def test_rounded_shares_still_sum_to_one_and_stay_near(shares: list[float]) -> None:
    found = on_simplex(shares)
    assert sum(round(w * 10_000) for w in found) == 10_000
    assert min(found) >= 0
    assert np.allclose(found, np.array(shares) / sum(shares), atol=1.01e-4)


def test_order_of_the_faces_changes_nothing(labels: Labels) -> None:
    members = [network(labels, skill=s, seed=s) for s in (1, 2)]
    turned = np.random.default_rng(3).permutation(N)
    one, other = fit_vote(members, labels), fit_vote([m[turned] for m in members], labels[turned])
    assert one.weights == pytest.approx(other.weights, abs=2e-3)
    assert one.temperature == pytest.approx(other.temperature, abs=2e-3)


def test_fixed_weights_are_renormalised_over_the_members_present() -> None:
    assert fixed_weights(["vgg16", "xception", "resnet50", "alexnet"]) == (0.25, 0.2, 0.3, 0.25)
    assert fixed_weights(["resnet50.in1k", "alexnet.in1k"]) == pytest.approx((30 / 55, 25 / 55), abs=1e-4)
    assert fixed_weights(["cnn", "vgg16"]) == (0.0, 1.0)
    with pytest.raises(VoteError) as caught:
        fixed_weights(["cnn"])
    assert caught.value.fault == "members"


def test_comparison_shows_every_vote_on_both_parts(labels: Labels) -> None:
    skills = {"vgg16": 2.2, "xception": 0.4, "resnet50": 2.0, "alexnet": 1.5}
    heard = {name: network(labels, skill=s, seed=i, doubt=2) for i, (name, s) in enumerate(skills.items())}
    half = N // 2
    valid, test = ({n: m[part] for n, m in heard.items()} for part in (slice(half), slice(half, None)))
    rows = {row["vote"]: row for row in compare_votes(valid, labels[:half], test, labels[half:])}
    assert list(rows) == ["equal", "fixed", "equal calibrated", "fixed calibrated", "fitted"]
    assert rows["fixed"]["weights"] == {"vgg16": 0.25, "xception": 0.2, "resnet50": 0.3, "alexnet": 0.25}
    assert rows["equal"]["temperature"] == 1.0
    losses = {name: row["valid"]["log_loss"] for name, row in rows.items()}
    assert losses["fitted"] == min(losses.values())
    assert losses["equal calibrated"] < losses["equal"]
    assert rows["fitted"]["test"]["accuracy"] > rows["fixed"]["test"]["accuracy"]
    with pytest.raises(VoteError):
        compare_votes(valid, labels[:half], {"vgg16": test["vgg16"]}, labels[half:])


def test_temperature_of_a_doubled_logit_is_two(labels: Labels) -> None:
    scores = 2.0 * np.eye(CLASSES)[labels] + np.random.default_rng(8).normal(size=(N, CLASSES))
    calm = fit_temperature(Vote((1.0,)), [softmax(scores)], labels).temperature
    loud = fit_temperature(Vote((1.0,)), [softmax(2 * scores)], labels).temperature
    assert loud == pytest.approx(2 * calm, rel=2e-3)


@pytest.mark.parametrize("share", [0.5, 0.9, 1.0])
def test_the_floor_lets_the_asked_share_through(labels: Labels, share: float) -> None:
    chances = network(labels, skill=2, seed=7)
    answered = (chances.max(1) >= choose_floor(chances, share)).mean()
    assert share <= answered <= share + 0.005


@pytest.mark.parametrize("share", [0, -0.1, 1.01, float("nan")])
def test_what_is_no_share_gives_no_floor(labels: Labels, share: float) -> None:
    with pytest.raises(VoteError):
        choose_floor(network(labels, skill=2, seed=7), share)


def test_even_classes_narrow_the_spread_and_cost_no_more_than_allowed() -> None:
    rng = np.random.default_rng(9)
    true = rng.choice(CLASSES, 4000, p=[0.3, 0.12, 0.1, 0.03, 0.13, 0.32])
    prior = np.log(np.bincount(true) / len(true))
    member = softmax(2.0 * np.eye(CLASSES)[true] + rng.normal(size=(4000, CLASSES)) + prior)
    plain = Vote((1.0,))
    for lost in (0.0, 0.02):
        even = even_classes(plain, [member], true, lost)
        before, after = plain.combine([member]), even.combine([member])
        gap = (before.argmax(1) == true).mean() - (after.argmax(1) == true).mean()
        assert gap <= lost + 1e-4
        assert spread(confusion(after, true)) < spread(confusion(before, true)) - (0.1 if lost else 0)
        assert even.class_scale is not None
        assert np.prod(even.class_scale) == pytest.approx(1, rel=1e-2)
        assert even.class_scale[3] > even.class_scale[0]


def test_even_classes_leave_a_vote_alone_that_is_even(labels: Labels) -> None:
    assert even_classes(Vote((1.0,)), [np.eye(6)[labels] * 0.94 + 0.01], labels).class_scale is None


def test_class_scale_decides_by_scaled_probability() -> None:
    member = np.array([[0.5, 0.3, 0.2]])
    vote = Vote((1.0,), class_scale=(1.0, 2.0, 1.0), classes=PRESETS["kface3"])
    assert vote.combine([member])[0] == pytest.approx([0.5 / 1.3, 0.6 / 1.3, 0.2 / 1.3])


THREE = PRESETS["kface3"]


@pytest.mark.parametrize(
    ("weights", "extra", "fault"),
    [
        ((0.5, 0.6), {}, "weights"),
        ((1.5, -0.5), {}, "weights"),
        ((float("nan"), 1.0), {}, "weights"),
        ((), {}, "weights"),
        ((1.0,), {"temperature": 0.0}, "calibration"),
        ((1.0,), {"temperature": float("nan")}, "calibration"),
        ((1.0,), {"floor": 1.0}, "calibration"),
        ((1.0,), {"class_scale": (1.0, 1.0)}, "class_scale"),
        ((1.0,), {"class_scale": (1.0, 0.0, 1.0)}, "class_scale"),
    ],
)
def test_a_vote_that_cannot_count_is_refused(weights: tuple[float, ...], extra: dict, fault: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(VoteError) as caught:
        Vote(weights, classes=THREE, **extra)
    assert caught.value.fault == fault
    assert caught.value.code == "model_incompatible"
    assert str(caught.value).endswith(".")


GOOD = np.full((2, 3), 1 / 3)


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ([GOOD], "members"),
        ([GOOD, np.full((2, 4), 0.25)], "classes"),
        ([GOOD, np.array([[0.5, np.nan, 0.5]] * 2)], "not_finite"),
        ([GOOD, np.array([[0.5, np.inf, 0.5]] * 2)], "not_finite"),
        ([GOOD, np.full((2, 3), 0.5)], "no_distribution"),
        ([GOOD, np.array([[1.5, -0.5, 0.0]] * 2)], "no_distribution"),
        ([GOOD, np.full((3, 3), 1 / 3)], "members"),
    ],
)
def test_an_answer_that_is_no_vote_is_refused(members: list[Chances], fault: str) -> None:
    with pytest.raises(VoteError) as caught:
        Vote((0.5, 0.5), classes=THREE).combine(members)
    assert caught.value.fault == fault


def test_a_network_whose_classes_are_in_another_order_is_refused(labels: Labels) -> None:
    right, swapped = network(labels, skill=2, seed=4), network(labels, skill=2, seed=5)[:, ::-1]
    with pytest.raises(VoteError) as caught:
        fit_vote([right, swapped], labels)
    assert caught.value.fault == "label_order"
    fit_vote([right, network(labels, skill=0.0, seed=5)], labels)  # knowing nothing is no other order


def test_a_part_without_a_class_fits_no_vote(labels: Labels) -> None:
    some = labels != 3
    with pytest.raises(DataSetError, match="anxious") as caught:
        fit_vote([network(labels, skill=2, seed=4)[some]], labels[some])
    assert caught.value.code == "class_empty"
    with pytest.raises(DataSetError) as caught:
        fit_vote([np.zeros((0, 6))], labels[:0])
    assert caught.value.code == "empty"


def test_a_class_list_of_another_length_fits_no_vote(labels: Labels) -> None:
    words = ClassList("other", (*SIX.classes, "calm"))
    true = np.concatenate([labels, [6]])
    with pytest.raises(VoteError) as caught:
        fit_vote([network(true % 6, skill=2, seed=4)], true, words)
    assert caught.value.fault == "classes"


def test_a_member_that_sees_no_pixels_leaves_the_map_to_the_others() -> None:
    cam = np.zeros((3, 3))
    cam[0, 0] = 2.0
    alone = activation_grid([cam], [1.0])
    assert np.allclose(activation_grid([None, cam], [0.6, 0.4]), alone, atol=2e-3)
    assert np.max(activation_grid([None], [1.0])) == 0


def test_class_activation_averages_to_the_logit() -> None:
    rng = np.random.default_rng(0)
    features, kernel = rng.normal(size=(2, 4, 5, 8)), rng.normal(size=(8, 6))
    cam = class_activation(features, kernel, 2)
    assert cam.shape == (2, 4, 5)
    assert cam.mean((1, 2)) == pytest.approx((features.mean((1, 2)) @ kernel)[:, 2], rel=1e-5)
