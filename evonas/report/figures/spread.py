"""The search's spread over each gene: which values were tried when, and how good they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.report.figures.style import blank, is_logarithmic, robust_range, safe, thinned
from evonas.report.formats import gene_value, label, number
from evonas.report.genes import GeneColumn, gene_columns
from evonas.report.history import Evaluation, Goal
from evonas.report.palette import VERMILLION, VIRIDIS

__all__ = ["SpreadNotes", "gene_spread"]

_POINTS = 1500  # evaluations drawn at most
_ITEMS = 8  # items of a list with a panel each
_PANELS = 24
_ACROSS = 3
_ROW = 175  # height of a row of panels, px
_WHOLE = 5  # whole numbers that each have a tick
_WORDS = 14  # letters of a value beside an axis


@dataclass(frozen=True)
class SpreadNotes:
    """What the caption has to say.

    Attributes:
        genes: panels.
        genes_left_out: varying genes without a panel.
        points_left_out: evaluations without a point.
    """

    genes: int
    genes_left_out: int
    points_left_out: int


def gene_spread(evaluations: Sequence[Evaluation], goal: Goal) -> tuple[go.Figure, SpreadNotes]:
    """Draw one panel a gene that varies: its value over the evaluations, coloured by the objective.

    Args:
        evaluations: those that ended, of one search or of several with the same space; only those with a value count.
        goal: the objective that colours the points.
    """
    valued = [(one, value) for one in evaluations if (value := goal.value(one.individual, one.result)) is not None]
    best = min(range(len(valued)), key=lambda at: goal.rank(valued[at][1]), default=0)
    drawn = [valued[at] for at in thinned(len(valued), _POINTS, {best})]
    genomes = [one.individual.genome for one, _ in drawn]
    varying, left_out = gene_columns(genomes, positions=_ITEMS, most=_PANELS)
    # a gene that is absent or always the same says no more than the choice it belongs to
    columns = [column for column in varying if len(set(column.values) - {None}) > 1]
    rows = max(1, -(-len(columns) // _ACROSS))
    figure = make_subplots(
        rows=rows,
        cols=_ACROSS,
        subplot_titles=[safe(column.name) for column in columns],
        horizontal_spacing=0.09,
        vertical_spacing=0.34 / rows if rows > 1 else 0.0,
    )
    figure.update_layout(blank(_ROW * rows + 110).layout)
    worst_first = sorted(range(len(drawn)), key=lambda at: goal.rank(drawn[at][1]), reverse=True)
    for at, column in enumerate(columns):
        _panel(figure, (at // _ACROSS + 1, at % _ACROSS + 1), column, [(at, *drawn[at]) for at in worst_first], goal)
    _style(figure, goal, [value for _, value in drawn], columns)
    return figure, SpreadNotes(len(columns), left_out, len(valued) - len(drawn))


def _panel(
    figure: go.Figure,
    place: tuple[int, int],
    column: GeneColumn,
    drawn: Sequence[tuple[int, Evaluation, float]],
    goal: Goal,
) -> None:
    own = [(one, value, column.values[at]) for at, one, value in drawn if column.values[at] is not None]
    ups: Sequence[Any] = [gene for _, _, gene in own]
    axis: dict[str, Any] = {}
    if column.categorical:
        names = sorted({gene_value(gene) for gene in ups})
        ups = [names.index(gene_value(gene)) for gene in ups]
        words = [safe(name if len(name) <= _WORDS else name[: _WORDS - 1] + "…") for name in names]
        axis = {"tickvals": list(range(len(names))), "ticktext": words, "range": [-0.6, len(names) - 0.4]}
    elif is_logarithmic([float(gene) for gene in ups if isinstance(gene, (int, float))], 30.0):
        axis = {"type": "log", "dtick": 1, "exponentformat": "power"}
    elif all(type(gene) is int for gene in ups) and len(set(ups)) <= _WHOLE:
        axis = {"tickvals": sorted(set(ups))}
    last = len(own) - 1
    figure.add_trace(
        go.Scatter(
            x=[one.order for one, _, _ in own],
            y=list(ups),
            mode="markers",
            showlegend=False,
            marker={
                "color": [value for _, value, _ in own],
                "coloraxis": "coloraxis",
                "size": [11 if at == last else 5 for at in range(len(own))],
                "symbol": ["star" if at == last else "circle" for at in range(len(own))],
                "line": {"width": [1.5 if at == last else 0 for at in range(len(own))], "color": VERMILLION},
            },
            text=[
                f"<b>{safe(label(goal.metric))} {number(value)}</b><br>{safe(gene_value(gene))}"
                f"<br>evaluation {one.order}, individual {one.individual.number}"
                for one, value, gene in own
            ],
            hovertemplate="%{text}<extra></extra>",
        ),
        row=place[0],
        col=place[1],
    )
    figure.update_yaxes(row=place[0], col=place[1], **axis)


def _style(figure: go.Figure, goal: Goal, values: Sequence[float], columns: Sequence[GeneColumn]) -> None:
    low, high = robust_range(values, maximise=goal.maximise) or (min(values, default=0.0), max(values, default=1.0))
    low, high = max(low, min(values, default=low)), min(high, max(values, default=high))
    figure.update_layout(
        coloraxis={
            "colorscale": [[at / (len(VIRIDIS) - 1), colour] for at, colour in enumerate(VIRIDIS)],
            "reversescale": not goal.maximise,
            "cmin": low,
            "cmax": high if high > low else low + 1.0,
            "colorbar": {"title": {"text": safe(label(goal.metric)), "side": "right"}, "thickness": 14, "len": 0.9},
        },
        margin={"l": 60, "r": 20, "t": 40, "b": 50},
    )
    figure.update_annotations(font_size=12, yshift=2)
    figure.update_xaxes(showgrid=False, rangemode="tozero")
    rows = -(-len(columns) // _ACROSS)
    for at in range(len(columns)):
        if at + _ACROSS >= len(columns):
            figure.update_xaxes(title_text="evaluation", row=at // _ACROSS + 1, col=at % _ACROSS + 1)
    for at in range(len(columns), rows * _ACROSS):
        figure.update_xaxes(visible=False, row=rows, col=at % _ACROSS + 1)
        figure.update_yaxes(visible=False, row=rows, col=at % _ACROSS + 1)
