"""Surrogate calibration: what was predicted of a child at its birth, against what its training gave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, number
from evonas.report.history import Evaluation, Goal
from evonas.report.palette import BLUE, GREY

__all__ = ["Calibration", "Forecast", "calibration", "forecasts", "measure_calibration", "rank_correlation"]

_POINTS = 1500  # drawn at most, the latest ones


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


def calibration(found: Sequence[Forecast], goal: Goal) -> go.Figure:
    """Draw measured over predicted values, with the predicted standard deviations, and where they would be equal."""
    shown = found[-_POINTS:]
    figure = blank(430)
    told = [one.sd if math.isfinite(one.sd) else 0.0 for one in shown]
    figure.add_trace(
        go.Scatter(
            x=[one.mean for one in shown],
            y=[one.value for one in shown],
            mode="markers",
            showlegend=False,
            marker={"color": BLUE, "size": 7 if len(shown) < 300 else 5, "opacity": 0.75},
            error_x={"type": "data", "array": told, "color": "rgba(134,139,147,0.45)", "thickness": 1, "width": 0},
            text=[
                f"<b>individual {one.individual}</b><br>predicted {number(one.mean, 4)} ± {number(one.sd, 2)}"
                f"<br>measured {number(one.value, 4)}"
                for one in shown
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    ends = [min(min(one.mean, one.value) for one in shown), max(max(one.mean, one.value) for one in shown)]
    line = {"color": GREY, "width": 1.5, "dash": "dash"}
    figure.add_trace(go.Scatter(x=ends, y=ends, mode="lines", line=line, showlegend=False, hoverinfo="skip"))
    metric = safe(label(goal.metric))
    figure.update_xaxes(title_text=f"{metric}, predicted at birth")
    figure.update_yaxes(title_text=f"{metric}, measured")
    return figure


def _ranks(values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    figures = np.asarray(values, np.float64)
    _, place, counts = np.unique(figures, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place], np.float64)
