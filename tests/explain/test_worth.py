"""Paired differences and corrected p-values, against SciPy's own."""

import math

import numpy as np
import pytest
from scipy import stats

from evonas.explain import holm, paired


def test_paired_test_is_that_of_scipy():
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.5, 1, 7), rng.normal(0, 1, 7)
    found = paired(dict(enumerate(first)), dict(enumerate(second)))
    expected = stats.ttest_rel(first, second)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.mean / found.error == pytest.approx(expected.statistic)


def test_only_seeds_of_both_count():
    found = paired({0: 1.0, 1: 2.0, 2: 3.0}, {1: 1.0, 2: 1.5, 9: 0.0})
    assert (found.pairs, found.mean) == (2, 1.25)
    assert math.isnan(paired({0: 1.0}, {1: 1.0}).mean)


def test_equal_differences_are_sure_only_without_noise():
    first, second = {0: 1.0, 1: 1.0}, {0: 0.5, 1: 0.5}
    tied, exact = paired(first, second), paired(first, second, exact=True)
    assert (tied.error, tied.p) == (None, None)
    assert (exact.error, exact.p) == (0.0, 0.0)
    assert paired(first, first, exact=True).p == 1.0


def test_holm_keeps_the_order_and_never_exceeds_one():
    assert holm([0.04, 0.001, None, 0.02, 0.9]) == [
        pytest.approx(0.08),
        pytest.approx(0.004),
        None,
        pytest.approx(0.06),
        pytest.approx(0.9),
    ]
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
