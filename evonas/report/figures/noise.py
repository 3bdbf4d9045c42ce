"""Noise: what the same network reached with other seeds."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from evonas.report.analysis.noise import Repeated
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, number
from evonas.report.history import Goal
from evonas.report.palette import BLUE, ORANGE

__all__ = ["noise_figure"]

_ROW, _MOST = 30, 25  # height of an individual, px; individuals drawn at most, the best ones


def noise_figure(found: Sequence[Repeated], goal: Goal) -> go.Figure:
    """Draw the trainings of each individual, its own one apart, and mean and standard error."""
    shown = found[:_MOST]
    figure = blank(130 + _ROW * len(shown))
    names = {one.individual: f"individual {one.individual}" for one in shown}
    first = [(names[one.individual], one.values[0]) for one in shown]
    further = [(names[one.individual], value) for one in shown for value in one.values[1:]]
    for name, points, colour, symbol in (
        ("first training", first, BLUE, "circle"),
        ("repeats", further, BLUE, "circle-open"),
    ):
        figure.add_trace(
            go.Scatter(
                x=[value for _, value in points],
                y=[who for who, _ in points],
                mode="markers",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": 9, "line": {"width": 1.5}},
                hovertemplate="%{x}<extra>%{y}</extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[one.mean for one in shown],
            y=[names[one.individual] for one in shown],
            mode="markers",
            name="mean ± standard error",
            marker={"color": ORANGE, "symbol": "line-ns", "size": 16, "line": {"width": 3, "color": ORANGE}},
            error_x={
                "type": "data",
                "array": [one.error for one in shown],
                "color": ORANGE,
                "thickness": 2,
                "width": 5,
            },
            text=[f"{number(one.mean)} ± {number(one.error, 2)}, {len(one.values)} trainings" for one in shown],
            hovertemplate="%{text}<extra>%{y}</extra>",
        )
    )
    figure.update_xaxes(title_text=safe(label(goal.metric)))
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return figure
