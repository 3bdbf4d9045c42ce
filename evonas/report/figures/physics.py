"""Figures of Cherenkov telescopes: the ROC curve, and what varies with energy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from evonas.report.figures.style import blank, safe
from evonas.report.palette import BLUE, GREY, LINES
from evonas.training.metrics.curves import EnergyCurve, RocCurve

__all__ = ["over_energy", "roc"]

_HEIGHT = 430  # px
_BAND = "rgba(0, 114, 178, 0.22)"  # BLUE, faint
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")


def roc(curve: RocCurve) -> go.Figure:
    """Draw a ROC curve with its standard error as a band, and guessing as a diagonal.

    Args:
        curve: the curve.
    """
    false, true = curve.background_efficiency, curve.signal_efficiency
    high, low = np.minimum(true + curve.errors, 1), np.maximum(true - curve.errors, 0)
    figure = blank(_HEIGHT)
    hidden = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_trace(go.Scatter(x=false.tolist(), y=high.tolist(), **hidden))
    figure.add_trace(go.Scatter(x=false.tolist(), y=low.tolist(), fill="tonexty", fillcolor=_BAND, **hidden))
    figure.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="guessing",
            line={"color": GREY, "width": 1.5, "dash": "dot"},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=false.tolist(),
            y=true.tolist(),
            mode="lines",
            name="gammaness",
            line={"color": BLUE, "width": 2},
            text=[f"{value:.4g}" for value in curve.threshold],
            hovertemplate="at or above %{text}<br>background %{x:.4g}<br>signal %{y:.4g}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="background efficiency (false-positive rate)", range=[0, 1])
    figure.update_yaxes(title_text="signal efficiency (true-positive rate)", range=[0, 1.005])
    return figure


def over_energy(curves: Sequence[EnergyCurve], title: str, *, level: float | None = None) -> go.Figure:
    """Draw figures of merit over true energy: a point a bin, its width and its standard error as bars.

    Args:
        curves: drawn in the same panel.
        title: of the vertical axis.
        level: where a dotted line is drawn, such as the AUC of guessing; None for none.
    """
    figure = blank(_HEIGHT)
    for curve, colour, symbol in zip(curves, LINES, _SYMBOLS, strict=False):
        figure.add_trace(_points(curve, colour, symbol, legend=len(curves) > 1))
    if level is not None:
        figure.add_hline(y=level, line={"color": GREY, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(title_text="true energy (TeV)", type="log", dtick="D2", tickformat="~g")
    figure.update_yaxes(title_text=safe(title))
    return figure


def _points(curve: EnergyCurve, colour: str, symbol: str, *, legend: bool) -> go.Scatter:
    there = np.isfinite(curve.values)
    middles, low, high = curve.centres[there], curve.edges[:-1][there], curve.edges[1:][there]
    unit = f" {curve.unit}" if curve.unit else ""
    errors = np.nan_to_num(curve.errors[there])
    return go.Scatter(
        x=middles.tolist(),
        y=curve.values[there].tolist(),
        mode="markers",
        name=safe(curve.name.replace("_", " ")),
        showlegend=legend,
        marker={"color": colour, "size": 8, "symbol": symbol},
        error_x={
            "type": "data",
            "array": (high - middles).tolist(),
            "arrayminus": (middles - low).tolist(),
            "width": 0,
            "color": colour,
            "thickness": 1.2,
        },
        error_y={"type": "data", "array": errors.tolist(), "width": 0, "color": colour, "thickness": 1.2},
        text=[
            f"{first:.3g} to {last:.3g} TeV, {count:,} events<br>{value:.4g} ± {error:.2g}{unit}"
            for first, last, count, value, error in zip(
                low, high, curve.events[there], curve.values[there], errors, strict=True
            )
        ],
        hovertemplate="%{text}<extra></extra>",
    )
