"""The best so far against what it cost: epochs trained by all evaluations together."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from evonas.report.analysis.progress import best_so_far, epochs_spent
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label
from evonas.report.history import Evaluation, Goal
from evonas.report.palette import VERMILLION

__all__ = ["best_over_epochs"]


def best_over_epochs(evaluations: Sequence[Evaluation], goal: Goal) -> go.Figure:
    """Draw the best value so far over the epochs spent.

    Args:
        evaluations: those that ended, in order of completion.
        goal: the objective.
    """
    spent, trace = epochs_spent(evaluations), best_so_far(evaluations, goal)
    figure = blank(320)
    figure.add_trace(
        go.Scatter(
            x=spent,
            y=trace,
            mode="lines",
            line={"color": VERMILLION, "width": 2.5, "shape": "hv"},
            showlegend=False,
            customdata=list(range(1, len(spent) + 1)),
            hovertemplate="%{y:.5g} after %{x:,} epochs, %{customdata} evaluations<extra></extra>",
        )
    )
    direction = "more is better" if goal.maximise else "less is better"
    figure.update_xaxes(title_text="epochs trained by all evaluations together", rangemode="tozero", showgrid=False)
    figure.update_yaxes(title_text=f"best {safe(label(goal.metric))} so far<br><sub>{direction}</sub>")
    return figure
