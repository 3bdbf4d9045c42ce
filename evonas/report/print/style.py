"""What all print figures share: the size of a column, letters that can be read there, colours, lines and marks.

Every series differs from the others in its colour (:mod:`evonas.report.palette`) and in its line, mark or hatch, so
that a black-and-white print tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from evonas.report.formats import label
from evonas.report.history import Goal
from evonas.report.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, YELLOW

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLUMN",
    "PAGE",
    "SERIES",
    "Look",
    "blank",
    "in_percent",
    "look",
    "mark_of",
    "panels",
    "print_style",
    "value_label",
]

COLUMN = 8.5
"""Width of a column, cm."""

PAGE = 17.6
"""Width of a page of two columns, cm."""

_INCH = 2.54  # cm
_SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#d7dade",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.0,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "savefig.dpi": 300,
    "figure.dpi": 150,
    "pdf.fonttype": 42,  # letters stay letters
    "svg.hashsalt": "evonas",  # the same figure gives the same bytes
    "axes.formatter.useoffset": False,
}


class Look(NamedTuple):
    """How a series looks.

    Attributes:
        colour: RGB.
        dash: of its line, as Matplotlib writes it.
        mark: of its points.
        hatch: of its areas.
    """

    colour: str
    dash: Any
    mark: str
    hatch: str


SERIES = (
    Look(BLUE, "-", "o", ""),
    Look(ORANGE, "--", "s", "////"),
    Look(GREEN, "-.", "^", "...."),
    Look(PURPLE, ":", "D", "xxxx"),
    Look(SKY, (0, (5, 1, 1, 1, 1, 1)), "v", "\\\\\\\\"),
    Look(VERMILLION, (0, (8, 2)), "P", "||||"),
    Look(YELLOW, (0, (3, 1)), "X", "----"),
    Look(GREY, (0, (1, 1)), "*", "++++"),
)
"""Looks of the first, second, ... series; the ninth one looks as the first one again."""

_MARKS = {
    "circle": "o",
    "square": "s",
    "star": "*",
    "triangle-up": "^",
    "triangle-down": "v",
    "diamond": "D",
    "x": "X",
    "pentagon": "p",
    "cross": "P",
    "hourglass": "8",
    "hexagon": "h",
}


def look(at: int) -> Look:
    """Return how the series at this place looks."""
    return SERIES[at % len(SERIES)]


def mark_of(symbol: str) -> str:
    """Return the mark for a symbol of :func:`evonas.report.operators.look`."""
    return _MARKS.get(symbol, "h")


@contextmanager
def print_style() -> Iterator[None]:
    """Draw and write figures in the style of print: within it, Matplotlib's settings are ours."""
    from matplotlib import rc_context

    settings: Any = _SETTINGS  # Matplotlib's stubs name every key
    with rc_context(settings):
        yield


def blank(height: float = 5.6, width: float = COLUMN) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes.

    Args:
        height: cm.
        width: cm.
    """
    figure, [[axes]] = panels(1, 1, height, width)
    return figure, axes


def panels(
    rows: int, columns: int, height: float, width: float = COLUMN, **options: Any
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure with several pairs of axes, which share no axis unless the options say so.

    Args:
        rows: of panels.
        columns: of panels.
        height: of the whole figure, cm.
        width: of the whole figure, cm.
        options: of :meth:`matplotlib.figure.Figure.subplots`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / _INCH, height / _INCH), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for row in axes:
        for one in row:
            one.grid(axis="y")
    return figure, [list(row) for row in axes]


def value_label(goal: Goal, before: str = "", after: str = "") -> str:
    """Return the label of an axis of an objective, with its unit."""
    return " ".join(part for part in (before, label(goal.metric), after) if part)


def in_percent(axes: Axes, which: str = "y") -> None:
    """Write the numbers of an axis, ``x`` or ``y``, in per cent."""
    from matplotlib.ticker import PercentFormatter

    (axes.yaxis if which == "y" else axes.xaxis).set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
