"""Let members vote: a weighted mean of their probabilities, calibrated, with a right to abstain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference._bundle import BundleIncompatible, check_weights
from inference._labels import EMOTIONS

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Vote:
    """How members are heard.

    Attributes:
        weights: one share a member, sums to 1.
        temperature: divides the log of the vote.
        floor: confidence below which the answer is "unsure".
    """

    weights: tuple[float, ...]
    temperature: float = 1.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        check_weights(list(self.weights))

    def combine(self, members: Sequence[NDArray[np.floating]]) -> Probabilities:
        """Return calibrated probabilities ``(n, 6)`` from each member's ``(n, 6)``.

        >>> Vote((0.5, 0.5)).combine([np.eye(6)[:1], np.eye(6)[1:2]])[0, :2]
        array([0.5, 0.5])
        """
        if len(members) != len(self.weights):
            raise BundleIncompatible("There are not as many members as vote weights.")
        stack = np.stack([np.asarray(member, np.float64) for member in members])
        check_probabilities(stack)
        mixed = np.tensordot(np.asarray(self.weights), stack, axes=1)
        heated = np.power(np.clip(mixed, 1e-12, 1), 1 / self.temperature)
        return np.asarray(heated / heated.sum(axis=-1, keepdims=True), np.float64)


def check_probabilities(stack: NDArray[np.float64]) -> None:
    """Refuse what is no distribution over our classes: NaN, negative, or not summing to 1."""
    if stack.shape[-1] != len(EMOTIONS):
        raise BundleIncompatible(f"A member answers with {stack.shape[-1]} classes, not {len(EMOTIONS)}.")
    if not np.isfinite(stack).all() or (stack < 0).any() or (abs(stack.sum(-1) - 1) > 1e-4).any():
        raise BundleIncompatible("A member's probabilities are not finite or do not sum to 1.")


def softmax(logits: NDArray[np.floating]) -> Probabilities:
    """Return probabilities along the last axis."""
    shifted = np.exp(np.asarray(logits, np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float64)


def activation_grid(
    maps: Sequence[NDArray[np.floating]], weights: Sequence[float], side: int = 6
) -> tuple[tuple[float, ...], ...]:
    """Mix members' class activation maps of one face into a ``side x side`` grid of 0..1.

    Each map ``(h, w)`` says how much each place argued for the winning class (Zhou et al. 2016);
    what argued against it counts as 0. Maps are brought to one size and weighted like votes.
    """
    total = np.zeros((side, side))
    for cam, weight in zip(maps, weights, strict=True):
        positive = np.maximum(np.asarray(cam, np.float32), 0)
        if positive.max() > 0:
            scaled = cv2.resize(positive / positive.max(), (side, side), interpolation=cv2.INTER_LINEAR)
            total += weight * scaled
    top = float(total.max())
    return tuple(tuple(round(float(cell) / top, 3) if top > 0 else 0.0 for cell in row) for row in total)
