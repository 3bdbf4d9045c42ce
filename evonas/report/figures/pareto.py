"""The Pareto front: what one objective costs in another."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.lineage import Scored
from evonas.report.figures.style import blank, is_logarithmic, logarithmic_axis, safe, thinned
from evonas.report.formats import label, number
from evonas.report.history import Goal
from evonas.report.palette import BLUE, GREY, VERMILLION, YELLOW

__all__ = ["pareto_scatter"]

_POINTS = 3000  # drawn at most


def pareto_scatter(
    goals: Sequence[Goal], ordered: Sequence[Scored], front: Sequence[Scored], knee: Scored | None = None
) -> go.Figure:
    """Draw the first objective over each of the others, with standard errors where trainings were repeated.

    Args:
        goals: two or more objectives.
        ordered: all individuals with values, the best first.
        front: those that no other dominates.
        knee: the one of the front that is marked as its best compromise.
    """
    panels = len(goals) - 1
    figure = make_subplots(rows=1, cols=panels, shared_yaxes=True, horizontal_spacing=0.04)
    figure.update_layout(blank(430).layout)
    chosen = {one.individual.number for one in front}
    others = [one for one in ordered if one.individual.number not in chosen]
    others = [others[at] for at in thinned(len(others), _POINTS, set())]
    for panel in range(1, panels + 1):
        marker = {"color": GREY, "size": 6, "opacity": 0.6}
        figure.add_trace(_scatter(goals, others, panel, "dominated", marker), row=1, col=panel)
        marker = {"color": VERMILLION, "size": 9, "symbol": "diamond", "line": {"width": 1, "color": "#ffffff"}}
        figure.add_trace(_scatter(goals, front, panel, "Pareto front", marker), row=1, col=panel)
        if knee is not None:
            marker = {"color": YELLOW, "size": 15, "symbol": "star", "line": {"width": 1.5, "color": "#1f2937"}}
            figure.add_trace(_scatter(goals, [knee], panel, "knee", marker), row=1, col=panel)
        if panels == 1 and len(front) > 1:
            figure.add_trace(_staircase(front, goals[1]), row=1, col=1)
        values = [one.values[panel] for one in ordered]
        axis = logarithmic_axis(values) if is_logarithmic(values, 20.0) else {}
        figure.update_xaxes(title_text=_title(goals[panel]), row=1, col=panel, **axis)
    first = [one.values[0] for one in ordered]
    if is_logarithmic(first):
        figure.update_yaxes(**logarithmic_axis(first))
    figure.update_yaxes(title_text=_title(goals[0]), row=1, col=1)
    return figure


def _title(goal: Goal) -> str:
    return f"{safe(label(goal.metric))}, {'more' if goal.maximise else 'less'} is better"


def _scatter(
    goals: Sequence[Goal], scored: Sequence[Scored], panel: int, name: str, marker: dict[str, object]
) -> go.Scatter:
    return go.Scatter(
        x=[one.values[panel] for one in scored],
        y=[one.values[0] for one in scored],
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=panel == 1,
        marker=marker,
        error_y=_bars(scored, 0, marker),
        error_x=_bars(scored, panel, marker),
        text=[
            f"<b>individual {one.individual.number}</b>"
            + "".join(
                f"<br>{safe(label(goal.metric))} {number(value)}{_error(one, at)}"
                for at, (goal, value) in enumerate(zip(goals, one.values, strict=True))
            )
            for one in scored
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _bars(scored: Sequence[Scored], objective: int, marker: dict[str, object]) -> dict[str, object]:
    errors = [one.errors[objective] if one.errors else None for one in scored]
    shown = any(error for error in errors)
    bars = {"type": "data", "array": [error or 0.0 for error in errors], "visible": shown}
    return bars | {"color": marker["color"], "thickness": 1.2, "width": 3}


def _error(one: Scored, objective: int) -> str:
    error = one.errors[objective] if one.errors else None
    return "" if error is None else f" ± {number(error, 2)} ({one.trainings} trainings)"


def _staircase(front: Sequence[Scored], horizontal: Goal) -> go.Scatter:
    """Return the border of what was reached with two objectives: the attainment surface of the front."""
    ordered = sorted(front, key=lambda one: one.values[1])
    return go.Scatter(
        x=[one.values[1] for one in ordered],
        y=[one.values[0] for one in ordered],
        mode="lines",
        line={"color": BLUE, "width": 1.5, "dash": "dot", "shape": "vh" if horizontal.maximise else "hv"},
        showlegend=False,
        hoverinfo="skip",
    )
