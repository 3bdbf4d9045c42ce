"""Plots of the searches: best value and regret against trainings and against epochs, ranks against cost."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from benchmarks.search.collected import Found, Searched
from benchmarks.search.statistics import mean_ranks

__all__ = ["write_plots"]

_POINTS = 120  # of a line
_SIZE = (11.0, 4.5)


def write_plots(found: Found, folder: Path) -> None:
    """Write ``TABLE-value.png`` and ``TABLE-regret.png`` for each table, and ``ranks.png``."""
    for table in found.tables:
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", table)
        _plot_table(found, table, folder / f"{name}-value.png", regret=False)
        _plot_table(found, table, folder / f"{name}-regret.png", regret=True)
    _plot_ranks(found, folder / "ranks.png")


def _plot_table(found: Found, table: str, file: Path, *, regret: bool) -> None:
    """Plot mean and standard error over seeds: left against trainings of any length, right against epochs."""
    figure, (left, right) = plt.subplots(1, 2, figsize=_SIZE, sharey=True)
    best, sign = _best(found, table), 1.0 if found.maximise[table] else -1.0
    for place, label in enumerate(found.labels):
        searches = list(found.of(label, table).values())
        if not searches:
            continue
        colour = f"C{place % 10}"
        for axes, by_trainings in ((left, True), (right, False)):
            x, values = _lines(searches, by_trainings)
            if not len(x):
                continue
            shown = sign * (best - values) if regret else values
            mean = np.nanmean(shown, axis=0)
            error = np.nanstd(shown, axis=0) / math.sqrt(len(shown))
            style = "-" if place < 10 else "--"
            axes.plot(x, mean, style, color=colour, label=label)
            axes.fill_between(x, mean - error, mean + error, color=colour, alpha=0.15, linewidth=0)
    left.set(xlabel="trainings, of any length", ylabel="regret" if regret else "best value", title=table)
    right.set(xlabel="epochs / epochs of a full training")
    if regret:
        left.set_yscale("log")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    right.legend(fontsize="x-small", loc="upper right" if regret else "lower right")
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    plt.close(figure)


def _best(found: Found, table: str) -> float:
    """Return the best value that there is, or that any search has found."""
    known = found.best[table]
    if known is not None:
        return known
    values = [float(one.curve.values[-1]) for one in found.searches if one.table == table and len(one.curve.values)]
    return max(values) if found.maximise[table] else min(values)


def _lines(searches: Sequence[Searched], by_trainings: bool) -> tuple[Any, Any]:
    """Return x, shape (n,), and the best values of each search, shape (searches, n), from where all have one."""
    columns = []
    for one in searches:
        x = one.curve.trainings if by_trainings else one.curve.costs
        if x is not None and len(x):
            columns.append((x, one.curve.values))
    if not columns:
        return np.empty(0), np.empty((0, 0))
    start, end = max(float(x[0]) for x, _ in columns), min(float(x[-1]) for x, _ in columns)
    grid = np.linspace(start, max(end, start), _POINTS)
    values = [values[np.searchsorted(x, grid + 1e-9, side="right") - 1] for x, values in columns]
    return grid, np.asarray(values)


def _plot_ranks(found: Found, file: Path) -> None:
    """Plot the mean rank over tables against what was spent, for the methods that ran on all of them."""
    tables = found.tables
    labels = [label for label in found.labels if all(found.of(label, table) for table in tables)]
    if len(labels) < 2:
        return
    budgets = [one.evaluations for one in found.searches if one.label in labels]
    costs = np.unique(np.geomspace(5, max(6, min(budgets)), 30).round())
    maximise = [found.maximise[table] for table in tables]
    lines: dict[str, list[float]] = {label: [] for label in labels}
    for cost in costs:
        scores = {label: [_mean_at(found, cost, label, table) for table in tables] for label in labels}
        for label, rank in mean_ranks(scores, maximise).items():
            lines[label].append(rank)
    figure, axes = plt.subplots(figsize=(8.0, 4.5))
    for label, ranks in lines.items():
        axes.plot(costs, ranks, label=label)
    axes.set(xlabel="epochs / epochs of a full training", ylabel=f"mean rank over {len(tables)} tables", xscale="log")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="x-small")
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    plt.close(figure)


def _mean_at(found: Found, cost: float, label: str, table: str) -> float:
    return float(np.mean([one.curve.at(cost) for one in found.of(label, table).values()]))
