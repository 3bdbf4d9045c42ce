"""Convergence: the best value so far over the evaluations, of one search or of several repetitions together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median, quantiles

import plotly.graph_objects as go

from evonas.report.figures.style import blank, safe
from evonas.report.formats import label
from evonas.report.history import Goal
from evonas.report.palette import LINES

__all__ = ["convergence"]

_DASHES = ("solid", "dash", "dot", "dashdot")
_ALONE = 3  # repetitions from which on a band is drawn; fewer are lines of their own


def convergence(
    groups: Mapping[str, Sequence[Sequence[float | None]]], goal: Goal, marks: Mapping[str, float] | None = None
) -> go.Figure:
    """Draw a line a group: of one repetition the best so far, of several their median.

    From three repetitions on, a band reaches from their lower to their upper quartile; two are drawn as thin lines. A
    repetition that ended earlier stays at its last value.

    Args:
        groups: name to the traces of its repetitions, as :func:`evonas.report.analysis.best_so_far` returns them.
        goal: the objective.
        marks: name of a group to a value that is drawn as a dashed line in its colour, such as a baseline's.
    """
    figure = blank(430)
    for at, (name, traces) in enumerate(groups.items()):
        colour, dash = LINES[at % len(LINES)], _DASHES[at // len(LINES) % len(_DASHES)]
        rows = _columns(traces)
        if len(traces) >= _ALONE:
            figure.add_trace(_band(rows, colour, name))
        elif len(traces) > 1:
            for trace in traces:
                figure.add_trace(_line(trace, {"color": colour, "width": 1, "dash": dash}, name, shown=False))
        middle = [median(values) if values else None for values in rows]
        figure.add_trace(_line(middle, {"color": colour, "width": 2.5, "dash": dash}, name, shown=True))
        if marks is not None and name in marks:
            figure.add_hline(y=marks[name], line={"color": colour, "width": 1.2, "dash": "dash"}, layer="below")
    direction = "more is better" if goal.maximise else "less is better"
    longest = max((len(trace) for traces in groups.values() for trace in traces), default=0)
    figure.update_xaxes(
        title_text="evaluations", range=[0, longest + 1], dtick=1 if longest < 10 else None, showgrid=False
    )
    figure.update_yaxes(title_text=f"best {safe(label(goal.metric))} so far<br><sub>{direction}</sub>")
    figure.update_layout(hovermode="x unified" if len(groups) <= 6 else "closest")
    return figure


def _columns(traces: Sequence[Sequence[float | None]]) -> list[list[float]]:
    """Return the values of all repetitions after 1, 2, 3, ... evaluations."""
    longest = max((len(trace) for trace in traces), default=0)
    found: list[list[float]] = []
    for at in range(longest):
        values = [trace[min(at, len(trace) - 1)] for trace in traces if trace]
        found.append([value for value in values if value is not None])
    return found


def _line(trace: Sequence[float | None], line: Mapping[str, object], name: str, *, shown: bool) -> go.Scatter:
    return go.Scatter(
        x=list(range(1, len(trace) + 1)),
        y=list(trace),
        mode="lines",
        name=safe(name),
        legendgroup=name,
        showlegend=shown,
        opacity=1.0 if shown else 0.5,
        line={**line, "shape": "hv"},
        hovertemplate="%{y:.5g}" if shown else None,
        hoverinfo=None if shown else "skip",
    )


def _band(rows: Sequence[Sequence[float]], colour: str, name: str) -> go.Scatter:
    steps: list[tuple[float, float, float]] = []
    for at, values in enumerate(rows, start=1):
        if len(values) >= 2:
            low, _, high = quantiles(values, n=4, method="inclusive")
            steps += [(at, low, high), (at + 1, low, high)]  # as `hv` draws the median
    steps = steps[:-1]
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return go.Scatter(
        x=[at for at, _, _ in steps] + [at for at, _, _ in reversed(steps)],
        y=[high for _, _, high in steps] + [low for _, low, _ in reversed(steps)],
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.18)",
        line={"width": 0},
        mode="lines",
        legendgroup=name,
        showlegend=False,
        hoverinfo="skip",
    )
