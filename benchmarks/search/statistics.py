"""From traces to figures: best values at a cost, ranks, tests of significance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["Curve", "curve_of_trace", "mean_ranks", "milliseconds_before", "wilcoxon"]

Floats = npt.NDArray[np.float64]


class Curve:
    """The best value so far of one search, as it falls out of its trainings in the order in which they ended.

    Args:
        costs: what had been spent when each counted training ended, full trainings, ascending.
        values: the best value by then.
        trainings: how many trainings of any length had ended by then; None where only the values at a few costs are
            known.
    """

    def __init__(
        self, costs: Sequence[float], values: Sequence[float], trainings: Sequence[float] | None = None
    ) -> None:
        self.trainings: Floats | None = None if trainings is None else np.asarray(trainings, dtype=np.float64)
        self.costs: Floats = np.asarray(costs, dtype=np.float64)
        self.values: Floats = np.asarray(values, dtype=np.float64)

    def knows(self, cost: float) -> bool:
        """Return whether it is known what had been found at a cost."""
        return self.trainings is not None or cost in self.costs

    def at(self, cost: float) -> float:
        """Return the best value when so much was spent; NaN where no training had ended."""
        place = int(np.searchsorted(self.costs, cost + 1e-9, side="right")) - 1
        return float(self.values[place]) if place >= 0 else math.nan

    def reaches(self, target: float, maximise: bool) -> float:
        """Return what was spent when a value was reached; infinite if it never was."""
        there = self.values >= target if maximise else self.values <= target
        return float(self.costs[int(np.argmax(there))]) if there.any() else math.inf


def curve_of_trace(trace: Mapping[str, Any], *, full: int, maximise: bool, count: str = "full") -> Curve:
    """Return the curve of a trace.

    Args:
        trace: columns ``value``, ``reached`` and ``epochs``.
        full: epochs of a full training.
        maximise: whether more is better.
        count: ``full`` counts the values of full trainings alone, ``any`` those at lower rungs, too. What the lower
            rungs cost is counted in any case.
    """
    spent = np.cumsum(trace["epochs"]) / full
    values = np.asarray(trace["value"], dtype=np.float64)
    counts = np.asarray(trace["reached"]) >= (full if count == "full" else 1)
    best = (np.maximum if maximise else np.minimum).accumulate(values[counts]) if counts.any() else values[:0]
    return Curve(spent[counts].tolist(), best.tolist(), (1.0 + np.flatnonzero(counts)).tolist())


def mean_ranks(scores: Mapping[str, Sequence[float]], maximise: Sequence[bool] | bool = True) -> dict[str, float]:
    """Return each method's mean rank; 1 is the best, equal scores share the mean of their ranks.

    Args:
        scores: method to its scores, one for each comparison (a table, or a table and a seed). NaN is the worst.
        maximise: whether more is better, for all comparisons or for each.
    """
    names = list(scores)
    table = np.asarray([scores[name] for name in names], dtype=np.float64)
    signs = np.where(np.broadcast_to(np.asarray(maximise), table.shape[1:]), -1.0, 1.0)
    losses = np.where(np.isnan(table), np.inf, signs * table)
    ranks = stats.rankdata(losses, axis=0)
    return {name: float(np.mean(row)) for name, row in zip(names, ranks, strict=True)}


def wilcoxon(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test on pairs; 1 where no pair differs.

    Pairs that are equal are left out (Wilcoxon 1945). The null distribution is exact up to 50 pairs without ties.
    """
    differences = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    differences = differences[differences != 0]
    if not len(differences):
        return 1.0
    tied = len(np.unique(np.abs(differences))) < len(differences)
    method = "asymptotic" if tied or len(differences) > 50 else "exact"
    return float(stats.wilcoxon(differences, method=method).pvalue)


def milliseconds_before(trace: Mapping[str, Any], mark: int, window: int = 20, column: str = "ms") -> float | None:
    """Return a method's own mean time a training, over those before a mark, ms; None if the search ended sooner."""
    times = trace.get(column, ())
    return float(np.mean(times[mark - window : mark])) if len(times) >= mark >= window else None
