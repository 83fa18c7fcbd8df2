"""Fit how the members vote, on faces none of them was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment, minimize, minimize_scalar

from inference._ensemble import Vote, VoteError, check_probabilities
from inference._labels import SIX, ClassList
from inference.training.dataset import DataSetError
from inference.training.evaluation import Labels, Probabilities, confusion, log_loss, scores, spread

#: The weights this product's forerunners fixed by hand, renormalised over the members present.
SEED_WEIGHTS: Final[Mapping[str, float]] = {
    "vgg16": 0.25,
    "xception": 0.20,
    "resnet50": 0.30,
    "alexnet": 0.25,
}
#: How much accuracy on the fitting part even classes may cost, as a share.
MOST_LOST: Final = 0.01
#: A member whose answers fit the labels better by this much once its classes are swapped has them swapped.
SWAPPED: Final = 0.2


def fit_vote(members: Sequence[Probabilities], labels: Labels, classes: ClassList = SIX) -> Vote:
    """Find the weights and the temperature that together give the lowest log loss.

    Nelder-Mead over a softmax of scores, from equal shares, with the logarithm of the temperature
    (Guo et al. 2017) as one more coordinate. Together, because soft labels leave every member less
    sure than it is right: without a temperature the surest member would be heard least. The first
    score is fixed at 0. The first simplex spans half a unit: SciPy's own, from zero, is too small
    to see any slope.

    Raises:
        VoteError: a member's answers are no distributions over ``classes``, or are in another order.
        DataSetError: ``class_empty`` where a class has no image to fit on, ``empty`` without any.
    """
    check_fit(members, labels, classes)
    free = len(members)  # scores of all but the first, and the temperature

    def loss(place: NDArray[np.float64]) -> float:
        return log_loss(_vote_at(place, classes).combine(members), labels)

    corners = np.vstack([np.zeros(free), 0.5 * np.eye(free)])
    options = {"maxiter": 150 * (free + 1), "initial_simplex": corners, "xatol": 1e-3, "fatol": 1e-6}
    found = minimize(loss, np.zeros(free), method="Nelder-Mead", options=options)
    return _vote_at(found.x, classes)


def _vote_at(place: NDArray[np.float64], classes: ClassList) -> Vote:
    temperature = round(float(np.exp(np.clip(place[-1], -3, 3))), 4)
    powers = np.exp(np.clip(np.concatenate([[0.0], place[:-1]]), -12, 12))
    return Vote(on_simplex(powers), temperature, classes=classes)


def on_simplex(shares: Sequence[float] | NDArray[np.floating], places: int = 4) -> tuple[float, ...]:
    """Scale to sum 1 and round for the manifest; what rounding leaves goes to the largest remainders.

    >>> on_simplex([1, 1, 1])
    (0.3334, 0.3333, 0.3333)
    """
    unit = 10**places
    exact = np.asarray(shares, np.float64) / np.sum(shares) * unit
    whole = np.floor(exact + 1e-9)
    left = round(unit - float(whole.sum()))
    whole[np.argsort(-(exact - whole), kind="stable")[:left]] += 1
    return tuple(round(float(w) / unit, places) for w in whole)


def check_fit(members: Sequence[Probabilities], labels: Labels, classes: ClassList) -> None:
    """Refuse to fit on no images, on a part that lacks a class, or on answers that cannot vote."""
    if len(labels) == 0:
        raise DataSetError("There are no images to fit the vote on.", code="empty")
    if not members:
        raise VoteError("There is no member to vote.", fault="members")
    lacking = [c for i, c in enumerate(classes.classes) if not (labels == i).any()]
    if lacking:
        raise DataSetError(
            f"No image to fit the vote on is labelled {', '.join(lacking)}.", code="class_empty"
        )
    for chances in members:
        check_probabilities(chances, len(classes))
        if len(chances) != len(labels):
            raise VoteError("The members did not answer about the same faces.", fault="members")
        check_label_order(chances, labels)


def check_label_order(chances: Probabilities, labels: Labels, least: int = 30) -> None:
    """Refuse answers that fit the labels far better once their columns are swapped.

    The best assignment of columns to labels (Kuhn 1955) is right on at least as many images as the
    columns as they stand; where it is right on :data:`SWAPPED` more, the class list is in another
    order than the network's. Parts of fewer than ``least`` images a class say too little and pass.
    """
    table = confusion(chances, labels)
    if len(labels) < least * len(table):
        return
    rows, columns = linear_sum_assignment(table, maximize=True)
    if table[rows, columns].sum() - np.trace(table) > SWAPPED * len(labels):
        raise VoteError("A member's classes are in another order than the labels.", fault="label_order")


def fit_temperature(vote: Vote, members: Sequence[Probabilities], labels: Labels) -> Vote:
    """Return the vote with the temperature of lowest log loss; its weights stay."""

    def loss(log_temperature: float) -> float:
        return log_loss(replace(vote, temperature=float(np.exp(log_temperature))).combine(members), labels)

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return replace(vote, temperature=round(float(np.exp(found.x)), 4))


def fixed_weights(architectures: Sequence[str]) -> tuple[float, ...]:
    """Return the forerunners' weights of these members, renormalised; others get 0."""
    shares = [SEED_WEIGHTS.get(name.partition(".")[0], 0.0) for name in architectures]
    if not any(shares):
        raise VoteError("None of the members has a fixed weight.", fault="members")
    return on_simplex(shares)


def compare_votes(
    valid: Mapping[str, Probabilities],
    valid_labels: Labels,
    test: Mapping[str, Probabilities],
    test_labels: Labels,
    classes: ClassList = SIX,
) -> list[dict[str, Any]]:
    """Set equal, fixed and fitted weights side by side: one row a vote, for a table.

    Args:
        valid, test: architecture to ``(n, k)`` probabilities; the same members in both.

    Returns:
        rows with ``vote``, ``weights``, ``temperature``, and the scores on ``valid`` and ``test``.
        ``equal`` and ``fixed`` appear as they are and calibrated, so that log loss compares like with
        like: everything fitted is fitted on ``valid`` alone.
    """
    if list(valid) != list(test):
        raise VoteError("Valid and test were not answered by the same members.", fault="members")
    names, heard = list(valid), list(valid.values())
    plain = {"equal": Vote(on_simplex([1.0] * len(names)), classes=classes)}
    if any(name.partition(".")[0] in SEED_WEIGHTS for name in names):
        plain["fixed"] = Vote(fixed_weights(names), classes=classes)
    votes = dict(plain)
    votes |= {f"{k} calibrated": fit_temperature(v, heard, valid_labels) for k, v in plain.items()}
    votes["fitted"] = fit_vote(heard, valid_labels, classes)
    return [
        {
            "vote": called,
            "weights": dict(zip(names, vote.weights, strict=True)),
            "temperature": vote.temperature,
            "valid": scores(vote.combine(heard), valid_labels),
            "test": scores(vote.combine(list(test.values())), test_labels),
        }
        for called, vote in votes.items()
    ]


def choose_floor(chances: Probabilities, share: float) -> float:
    """Return the confidence that ``share`` of the faces reach: the least sure rest is not told.

    ``share`` 1 tells everything. Raises ``VoteError`` where it is no share above 0.
    """
    if not 0 < share <= 1:
        raise VoteError(f"{share} is no share of faces to answer.", fault="calibration")
    # Down, not to nearest: a floor rounded up past the last face would answer fewer than was stated.
    return float(np.floor(np.quantile(chances.max(1), 1 - share) * 1e4) / 1e4)


def even_classes(
    vote: Vote, members: Sequence[Probabilities], labels: Labels, lost: float = MOST_LOST
) -> Vote:
    """Return the vote with one scale a class that brings the classes' recalls together.

    Minimises the spread between the largest and the smallest recall on the fitting part, while accuracy
    falls by at most ``lost``: coordinate descent over the logarithms of the scales, from several powers
    of the inverse class shares, as the recalls are steps and have no slope. The scales' geometric mean is
    1. A spread that cannot be bettered leaves the vote as it was.
    """
    check_fit(members, labels, vote.classes)
    chances = np.log(np.clip(replace(vote, class_scale=None).combine(members), 1e-12, 1))
    least = float((chances.argmax(1) == labels).mean()) - lost

    def cost(place: NDArray[np.float64]) -> float:
        table = confusion(chances + place, labels)
        short = max(0.0, least - float(np.trace(table) / len(labels)))
        return spread(table) + (1e3 * short if short > 1e-12 else 0.0)

    shares = np.bincount(labels, minlength=len(vote.classes)) / len(labels)
    starts = [-power * np.log(shares) for power in (0.0, 0.25, 0.5, 0.75, 1.0)]
    place = min((_descended(start - start.mean(), cost) for start in starts), key=cost)
    if cost(place) >= cost(np.zeros_like(place)):
        return replace(vote, class_scale=None)
    return replace(vote, class_scale=tuple(round(float(s), 4) for s in np.exp(place - place.mean())))


def _descended(
    start: NDArray[np.float64], cost: Callable[[NDArray[np.float64]], float]
) -> NDArray[np.float64]:
    """Move one class at a time, in ever smaller steps, while that lowers the cost."""
    place, best = start, cost(start)
    for reach in (1.0, 0.4, 0.15, 0.05):
        moved = True
        while moved:
            moved = False
            for axis in range(len(place)):
                for step in np.linspace(-reach, reach, 9):
                    there = place.copy()
                    there[axis] += step
                    if (found := cost(there)) < best - 1e-9:
                        place, best, moved = there, found, True
    return place
