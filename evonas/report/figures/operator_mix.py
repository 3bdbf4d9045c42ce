"""Operator mix: which operators made the children, and how that changed while the search went on."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from evonas.records import Birth
from evonas.report.analysis.operators import mix_over_births
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label
from evonas.report.operators import look

__all__ = ["operator_mix"]

_POINTS = 400  # drawn at most


def operator_mix(births: Sequence[Birth]) -> tuple[go.Figure, int]:
    """Draw the shares as areas on top of each other.

    Args:
        births: in order.

    Returns:
        The figure, and the births that each share looks back on.
    """
    window = max(10, len(births) // 12)
    shares = mix_over_births(births, window)
    step = max(1, -(-len(births) // _POINTS))
    places = sorted({*range(0, len(births), step), len(births) - 1})
    figure = blank(340)
    for name, trace in shares.items():
        colour, _ = look(name, list(shares))
        figure.add_trace(
            go.Scatter(
                x=places,
                y=[trace[at] for at in places],
                mode="lines",
                name=safe(label(name)),
                stackgroup="mix",
                line={"width": 0.8, "color": colour},
                fillpattern=_pattern(name, shares),
                hovertemplate="%{y:.0%}",
            )
        )
    figure.update_xaxes(title_text="birth", range=[0, max(1, len(births) - 1)], showgrid=False)
    figure.update_yaxes(title_text="share of births", range=[0, 1], tickformat=".0%")
    figure.update_layout(hovermode="x unified", legend_traceorder="normal")
    return figure, window


def _pattern(name: str, shares: dict[str, list[float]]) -> dict[str, object]:
    """Return a pattern for the second and further groups of a colour, so that no two look alike."""
    colour, _ = look(name, list(shares))
    same = [other for other in shares if look(other, list(shares))[0] == colour]
    shapes = ("", "/", "x", ".", "+")
    return {"shape": shapes[same.index(name) % len(shapes)], "size": 6, "solidity": 0.45, "fgopacity": 0.9}
