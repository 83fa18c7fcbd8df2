"""Let members vote: a weighted mean of their probabilities, calibrated, with a right to abstain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference._bundle import BundleIncompatible, check_weights
from inference._labels import SIX, ClassList

Probabilities = NDArray[np.float64]
Map = NDArray[np.floating]


class VoteError(BundleIncompatible):
    """What was handed in cannot vote; nothing is guessed in its place.

    Attributes:
        fault: stable, for machines: ``weights``, ``members``, ``classes``, ``not_finite``,
            ``no_distribution``, ``label_order``, ``calibration``, ``class_scale``.
    """

    def __init__(self, message: str, *, fault: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class Vote:
    """How members are heard.

    Attributes:
        weights: one share a member, sums to 1.
        temperature: divides the log of the vote.
        floor: confidence below which the answer is "unsure".
        class_scale: one positive factor a class, laid on the calibrated vote before it is brought back
            to sum 1, so that ``p * scale`` decides; None hears every class alike. It is the same as
            one threshold ``1 / scale`` a class.
        classes: the words of the answer, in the order of every member's class layer.
    """

    weights: tuple[float, ...]
    temperature: float = 1.0
    floor: float = 0.0
    class_scale: tuple[float, ...] | None = None
    classes: ClassList = SIX

    def __post_init__(self) -> None:
        try:
            check_weights(list(self.weights))
        except BundleIncompatible as error:
            raise VoteError(str(error), fault="weights") from None
        if not (math.isfinite(self.temperature) and self.temperature > 0 and 0 <= self.floor < 1):
            raise VoteError("Temperature or floor is out of range.", fault="calibration")
        if self.class_scale is not None:
            _check_scale(self.class_scale, len(self.classes))

    def combine(self, members: Sequence[NDArray[np.floating]]) -> Probabilities:
        """Return calibrated probabilities ``(n, k)`` from each member's ``(n, k)``.

        >>> Vote((0.5, 0.5)).combine([np.eye(6)[:1], np.eye(6)[1:2]])[0, :2]
        array([0.5, 0.5])
        """
        if len(members) != len(self.weights):
            raise VoteError("There are not as many members as vote weights.", fault="members")
        heard = [np.asarray(member, np.float64) for member in members]
        for member in heard:
            check_probabilities(member, len(self.classes))
        if len({member.shape for member in heard}) > 1:
            raise VoteError("The members did not answer about the same faces.", fault="members")
        mixed = np.tensordot(np.asarray(self.weights), np.stack(heard), axes=1)
        heated = np.power(np.clip(mixed, 1e-12, 1), 1 / self.temperature)
        if self.class_scale is not None:
            heated = heated * np.asarray(self.class_scale)
        return np.asarray(heated / heated.sum(axis=-1, keepdims=True), np.float64)


def _check_scale(scale: Sequence[float], classes: int) -> None:
    if len(scale) != classes or not all(math.isfinite(s) and s > 0 for s in scale):
        raise VoteError("The vote needs one positive, finite scale a class.", fault="class_scale")


def check_probabilities(chances: NDArray[np.floating], classes: int) -> None:
    """Refuse what is no distribution over ``classes`` words: NaN, negative, or not summing to 1."""
    given = chances.shape[-1] if chances.ndim else 0
    if given != classes:
        raise VoteError(f"A member answers with {given} classes, not {classes}.", fault="classes")
    if not np.isfinite(chances).all():
        raise VoteError("A member's answer holds numbers that are not finite.", fault="not_finite")
    if (chances < 0).any() or (abs(chances.sum(-1) - 1) > 1e-4).any():
        raise VoteError("A member's probabilities are negative or do not sum to 1.", fault="no_distribution")


def softmax(logits: NDArray[np.floating]) -> Probabilities:
    """Return probabilities along the last axis."""
    shifted = np.exp(np.asarray(logits, np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float64)


def class_activation(features: Map, kernel: Map, top: int) -> NDArray[np.float32]:
    """Return how much each place argued for one class: ``features @ kernel[:, top]`` (Zhou et al. 2016).

    Args:
        features: last feature map of one face, ``(h, w, channels)``, or of several, ``(n, h, w, channels)``.
        kernel: of the class layer, ``(channels, k)``.
        top: index of the class.

    Returns:
        shape ``(h, w)`` or ``(n, h, w)``; its mean, plus the class's bias, is the class's logit.
    """
    return np.asarray(features @ kernel[:, top], np.float32)


def activation_grid(
    maps: Sequence[Map | None], weights: Sequence[float], side: int = 6
) -> tuple[tuple[float, ...], ...]:
    """Mix members' class activation maps of one face into a ``side x side`` grid of 0..1.

    What argued against the class counts as 0. Maps are brought to one size and weighted like votes;
    None is a member that looks at no pixels (landmarks) and has no say here.
    """
    total = np.zeros((side, side))
    for cam, weight in zip(maps, weights, strict=True):
        if cam is None:
            continue
        positive = np.maximum(np.asarray(cam, np.float32), 0)
        if positive.max() > 0:
            scaled = cv2.resize(positive / positive.max(), (side, side), interpolation=cv2.INTER_LINEAR)
            total += weight * scaled
    top = float(total.max())
    return tuple(tuple(round(float(cell) / top, 3) if top > 0 else 0.0 for cell in row) for row in total)
