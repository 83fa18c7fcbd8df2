"""Fit how the members vote, on faces none of them was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from inference._ensemble import Vote
from inference.training.evaluation import Labels, Probabilities, log_loss


def fit_weights(members: Sequence[Probabilities], labels: Labels) -> tuple[float, ...]:
    """Find the weights with the lowest log loss: Nelder-Mead over a softmax, from equal shares.

    The softmax keeps every try on the simplex; the first score is fixed at 0, so one member needs
    no search.
    """
    if len(members) == 1:
        return (1.0,)

    def loss(free: NDArray[np.float64]) -> float:
        return log_loss(Vote(_simplex(free)).combine(members), labels)

    found = minimize(loss, np.zeros(len(members) - 1), method="Nelder-Mead", options={"maxiter": 500})
    return _simplex(found.x)


def _simplex(free: NDArray[np.float64]) -> tuple[float, ...]:
    powers = np.exp(np.clip(np.concatenate([[0.0], free]), -12, 12))
    shares = [round(float(share), 4) for share in powers / powers.sum()]
    # Rounded for the manifest; the last takes what rounding left.
    return (*shares[:-1], round(1 - sum(shares[:-1]), 4))


def fit_temperature(members: Sequence[Probabilities], labels: Labels, weights: tuple[float, ...]) -> float:
    """Find the temperature of the vote with the lowest log loss (Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        return log_loss(Vote(weights, float(np.exp(log_temperature))).combine(members), labels)

    return round(float(np.exp(minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded").x)), 4)


def choose_floor(chances: Probabilities, share: float) -> float:
    """Return the confidence that ``share`` of the faces reach: the least sure rest is not told."""
    return round(float(np.quantile(chances.max(1), 1 - share)), 4)
