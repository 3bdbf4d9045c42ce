"""Heatmap of a figure over two genes, with the number of individuals in each cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from evonas.report.analysis.heatmap import FitnessHeatmap
from evonas.report.figures.style import blank, known, safe, with_menu
from evonas.report.formats import label, number, shortened, shortened_gene
from evonas.report.palette import VIRIDIS

__all__ = ["heatmap_figure", "heatmap_menu"]

_ROW, _LEAST, _MOST = 38, 300, 760  # height of a row, and of a figure, px
_RIGHT = 150  # room for the scale and the buttons beside it, px
_WORDS = 18  # letters of a value beside an axis
_TEXT = 144  # cells up to which each shows its numbers


def heatmap_figure(heatmap: FitnessHeatmap) -> go.Figure:
    """Draw cells: bright is better; in each its figure, and how many individuals are behind it."""
    figure = blank(_height(heatmap))
    figure.update_layout(margin={"r": _RIGHT})
    figure.add_trace(_cells(heatmap))
    figure.update_xaxes(**_axis(heatmap.x.name, heatmap.x.labels))
    figure.update_yaxes(**_axis(heatmap.y.name, heatmap.y.labels))
    return figure


def heatmap_menu(heatmaps: Sequence[FitnessHeatmap]) -> go.Figure:
    """Draw one of several heatmaps at a time, chosen from a menu; the first one first.

    Args:
        heatmaps: at least one.
    """
    figure = blank(max(_height(one) for one in heatmaps) + 60)
    figure.update_layout(margin={"r": _RIGHT})
    buttons = []
    for at, one in enumerate(heatmaps):
        cells = _cells(one)
        cells.visible = at == 0
        figure.add_trace(cells)
        shown = [other == at for other in range(len(heatmaps))]
        axes = {"xaxis": _axis(one.x.name, one.x.labels), "yaxis": _axis(one.y.name, one.y.labels)}
        layout = {f"{name}.{key}": value for name, axis in axes.items() for key, value in axis.items()}
        words = safe(f"{shortened_gene(one.y.name, 36)} over {shortened_gene(one.x.name, 36)}: {_title(one)}")
        buttons.append({"label": words, "method": "update", "args": [{"visible": shown}, layout]})
    figure.update_xaxes(**_axis(heatmaps[0].x.name, heatmaps[0].x.labels))
    figure.update_yaxes(**_axis(heatmaps[0].y.name, heatmaps[0].y.labels))
    if len(heatmaps) > 1:
        figure.update_layout(**with_menu(buttons))
        figure.update_layout(margin={"t": 90})
    return figure


def _height(heatmap: FitnessHeatmap) -> int:
    return min(_MOST, max(_LEAST, 130 + _ROW * len(heatmap.y)))


def _cells(heatmap: FitnessHeatmap) -> go.Heatmap:
    low, high = heatmap.scale
    return go.Heatmap(
        z=known(heatmap.values),
        colorscale=[[at / (len(VIRIDIS) - 1), colour] for at, colour in enumerate(VIRIDIS)],
        reversescale=not heatmap.goal.maximise,
        zmin=low,
        zmax=high,
        text=_texts(heatmap),
        texttemplate="%{text}" if heatmap.values.size <= _TEXT else None,
        textfont={"size": 11},
        customdata=_hover(heatmap),
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        xgap=2,
        ygap=2,
        colorbar={
            "title": {"text": safe(_title(heatmap)), "side": "right"},
            "thickness": 14,
            "x": 1.01,
            "xanchor": "left",
        },
    )


def _title(heatmap: FitnessHeatmap) -> str:
    words = heatmap.words.replace(heatmap.goal.metric, label(heatmap.goal.metric), 1)
    if heatmap.statistic == "failures":
        return words
    return f"{heatmap.statistic} {words}"


def _texts(heatmap: FitnessHeatmap) -> list[list[str]]:
    rows = zip(heatmap.values.tolist(), heatmap.counts.tolist(), strict=True)
    return [
        [f"{number(value, 3)}<br>n = {amount}" if amount else "" for value, amount in zip(*row, strict=True)]
        for row in rows
    ]


def _hover(heatmap: FitnessHeatmap) -> list[list[str]]:
    return [
        [
            f"<b>{number(float(heatmap.values[up, across]), 4)}{_error(float(heatmap.errors[up, across]))}</b>"
            f"<br>{safe(heatmap.x.name)}: {safe(right)}<br>{safe(heatmap.y.name)}: {safe(upper)}"
            f"<br>{heatmap.counts[up, across]:,} individuals"
            for across, right in enumerate(heatmap.x.labels)
        ]
        for up, upper in enumerate(heatmap.y.labels)
    ]


def _error(error: float) -> str:
    return f" ± {number(error, 2)}" if np.isfinite(error) else ""


def _axis(name: str, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "title": {"text": safe(name), "standoff": 10},
        "tickvals": list(range(len(labels))),
        "ticktext": [safe(shortened(text, _WORDS)) for text in labels],
        "range": [-0.5, len(labels) - 0.5],
        "showgrid": False,
    }
