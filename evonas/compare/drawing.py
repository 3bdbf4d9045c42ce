"""The way of each group of runs to its best, drawn at print size for papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evonas.compare.bands import Band, axis, bands_table
from evonas.errors import DependencyError
from evonas.report.history import Goal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["write_drawing"]

_HEIGHT = 5.2  # of a panel, cm


def write_drawing(panels: Mapping[str, Sequence[Band]], goal: Goal, path: Path) -> list[Path]:
    """Draw one panel an axis, one above the other, as wide as a column of a journal, and write the numbers beside it.

    Args:
        panels: key of :data:`evonas.compare.bands.AXES` to the bands over it.
        goal: the metric.
        path: the file; its ending says what is written.

    Raises:
        DependencyError: if Matplotlib is missing.
        StorageError: if a file cannot be written.
    """
    if find_spec("matplotlib") is None:
        raise DependencyError(
            "figures for print are drawn by Matplotlib, which is not installed",
            file=path,
            hint="install matplotlib, or write an .html file",
        )
    from evonas.report.print import PrintFigure, write_figures

    drawing = PrintFigure(path.stem, "The best so far", bands_table(panels), partial(_figure, panels, goal))
    return write_figures([drawing], path.parent, (path.suffix.lower().removeprefix("."),))


def _figure(panels: Mapping[str, Sequence[Band]], goal: Goal) -> Figure:
    from evonas.report.print.style import panels as blank_panels
    from evonas.report.print.style import value_label

    figure, rows = blank_panels(len(panels), 1, _HEIGHT * len(panels))
    for [axes], (over, found) in zip(rows, panels.items(), strict=True):
        title, unit = axis(over, found)
        _panel(axes, [replace(band, spent=band.spent / unit) for band in found])
        axes.set_xlabel(title)
        axes.set_xlim(left=0)
        axes.set_ylabel(value_label(goal, "best", "so far"))
    rows[0][0].legend(loc="best")
    return figure


def _panel(axes: Axes, found: Sequence[Band]) -> None:
    from evonas.report.print.style import look

    for at, band in enumerate(found):
        shown = look(at)
        line: dict[str, Any] = {"color": shown.colour, "linestyle": shown.dash, "drawstyle": "steps-post"}
        if band.low is not None and band.high is not None:
            axes.fill_between(band.spent, band.low, band.high, step="post", color=shown.colour, alpha=0.18, linewidth=0)
        elif band.runs > 1:
            for values in band.values:
                axes.plot(band.spent, values, **line, linewidth=0.6, alpha=0.5)
        axes.plot(band.spent, band.middle, **line, label=band.title)
