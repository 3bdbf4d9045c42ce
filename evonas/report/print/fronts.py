"""Print figures on several objectives: the Pareto front, and the hypervolume over the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evonas.lineage import Scored
from evonas.report.history import Goal
from evonas.report.palette import BLUE, GREY, VERMILLION, YELLOW
from evonas.report.print.style import blank, panels, value_label
from evonas.report.scales import is_logarithmic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["front_print", "hypervolume_print"]


def front_print(goals: Sequence[Goal], ordered: Sequence[Scored], front: Sequence[Scored], knee: Scored) -> Figure:
    """Draw the first objective over each of the others; those on the front with their standard errors.

    Args:
        goals: two or more objectives.
        ordered: all individuals with values, the best first.
        front: those that no other dominates.
        knee: the one of the front that is its best compromise.
    """
    further = len(goals) - 1
    figure, rows = panels(further, 1, 1.0 + 5.8 * further)
    chosen = {one.individual.number for one in front}
    others = [one for one in ordered if one.individual.number not in chosen]
    for at, [axes] in enumerate(rows, start=1):
        axes.scatter(*_points(others, at), s=8, color=GREY, marker="o", linewidths=0, label="dominated")
        bars: dict[str, Any] = {"xerr": _errors(front, at), "yerr": _errors(front, 0), "elinewidth": 0.8}
        mark: dict[str, Any] = {"color": VERMILLION, "markersize": 4.5, "mec": "white", "mew": 0.4}
        across, up = _points(front, at)
        axes.errorbar(across, up, fmt="D", label="Pareto front", zorder=3, **bars, **mark)
        if len(front) > 1:
            if further == 1:
                _staircase(axes, front, goals[1])
            star: dict[str, Any] = {"s": 70, "marker": "*", "color": YELLOW, "ec": "black", "lw": 0.6, "zorder": 4}
            axes.scatter(*_points([knee], at), label="knee", **star)
        if is_logarithmic([one.values[at] for one in ordered], 20.0):
            axes.set_xscale("log")
        if is_logarithmic([one.values[0] for one in ordered]):
            axes.set_yscale("log")
        axes.grid(axis="both")
        axes.set_xlabel(value_label(goals[at], after="(more is better)" if goals[at].maximise else "(less is better)"))
        axes.set_ylabel(value_label(goals[0]))
    handles, labels = rows[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def hypervolume_print(trace: Sequence[float]) -> Figure:
    """Draw the dominated share of the box over the evaluations."""
    figure, axes = blank(5.2)
    axes.step(range(1, len(trace) + 1), trace, where="post", color=BLUE)
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, len(trace) + 1)
    axes.set_xlabel("evaluations, in order of completion")
    axes.set_ylabel("hypervolume\n(share of the box)")
    return figure


def _points(scored: Sequence[Scored], objective: int) -> tuple[list[float], list[float]]:
    return [one.values[objective] for one in scored], [one.values[0] for one in scored]


def _errors(scored: Sequence[Scored], objective: int) -> list[float]:
    return [(one.errors[objective] if one.errors else None) or 0.0 for one in scored]


def _staircase(axes: Axes, front: Sequence[Scored], horizontal: Goal) -> None:
    ordered = sorted(front, key=lambda one: one.values[1])
    style = "steps-pre" if horizontal.maximise else "steps-post"
    axes.plot(*_points(ordered, 1), drawstyle=style, color=BLUE, linestyle=":", linewidth=1.0)
