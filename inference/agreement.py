"""Say how far raters agree beyond chance: Fleiss' kappa and Krippendorff's alpha, numpy alone.

Importing this module costs numpy and nothing else, so that a page may ask for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class AgreementError(ValueError):
    """The ratings cannot be compared; the message says why.

    Attributes:
        code: stable, for machines: ``shape``, ``uneven``, ``too_few``, ``not_counts``.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


def fleiss_kappa(counts: NDArray[np.integer] | NDArray[np.floating]) -> float:
    """Return Fleiss' kappa of how many raters put each item into each category.

    ``kappa = (P - Pe) / (1 - Pe)``: ``P`` is the mean over items of the share of rater pairs that
    agree, ``Pe`` the sum of squared shares of the categories (Fleiss 1971, Psychological Bulletin
    76(5)). 1 is full agreement, 0 what chance gives.

    Args:
        counts: shape ``(items, categories)``; every row sums to the same number of raters, at least 2.

    Returns:
        kappa, or NaN where every rater put every item into one category: nothing was told apart.

    Raises:
        AgreementError: ``shape``, ``not_counts``, ``uneven`` (use Krippendorff's alpha then), ``too_few``.
    """
    table = np.asarray(counts, np.float64)
    if table.ndim != 2 or table.shape[0] == 0 or table.shape[1] < 2:
        raise AgreementError("Fleiss' kappa needs items in rows and two or more categories.", code="shape")
    if not np.isfinite(table).all() or (table < 0).any() or (table != np.rint(table)).any():
        raise AgreementError("Fleiss' kappa needs counts: whole numbers, none negative.", code="not_counts")
    raters = table.sum(1)
    if (raters != raters[0]).any():
        raise AgreementError("Fleiss' kappa needs equally many raters for every item.", code="uneven")
    if raters[0] < 2:
        raise AgreementError("Agreement needs two or more raters.", code="too_few")
    agreed = float(((table**2).sum(1) - raters).sum() / (raters * (raters - 1)).sum())
    chance = float(((table.sum(0) / table.sum()) ** 2).sum())
    return (agreed - chance) / (1 - chance) if chance < 1 else float("nan")


def krippendorff_alpha(ratings: NDArray[np.floating]) -> float:
    """Return Krippendorff's alpha for nominal ratings; raters may have left items out.

    ``alpha = 1 - Do / De``: observed over expected disagreement, both from the coincidence matrix,
    to which an item that ``m`` raters judged adds each ordered pair of its values, ``1 / (m - 1)``
    each (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"). Items with fewer than
    two ratings say nothing about agreement and are left out.

    Args:
        ratings: shape ``(raters, items)``, any number as a category's name, NaN where not rated.

    Returns:
        alpha, or NaN where only one category was ever used.

    Raises:
        AgreementError: ``shape``, or ``too_few`` where no item has two ratings.
    """
    table = np.asarray(ratings, np.float64)
    if table.ndim != 2:
        raise AgreementError("Krippendorff's alpha needs raters in rows and items in columns.", code="shape")
    said = ~np.isnan(table)
    table, said = table[:, said.sum(0) >= 2], said[:, said.sum(0) >= 2]
    if table.shape[1] == 0:
        raise AgreementError("No item was judged by two or more raters.", code="too_few")
    words = np.unique(table[said])
    # How often each item (row) was given each word (column).
    given = np.stack([((table == word) & said).sum(0) for word in words], axis=1).astype(np.float64)
    per_item = given.sum(1, keepdims=True)
    pairs = np.einsum("ic,id->icd", given, given) - np.einsum("ic,cd->icd", given, np.eye(len(words)))
    coincidence = (pairs / (per_item[..., None] - 1)).sum(0)
    totals = coincidence.sum(1)
    every = totals.sum()
    observed = every - np.trace(coincidence)
    expected = (every**2 - (totals**2).sum()) / (every - 1)
    return float(1 - observed / expected) if expected > 0 else float("nan")
