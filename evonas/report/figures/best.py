"""The best so far of one run or several, over evaluations, epochs or time."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from evonas.report.analysis.genes import Floats, Ints
from evonas.report.analysis.progress import BestTrace
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label
from evonas.report.history import Goal
from evonas.report.palette import LINES

__all__ = ["OVER", "best_over_time_figure"]

OVER = {
    "evaluations": "evaluations completed",
    "epochs": "epochs trained by all evaluations together",
    "seconds": "wall time (h)",
}
"""What the best can be drawn over, and what the axis says."""

_DASHES = ("solid", "dash", "dot", "dashdot")
_HOUR = 3600.0


def best_over_time_figure(traces: Mapping[str, BestTrace], goal: Goal, *, over: str = "evaluations") -> go.Figure:
    """Draw a step line a run.

    Args:
        traces: name of a run to its best over time; of the same objective.
        goal: the objective.
        over: one of :data:`OVER`.
    """
    figure = blank(400)
    for at, (name, trace) in enumerate(traces.items()):
        figure.add_trace(
            go.Scatter(
                x=_along(trace, over).tolist(),
                y=trace.values.tolist(),
                mode="lines+markers",
                name=safe(name),
                showlegend=len(traces) > 1,
                marker={"size": 5},
                line={
                    "color": LINES[at % len(LINES)],
                    "dash": _DASHES[at // len(LINES) % len(_DASHES)] if len(traces) > len(LINES) else _DASHES[at % 4],
                    "width": 2.5,
                    "shape": "hv",
                },
                customdata=list(zip(trace.individuals.tolist(), trace.evaluations.tolist(), strict=True)),
                hovertemplate=f"<b>%{{y:.5g}}</b> {safe(name)}<br>individual %{{customdata[0]}}, "
                "after %{customdata[1]} evaluations<extra></extra>",
            )
        )
    direction = "more is better" if goal.maximise else "less is better"
    figure.update_xaxes(title_text=OVER[over], rangemode="tozero", showgrid=False)
    figure.update_yaxes(title_text=f"best {safe(label(goal.metric))} so far<br><sub>{direction}</sub>")
    return figure


def _along(trace: BestTrace, over: str) -> Ints | Floats:
    if over == "seconds":
        return trace.seconds / _HOUR
    return trace.epochs if over == "epochs" else trace.evaluations
