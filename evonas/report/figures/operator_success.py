"""Success of operators: how often a child was better than its primary parent."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from evonas.report.analysis.operators import Successes, wilson_interval
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, percent
from evonas.report.operators import look

__all__ = ["operator_success"]

_ROW = 30  # height of an operator, px


def operator_success(rows: Sequence[Successes]) -> go.Figure:
    """Draw the share of each operator with its 95 % interval, and the share over all of them together."""
    figure = blank(110 + _ROW * len(rows))
    names = [row.operator for row in rows]
    for row in rows:
        low, high = wilson_interval(row.better, row.children)
        colour, symbol = look(row.operator, names)
        figure.add_trace(
            go.Scatter(
                x=[row.share],
                y=[f"{safe(label(row.operator))} ({row.children:,})"],
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 11, "line": {"width": 1, "color": "#6b7280"}},
                error_x={
                    "type": "data",
                    "array": [high - row.share],
                    "arrayminus": [row.share - low],
                    "color": colour,
                    "thickness": 2,
                    "width": 5,
                },
                showlegend=False,
                cliponaxis=False,
                text=[
                    f"<b>{safe(label(row.operator))}</b><br>{row.better:,} of {row.children:,} children were better"
                    f"<br>{percent(row.share)}, 95 % from {percent(low)} to {percent(high)}"
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    highest = max((wilson_interval(row.better, row.children)[1] for row in rows), default=1.0)
    figure.update_xaxes(
        title_text="children better than their primary parent", tickformat=".0%", range=[0, min(1.0, 1.08 * highest)]
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return figure
