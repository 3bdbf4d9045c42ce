"""Surrogate calibration: what was predicted of a child at its birth, against what its training gave."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from evonas.report.analysis.forecasts import Forecast
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, number
from evonas.report.history import Goal
from evonas.report.palette import BLUE, GREY

__all__ = ["calibration"]

_POINTS = 1500  # drawn at most, the latest ones


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
