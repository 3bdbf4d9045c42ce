"""The figures of a line and of an ablation in Plotly, in the report's style."""

from __future__ import annotations

import plotly.graph_objects as go

from evonas.explain.drawing import KINDS, Bar, Drawing
from evonas.report.figures.style import INK, blank, safe
from evonas.report.formats import shortened

__all__ = ["bars_figure"]

_ROW, _AROUND = 30, 130  # height of a row, and of what is around them, px
_FAINT = "#9ca3af"


def bars_figure(drawing: Drawing) -> go.Figure:
    """Draw rows of bars with error bars; the oldest, or the best, at the top."""
    figure = blank(_AROUND + _ROW * len(drawing.bars))
    rows = list(enumerate(drawing.bars))
    for kind in drawing.kinds:
        figure.add_trace(_bars(kind, [(at, bar) for at, bar in rows if bar.kind == kind and bar.start is not None]))
    points = [(at, bar) for at, bar in rows if bar.start is None and bar.end is not None]
    if points:
        figure.add_trace(_points(points))
    joints = [(at, bar.start) for at, bar in rows if bar.joined]
    figure.add_trace(
        go.Scatter(
            x=[value for _, start in joints for value in (start, start, None)],
            y=[place for at, _ in joints for place in (at - 1, at, None)],
            mode="lines",
            line={"color": _FAINT, "width": 1, "dash": "dot"},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.update_xaxes(title_text=safe(drawing.axis))
    figure.update_yaxes(
        tickmode="array",
        tickvals=[at for at, _ in rows],
        ticktext=[safe(shortened(bar.label, 60)) for _, bar in rows],
        range=[len(rows) - 0.4, -0.6],
        showgrid=False,
        separatethousands=False,
    )
    if drawing.name == "worth":
        figure.add_vline(x=0, line={"color": INK, "width": 1})
    figure.update_layout(bargap=0.35, barmode="overlay")
    return figure


def _bars(kind: str, rows: list[tuple[int, Bar]]) -> go.Bar:
    look = KINDS[kind]
    return go.Bar(
        orientation="h",
        name=look.name,
        base=[bar.start for _, bar in rows],
        x=[(bar.end or 0.0) - (bar.start or 0.0) for _, bar in rows],
        y=[at for at, _ in rows],
        marker={
            "color": look.colour,
            "pattern": {"shape": look.plotly, "fgcolor": "white", "bgcolor": look.colour, "size": 6},
            "line": {"color": look.colour, "width": 1},
        },
        error_x={"type": "data", "array": [bar.error or 0.0 for _, bar in rows], "color": INK, "thickness": 1.5},
        text=[safe(bar.detail) for _, bar in rows],
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
    )


def _points(rows: list[tuple[int, Bar]]) -> go.Scatter:
    return go.Scatter(
        x=[bar.end for _, bar in rows],
        y=[at for at, _ in rows],
        mode="markers",
        name="fitness",
        marker={"color": INK, "symbol": "diamond", "size": 9},
        error_x={"type": "data", "array": [bar.error or 0.0 for _, bar in rows], "color": INK, "thickness": 1.5},
        text=[safe(bar.detail) for _, bar in rows],
        hovertemplate="%{text}<extra></extra>",
    )
