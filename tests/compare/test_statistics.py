"""Tests of significance against SciPy's own examples and closed forms."""

import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evonas.compare.statistics import (
    bootstrap_difference,
    least_p,
    mann_whitney,
    mean_and_error,
    superiority,
    welch,
    wilcoxon,
)
from evonas.report.analysis.corrections import holm

VALUES = st.lists(st.integers(0, 12).map(float), min_size=2, max_size=5)


def test_rank_tests_reach_their_least_p_where_the_samples_do_not_overlap():
    one, other = [1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]
    assert mann_whitney(one, other) == pytest.approx(least_p(4, 4)) == pytest.approx(2 / 70)
    pairs = [value + 0.1 * value for value in range(1, 7)]
    assert wilcoxon(pairs, list(range(1, 7))) == pytest.approx(least_p(6, 6, paired=True)) == pytest.approx(1 / 32)


def test_mann_whitney_of_a_textbook_example():
    # Hollander, Wolfe & Chicken 2014, example 4.1: permeability of membranes, W = 30, one-sided P = 0.1272
    at_term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    early = [1.15, 0.88, 0.90, 0.74, 1.21]
    assert mann_whitney(at_term, early) == pytest.approx(2 * 0.1272, abs=1e-4)


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_rank_tests_count_all_ways(one, other):
    together = stats.rankdata([*one, *other])
    mean = len(one) * together.mean()
    sums = [sum(chosen) - mean for chosen in combinations(together, len(one))]
    found = abs(together[: len(one)].sum() - mean) - 1e-9
    assert mann_whitney(one, other) == pytest.approx(np.mean([abs(value) >= found for value in sums]))
    pairs = [(left, right) for left, right in zip(one, other, strict=False) if left != right]
    ranks = stats.rankdata([abs(left - right) for left, right in pairs])
    found = abs(sum(np.sign(left - right) * rank for (left, right), rank in zip(pairs, ranks, strict=True))) - 1e-9
    sums = [abs(np.dot(signs, ranks)) for signs in product((-1, 1), repeat=len(ranks))]
    p = wilcoxon(one[: min(len(one), len(other))], other[: min(len(one), len(other))])
    assert p == pytest.approx(np.mean([value >= found for value in sums]))


def test_many_values_are_approximated():
    one, other = list(range(40)), [value + 0.5 for value in range(40)]
    assert 0.5 < mann_whitney(one, other) < 1.0
    assert wilcoxon([*one, *one], [*other, *other]) < 1e-9


def test_equal_values_are_no_difference():
    assert mann_whitney([1.0, 1.0], [1.0, 1.0]) == 1.0
    assert wilcoxon([1.0, 2.0], [1.0, 2.0]) == 1.0
    assert welch([1.0, 1.0], [1.0, 1.0]) == 1.0
    assert welch([1.0, 1.0], [2.0, 2.0]) == 0.0


@given(VALUES, VALUES)
def test_tests_are_symmetric_and_p_is_a_probability(one, other):
    for test in (mann_whitney, welch):
        p = test(one, other)
        assert 0.0 <= p <= 1.0
        assert p == pytest.approx(test(other, one), abs=1e-12)
    assert superiority(one, other) == pytest.approx(1 - superiority(other, one))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_keeps_the_order_and_never_lowers_p(p):
    adjusted = holm(p)
    assert all(q >= min(1.0, one) for one, q in zip(p, adjusted, strict=True))
    assert all(q <= min(1.0, len(p) * one) + 1e-12 for one, q in zip(p, adjusted, strict=True))
    order = np.argsort(p, kind="stable")
    assert np.all(np.diff(np.asarray(adjusted)[order]) >= 0)


def test_the_bootstrap_covers_the_difference_and_pairs_are_narrower():
    rng = np.random.default_rng(5)
    luck = rng.normal(size=20)
    one, other = 1.0 + luck + 0.1 * rng.normal(size=20), luck + 0.1 * rng.normal(size=20)
    free = bootstrap_difference(one, other, np.random.default_rng(1))
    paired = bootstrap_difference(one, other, np.random.default_rng(1), paired=True)
    assert paired.low < 1.0 < paired.high and free.low < 1.0 < free.high
    assert paired.high - paired.low < 0.3 * (free.high - free.low)
    assert free.difference == pytest.approx(np.mean(one) - np.mean(other))
    again = bootstrap_difference(one, other, np.random.default_rng(1))
    assert (again.low, again.high) == (free.low, free.high)
    alone = bootstrap_difference([1.0], [0.0, 2.0], np.random.default_rng(1))
    assert alone.difference == 0.0 and math.isnan(alone.low)


def test_mean_and_error():
    assert mean_and_error([1.0, 3.0]) == (2.0, 1.0, 2)
    assert mean_and_error([4.0]) == (4.0, None, 1)
