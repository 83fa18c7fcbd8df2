"""Divide faces into train, valid and test so that nobody's face lies in two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.training.dataset import DataSetError, Split

SPLITS: Final[tuple[Split, ...]] = ("train", "valid", "test")
FRACTIONS: Final = (0.8, 0.1, 0.1)
SEED: Final = 20261121


def assign(
    subjects: NDArray[np.str_],
    labels: NDArray[np.int64],
    fractions: Sequence[float] = FRACTIONS,
    seed: int = SEED,
) -> NDArray[np.str_]:
    """Give every row a split; all rows of one subject get the same, classes stay balanced.

    Subjects are taken with the most images first, among equals in the order of a hash; each goes
    where it lessens most the squared distance between the counts per class and those wished for.
    The outcome depends on the set of faces, not on their order.

    Args:
        subjects: whose face each row is, shape ``(n,)``.
        labels: class of each row, any whole numbers, shape ``(n,)``.
        fractions: wished shares of train, valid, test; they sum to 1.
        seed: another seed gives another division.

    Raises:
        DataSetError: ``rules``, if the fractions are no shares.
    """
    shares = np.asarray(fractions, np.float64)
    if shares.shape != (3,) or (shares < 0).any() or abs(shares.sum() - 1) > 1e-6:
        raise DataSetError("Split fractions are three shares that sum to 1.", code="rules")
    names, whose = np.unique(subjects, return_inverse=True)
    kinds, which = np.unique(labels, return_inverse=True)
    table = np.zeros((len(names), len(kinds)))
    np.add.at(table, (whose, which), 1)
    chosen = _greedy(table, shares, [_hash(str(name), seed) for name in names])
    return np.asarray(np.array(SPLITS)[chosen[whose]])


def _greedy(
    table: NDArray[np.float64], shares: NDArray[np.float64], hashes: list[bytes]
) -> NDArray[np.int64]:
    """Choose a split for each row of ``table`` (subjects by classes)."""
    wished = shares[:, None] * table.sum(0)
    usable = shares > 0
    scale = np.maximum(wished, 1e-9)
    have = np.zeros_like(wished)
    chosen = np.zeros(len(table), np.int64)
    size = table.sum(1)
    for i in sorted(range(len(table)), key=lambda k: (-size[k], hashes[k])):
        rise = ((2 * (have - wished) + table[i]) * table[i] / scale).sum(1)
        rise[~usable] = np.inf
        chosen[i] = best = int(rise.argmin())
        have[best] += table[i]
    return chosen


def _hash(subject: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{subject}".encode(), digest_size=8).digest()
