"""The numbers of patterns, held against scipy, against formulas written out, and against chance."""

from __future__ import annotations

import itertools
import math
import os
import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from moods.patterns import statistics
from moods.patterns.report import Report, report_of
from moods.patterns.statistics import Family, contrasts, judge, local_level, t_quantile
from moods.patterns.units import Row

Floats = NDArray[np.float64]
LONG = bool(os.environ.get("MAEUM_TEST_LONG"))
#: Two hundred diaries in the long run; of the suite's first part the bound is as rare as of all.
DIARIES = 200 if LONG else 60
MOST = 20 if LONG else int(stats.binom.ppf(0.999, DIARIES, 0.05))
FIRST = date(2024, 1, 3)


def test_quantile_is_students() -> None:
    for free in (*range(1, 130), 400, 5000):
        assert t_quantile(free) == pytest.approx(stats.t.ppf(0.975, free), rel=1e-6)
    assert t_quantile(0) == math.inf


@given(st.integers(0, 10**6))
def test_contrast_is_the_regression_with_errors_clustered_by_week(seed: int) -> None:
    values, things, weeks = _some_diary(seed)
    [one] = contrasts(values, things, weeks)
    slope, error = _clustered(values, things[:, 0], weeks)
    assert one.difference == pytest.approx(slope)
    assert one.difference == pytest.approx(stats.linregress(things[:, 0], values).slope)
    with_it, without = (len(set(weeks[things[:, 0] == side].tolist())) for side in (1, 0))
    reach = error * stats.t.ppf(0.975, min(with_it, without) - 1)
    assert (one.low, one.high) == pytest.approx((slope - reach, slope + reach))
    means = tuple(values[things[:, 0] == side].mean() for side in (1, 0))
    assert (one.mean, one.other_mean) == pytest.approx(means)


@given(st.integers(0, 10**6), st.floats(-0.5, 0.5))
def test_contrast_moves_with_the_diary_and_not_with_its_level(seed: int, lift: float) -> None:
    values, things, weeks = _some_diary(seed)
    [one] = contrasts(values, things, weeks)
    [lifted] = contrasts(values + lift, things, weeks)
    [turned] = contrasts(-values, things, weeks)
    [other] = contrasts(values, 1 - things, weeks)
    assert lifted.difference == pytest.approx(one.difference, abs=1e-9)
    assert (turned.low, turned.high) == pytest.approx((-one.high, -one.low))
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))
    assert other.count == one.others


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_judgement_is_a_chance_the_same_each_time_and_the_same_for_both_sides(seed: int, draw: int) -> None:
    values, things, weeks = _some_diary(seed, comparisons=3)
    family = Family(values, things, weeks, turning=bool(seed % 2))
    first = judge([family], draw, draws=99)
    assert first == judge([family], draw, draws=99)
    assert all(0.01 <= one.chance <= 1 for one in first[0])
    other = judge([Family(values, 1 - things, weeks, turning=bool(seed % 2))], draw, draws=99)
    assert [one.z for one in other[0]] == pytest.approx([-one.z for one in first[0]], abs=1e-6)


def test_turning_judges_as_all_turns_do() -> None:
    rng = np.random.default_rng(4)
    values, blocks = rng.normal(size=18), np.repeat([0, 1, 2], 6)
    things = (rng.random((18, 4)) < 0.4).astype(float)
    sums = np.array(
        [
            np.concatenate([np.roll(values[blocks == k], -turn) for k, turn in enumerate(turns)]) @ things
            for turns in itertools.product(range(6), repeat=3)
        ]
    )
    z = (sums - sums.mean(axis=0)) / sums.std(axis=0)
    most = np.abs(z).max(axis=1)
    [found] = judge([Family(values, things, blocks, turning=True)], seed=1, draws=20_000)
    for one, exact in zip(found, z[0], strict=True):
        assert one.z == pytest.approx(exact)
        assert one.chance == pytest.approx((most >= abs(exact) - 1e-9).mean(), abs=0.015)


def test_shuffling_pairs_judges_as_scipys_paired_permutation_test_does() -> None:
    rng = np.random.default_rng(5)
    pairs = rng.normal(size=(40, 2)) + np.array([0.15, 0.0])
    theirs = stats.permutation_test(
        (pairs[:, 0], pairs[:, 1]),
        lambda a, b, axis: (a - b).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(6),
    )
    things = np.tile([1.0, 0.0], 40)[:, None]
    [[ours]] = judge([Family(pairs.ravel(), things, np.repeat(np.arange(40), 2), turning=False)], 7, 20_000)
    assert 0.005 < theirs.pvalue < 0.3
    assert ours.chance == pytest.approx(theirs.pvalue, abs=0.02)


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(-1, 1)), max_size=60))
def test_local_level_is_the_mean_of_the_week_around(units: list[tuple[int, float]]) -> None:
    units.sort()
    days, values = (
        np.array([day for day, _ in units], dtype=np.int64),
        np.array([value for _, value in units]),
    )
    expected = [np.mean([value for other, value in units if abs(other - day) <= 3]) for day, _ in units]
    assert local_level(values, days) == pytest.approx(expected, abs=1e-9)


def test_nothing_to_tell_apart_is_no_finding() -> None:
    alike = Family(np.full(40, 0.3), np.tile([[1.0], [0.0]], (20, 1)), np.arange(40) // 7, turning=False)
    empty = Family(np.zeros(0), np.zeros((0, 2)), np.zeros(0, dtype=np.int64), turning=True)
    bare = Family(np.zeros(5), np.zeros((5, 0)), np.zeros(5, dtype=np.int64), turning=True)
    found = judge([alike, empty, bare], seed=0)
    assert [[one.chance for one in family] for family in found] == [[1.0], [1.0, 1.0], []]


@pytest.mark.parametrize("kind", ["shuffled", "moods that last, tags in runs", "one entry a day"])
def test_a_diary_with_nothing_in_it_seldom_gives_a_finding(kind: str) -> None:
    findings = sum(bool(_empty_diary(kind, seed).found) for seed in range(DIARIES))
    assert findings <= MOST


def test_uncorrected_comparisons_would_have_given_many_more() -> None:
    """Show that the test above can fail: without the correction the same diaries exceed the bound."""
    naive = 0
    for seed in range(30):
        report = _empty_diary("shuffled", seed)
        compared = [*report.found, *report.unclear]
        naive += any(one.judged is not None and abs(one.judged.z) > 1.96 for one in compared)
    assert naive > 30 * 0.2


def test_what_is_there_is_found() -> None:
    found = 0
    for seed in range(10):
        report = report_of(_diary(seed, days=120, lasting=0.5, runs=0.3, lift=0.5), seed)
        best = [one for one in report.found if one.thing.key == "tag 0"]
        found += bool(best) and best[0].verdict == "better"
    assert found >= 9


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    covered = total = 0
    for seed in range(60):
        report = report_of(_diary(seed, days=150, lasting=0.5, runs=0.4), seed)
        for one in (*report.found, *report.unclear):
            if one.thing.kind == "tag":
                covered, total = covered + (one.numbers.low <= 0 <= one.numbers.high), total + 1
    assert total > 300
    assert covered / total > 0.92


def _some_diary(seed: int, comparisons: int = 1) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Make values, things and weeks in which both sides have at least two weeks."""
    rng = np.random.default_rng(seed)
    units = int(rng.integers(20, 60))
    weeks = np.sort(rng.integers(0, 8, units))
    things = (rng.random((units, comparisons)) < 0.4).astype(np.float64)
    things[[0, -1]], things[[1, -2]] = 1.0, 0.0
    return rng.normal(size=units), things, weeks


def _clustered(values: Floats, thing: Floats, weeks: NDArray[np.int64]) -> tuple[float, float]:
    """Write out the sandwich of a least-squares fit, as statsmodels' ``cov_type="cluster"`` has it."""
    x = np.column_stack([np.ones_like(thing), thing])
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ values
    left = values - x @ beta
    meat = np.zeros((2, 2))
    for week in np.unique(weeks):
        score = x[weeks == week].T @ left[weeks == week]
        meat += np.outer(score, score)
    groups, units = len(np.unique(weeks)), len(values)
    covariance = bread @ meat @ bread * groups / (groups - 1) * (units - 1) / (units - 2)
    return float(beta[1]), float(np.sqrt(covariance[1, 1]))


def _empty_diary(kind: str, seed: int) -> Report:
    """Judge a diary in which nothing goes together."""
    if kind == "shuffled":
        rows = _diary(seed, days=120, lasting=0.5, runs=0.3, lift=0.5)
        values = [row.valence for row in rows]
        random.Random(seed).shuffle(values)
        rows = [
            Row(row.day, row.hour, value, row.own, row.tags) for row, value in zip(rows, values, strict=True)
        ]
    elif kind == "one entry a day":
        rows = _diary(seed, days=90, lasting=0.5, runs=0.3, entries=1)
    else:
        rows = _diary(seed, days=150, lasting=0.7, runs=0.6)
    report = report_of(rows, seed)
    assert len(report.found) + len(report.unclear) > 10
    return report


def _diary(
    seed: int, *, days: int, lasting: float, runs: float, lift: float = 0.0, entries: int = 2
) -> list[Row]:
    """Write a diary on the seven steps: moods that last, tags that come in runs, days left out.

    ``lift`` is what days with "tag 0" have more, in valence.
    """
    rng = random.Random(seed)
    level, here = rng.gauss(0, 1), [rng.random() < 0.25 for _ in range(8)]
    rows = []
    for day in range(days):
        level = lasting * level + math.sqrt(1 - lasting**2) * rng.gauss(0, 1)
        here = [was if rng.random() < runs else rng.random() < 0.25 for was in here]
        if rng.random() < 0.2:
            continue
        for hour in sorted(rng.sample((3, 8, 13, 18, 22), entries)):
            said = 0.33 * level + 0.13 * rng.gauss(0, 1) + lift * here[0]
            step = max(-3, min(3, round(3 * said)))
            tags = tuple(f"tag {at}" for at, on in enumerate(here) if on)
            rows.append(Row(FIRST + timedelta(days=day), hour, step / 3, rng.random() < 0.8, tags))
    return rows


def test_smallest_chance_is_one_in_a_thousand() -> None:
    assert 1 / (statistics.DRAWS + 1) == 0.001
