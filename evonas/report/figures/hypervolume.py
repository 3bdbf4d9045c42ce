"""Hypervolume over evaluations: how much of what the objectives allow the front covers, one figure for all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from evonas.report.figures.style import blank
from evonas.report.palette import BLUE

__all__ = ["hypervolume_over_evaluations"]


def hypervolume_over_evaluations(trace: Sequence[float]) -> go.Figure:
    """Draw the dominated share over the evaluations in order of completion."""
    figure = blank(300)
    figure.add_trace(
        go.Scatter(
            x=list(range(1, len(trace) + 1)),
            y=list(trace),
            mode="lines",
            line={"color": BLUE, "width": 2.5, "shape": "hv"},
            fill="tozeroy",
            fillcolor="rgba(0,114,178,0.12)",
            showlegend=False,
            hovertemplate="after %{x} evaluations: %{y:.4f}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="evaluation, in order of completion", range=[0, len(trace) + 1], showgrid=False)
    top = float(np.max(trace)) if len(trace) else 1.0
    figure.update_yaxes(title_text="hypervolume<br><sub>share of the box, more is better</sub>", range=[0, 1.05 * top])
    return figure
