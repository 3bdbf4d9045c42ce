"""What all figures share: type, grid, colours, the safe writing of texts, sensible axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from evonas.report.scales import is_logarithmic, robust_range, thinned

__all__ = [
    "INK",
    "blank",
    "is_logarithmic",
    "known",
    "logarithmic_axis",
    "robust_range",
    "safe",
    "thinned",
    "value_axis",
    "with_menu",
]

INK = "#374151"
"""Text. The page's style sheet replaces it where the reader prefers dark pages."""

_GRID = "#e5e7eb"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"


def blank(height: int) -> go.Figure:
    """Return a figure without traces in the report's style.

    Args:
        height: px.
    """
    axis = {
        "gridcolor": _GRID,
        "linecolor": "#9ca3af",
        "ticks": "outside",
        "tickcolor": "#9ca3af",
        "zeroline": False,
        "title": {"standoff": 10},
        "automargin": True,
        "separatethousands": True,
        "exponentformat": "power",
        "minexponent": 6,
    }
    template = go.layout.Template(layout={"xaxis": axis, "yaxis": axis})
    figure = go.Figure()
    figure.update_layout(
        template=template,
        height=height,
        font={"family": _FONT, "size": 13, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 70, "r": 40, "t": 20, "b": 50},
        modebar={"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": "#9ca3af", "activecolor": INK},
        hoverlabel={"align": "left", "font": {"size": 12}},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.01, "xanchor": "left", "x": 0.0},
    )
    return figure


def known(values: NDArray[np.float64]) -> list[Any]:
    """Return an array as nested lists, NaN as None, which Plotly leaves out."""
    plain = values.astype(object)
    plain[~np.isfinite(values)] = None
    found: list[Any] = plain.tolist()
    return found


def safe(text: str) -> str:
    """Escape a text for Plotly, which reads a few HTML tags in its labels."""
    return escape(text, quote=False)


def logarithmic_axis(values: Sequence[float]) -> dict[str, Any]:
    """Return a logarithmic axis with a tick a decade, and at 2 and 5 where there are few decades."""
    return {"type": "log", "tickformat": ",.3~r", "dtick": 1 if max(values) / min(values) > 300 else "D2"}


def value_axis(values: Sequence[float], *, maximise: bool) -> tuple[dict[str, Any], int]:
    """Return an axis for values of an objective, and how many values lie outside the range it shows first."""
    if is_logarithmic(values):
        return logarithmic_axis(values), 0
    shown = robust_range(values, maximise=maximise)
    if shown is None:
        return {}, 0
    return {"range": list(shown)}, sum(not shown[0] <= value <= shown[1] for value in values)


def with_menu(buttons: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the layout of a figure with a menu above its left corner; it needs 60 px there.

    Args:
        buttons: as Plotly's ``updatemenus`` takes them.
    """
    place = {"x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "pad": {"b": 26}, "showactive": True}
    look = {"bgcolor": "#ffffff", "bordercolor": "#9ca3af", "font": {"color": "#1f2937"}}
    return {"updatemenus": [{"buttons": list(buttons), **place, **look}]}
