"""Figures of merit as functions of how often each event counts, so that a bootstrap sorts and compares once only.

A :data:`Statistic` is prepared for some events, and then answers for any counts of them: None counts each event once, a
resample with replacement counts it as often as it was drawn. NaN is the answer where it is not defined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counts", "Statistic", "by_rows", "mean", "quantiles", "restricted", "root", "spread", "total"]

Counts: TypeAlias = "NDArray[np.int64] | None"
"""How often each event counts, (events,); None counts each once."""

Statistic: TypeAlias = Callable[[Counts], float]
"""From counts to a value; NaN where it is not defined."""


def mean(values: NDArray[Any]) -> Statistic:
    """Return the mean of (events,) values; NaN without events."""
    values = np.asarray(values, np.float64)

    def statistic(counts: Counts) -> float:
        amount = total(counts, len(values))
        if not amount:
            return float("nan")
        return float((values.sum() if counts is None else counts @ values) / amount)

    return statistic


def root(statistic: Statistic) -> Statistic:
    """Return the square root of a statistic."""
    return lambda counts: float(np.sqrt(statistic(counts)))


def by_rows(function: Callable[..., float], *arrays: NDArray[Any]) -> Statistic:
    """Return a statistic that repeats the events, for functions that know of no counts.

    Args:
        function: of as many arrays.
        arrays: (events, ...) each.
    """

    def statistic(counts: Counts) -> float:
        if counts is None:
            return function(*arrays)
        rows = np.repeat(np.arange(len(counts)), counts)
        return function(*(array[rows] for array in arrays))

    return statistic


def restricted(rows: NDArray[np.bool_], statistic: Statistic) -> Statistic:
    """Return the statistic of all events that counts only some.

    Args:
        rows: (events,) whether an event is one of those that ``statistic`` was prepared for.
        statistic: of those events.
    """
    return lambda counts: statistic(None if counts is None else counts[rows])


def quantiles(values: NDArray[Any], fractions: tuple[float, ...]) -> Callable[[Counts], NDArray[np.float64]]:
    """Return the quantiles of (events,) values, interpolated linearly between events as ``numpy.quantile`` does.

    Args:
        values: (events,) finite values.
        fractions: which quantiles, each in [0, 1].

    Returns:
        Counts to (fractions,) quantiles; NaN without events.
    """
    order = np.argsort(values, kind="stable")
    ordered = np.asarray(values, np.float64)[order]
    wanted = np.asarray(fractions)

    def statistic(counts: Counts) -> NDArray[np.float64]:
        ends = np.arange(1, len(ordered) + 1) if counts is None else np.cumsum(counts[order])
        amount = int(ends[-1]) if len(ends) else 0
        if not amount:
            return np.full(len(wanted), np.nan)
        place = wanted * (amount - 1)
        below = np.floor(place)
        low = ordered[np.searchsorted(ends, below, side="right")]
        high = ordered[np.searchsorted(ends, np.minimum(below + 1, amount - 1), side="right")]
        between: NDArray[np.float64] = low + (place - below) * (high - low)
        return between

    return statistic


def spread(values: NDArray[Any], low: float, high: float) -> Statistic:
    """Return half the distance between two quantiles of (events,) values."""
    both = quantiles(values, (low, high))

    def statistic(counts: Counts) -> float:
        ends = both(counts)
        return float(0.5 * (ends[1] - ends[0]))

    return statistic


def total(counts: Counts, events: int) -> int:
    """Return how many events count."""
    return events if counts is None else int(counts.sum())
