"""The vote is fitted, not assumed: the better network is heard more, and confidence is honest."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.training.evaluation import log_loss
from inference.training.vote import choose_floor, fit_vote

N, CLASSES = 3000, 6


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def network(labels: NDArray[np.int64], *, skill: float, seed: int, doubt: float = 1.0) -> NDArray[np.float64]:
    """Return what a network of this skill says; with doubt above 1 it is less sure than it is right."""
    noise = np.random.default_rng(seed).normal(size=(len(labels), CLASSES))
    return softmax((skill * np.eye(CLASSES)[labels] + noise) / doubt)


@pytest.fixture(scope="module")
def labels() -> NDArray[np.int64]:
    return np.random.default_rng(1).integers(0, CLASSES, N)


def test_the_better_network_is_heard_more(labels: NDArray[np.int64]) -> None:
    better, worse = network(labels, skill=3, seed=2), network(labels, skill=0.3, seed=3)
    weights = fit_vote([worse, better], labels).weights
    assert weights[1] > 0.8
    assert sum(weights) == pytest.approx(1)


def test_networks_of_one_skill_share_the_vote_and_beat_each_alone(labels: NDArray[np.int64]) -> None:
    members = [network(labels, skill=2, seed=seed) for seed in (4, 5)]
    vote = fit_vote(members, labels)
    assert vote.weights[0] == pytest.approx(0.5, abs=0.1)
    alone = min(log_loss(fit_vote([member], labels).combine([member]), labels) for member in members)
    assert log_loss(vote.combine(members), labels) < alone - 0.05


def test_a_network_that_doubts_too_much_is_sharpened(labels: NDArray[np.int64]) -> None:
    timid = network(labels, skill=3, seed=6, doubt=3.0)
    vote = fit_vote([timid], labels)
    assert vote.temperature < 0.6
    sure = vote.combine([timid])
    right = (sure.argmax(1) == labels).mean()
    assert sure.max(1).mean() == pytest.approx(right, abs=0.04)


def test_the_floor_lets_the_asked_share_through(labels: NDArray[np.int64]) -> None:
    chances = network(labels, skill=2, seed=7)
    floor = choose_floor(chances, 0.9)
    assert (chances.max(1) >= floor).mean() == pytest.approx(0.9, abs=0.005)
