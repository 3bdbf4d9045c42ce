"""Print figures on the search: fitness, the best over time, rungs, operators, forecasts, repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evonas.records import Birth
from evonas.report.analysis.forecasts import Forecast
from evonas.report.analysis.noise import Repeated
from evonas.report.analysis.operators import Successes, mix_over_births, wilson_interval
from evonas.report.analysis.progress import BestTrace
from evonas.report.analysis.rungs import rung_pairs, rungs
from evonas.report.formats import label
from evonas.report.history import Goal, RunHistory, comparable
from evonas.report.operators import in_order, operator_group
from evonas.report.operators import look as operator_look
from evonas.report.palette import BLUE, GREY, ORANGE, VERMILLION
from evonas.report.print.style import blank, in_percent, look, mark_of, value_label
from evonas.report.scales import is_logarithmic, robust_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "best_print",
    "fitness_print",
    "forecast_print",
    "mix_print",
    "noise_print",
    "rung_print",
    "success_print",
]

_OVER = {"evaluations": "evaluations completed", "epochs": "epochs trained in all", "seconds": "wall time (h)"}
_HOUR = 3600.0
_LISTED = 12  # individuals drawn at most where each has a line


def fitness_print(history: RunHistory, goal: Goal) -> Figure:
    """Draw every own training at the highest rung by the operator of its birth, and the best so far."""
    figure, axes = blank(6.6)
    points = [
        (one, value)
        for one in comparable(history.evaluations)
        if (value := goal.value(one.individual, one.result)) is not None
    ]
    groups = [operator_group(one.individual.birth.operators) for one, _ in points]
    listed = in_order(groups)
    for name in listed:
        own = [point for point, group in zip(points, groups, strict=True) if group == name]
        colour, symbol = operator_look(name, listed)
        axes.scatter(
            [one.order for one, _ in own],
            [value for _, value in own],
            s=9 if len(points) < 1000 else 3,
            color=colour,
            marker=mark_of(symbol),
            linewidths=0.2,
            edgecolors="#374151",
            label=label(name),
            rasterized=len(points) > 3000,
        )
    best: list[tuple[int, float]] = []
    for one, value in points:
        if not best or goal.better(value, best[-1][1]):
            best.append((one.order, value))
    best.append((len(history.evaluations), best[-1][1]))
    axes.step(*zip(*best, strict=True), where="post", color=VERMILLION, label="best so far", zorder=3)
    _scale(axes, goal, [value for _, value in points])
    axes.set_xlabel("evaluations, in order of completion")
    axes.set_ylabel(value_label(goal))
    figure.legend(loc="outside upper center", ncols=3, columnspacing=1.0, handletextpad=0.4)
    return figure


def best_print(traces: Mapping[str, BestTrace], goal: Goal, over: str = "evaluations") -> Figure:
    """Draw the best so far of each run over evaluations, epochs or wall time."""
    figure, axes = blank(5.6 + (0.4 * len(traces) if len(traces) > 1 else 0))
    for at, (name, trace) in enumerate(traces.items()):
        style = look(at)
        along = {"evaluations": trace.evaluations, "epochs": trace.epochs, "seconds": trace.seconds / _HOUR}[over]
        line: dict[str, Any] = {"color": style.colour, "linestyle": style.dash, "marker": style.mark, "markersize": 3}
        axes.step(along, trace.values, where="post", label=name, **line)
    axes.set_xlim(left=0)
    axes.set_xlabel(_OVER[over])
    axes.set_ylabel(value_label(goal, "best"))
    if len(traces) > 1:
        figure.legend(loc="outside upper center", ncols=2)
    return figure


def rung_print(history: RunHistory, goal: Goal) -> Figure:
    """Draw the value after a full training over that at each lower rung."""
    figure, axes = blank(7.0)
    steps = rungs(history.evaluations)
    top = steps[-1]
    for at, step in enumerate(steps[:-1]):
        pairs = rung_pairs(history.evaluations, goal, step.rung, top.rung)
        style = look(at)
        axes.scatter(
            [low for _, low, _ in pairs],
            [high for _, _, high in pairs],
            s=12,
            color=style.colour,
            marker=style.mark,
            label=f"rung {step.rung}: {step.epochs} epochs, {step.individuals:,} individuals",
        )
    axes.set_xlabel(value_label(goal, after="at a lower rung"))
    axes.set_ylabel(value_label(goal, after=f"after {top.epochs} epochs"))
    figure.legend(loc="outside upper center", ncols=1)
    return figure


def mix_print(births: Sequence[Birth], window: int) -> Figure:
    """Draw the share of each operator among the last births, on top of each other."""
    figure, axes = blank(6.6)
    shares = mix_over_births(births, window)
    places = np.unique(np.linspace(0, len(births) - 1, min(len(births), 400)).round().astype(int))
    traces = [np.array(trace)[places] for trace in shares.values()]
    areas = axes.stackplot(places, traces, labels=[label(name) for name in shares], edgecolor="white", linewidth=0.3)
    for at, (name, area) in enumerate(zip(shares, areas, strict=True)):
        area.set_facecolor(operator_look(name, list(shares))[0])
        area.set_hatch(look(at).hatch)
    axes.set_xlim(0, max(1, len(births) - 1))
    axes.set_ylim(0, 1)
    in_percent(axes)
    axes.set_xlabel("births")
    axes.set_ylabel(f"share of the last {window} births")
    figure.legend(loc="outside upper center", ncols=3, columnspacing=1.0)
    return figure


def success_print(rows: Sequence[Successes]) -> Figure:
    """Draw the share of each operator's children that beat their primary parent, with its 95 % interval."""
    figure, axes = blank(1.8 + 0.5 * len(rows))
    names = [row.operator for row in rows]
    for at, row in enumerate(rows):
        low, high = wilson_interval(row.better, row.children)
        colour, symbol = operator_look(row.operator, names)
        bars = [[row.share - low], [high - row.share]]
        style: dict[str, Any] = {
            "color": colour,
            "marker": mark_of(symbol),
            "markeredgecolor": "#374151",
            "markeredgewidth": 0.4,
        }
        axes.errorbar([row.share], [at], xerr=bars, capsize=2, elinewidth=1.2, markersize=5, **style)
    axes.set_yticks(range(len(rows)), [f"{label(row.operator)} ({row.children:,})" for row in rows])
    axes.invert_yaxis()
    axes.grid(axis="x")
    axes.grid(axis="y", visible=False)
    axes.set_xlim(left=-0.01)
    in_percent(axes, "x")
    axes.set_xlabel("children better than their primary parent")
    return figure


def forecast_print(found: Sequence[Forecast], goal: Goal) -> Figure:
    """Draw measured over predicted values with the predicted standard deviations."""
    figure, axes = blank(7.2)
    mean, sd, value = (np.array([one[at] for one in found], dtype=float) for at in (1, 2, 3))
    axes.errorbar(
        mean, value, xerr=np.nan_to_num(sd), fmt="o", color=BLUE, markersize=3, elinewidth=0.6, ecolor=GREY, alpha=0.85
    )
    ends = [min(mean.min(), value.min()), max(mean.max(), value.max())]
    axes.plot(ends, ends, color="#374151", linestyle="--", linewidth=1.0)
    axes.set_xlabel(value_label(goal, after="predicted at birth"))
    axes.set_ylabel(value_label(goal, after="measured"))
    return figure


def noise_print(found: Sequence[Repeated], goal: Goal) -> Figure:
    """Draw the trainings of each individual, and their mean with its standard error."""
    shown = found[:_LISTED]
    figure, axes = blank(2.4 + 0.5 * len(shown))
    for at, one in enumerate(shown):
        first = at == 0
        axes.plot(one.values[:1], [at], "o", color=BLUE, label="first training" if first else None)
        further = one.values[1:]
        axes.plot(further, [at] * len(further), "o", mfc="white", mec=BLUE, label="repeats" if first else None)
        bar: dict[str, Any] = {"fmt": "|", "color": ORANGE, "markersize": 9, "markeredgewidth": 2, "capsize": 2}
        axes.errorbar([one.mean], [at], xerr=[one.error], label="mean, standard error" if first else None, **bar)
    axes.set_yticks(range(len(shown)), [f"individual {one.individual}" for one in shown])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x")
    axes.set_xlabel(value_label(goal))
    figure.legend(loc="outside upper center", ncols=3, columnspacing=1.0)
    return figure


def _scale(axes: Axes, goal: Goal, values: Sequence[float]) -> None:
    """Leave far outliers out of view, or take a logarithmic axis."""
    if is_logarithmic(values):
        axes.set_yscale("log")
        return
    shown = robust_range(values, maximise=goal.maximise)
    if shown is not None:
        axes.set_ylim(*shown)
        out = sum(not shown[0] <= value <= shown[1] for value in values)
        words = f"{out:,} outside" + (" (below)" if goal.maximise else " (above)")
        behind = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1.0}
        place = (0.99, 0.02 if goal.maximise else 0.95)
        axes.annotate(words, place, xycoords="axes fraction", ha="right", fontsize=6.5, color="#4b5563", bbox=behind)
