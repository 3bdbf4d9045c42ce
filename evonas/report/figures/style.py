"""What all figures share: type, grid, colours, the safe writing of texts, sensible axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from statistics import quantiles
from typing import Any

import plotly.graph_objects as go

__all__ = ["INK", "blank", "is_logarithmic", "logarithmic_axis", "robust_range", "safe", "thinned", "value_axis"]

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


def safe(text: str) -> str:
    """Escape a text for Plotly, which reads a few HTML tags in its labels."""
    return escape(text, quote=False)


def is_logarithmic(values: Sequence[float], ratio: float = 50.0) -> bool:
    """Whether positive values span so much that a logarithmic axis shows them better."""
    finite = [value for value in values if math.isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) / min(finite) >= ratio


def robust_range(values: Sequence[float], *, maximise: bool) -> tuple[float, float] | None:
    """Return a range that leaves far outliers on the worse side out, or None where there are none.

    Outliers are more than three interquartile ranges, or twice the distance from median to best, beyond the quartile.
    """
    if len(values) < 8:
        return None
    low, middle, high = quantiles(values, n=4, method="inclusive")
    best = max(values) if maximise else min(values)
    worst = min(values) if maximise else max(values)
    reach = max(3 * (high - low), 2 * abs(best - middle))
    limit = low - reach if maximise else high + reach
    if reach == 0 or (worst >= limit if maximise else worst <= limit):
        return None
    room = 0.05 * abs(best - limit)
    return (limit, best + room) if maximise else (best - room, limit)


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


def thinned(amount: int, most: int, keep: set[int]) -> list[int]:
    """Return at most about ``most`` of the indices below ``amount``, evenly spread, and those to keep in any case."""
    if amount <= most:
        return list(range(amount))
    step = amount / most
    return sorted({int(at * step) for at in range(most)} | keep)
