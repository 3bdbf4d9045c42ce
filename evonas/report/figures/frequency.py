"""Frequency of each value of a gene over the generations."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from evonas.report.analysis.bins import ABSENT
from evonas.report.analysis.frequency import GeneFrequency
from evonas.report.figures.style import blank, safe, with_menu
from evonas.report.formats import shortened
from evonas.report.palette import GREY, LINES, YELLOW

__all__ = ["frequency_figure", "frequency_menu"]

_COLOURS = (*LINES[:6], YELLOW)
_SHAPES = ("", "/", "\\", "x", ".", "+", "-")
_WORDS = 24  # letters of a value in the legend


def frequency_figure(frequency: GeneFrequency) -> go.Figure:
    """Draw the shares on top of each other, a bar for each generation or group of births."""
    return frequency_menu([frequency])


def frequency_menu(frequencies: Sequence[GeneFrequency]) -> go.Figure:
    """Draw the shares of one gene at a time, chosen from a menu; the first one first.

    Args:
        frequencies: of one run, at least one.
    """
    figure = blank(340 if len(frequencies) == 1 else 390)
    owners = []
    for at, frequency in enumerate(frequencies):
        bars = _bars(frequency)
        owners += [at] * len(bars)
        for bar in bars:
            bar.visible = at == 0
            figure.add_trace(bar)
    first = frequencies[0]
    figure.update_layout(barmode="stack", bargap=0, legend_traceorder="normal")
    figure.update_xaxes(title_text=first.axis, showgrid=False, dtick=1 if first.ends[-1] < 12 else None)
    figure.update_yaxes(title_text=_title(first), tickformat=".0%", range=[0, 1])
    if len(frequencies) > 1:
        buttons = [
            {
                "label": safe(shortened(one.gene, 60)),
                "method": "update",
                "args": [{"visible": [owner == at for owner in owners]}, {"yaxis.title.text": _title(one)}],
            }
            for at, one in enumerate(frequencies)
        ]
        figure.update_layout(**with_menu(buttons))
        figure.update_layout(margin={"t": 90}, legend={"y": 1.0})
    return figure


def _title(frequency: GeneFrequency) -> str:
    return f"share of births<br><sub>{safe(frequency.gene)}</sub>"


def _bars(frequency: GeneFrequency) -> list[go.Bar]:
    ends = zip(frequency.starts.tolist(), frequency.ends.tolist(), frequency.births.tolist(), strict=True)
    words = [
        f"{frequency.axis} {start if start == end else f'{start} to {end}'}, {births:,} born"
        for start, end, births in ends
    ]
    bars = []
    for at, option in enumerate(frequency.options):
        colour, shape = _look(at, option)
        bars.append(
            go.Bar(
                x=((frequency.starts + frequency.ends) / 2).tolist(),
                y=frequency.shares[:, at].tolist(),
                width=(frequency.ends - frequency.starts + 1).tolist(),
                name=safe(shortened(option, _WORDS)),
                marker={
                    "color": colour,
                    "line": {"width": 0.5, "color": "#ffffff"},
                    "pattern": {"shape": shape, "size": 6, "solidity": 0.25, "fillmode": "overlay"},
                },
                text=words,
                textposition="none",
                hovertemplate=f"<b>{safe(option)}</b> %{{y:.0%}}<br>%{{text}}<extra></extra>",
            )
        )
    return bars


def _look(at: int, option: str) -> tuple[str, str]:
    """Return the colour and the pattern of a value; what is absent is grey."""
    if option == ABSENT:
        return GREY, ""
    return _COLOURS[at % len(_COLOURS)], _SHAPES[(at // len(_COLOURS) + at) % len(_SHAPES)]
