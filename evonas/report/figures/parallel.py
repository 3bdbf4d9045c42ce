"""Parallel coordinates: which genes go with which fitness (Inselberg 1985, doi:10.1007/BF01898350)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from evonas.lineage import Scored
from evonas.report.figures.style import blank, is_logarithmic, robust_range, safe, thinned
from evonas.report.formats import gene_value, label, number
from evonas.report.genes import GeneColumn, gene_columns
from evonas.report.history import Goal
from evonas.report.palette import VIRIDIS

__all__ = ["AXIS_WIDTH", "ParallelNotes", "parallel_coordinates"]

AXIS_WIDTH = 74
"""Width that one axis needs, px."""

_LINES = 1500  # drawn at most
_TICKS = 9  # values of a numeric gene that each have a tick


@dataclass(frozen=True)
class ParallelNotes:
    """What the caption has to say.

    Attributes:
        genes: axes of genes.
        genes_left_out: varying genes without an axis.
        lines_left_out: individuals without a line.
    """

    genes: int
    genes_left_out: int
    lines_left_out: int


def parallel_coordinates(ordered: Sequence[Scored], goal: Goal) -> tuple[go.Figure, ParallelNotes]:
    """Draw the first objective, which colours the lines, and one axis a gene that varies.

    Args:
        ordered: one or more individuals with values, the best first.
        goal: the first objective.
    """
    chosen = thinned(len(ordered), _LINES, set(range(min(50, len(ordered)))))
    drawn = [ordered[at] for at in reversed(chosen)]  # the best last, on top
    columns, genes_left_out = gene_columns([one.individual.genome for one in drawn])
    coloured = [one.value for one in drawn]
    dimensions = [_objective(goal, coloured), *(_dimension(column) for column in columns)]
    low, high = robust_range(coloured, maximise=goal.maximise) or (min(coloured), max(coloured))
    low, high = max(low, min(coloured)), min(high, max(coloured))
    scale = [[at / (len(VIRIDIS) - 1), colour] for at, colour in enumerate(VIRIDIS)]
    figure = blank(480)
    figure.add_trace(
        go.Parcoords(
            dimensions=dimensions,
            labelangle=-18,
            labelside="top",
            line={
                "color": coloured,
                "colorscale": scale,
                "reversescale": not goal.maximise,
                "cmin": low,
                "cmax": high if high > low else low + 1.0,
            },
            rangefont={"size": 1, "color": "rgba(0,0,0,0)"},
            tickfont={"size": 11},
        )
    )
    figure.update_layout(margin={"l": 64, "r": 50, "t": 110, "b": 24})
    return figure, ParallelNotes(len(columns), genes_left_out, len(ordered) - len(drawn))


def _dimension(column: GeneColumn) -> dict[str, Any]:
    values = column.values
    present = [value for value in values if value is not None]
    if column.categorical:
        names = sorted({gene_value(value) for value in present})
        places = {name: float(place) for place, name in enumerate(names)}
        numeric = [None if value is None else places[gene_value(value)] for value in values]
        ticks = [(place, name) for name, place in places.items()]
    else:
        numbers = [None if value is None else float(value) for value in values]
        logarithmic = is_logarithmic([value for value in numbers if value is not None])
        numeric = [None if value is None else math.log10(value) if logarithmic else value for value in numbers]
        ticks = _ticks(sorted({value for value in numbers if value is not None}), logarithmic=logarithmic)
    return _axis(column.name, numeric, ticks)


def _axis(name: str, numeric: Sequence[float | None], ticks: list[tuple[float, str]]) -> dict[str, Any]:
    """Return a dimension; where some genomes lack the gene, they meet at a tick of their own below the others."""
    present = [value for value in numeric if value is not None]
    low, high = (min(present), max(present)) if present else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    absent = low - 0.16 * (high - low)
    lacking = len(present) < len(numeric)
    if lacking:
        ticks = [(absent, "absent"), *ticks]
    return {
        "label": safe(name),
        "values": [absent if value is None else value for value in numeric],
        "range": [absent if lacking else low, high],
        "tickvals": [place for place, _ in ticks],
        "ticktext": [safe(text) for _, text in ticks],
    }


def _ticks(distinct: Sequence[float], *, logarithmic: bool) -> list[tuple[float, str]]:
    if not distinct:
        return []
    low, high = distinct[0], distinct[-1]
    places = [math.log10(value) if logarithmic else value for value in distinct]
    apart = min((right - left for left, right in pairwise(places)), default=0.0)
    if len(distinct) == 1 or (len(distinct) <= _TICKS and apart >= 0.06 * (places[-1] - places[0])):
        return [(place, gene_value(value)) for place, value in zip(places, distinct, strict=True)]
    if logarithmic:
        powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
        return [(float(power), number(10.0**power)) for power in powers]
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)
    first = math.ceil(low / step - 1e-9)
    return [(step * at, number(step * at, 3)) for at in range(first, math.floor(high / step + 1e-9) + 1)]


def _objective(goal: Goal, values: Sequence[float]) -> dict[str, Any]:
    logarithmic = is_logarithmic(values)
    numeric = [math.log10(value) if logarithmic else value for value in values]
    return _axis(label(goal.metric), numeric, _ticks(sorted(set(values)), logarithmic=logarithmic))
