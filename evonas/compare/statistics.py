"""Tests of significance for a few noisy figures: ranks, pairs, means, and what several tests at once are worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "CONFIDENCE",
    "RESAMPLES",
    "Interval",
    "bootstrap_difference",
    "least_p",
    "mann_whitney",
    "mean_and_error",
    "superiority",
    "welch",
    "wilcoxon",
]

CONFIDENCE = 0.95
"""Of all intervals."""

RESAMPLES = 10_000
"""Of a bootstrap."""

_EXACT = 50  # up to so many values the null distribution is computed, not approximated
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A difference of means and where it may lie.

    Attributes:
        difference: mean of the first sample less mean of the second.
        low, high: ends of the interval of :data:`CONFIDENCE`; both NaN where a sample has one value only.
    """

    difference: float
    low: float
    high: float


def mean_and_error(values: Sequence[float]) -> tuple[float, float | None, int]:
    """Return the mean of one or more values, its standard error s / sqrt(n), and n; no error below two values."""
    array = _array(values)
    error = float(array.std(ddof=1) / math.sqrt(len(array))) if len(array) > 1 else None
    return float(array.mean()), error, len(array)


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the two-sided p of Mann and Whitney's rank test on two independent samples; 1 where all values are equal.

    Exact up to 50 values, ties included: p is the share of all ways to deal the values out in which the sum of the
    ranks is at least as far from its mean (Mann & Whitney 1947, doi:10.1214/aoms/1177730491).
    """
    from scipy import stats

    first, together = len(one), np.concatenate([_array(one), _array(other)])
    if len(together) > _EXACT:
        return float(stats.mannwhitneyu(one, other, alternative="two-sided", method="asymptotic").pvalue)
    ranks = _doubled_ranks(together)
    ways = np.zeros((first + 1, int(ranks.sum()) + 1))  # by how many values were taken, and the sum of their ranks
    ways[0, 0] = 1.0
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, :-rank].copy()
    return _share_as_far(ways[first], int(ranks[:first].sum()), first * ranks.sum() / len(ranks))


def wilcoxon(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test on pairs; 1 where no pair differs.

    Pairs that are equal are left out (Wilcoxon 1945, doi:10.2307/3001968). Exact up to 50 pairs, ties included: p is
    the share of all ways to choose the signs in which the sum of the positive ranks is at least as far from its mean.
    """
    from scipy import stats

    differences = _array(one) - _array(other)
    differences = differences[differences != 0]
    if len(differences) > _EXACT:
        return float(stats.wilcoxon(differences).pvalue)
    ranks = _doubled_ranks(np.abs(differences))
    ways = np.zeros(int(ranks.sum()) + 1)
    ways[0] = 1.0
    for rank in ranks:
        ways[rank:] += ways[:-rank].copy()
    return _share_as_far(ways, int(ranks[differences > 0].sum()), ranks.sum() / 2)


def welch(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the two-sided p of Welch's t test on two means; of two or more values each.

    For samples of unequal variance (Welch 1947, doi:10.1093/biomet/34.1-2.28). Samples that do not vary at all give 1
    where they are equal, else 0.
    """
    from scipy import stats

    first, second = _array(one), _array(other)
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return 1.0 if first[0] == second[0] else 0.0
    squares = [values.var(ddof=1) / len(values) for values in (first, second)]
    t = abs(first.mean() - second.mean()) / math.sqrt(sum(squares))
    freedom = sum(squares) ** 2 / sum(
        square**2 / (len(values) - 1) for square, values in zip(squares, (first, second), strict=True)
    )
    return float(2 * stats.t.sf(t, freedom))


def superiority(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the probability that a value of the first sample is greater than one of the second; ties count half.

    Vargha and Delaney's A (2000, doi:10.3102/10769986025002101): 0.5 where neither is ahead.
    """
    first, second = _array(one)[:, None], _array(other)[None, :]
    return float(np.mean((first > second) + 0.5 * (first == second)))


def bootstrap_difference(
    one: Sequence[float],
    other: Sequence[float],
    generator: np.random.Generator,
    *,
    paired: bool = False,
    resamples: int = RESAMPLES,
) -> Interval:
    """Return the difference of two means with the interval of its bootstrap (percentiles; Efron & Tibshirani 1993).

    With fewer than ten values a sample it is too narrow: by a quarter with five of each, by two fifths with three.

    Args:
        one: values.
        other: values; of pairs in the same order.
        generator: draws the resamples.
        paired: whether values at the same place belong together, and are drawn together.
        resamples: how many are drawn.
    """
    first, second = _array(one), _array(other)
    difference = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2:
        return Interval(difference, math.nan, math.nan)
    drawn = generator.integers(len(first), size=(resamples, len(first)))
    again = drawn if paired else generator.integers(len(second), size=(resamples, len(second)))
    differences = first[drawn].mean(axis=1) - second[again].mean(axis=1)
    rest = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(differences, [rest, 100 - rest])
    return Interval(difference, float(low), float(high))


def least_p(one: int, other: int, *, paired: bool = False) -> float:
    """Return the least p that a rank test can give: too few values tell nothing, however clear they are.

    Args:
        one: values of the first sample.
        other: values of the second; the same number for pairs.
        paired: Wilcoxon's test, else Mann and Whitney's.

    >>> least_p(3, 3), least_p(4, 4) < 0.05, least_p(5, 5, paired=True), least_p(6, 6, paired=True)
    (0.1, True, 0.0625, 0.03125)
    """
    return min(1.0, 2 / (2**one if paired else math.comb(one + other, one)))


def _doubled_ranks(values: _Floats) -> npt.NDArray[np.int64]:
    """Return twice the rank of each value, a whole number where equal values share the mean of their ranks, too."""
    from scipy import stats

    doubled: npt.NDArray[np.int64] = np.rint(2 * stats.rankdata(values)).astype(np.int64)
    return doubled


def _share_as_far(ways: _Floats, found: int, mean: float) -> float:
    """Return the share of the ways whose sum, their place, is at least as far from the mean as that which was found."""
    far = np.abs(np.arange(len(ways)) - mean) >= abs(found - mean) - 1e-9
    return float(ways[far].sum() / ways.sum())


def _array(values: Sequence[float]) -> _Floats:
    return np.asarray(values, np.float64)
