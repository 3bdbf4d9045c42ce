"""Baseline against optimised: means with error bars, one panel a metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.report.figures.style import blank, safe
from evonas.report.palette import BLUE, GREY

__all__ = ["Pair", "before_after"]

_LOOKS = {"baseline": (GREY, "square", -0.12), "optimised": (BLUE, "circle", 0.12)}
_MOST = 3  # panels side by side


@dataclass(frozen=True)
class Pair:
    """Two means with their errors; None where there is none.

    Attributes:
        baseline, optimised: mean and error.
    """

    baseline: tuple[float, float | None] | None
    optimised: tuple[float, float | None] | None


def before_after(panels: Mapping[str, Mapping[str, Pair]]) -> go.Figure:
    """Draw a panel a metric, and in it a pair of points for each name.

    Args:
        panels: title of a panel to name (such as a telescope) to its pair.
    """
    columns = 2 if len(panels) == 4 else min(_MOST, len(panels))
    rows = -(-len(panels) // columns)
    titles = [safe(title) for title in panels]
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=titles, horizontal_spacing=0.09, vertical_spacing=0.35 / rows
    )
    figure.update_layout(blank(290 * rows + 60).layout)
    for at, pairs in enumerate(panels.values()):
        place = {"row": at // columns + 1, "col": at % columns + 1}
        for series in _LOOKS:
            figure.add_trace(_points(series, list(pairs.values()), list(pairs), first=at == 0), **place)
        figure.update_xaxes(
            tickvals=list(range(len(pairs))),
            ticktext=[safe(name) for name in pairs],
            range=[-0.6, len(pairs) - 0.4],
            showgrid=False,
            **place,
        )
    figure.update_layout(margin={"t": 70}, legend={"y": 1.0, "yref": "container", "yanchor": "top"})
    figure.update_annotations(font_size=13)
    return figure


def _points(series: str, pairs: Sequence[Pair], names: Sequence[str], *, first: bool) -> go.Scatter:
    colour, symbol, aside = _LOOKS[series]
    own = [(at, value) for at, pair in enumerate(pairs) if (value := getattr(pair, series)) is not None]
    return go.Scatter(
        x=[at + aside for at, _ in own],
        y=[mean for _, (mean, _) in own],
        error_y={"type": "data", "array": [error or 0.0 for _, (_, error) in own], "thickness": 1.5, "width": 5},
        mode="markers",
        name=series,
        legendgroup=series,
        showlegend=first,
        marker={"color": colour, "symbol": symbol, "size": 10},
        text=[safe(names[at]) for at, _ in own],
        hovertemplate=f"%{{text}}, {series}: %{{y:.5g}}<extra></extra>",
    )
