"""Distributions of image parameters, one panel each, gammas and protons over one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from evonas.report.figures.style import blank, safe
from evonas.report.palette import BLUE, VERMILLION

__all__ = ["PANELS", "Panel", "parameter_histograms"]

_BINS = 60
_WHOLE_BINS = 24
_COLUMNS = 3
_PANEL_HEIGHT = 260
_STYLES = ((BLUE, "solid"), (VERMILLION, "dash"))


@dataclass(frozen=True)
class Panel:
    """A parameter and how it is drawn."""

    name: str
    title: str
    """With the unit."""
    logarithmic: bool = False
    whole: bool = False
    """Whether values are whole numbers."""


PANELS = (
    Panel("hillas_intensity", "size (photoelectrons)", logarithmic=True),
    Panel("hillas_width", "width (deg)"),
    Panel("hillas_length", "length (deg)"),
    Panel("hillas_r", "distance from the centre (deg)"),
    Panel("timing_slope", "time gradient (ns / deg)"),
    Panel("concentration_core", "share of light within the ellipse"),
    Panel("morphology_n_pixels", "pixels kept", logarithmic=True, whole=True),
    Panel("morphology_n_islands", "islands", whole=True),
    Panel("leakage_intensity_width_2", "share of light in the two outer rings"),
)


def parameter_histograms(kinds: Mapping[str, Mapping[str, NDArray[Any]]]) -> go.Figure:
    """Draw how image parameters are distributed.

    Args:
        kinds: columns (images,) by name, by the kind of shower; one or two kinds.
    """
    rows = -(-len(PANELS) // _COLUMNS)
    figure = make_subplots(rows=rows, cols=_COLUMNS, horizontal_spacing=0.08, vertical_spacing=0.12)
    figure.update_layout(blank(_PANEL_HEIGHT * rows).layout)
    for at, panel in enumerate(PANELS):
        row, column = at // _COLUMNS + 1, at % _COLUMNS + 1
        edges = _edges(np.concatenate([np.asarray(columns[panel.name]) for columns in kinds.values()]), panel)
        for (kind, columns), (colour, dash) in zip(kinds.items(), _STYLES, strict=False):
            trace = _histogram(kind, np.asarray(columns[panel.name]), edges, panel, colour, dash)
            figure.add_trace(trace.update(showlegend=at == 0), row=row, col=column)
        axis = {"type": "log", "dtick": 1} if panel.logarithmic else {}
        figure.update_xaxes(title_text=panel.title, row=row, col=column, **axis)
        figure.update_yaxes(title_text="share of images" if column == 1 else None, row=row, col=column)
        figure.update_yaxes(rangemode="tozero", row=row, col=column)
    return figure


def _edges(values: NDArray[Any], panel: Panel) -> NDArray[Any]:
    """Return the edges of bins over nearly all values: the outermost half per cent would squeeze the rest."""
    finite = values[np.isfinite(values)]
    low, high = (float(edge) for edge in np.percentile(finite, [0.5, 99.5])) if len(finite) else (0.0, 1.0)
    high = high if high > low else low + 1
    bins = _WHOLE_BINS if panel.whole else _BINS
    if panel.logarithmic:
        edges = np.geomspace(max(low, 1e-3), max(high, 2e-3), bins + 1)
    else:
        edges = np.linspace(low, high, bins + 1)
    return np.unique(np.floor(np.append(edges, high + 1))) - 0.5 if panel.whole else edges


def _histogram(
    kind: str, values: NDArray[Any], edges: NDArray[Any], panel: Panel, colour: str, dash: str
) -> go.Scatter:
    counts, _ = np.histogram(values[np.isfinite(values)], edges)
    share = counts / max(len(values), 1)
    middle = np.sqrt(edges[1:] * edges[:-1]) if panel.logarithmic and not panel.whole else (edges[1:] + edges[:-1]) / 2
    return go.Scatter(
        x=middle.tolist(),
        y=share.tolist(),
        mode="lines",
        line={"color": colour, "dash": dash, "width": 2, "shape": "hvh"},
        name=safe(kind),
        legendgroup=kind,
        hovertemplate=f"{safe(kind)}<br>{safe(panel.title)} %{{x:.3g}}: %{{y:.3g}}<extra></extra>",
    )
