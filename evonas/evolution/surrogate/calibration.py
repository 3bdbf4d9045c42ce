"""The surrogate's record: what it said of individuals before they were trained, against what came out."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Calibration"]

_MEMORY = 60  # forecasts that count
_PRIOR = 10.0  # forecasts that were right, which are believed before there are any
_RANGE = (0.5, 3.0)


class Calibration:
    """Compares forecasts with results (predict, then observe), and says how much too sure the surrogate is.

    Args:
        corrects: whether deviations are to be multiplied with anything.
    """

    def __init__(self, *, corrects: bool = True) -> None:
        self._corrects = corrects
        self._scores: deque[float] = deque(maxlen=_MEMORY)
        self._pairs: list[tuple[float, float]] = []

    def told(self, forecast: Mapping[str, float], value: float) -> None:
        """Take in a forecast of the first objective and the value that came out; an empty one says nothing."""
        if "mean" not in forecast or not forecast.get("raw_sd", 0.0) > 0:
            return
        self._scores.append((value - forecast["mean"]) / forecast["raw_sd"])
        self._pairs.append((forecast["mean"], value))

    @property
    def factor(self) -> float:
        """What deviations are to be multiplied with, so that results lie one of them off on average."""
        if not self._corrects:
            return 1.0
        # Scores beyond 4 say that something unforeseen happened, not how wide the ordinary is.
        total = sum(min(score * score, 16.0) for score in self._scores)
        return float(np.clip(math.sqrt((total + _PRIOR) / (len(self._scores) + _PRIOR)), *_RANGE))

    def report(self) -> dict[str, Any]:
        """Return the record: number of forecasts, how wide they were, how they ranked."""
        count = len(self._pairs)
        if count < 3:
            return {"forecasts": count, "factor": self.factor}
        said, came = np.array(self._pairs).T
        inside = np.mean(np.abs(self._scores) < 1.0)
        return {
            "forecasts": count,
            "factor": self.factor,
            "within_one_deviation": float(inside),
            "rank_correlation": _rank_correlation(said, came),
        }


def _rank_correlation(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    ranks = [np.argsort(np.argsort(values)).astype(float) for values in (one, other)]
    if any(np.ptp(values) == 0 for values in (one, other)):
        return 0.0
    return float(np.corrcoef(ranks)[0, 1])
