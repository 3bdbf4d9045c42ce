"""Rungs: how many individuals went on, and how well a short training told what a full one would give."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.report.analysis.rungs import rung_pairs, rungs
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, number
from evonas.report.history import Evaluation, Goal
from evonas.report.palette import LINES

__all__ = ["rung_figure"]

_SYMBOLS = ("circle", "diamond", "square", "triangle-up")


def rung_figure(evaluations: Sequence[Evaluation], goal: Goal) -> go.Figure:
    """Draw how many reached each rung, and beside it the value after a full training over that at each lower rung."""
    steps = rungs(evaluations)
    figure = make_subplots(rows=1, cols=2, column_widths=[0.36, 0.64], horizontal_spacing=0.14)
    figure.update_layout(blank(380).layout)
    names = [f"rung {step.rung}<br>{step.epochs} epochs" for step in steps]
    figure.add_trace(
        go.Bar(
            x=names,
            y=[step.individuals for step in steps],
            marker={"color": [LINES[at % len(LINES)] for at in range(len(steps))]},
            text=[f"{step.individuals:,}" for step in steps],
            textposition="outside",
            cliponaxis=False,
            showlegend=False,
            customdata=[step.completed for step in steps],
            hovertemplate="%{y} individuals, %{customdata} completed<extra></extra>",
        ),
        row=1,
        col=1,
    )
    top = steps[-1]
    for at, step in enumerate(steps[:-1]):
        pairs = rung_pairs(evaluations, goal, step.rung, top.rung)
        figure.add_trace(
            go.Scatter(
                x=[low for _, low, _ in pairs],
                y=[high for _, _, high in pairs],
                mode="markers",
                name=f"at rung {step.rung}",
                marker={"color": LINES[at % len(LINES)], "symbol": _SYMBOLS[at % len(_SYMBOLS)], "size": 8},
                text=[f"individual {one}<br>{number(low)}, then {number(high)}" for one, low, high in pairs],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=1,
            col=2,
        )
    metric = safe(label(goal.metric))
    figure.update_yaxes(title_text="individuals", rangemode="tozero", row=1, col=1)
    figure.update_xaxes(title_text=f"{metric} at a lower rung", row=1, col=2)
    figure.update_yaxes(title_text=f"{metric} at rung {top.rung}", row=1, col=2)
    figure.update_xaxes(showgrid=False, row=1, col=1)
    return figure
