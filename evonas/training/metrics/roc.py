"""The ROC curve of a signal score, its area, and what is read off it; NumPy alone.

Counted, not interpolated: a point lies at each distinct score, the threshold lowered from above all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.training.metrics.statistics import Counts

__all__ = ["Roc"]


class Roc:
    """The ROC curve of some events, sorted once.

    Args:
        signal: (events,) whether an event is signal.
        score: (events,) more is more like signal.
    """

    def __init__(self, signal: NDArray[np.bool_], score: NDArray[Any]) -> None:
        order = np.argsort(-score, kind="stable")
        ordered = score[order]
        self._order = order
        self._signal = signal[order].astype(np.int64)
        self._last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)  # of each distinct score
        self._scores = ordered[self._last] if len(ordered) else ordered

    def points(self, counts: Counts = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many signal and background events lie at or above each threshold, from none to all.

        Returns:
            Two arrays, (distinct scores + 1,).
        """
        weight = np.ones(len(self._order), np.int64) if counts is None else counts[self._order]
        signal = weight * self._signal
        accepted = np.concatenate([[0], np.cumsum(signal)[self._last]]) if len(weight) else np.zeros(1, np.int64)
        passed = np.concatenate([[0], np.cumsum(weight - signal)[self._last]]) if len(weight) else np.zeros(1, np.int64)
        return accepted, passed

    def thresholds(self) -> NDArray[np.float64]:
        """Return the threshold of each of :meth:`points`, from above all scores (infinite) down."""
        return np.concatenate([[np.inf], self._scores.astype(np.float64)])

    def area(self, counts: Counts = None) -> float:
        """Return the area under the curve; ties count one half, NaN where a class has no event."""
        accepted, passed = self.points(counts)
        pairs = float(accepted[-1]) * float(passed[-1])
        if not pairs:
            return float("nan")
        return float(np.sum(np.diff(passed) * (accepted[1:] + accepted[:-1]) / 2) / pairs)

    def rejection(self, signal_efficiency: float, counts: Counts = None) -> float:
        """Return 1/FPR at a signal efficiency, see :func:`~evonas.training.metrics.background_rejection`."""
        accepted, passed = self.points(counts)
        signals, backgrounds = int(accepted[-1]), int(passed[-1])
        if not signals or not backgrounds:
            return float("nan")
        wanted = signal_efficiency * signals
        above = max(1, int(np.searchsorted(accepted, wanted - 1e-9 * signals)))
        count = _between(wanted, accepted, passed, above)
        return float(backgrounds / max(1.0, count))

    def efficiency(self, background_efficiency: float, counts: Counts = None) -> float:
        """Return TPR at a background efficiency, see :func:`~evonas.training.metrics.signal_efficiency`."""
        accepted, passed = self.points(counts)
        signals, backgrounds = int(accepted[-1]), int(passed[-1])
        if not signals or not backgrounds:
            return float("nan")
        wanted = background_efficiency * backgrounds
        above = int(np.searchsorted(passed, wanted + 1e-9 * backgrounds, side="right"))
        if above == len(passed):
            return 1.0
        return float(_between(wanted, passed, accepted, above) / signals)


def _between(wanted: float, along: NDArray[np.int64], of: NDArray[np.int64], above: int) -> float:
    """Interpolate ``of`` linearly between the points ``above - 1`` and ``above`` of the curve."""
    step = along[above] - along[above - 1]
    share = min(1.0, max(0.0, (wanted - along[above - 1]) / step)) if step else 1.0
    return float(of[above - 1] + share * (of[above] - of[above - 1]))
