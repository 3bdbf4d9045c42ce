"""Surrogate calibration: what was predicted of a child at its birth, and what its training gave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evonas.report.history import Evaluation, Goal

__all__ = ["Calibration", "Forecast", "forecasts", "measure_calibration", "rank_correlation"]


class Forecast(NamedTuple):
    """A prediction and what came.

    Attributes:
        individual: whose.
        mean: predicted value of the first objective.
        sd: predicted standard deviation; NaN where none was told.
        value: what was measured.
    """

    individual: int
    mean: float
    sd: float
    value: float


@dataclass(frozen=True)
class Calibration:
    """How good forecasts were.

    Attributes:
        forecasts: how many.
        correlation: Spearman's rank correlation between predicted and measured; NaN below three.
        within_one: part of the measured values within one predicted standard deviation; 68 % if calibrated.
        within_two: part within two; 95 % if calibrated. NaN where no deviation was told.
    """

    forecasts: int
    correlation: float
    within_one: float
    within_two: float


def forecasts(evaluations: Sequence[Evaluation], goal: Goal) -> list[Forecast]:
    """Return the forecasts that can be checked, in order of completion: by an own training at the rung meant.

    A birth's forecast is of a full training. Where it names its ``rung``, that one is meant.
    """
    top = max((found.result.rung for found in evaluations if found.result.completed), default=0)
    found: list[Forecast] = []
    for one in evaluations:
        told = one.individual.birth.forecast
        value = goal.value(one.individual, one.result)
        if value is not None and one.repeat == 0 and "mean" in told and one.result.rung == told.get("rung", top):
            found.append(Forecast(one.individual.number, told["mean"], told.get("sd", math.nan), value))
    return found


def measure_calibration(found: Sequence[Forecast]) -> Calibration:
    """Return how good forecasts were."""
    table = np.array([one[1:] for one in found], float).reshape(-1, 3)
    told = table[np.isfinite(table[:, 1]) & (table[:, 1] > 0)]
    off = np.abs(told[:, 2] - told[:, 0]) / told[:, 1]
    within = [float(np.mean(off <= width)) if len(off) else math.nan for width in (1.0, 2.0)]
    return Calibration(len(found), rank_correlation(table[:, 0], table[:, 2]), *within)


def rank_correlation(one: Sequence[float] | NDArray[np.float64], other: Sequence[float] | NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation, equal figures sharing their rank; NaN below three or without any spread.

    >>> rank_correlation([1, 2, 3, 4], [10, 20, 40, 30])
    0.8
    """
    left, right = _ranks(one), _ranks(other)
    if len(left) < 3 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return math.nan
    left, right = left - left.mean(), right - right.mean()
    return round(float(left @ right / math.sqrt(float(left @ left) * float(right @ right))), 12)


def _ranks(values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    figures = np.asarray(values, np.float64)
    _, place, counts = np.unique(figures, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place], np.float64)
