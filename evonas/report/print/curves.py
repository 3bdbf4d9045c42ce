"""Print figure of learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from evonas.report.analysis.curves import Curve
from evonas.report.formats import label
from evonas.report.print.style import look, panels
from evonas.report.scales import is_logarithmic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["curve_print"]

_FEW = 12  # epochs up to which each has its mark


def curve_print(curves: Mapping[str, Curve], metrics: Sequence[str]) -> Figure:
    """Draw a panel a metric: the validation part in full, the training part thin and dotted.

    Args:
        curves: learning curve by the individual's name, the best first.
        metrics: as :func:`evonas.report.analysis.curve_metrics` chooses them.
    """
    from matplotlib.ticker import MaxNLocator

    figure, rows = panels(len(metrics), 1, 1.4 + 4.4 * len(metrics), sharex=True)
    for [axes], metric in zip(rows, metrics, strict=True):
        everything: list[float] = []
        for at, (name, curve) in enumerate(curves.items()):
            style = look(at)
            for column, own in ((f"val_{metric}", True), (metric, False)):
                points = [(row.get("epoch", place), row[column]) for place, row in enumerate(curve, 1) if column in row]
                if not points:
                    continue
                everything += [value for _, value in points]
                line = {"linestyle": style.dash, "marker": style.mark, "markersize": 3} if own else {"linestyle": ":"}
                line |= {"markevery": max(1, len(points) // _FEW)} if own else {"linewidth": 0.8, "alpha": 0.8}
                axes.plot(*zip(*points, strict=True), color=style.colour, label=name if own else None, **line)
        if is_logarithmic(everything):
            axes.set_yscale("log")
        axes.set_ylabel(label(metric))
    rows[-1][0].set_xlabel("epochs")
    rows[-1][0].xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = rows[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, columnspacing=1.0)
    return figure
