"""Fitness over any two genes: in each cell the mean, the best or the share of failures, and of how many."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from evonas.errors import LineageError
from evonas.report.analysis.bins import Bins, bin_gene
from evonas.report.analysis.genes import Floats, GeneTable, Ints, gene_table
from evonas.report.analysis.table import Table
from evonas.report.analysis.values import (
    Values,
    curve_columns,
    failed_values,
    goal_of,
    reached_rungs,
    values_at_epoch,
    values_at_rung,
)
from evonas.report.history import Goal, RunHistory
from evonas.report.scales import robust_range

__all__ = ["STATISTICS", "FitnessHeatmap", "HeatmapChoices", "fitness_heatmap", "heatmap_choices"]

STATISTICS = ("mean", "best", "failures")
"""What a cell can show: the mean and the best of its individuals, or the share of them that failed."""


@dataclass(frozen=True)
class FitnessHeatmap:
    """A figure over two genes.

    Attributes:
        x, y: the genes in bins, of the individuals that have the figure.
        values: shape (bins of y, bins of x); NaN in an empty cell.
        errors: standard error of the mean over the individuals of a cell, same shape; NaN below two, and for the best.
        counts: individuals in each cell, same shape.
        goal: what is shown, and whether more of it is better.
        words: the same with its rung or epoch.
        statistic: one of :data:`STATISTICS`.
    """

    x: Bins
    y: Bins
    values: Floats
    errors: Floats
    counts: Ints
    goal: Goal
    words: str
    statistic: str

    @property
    def scale(self) -> tuple[float, float]:
        """The values at the ends of the colours: those of the cells, without far outliers on the worse side."""
        shown = self.values[np.isfinite(self.values)].tolist()
        low, high = robust_range(shown, maximise=self.goal.maximise) or (min(shown), max(shown))
        low, high = max(low, min(shown)), min(high, max(shown))
        return low, high if high > low else low + 1e-9

    def table(self) -> Table:
        """Return a cell a row; empty cells are there, with a count of 0."""
        cells = list(product(range(len(self.y)), range(len(self.x))))
        return Table(
            "heatmap",
            {
                f"{self.x.name}, across": [self.x.labels[across] for _, across in cells],
                f"{self.y.name}, up": [self.y.labels[up] for up, _ in cells],
                f"{self.statistic} of {self.words}": self.values.ravel(),
                "standard error": self.errors.ravel(),
                "individuals": self.counts.ravel(),
            },
        )


@dataclass(frozen=True)
class HeatmapChoices:
    """What can be asked of :func:`fitness_heatmap`.

    Attributes:
        genes: that vary.
        metrics: measured by completed evaluations, the objectives first, and costs.
        rungs: that were completed.
        curve_metrics: columns of the learning curves.
        epochs: the last epoch of any learning curve; 0 without curves.
    """

    genes: tuple[str, ...]
    metrics: tuple[str, ...]
    rungs: tuple[int, ...]
    curve_metrics: tuple[str, ...]
    epochs: int


def heatmap_choices(history: RunHistory, *, table: GeneTable | None = None) -> HeatmapChoices:
    """Return which genes, metrics, rungs and epochs there are."""
    table = table or gene_table(history.individuals.values())
    metrics = dict.fromkeys(goal.metric for goal in history.goals)
    for one in history.evaluations:
        metrics.update(dict.fromkeys(one.result.metrics if one.result.completed else ()))
        metrics.update(dict.fromkeys(one.individual.costs))
    columns = curve_columns(history)
    rungs, last = tuple(reached_rungs(history)), max(columns.values(), default=0)
    return HeatmapChoices(table.varying(), tuple(metrics), rungs, tuple(columns), last)


def fitness_heatmap(
    history: RunHistory,
    x: str,
    y: str,
    *,
    table: GeneTable | None = None,
    metric: str | None = None,
    rung: int | None = None,
    epoch: int | None = None,
    statistic: str = "mean",
    cells: int = 8,
) -> FitnessHeatmap | None:
    """Return a figure over two genes; None where no individual has that figure.

    Args:
        history: the run.
        x: name of a gene.
        y: name of a gene.
        table: of all individuals, where it has been made already.
        metric: None for the first objective. With ``epoch``, a column of the learning curves; None for the first
            objective's validation column, else the validation loss.
        rung: take the figures after this step of the training budget; None for the highest.
        epoch: take the figures from the learning curves, at this epoch; None for those of whole trainings.
        statistic: one of :data:`STATISTICS`; of failures, metric, rung and epoch mean nothing.
        cells: bins of a gene of numbers at most.

    Raises:
        LineageError: if there is no such gene, metric, rung, epoch or statistic.
    """
    table = table or gene_table(history.individuals.values())
    columns = table.column(x), table.column(y)
    chosen = _chosen(history, metric, rung, epoch, statistic)
    if chosen is None or not len(chosen.numbers):
        return None
    across, up = (bin_gene(column, cells) for column in columns)
    places = table.places(chosen.numbers.tolist())
    across, up = _of(across, places), _of(up, places)
    shape = (len(up), len(across))
    cell = up.index * len(across) + across.index
    counts = np.bincount(cell, minlength=shape[0] * shape[1])
    values, errors = _figures(cell, chosen, counts, statistic)
    return FitnessHeatmap(
        across,
        up,
        values.reshape(shape),
        errors.reshape(shape),
        counts.reshape(shape),
        chosen.goal,
        chosen.words,
        statistic,
    )


def _chosen(
    history: RunHistory, metric: str | None, rung: int | None, epoch: int | None, statistic: str
) -> Values | None:
    """Return the figures that are asked for; None where the run has no objective."""
    if statistic not in STATISTICS:
        known = ", ".join(STATISTICS)
        raise LineageError("there is no such statistic", key="statistic", got=statistic, expected=f"one of {known}")
    if statistic == "failures":
        return failed_values(history)
    goal = goal_of(history, metric)
    if goal is None:
        return None
    if epoch is not None:
        columns = curve_columns(history)
        wanted = [metric] if metric is not None else [f"val_{goal.metric}", goal.metric, "val_loss", "loss"]
        return values_at_epoch(history, next((name for name in wanted if name in columns), wanted[0]), epoch)
    if rung is None and not any(one.result.completed for one in history.evaluations):
        return None
    found = values_at_rung(history, goal, rung)
    if not len(found.numbers):
        known = ", ".join(heatmap_choices(history).metrics)
        raise LineageError("no individual has this metric", key="metric", got=goal.metric, expected=f"one of {known}")
    return found


def _of(bins: Bins, places: Ints) -> Bins:
    return Bins(bins.name, bins.labels, bins.index[places], bins.edges, bins.logarithmic)


def _figures(cell: Ints, chosen: Values, counts: Ints, statistic: str) -> tuple[Floats, Floats]:
    """Return value and standard error of each cell."""
    empty = np.full(len(counts), np.nan)
    if statistic == "best":
        best = np.full(len(counts), -np.inf if chosen.goal.maximise else np.inf)
        (np.maximum if chosen.goal.maximise else np.minimum).at(best, cell, chosen.values)
        return np.where(counts > 0, best, np.nan), empty
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(cell, chosen.values, len(counts)) / counts
        squares = np.bincount(cell, (chosen.values - mean[cell]) ** 2, len(counts))
        error = np.sqrt(squares / (counts - 1) / counts)
    return np.where(counts > 0, mean, np.nan), np.where(counts > 1, error, empty)
