"""The population over the run: diversity, founder shares, age of the common ancestor."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.report.analysis.population import CommonAncestor, Diversity, FounderShares
from evonas.report.figures.style import blank, known
from evonas.report.palette import BLUE, GREY, LINES, ORANGE, YELLOW

__all__ = ["ancestor_figure", "diversity_figure", "founder_figure"]

_TIME = "evaluations completed"
_COLOURS = (*LINES[:6], YELLOW, "#000000")
_SHAPES = ("", "/", "\\", "x", ".", "+", "-", "|")


def diversity_figure(diversity: Diversity) -> go.Figure:
    """Draw the mean genome distance of the living, and the share of different genomes among them."""
    figure = blank(320)
    rows = (
        ("mean genome distance", diversity.distance, BLUE, "solid", "circle"),
        ("share of distinct genomes", diversity.distinct, ORANGE, "dash", "diamond"),
    )
    for name, values, colour, dash, symbol in rows:
        figure.add_trace(
            go.Scatter(
                x=diversity.evaluations.tolist(),
                y=known(values),
                mode="lines+markers" if len(values) < 30 else "lines",
                name=name,
                marker={"symbol": symbol, "size": 6},
                line={"color": colour, "width": 2.5, "dash": dash},
                customdata=diversity.living.tolist(),
                hovertemplate=f"{name} %{{y:.3f}}<br>%{{customdata}} alive after %{{x}} evaluations<extra></extra>",
            )
        )
    figure.update_xaxes(title_text=_TIME, rangemode="tozero", showgrid=False)
    figure.update_yaxes(title_text="diversity of the living", range=[0, 1.03])
    return figure


def founder_figure(shares: FounderShares) -> go.Figure:
    """Draw the share of the living that descends from each founder, on top of each other."""
    figure = blank(360)
    names = [*(f"founder {number}" for number in shares.founders.tolist()), "other founders"]
    for at, name in enumerate(names):
        if not shares.shares[:, at].any():
            continue
        last = at == len(names) - 1
        colour = GREY if last else _COLOURS[at % len(_COLOURS)]
        figure.add_trace(
            go.Scatter(
                x=shares.evaluations.tolist(),
                y=shares.shares[:, at].tolist(),
                mode="lines",
                name=name,
                stackgroup="founders",
                line={"width": 0.8, "color": colour},
                fillcolor=colour,
                fillpattern={
                    "shape": "" if last else _SHAPES[at % len(_SHAPES)],
                    "bgcolor": colour,
                    "fgcolor": "#ffffff",
                    "fgopacity": 0.6,
                    "size": 8,
                    "solidity": 0.2,
                },
                hovertemplate="%{y:.0%}",
            )
        )
    descent = "by primary parents" if shares.by == "primary" else "by both parents in equal parts"
    figure.update_xaxes(title_text=_TIME, showgrid=False)
    figure.update_yaxes(title_text=f"share of the living<br><sub>{descent}</sub>", range=[0, 1], tickformat=".0%")
    figure.update_layout(hovermode="x unified", legend_traceorder="normal")
    return figure


def ancestor_figure(ancestor: CommonAncestor) -> go.Figure:
    """Draw the age of the common ancestor of the living, and below it how many founder lines live."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.07)
    figure.update_layout(blank(420).layout)
    times = ancestor.evaluations.tolist()
    figure.add_trace(
        go.Scatter(
            x=times,
            y=known(ancestor.age),
            mode="lines+markers",
            marker={"size": 4},
            line={"color": BLUE, "width": 2},
            showlegend=False,
            customdata=ancestor.individual.tolist(),
            hovertemplate="individual %{customdata}, born %{y:,} evaluations before<extra></extra>",
        ),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Scatter(
            x=times,
            y=ancestor.lines.tolist(),
            mode="lines",
            line={"color": ORANGE, "width": 2.5, "shape": "hv"},
            showlegend=False,
            hovertemplate="%{y} founder lines alive<extra></extra>",
        ),
        row=2,
        col=1,
    )
    if not np.isfinite(ancestor.age).any():
        figure.add_annotation(
            text="the living have no common ancestor yet",
            showarrow=False,
            x=0.5,
            xref="paper",
            y=0.5,
            yref="y domain",
        )
    figure.update_yaxes(title_text="age of the common<br>ancestor (evaluations)", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="founder lines<br>alive", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(showgrid=False, range=[0, times[-1] + 1])
    figure.update_xaxes(title_text=_TIME, row=2, col=1)
    return figure
