"""Fit how the members vote, on faces none of them was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from inference._ensemble import Vote
from inference.training.evaluation import Labels, Probabilities, log_loss


def fit_vote(members: Sequence[Probabilities], labels: Labels) -> Vote:
    """Find the weights and the temperature that together give the lowest log loss.

    Nelder-Mead over a softmax of scores, from equal shares, with the logarithm of the temperature
    (Guo et al. 2017) as one more coordinate. Together, because soft labels leave every member less
    sure than it is right: without a temperature the surest member would be heard least. The first
    score is fixed at 0. The first simplex spans half a unit: SciPy's own, from zero, is too small
    to see any slope.
    """
    free = len(members)  # scores of all but the first, and the temperature

    def loss(place: NDArray[np.float64]) -> float:
        return log_loss(_vote_at(place).combine(members), labels)

    corners = np.vstack([np.zeros(free), 0.5 * np.eye(free)])
    options = {"maxiter": 400, "initial_simplex": corners, "xatol": 1e-3, "fatol": 1e-6}
    found = minimize(loss, np.zeros(free), method="Nelder-Mead", options=options)
    return _vote_at(found.x)


def _vote_at(place: NDArray[np.float64]) -> Vote:
    return Vote(_simplex(place[:-1]), round(float(np.exp(np.clip(place[-1], -3, 3))), 4))


def _simplex(free: NDArray[np.float64]) -> tuple[float, ...]:
    powers = np.exp(np.clip(np.concatenate([[0.0], free]), -12, 12))
    shares = [round(float(share), 4) for share in powers / powers.sum()]
    # Rounded for the manifest; the last takes what rounding left.
    return (*shares[:-1], round(1 - sum(shares[:-1]), 4))


def choose_floor(chances: Probabilities, share: float) -> float:
    """Return the confidence that ``share`` of the faces reach: the least sure rest is not told."""
    return round(float(np.quantile(chances.max(1), 1 - share)), 4)
