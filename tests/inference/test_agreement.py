"""Agreement between raters equals the published worked examples, and bad tables are named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.agreement import AgreementError, fleiss_kappa, krippendorff_alpha

X = float("nan")


def test_fleiss_kappa_of_the_published_example() -> None:
    # Fleiss 1971's layout with 14 raters, 10 items, 5 categories, as worked through on Wikipedia: 0.210.
    rows = (
        "0 0 0 0 14|0 2 6 4 2|0 0 3 5 6|0 3 9 2 0|2 2 8 1 1|7 7 0 0 0|3 2 6 3 0|2 5 3 2 2|6 5 2 1 0|0 2 2 3 7"
    )
    counts = np.array([[int(word) for word in row.split()] for row in rows.split("|")])
    assert fleiss_kappa(counts) == pytest.approx(0.20993, abs=1e-5)


def test_krippendorff_alpha_of_the_published_examples() -> None:
    # Krippendorff 2011, section C: four observers, twelve units, nominal: 0.743.
    four = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
        [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
    ]
    assert krippendorff_alpha(np.array(four)) == pytest.approx(0.743, abs=5e-4)
    # Three coders, as worked through on Wikipedia: 0.691.
    three = [
        [X, X, X, X, X, 3, 4, 1, 2, 1, 1, 3, 3, X, 3],
        [1, X, 2, 1, 3, 3, 4, 3, X, X, X, X, X, X, X],
        [X, X, 2, 1, 3, 4, 4, X, 2, 1, 1, 3, 3, X, 4],
    ]
    assert krippendorff_alpha(np.array(three)) == pytest.approx(0.691, abs=5e-4)


def test_full_agreement_is_one_and_chance_is_about_zero() -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 4, 2000)
    assert krippendorff_alpha(np.tile(words, (3, 1)).astype(float)) == pytest.approx(1)
    assert fleiss_kappa(5 * np.eye(4, dtype=int)[words]) == pytest.approx(1)
    assert krippendorff_alpha(rng.integers(0, 4, (3, 2000)).astype(float)) == pytest.approx(0, abs=0.04)
    assert fleiss_kappa(rng.multinomial(5, [0.25] * 4, 2000)) == pytest.approx(0, abs=0.04)


def test_one_word_for_everything_tells_nothing() -> None:
    assert np.isnan(fleiss_kappa(np.array([[3, 0], [3, 0]])))
    assert np.isnan(krippendorff_alpha(np.ones((3, 5))))


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.integers(0, 2**31))
def test_who_rated_and_what_came_first_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 3, (4, 12)).astype(float)
    table[rng.random(table.shape) < 0.2] = X
    table[:2, 0] = 0, 1
    alpha = krippendorff_alpha(table)
    renamed = np.where(np.isnan(table), X, 10 - 2 * table)
    assert krippendorff_alpha(rng.permutation(table)) == pytest.approx(alpha)
    assert krippendorff_alpha(rng.permutation(renamed.T).T) == pytest.approx(alpha)
    assert alpha <= 1


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        (np.zeros((0, 3)), "shape"),
        (np.ones(4), "shape"),
        (np.array([[3, 0], [2, 0]]), "uneven"),
        (np.array([[1, 0], [0, 1]]), "too_few"),
        (np.array([[1.5, 0.5]]), "not_counts"),
        (np.array([[-1.0, 3.0]]), "not_counts"),
        (np.array([[X, 2.0]]), "not_counts"),
    ],
)
def test_counts_that_cannot_be_compared_are_named(counts: np.ndarray, code: str) -> None:
    with pytest.raises(AgreementError) as caught:
        fleiss_kappa(counts)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("table", "code"), [(np.ones(3), "shape"), (np.array([[1.0, X], [X, 1.0]]), "too_few")]
)
def test_ratings_that_cannot_be_compared_are_named(table: np.ndarray, code: str) -> None:
    with pytest.raises(AgreementError) as caught:
        krippendorff_alpha(table)
    assert caught.value.code == code
