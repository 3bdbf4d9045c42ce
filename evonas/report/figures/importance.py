"""Importance of genes with its errors, and what the forest expects along the most important ones."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.report.analysis.genes import Floats
from evonas.report.analysis.importance import Importance, Marginal
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, shortened, shortened_gene
from evonas.report.palette import BLUE, ORANGE

__all__ = ["importance_figure", "marginal_figure"]

_GENES = 15  # drawn at most
_ROW = 26  # height of a gene, px
_ACROSS = 3


def importance_figure(importance: Importance) -> go.Figure:
    """Draw two panels: the share of variance by functional ANOVA, and the drop of R² by permutation."""
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.05)
    genes = [safe(shortened_gene(name, 34)) for name in importance.genes[:_GENES]]
    figure.update_layout(blank(120 + _ROW * len(genes)).layout)
    panels = (
        ("functional ANOVA", importance.fanova, importance.fanova_error, BLUE, "circle"),
        ("permutation", importance.permutation, importance.permutation_error, ORANGE, "diamond"),
    )
    for column, (name, values, errors, colour, symbol) in enumerate(panels, start=1):
        figure.add_trace(_bars(genes, values[:_GENES], errors[:_GENES], name, colour, symbol), row=1, col=column)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(title_text="share of the variance", tickformat=".0%", row=1, col=1)
    figure.update_xaxes(title_text="drop of R² when shuffled", row=1, col=2)
    figure.update_xaxes(zeroline=True, zerolinecolor="#9ca3af")
    return figure


def _bars(genes: list[str], values: Floats, errors: Floats, name: str, colour: str, symbol: str) -> go.Scatter:
    known, share = np.nan_to_num(errors), symbol == "circle"  # a share of the variance is never negative
    return go.Scatter(
        x=values.tolist(),
        y=genes,
        mode="markers",
        name=name,
        marker={"color": colour, "symbol": symbol, "size": 9},
        error_x={
            "type": "data",
            "array": known.tolist(),
            "arrayminus": (np.minimum(known, values) if share else known).tolist(),
            "color": colour,
            "thickness": 1.5,
            "width": 4,
        },
        text=[f"{value:.3g} ± {error:.2g}" for value, error in zip(values.tolist(), known.tolist(), strict=True)],
        hovertemplate=f"<b>%{{y}}</b><br>{name}: %{{text}}<extra></extra>",
    )


def marginal_figure(importance: Importance) -> go.Figure:
    """Draw a panel for each of the most important genes: what the forest expects there, averaged over all others."""
    shown = importance.marginals
    rows = max(1, -(-len(shown) // _ACROSS))
    figure = make_subplots(
        rows=rows,
        cols=_ACROSS,
        shared_yaxes="all",
        subplot_titles=[safe(shortened_gene(one.gene, 36)) for one in shown],
        horizontal_spacing=0.03,
        vertical_spacing=0.36 / rows if rows > 1 else 0.0,
    )
    figure.update_layout(blank(200 * rows + 90).layout)
    for at, one in enumerate(shown):
        _panel(figure, (at // _ACROSS + 1, at % _ACROSS + 1), one)
    for at in range(len(shown), rows * _ACROSS):
        figure.update_xaxes(visible=False, row=rows, col=at % _ACROSS + 1)
        figure.update_yaxes(visible=False, row=rows, col=at % _ACROSS + 1)
    metric = "share of failures" if importance.target == "failure" else f"expected {label(importance.goal.metric)}"
    for row in range(1, rows + 1):
        figure.update_yaxes(title_text=safe(metric), row=row, col=1)
    figure.update_annotations(font_size=12, yshift=2)
    figure.update_layout(margin={"t": 40})
    return figure


def _panel(figure: go.Figure, place: tuple[int, int], one: Marginal) -> None:
    row, col = place
    mean, error = one.mean.tolist(), np.nan_to_num(one.error).tolist()
    if one.labels:
        words = [safe(shortened(text, 12)) for text in one.labels]
        points = go.Scatter(
            x=one.places.tolist(),
            y=mean,
            mode="markers",
            marker={"color": BLUE, "size": 8},
            error_y={"type": "data", "array": error, "color": BLUE, "thickness": 1.5, "width": 4},
            text=[safe(text) for text in one.labels],
            hovertemplate="%{text}: %{y:.4g}<extra></extra>",
            showlegend=False,
        )
        figure.add_trace(points, row=row, col=col)
        axis = {"tickvals": one.places.tolist(), "ticktext": words, "range": [-0.6, len(words) - 0.4]}
        figure.update_xaxes(**axis, showgrid=False, row=row, col=col)
        return
    places = one.places.tolist()
    high, low = (one.mean + np.nan_to_num(one.error)).tolist(), (one.mean - np.nan_to_num(one.error)).tolist()
    band = go.Scatter(
        x=places + places[::-1],
        y=high + low[::-1],
        fill="toself",
        fillcolor="rgba(0,114,178,0.18)",
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )
    line = go.Scatter(x=places, y=mean, mode="lines", line={"color": BLUE, "width": 2.5}, showlegend=False)
    line.hovertemplate = "%{x:.4g}: %{y:.4g}<extra></extra>"
    figure.add_trace(band, row=row, col=col)
    figure.add_trace(line, row=row, col=col)
    scale = {"type": "log", "exponentformat": "power", "dtick": 1} if one.logarithmic else {}
    figure.update_xaxes(**scale, showgrid=False, row=row, col=col)
