"""The way of each group of runs to its best as a figure: a page for a browser, or a drawing for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evonas.compare.bands import AXES, Band, Floats, axis, bands, bands_table
from evonas.compare.comparison import Comparison
from evonas.compare.words import sentences
from evonas.errors import ExportError
from evonas.report.analysis import write_csv
from evonas.report.formats import count, label
from evonas.report.history import Goal
from evonas.report.palette import LINES

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["DRAWN", "band_figure", "write_figure"]

DRAWN = ("html", "pdf", "png", "svg")
"""Endings of files that a figure can be written to."""

_DASHES = ("solid", "dash", "dot", "dashdot")


def write_figure(comparison: Comparison, path: Path) -> list[Path]:
    """Write the best over evaluations, epochs and time, a band a group, and the figures behind it as CSV beside it.

    Args:
        comparison: the runs.
        path: the file; its ending says what is written, see :data:`DRAWN`.

    Returns:
        The files, the figure first.

    Raises:
        ExportError: for another ending, or where no run has a value yet.
        DependencyError: if a drawing is asked for and Matplotlib is missing.
        StorageError: if a file cannot be written.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in DRAWN:
        expected = f"a file that ends with .{', .'.join(DRAWN)}"
        raise ExportError("this is no figure that can be written", file=path, got=path.suffix, expected=expected)
    panels = {over: found for over in AXES if (found := bands(comparison.groups, over))}
    if not panels:
        raise ExportError("there is nothing to draw: no run has a value yet", file=path)
    if ending != "html":
        from evonas.compare.drawing import write_drawing

        return write_drawing(panels, comparison.goal, path)
    from evonas.report.writing import write_page

    page = write_page(_page(comparison, panels), path)
    return [page, write_csv(bands_table(panels), path.with_suffix(".csv"))]


def band_figure(found: Sequence[Band], goal: Goal, over: str) -> go.Figure:
    """Draw a line a group: of one run its best so far, of several their median, from three on with their quartiles.

    Args:
        found: one a group.
        goal: the metric.
        over: a key of :data:`evonas.compare.bands.AXES`.
    """
    from evonas.report.figures.style import blank, safe

    figure, (title, unit) = blank(400), axis(over, found)
    for at, band in enumerate(replace(one, spent=one.spent / unit) for one in found):
        colour, dash = LINES[at % len(LINES)], _DASHES[at % len(_DASHES)]
        if band.low is not None and band.high is not None:
            figure.add_trace(_filled(band, band.low, band.high, colour))
        elif band.runs > 1:
            for values in band.values:
                figure.add_trace(_line(band, values, {"color": colour, "width": 1, "dash": dash}, shown=False))
        figure.add_trace(_line(band, band.middle, {"color": colour, "width": 2.5, "dash": dash}, shown=True))
    figure.update_xaxes(title_text=title, rangemode="tozero", showgrid=False)
    direction = "more is better" if goal.maximise else "less is better"
    figure.update_yaxes(title_text=f"best {safe(label(goal.metric))} so far<br><sub>{direction}</sub>")
    return figure


def _line(band: Band, values: Any, line: dict[str, Any], *, shown: bool) -> go.Scatter:
    import plotly.graph_objects as go

    from evonas.report.figures.style import safe

    return go.Scatter(
        x=band.spent.tolist(),
        y=values.tolist(),
        mode="lines",
        name=safe(band.title),
        legendgroup=band.label,
        showlegend=shown,
        opacity=1.0 if shown else 0.5,
        line={**line, "shape": "hv"},
        hovertemplate="%{y:.5g} at %{x:,.4~g}" if shown else None,
        hoverinfo=None if shown else "skip",
    )


def _filled(band: Band, lower: Floats, upper: Floats, colour: str) -> go.Scatter:
    import numpy as np
    import plotly.graph_objects as go

    steps = np.repeat(band.spent, 2)[1:]  # as `hv` draws the median
    low, high = np.repeat(lower, 2)[:-1], np.repeat(upper, 2)[:-1]
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return go.Scatter(
        x=np.concatenate([steps, steps[::-1]]).tolist(),
        y=np.concatenate([high, low[::-1]]).tolist(),
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.18)",
        line={"width": 0},
        mode="lines",
        legendgroup=band.label,
        showlegend=False,
        hoverinfo="skip",
    )


def _page(comparison: Comparison, panels: dict[str, list[Band]]) -> str:
    from evonas.report.embedding import embed, scripts
    from evonas.report.html import page, section, tag

    metric = label(comparison.goal.metric, unit=False)
    title = " and ".join(group.label for group in comparison.groups[:3]) + (", …" if len(comparison.groups) > 3 else "")
    figures = []
    for over, found in panels.items():
        words = f"The best {metric} so far over {axis(over, found)[0]}. {_caption(found)}"
        figures += [embed(band_figure(found, comparison.goal, over), f"figure-{over}", words, words)]
    said = sentences(comparison.verdicts)
    body = [
        tag("header", tag("h1", title), tag("p", f"{count(len(comparison.runs), 'run')} compared by {metric}.")),
        section("way", "The best so far", *figures),
        section(
            "tests", "More than luck?", *(tag("p", one) for one in said or ["One configuration: nothing to test."])
        ),
        *(
            [section("notes", "Notes", *(tag("p", f"{note}.") for note in comparison.notes))]
            if comparison.notes
            else []
        ),
    ]
    return page(title=f"{title}: evonas compare", body=tag("main", *body), scripts=scripts())


def _caption(found: Sequence[Band]) -> str:
    told = []
    if any(band.low is not None for band in found):
        told.append("Line: median over the runs; band: their quartiles.")
    if any(band.runs == 2 for band in found):
        told.append("Of two runs: thin lines, and their mean.")
    if any(band.runs > 1 for band in found):
        told.append("A run that ended stays at its last value.")
    return " ".join(told)
