"""Rungs: how many individuals went on, and how well a short training told what a full one would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, number
from evonas.report.history import Evaluation, Goal
from evonas.report.palette import LINES

__all__ = ["Rung", "rung_figure", "rung_pairs", "rungs"]

_SYMBOLS = ("circle", "diamond", "square", "triangle-up")


@dataclass(frozen=True)
class Rung:
    """A step of the training budget.

    Attributes:
        rung: its number, 0 the first.
        epochs: epochs behind an individual at its end, at most.
        individuals: that were trained there.
        completed: that ended well.
    """

    rung: int
    epochs: int
    individuals: int
    completed: int


def rungs(evaluations: Sequence[Evaluation]) -> list[Rung]:
    """Return the rungs that were reached, the first one first; repeats do not count."""
    found: dict[int, list[Evaluation]] = {}
    for one in evaluations:
        if one.repeat == 0:
            found.setdefault(one.result.rung, []).append(one)
    return [
        Rung(
            rung,
            max(one.trained + one.result.epochs for one in own),
            len({one.individual.number for one in own}),
            len({one.individual.number for one in own if one.result.completed}),
        )
        for rung, own in sorted(found.items())
    ]


def rung_pairs(evaluations: Sequence[Evaluation], goal: Goal, low: int, high: int) -> list[tuple[int, float, float]]:
    """Return individual, value at the lower rung and value at the higher one, of all that have both."""
    values: dict[int, dict[int, float]] = {}
    for one in evaluations:
        value = goal.value(one.individual, one.result)
        if value is not None and one.repeat == 0:
            values.setdefault(one.individual.number, {})[one.result.rung] = value
    return [(number_, own[low], own[high]) for number_, own in sorted(values.items()) if low in own and high in own]


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
