"""The metric's evolution in several searches for the same: every evaluation, and the best so far, by search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from evonas.report.analysis.progress import best_so_far
from evonas.report.figures.style import blank, safe, thinned, value_axis
from evonas.report.formats import label, number
from evonas.report.history import Evaluation, Goal
from evonas.report.palette import LINES

__all__ = ["metric_evolution"]

_POINTS = 1500  # of one search drawn at most
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star")


def metric_evolution(searches: Mapping[str, Sequence[Evaluation]], goal: Goal) -> tuple[go.Figure, int]:
    """Draw the evaluations of several searches over their order, and the best so far of each.

    Args:
        searches: name to evaluations in order of completion.
        goal: the objective.

    Returns:
        The figure, and how many points lie outside the range that it shows first.
    """
    figure = blank(420)
    everything: list[float] = []
    for at, (name, evaluations) in enumerate(searches.items()):
        colour = LINES[at % len(LINES)]
        valued = [(one, value) for one in evaluations if (value := goal.value(one.individual, one.result)) is not None]
        drawn = [valued[place] for place in thinned(len(valued), _POINTS, set())]
        everything += [value for _, value in valued]
        figure.add_trace(
            go.Scatter(
                x=[one.order for one, _ in drawn],
                y=[value for _, value in drawn],
                mode="markers",
                name=safe(name),
                legendgroup=name,
                marker={"color": colour, "size": 6, "opacity": 0.55, "symbol": _SYMBOLS[at % len(_SYMBOLS)]},
                text=[f"{safe(name)}, individual {one.individual.number}<br>{number(value)}" for one, value in drawn],
                hovertemplate="%{text}<extra></extra>",
            )
        )
        trace = best_so_far(evaluations, goal)
        figure.add_trace(
            go.Scatter(
                x=list(range(1, len(trace) + 1)),
                y=trace,
                mode="lines",
                legendgroup=name,
                showlegend=False,
                line={"color": colour, "width": 2, "shape": "hv"},
                hoverinfo="skip",
            )
        )
    axis, outside = value_axis(everything, maximise=goal.maximise) if everything else ({}, 0)
    direction = "more is better" if goal.maximise else "less is better"
    figure.update_yaxes(title_text=f"{safe(label(goal.metric))}<br><sub>{direction}</sub>", **axis)
    longest = max((len(evaluations) for evaluations in searches.values()), default=0)
    figure.update_xaxes(
        title_text="evaluation, in order of completion",
        range=[0, longest + 1],
        dtick=1 if longest < 10 else None,
        showgrid=False,
    )
    return figure, outside
