"""Learning curves of the best individuals: training dotted, validation solid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.report.analysis.curves import Curve, curve_metrics
from evonas.report.figures.style import blank, is_logarithmic, logarithmic_axis, safe
from evonas.report.formats import label
from evonas.report.palette import LINES

__all__ = ["Curve", "curve_metrics", "learning_curves"]

_PREFIX = "val_"


def learning_curves(curves: Mapping[str, Curve], metrics: Sequence[str]) -> go.Figure:
    """Draw one panel a metric.

    Args:
        curves: learning curve by the individual's name, the best first.
        metrics: as :func:`curve_metrics` chooses them.
    """
    figure = make_subplots(rows=1, cols=len(metrics), horizontal_spacing=0.1)
    figure.update_layout(blank(410).layout)
    named: set[str] = set()  # each curve stands in the legend once, wherever it comes first
    for panel, metric in enumerate(metrics, start=1):
        everything: list[float] = []
        for (name, curve), colour in zip(curves.items(), LINES, strict=False):
            for column, dash, part in ((_PREFIX + metric, "solid", "validation"), (metric, "dot", "training")):
                rows = [row for row in curve if column in row and row[column] is not None]
                everything += [row[column] for row in rows]
                if not rows:
                    continue
                figure.add_trace(
                    go.Scatter(
                        x=[row.get("epoch", at) for at, row in enumerate(rows, start=1)],
                        y=[row[column] for row in rows],
                        mode="lines+markers" if len(rows) < 3 else "lines",
                        name=safe(name),
                        legendgroup=name,
                        showlegend=name not in named,
                        line={"color": colour, "width": 2 if dash == "solid" else 1.5, "dash": dash},
                        hovertemplate=f"{safe(name)}, {part}<br>epoch %{{x}}: %{{y:.5g}}<extra></extra>",
                    ),
                    row=1,
                    col=panel,
                )
                named.add(name)
        few = max((len(curve) for curve in curves.values()), default=0) < 10
        figure.update_xaxes(title_text="epoch", row=1, col=panel, dtick=1 if few else None, rangemode="tozero")
        axis = logarithmic_axis(everything) if is_logarithmic(everything) else {}
        figure.update_yaxes(title_text=safe(label(metric)), row=1, col=panel, **axis)
    return figure
