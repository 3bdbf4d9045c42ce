"""Which print figures a run has data for, each with the table behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from evonas.lineage.ranking import knee
from evonas.report import analysis
from evonas.report.analysis import records
from evonas.report.analysis.curves import curve_table
from evonas.report.analysis.table import Table
from evonas.report.ancestry import ancestry
from evonas.report.gene_sections import heatmaps, important_genes
from evonas.report.history import RunHistory, pareto_front
from evonas.report.print.curves import curve_print
from evonas.report.print.family import family_print
from evonas.report.print.fronts import front_print, hypervolume_print
from evonas.report.print.genes import (
    frequency_print,
    heatmap_print,
    importance_print,
    marginal_print,
    parallel_print,
    spread_print,
)
from evonas.report.print.population import ancestor_print, diversity_print, founder_print
from evonas.report.print.search import (
    best_print,
    fitness_print,
    forecast_print,
    mix_print,
    noise_print,
    rung_print,
    success_print,
)
from evonas.report.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PrintFigure", "compare_figures", "file_name", "print_figures"]

_CHILDREN = 10  # below that, shares of operators say nothing
_FORECASTS = 5
_GENES = 4  # most important genes with a figure of their frequency
_FAILED = 10  # failures from which on it is worth asking what they depend on
_DRAWN = 60  # ancestors drawn


@dataclass(frozen=True)
class PrintFigure:
    """A figure for print and what is behind it.

    Attributes:
        name: of its files, without their ends, such as ``pareto``.
        title: what it shows, in a few words.
        data: every figure that is drawn.
        make: draws it; to be called within :func:`evonas.report.print.print_style`.
    """

    name: str
    title: str
    data: Table
    make: Callable[[], Figure]

    def draw(self) -> Figure:
        """Return the figure in the style of print."""
        from evonas.report.print.style import print_style

        with print_style():
            return self.make()


def print_figures(history: RunHistory) -> list[PrintFigure]:
    """Return the figures that a run has data for, in the order of the report; none before anybody has a fitness."""
    sheet = Sheet(history)
    if not sheet.ordered:
        return []
    return [*_search(sheet), *_fronts(sheet), *_operators(sheet), *_genes(sheet), *_population(sheet), *_family(sheet)]


def compare_figures(named: Mapping[str, RunHistory]) -> list[PrintFigure]:
    """Return the figures on several runs side by side, of those with the first run's first objective.

    Args:
        named: name to history, as :func:`evonas.report.comparison.named_histories` makes them.
    """
    traces = {name: trace for name, history in named.items() if (trace := analysis.best_over_time(history)) is not None}
    if not traces:
        return []
    goal = next(iter(traces.values())).goal
    own = {name: trace for name, trace in traces.items() if trace.goal == goal}
    rows = {name: trace.table() for name, trace in own.items()}
    columns = {
        "run": [name for name, table in rows.items() for _ in table.rows()],
        **{
            column: [row[column] for table in rows.values() for row in table.rows()]
            for column in next(iter(rows.values())).columns
        },
    }
    data = Table("best", columns)
    return [
        PrintFigure(f"best-over-{over}", f"best over {over}", data, partial(best_print, own, goal, over))
        for over in ("evaluations", "epochs", "seconds")
        if over != "seconds" or all(trace.seconds[-1] == trace.seconds[-1] for trace in own.values())
    ]


def _search(sheet: Sheet) -> Iterator[PrintFigure]:
    history, goal = sheet.history, sheet.history.goals[0]
    data = records.evaluation_table(history)
    for one in history.goals:
        if any(one.value(found.individual, found.result) is not None for found in history.evaluations):
            name = "fitness" if one == goal else f"fitness-{file_name(one.metric)}"
            yield PrintFigure(name, f"{one.metric} over evaluations", data, partial(fitness_print, history, one))
    trace = analysis.best_over_time(history)
    if trace is not None:
        named = {history.run.name: trace}
        yield PrintFigure("best", "best over evaluations", trace.table(), partial(best_print, named, goal))
    if len(analysis.rungs(history.evaluations)) > 1:
        yield PrintFigure("rungs", "rungs", records.rung_table(history), partial(rung_print, history, goal))
    curves = analysis.best_curves(history, sheet.ordered)
    metrics = analysis.curve_metrics(list(curves.values()), [one.metric for one in history.goals])
    if metrics:
        yield PrintFigure(
            "learning-curves", "learning curves of the best", curve_table(curves), partial(curve_print, curves, metrics)
        )


def _fronts(sheet: Sheet) -> Iterator[PrintFigure]:
    history, ordered = sheet.history, sheet.ordered
    if len(history.goals) < 2:
        return
    front = pareto_front(history, ordered)
    chosen = knee(front, ordered, [goal.maximise for goal in history.goals])
    data = records.front_table(history, ordered, front)
    yield PrintFigure("pareto", "Pareto front", data, partial(front_print, history.goals, ordered, front, chosen))
    trace = analysis.hypervolume_trace(history.evaluations, history.goals, history.run.allowed)
    if len(trace) > 1 and trace[-1] > 0:
        data = records.hypervolume_table(trace)
        yield PrintFigure("hypervolume", "hypervolume", data, partial(hypervolume_print, trace))


def _operators(sheet: Sheet) -> Iterator[PrintFigure]:
    history, goal = sheet.history, sheet.history.goals[0]
    births = [history.individuals[number].birth for number in sorted(history.individuals)]
    if sum(bool(birth.parents) and birth.generation > 0 for birth in births) >= _CHILDREN:
        window = max(10, len(births) // 12)
        data = records.mix_table(analysis.mix_over_births(births, window))
        yield PrintFigure("operator-mix", "operator mix", data, partial(mix_print, births, window))
    rows = analysis.operator_successes(history)
    if sum(row.children for row in rows) >= _CHILDREN:
        data = analysis.success_table(rows)
        yield PrintFigure("operator-success", "what operators were worth", data, partial(success_print, rows))
    told = analysis.forecasts(history.evaluations, goal)
    if len(told) >= _FORECASTS:
        data = records.forecast_table(told)
        yield PrintFigure("forecasts", "the surrogate's forecasts", data, partial(forecast_print, told, goal))
    again = analysis.repeated(history.evaluations, goal)
    if again:
        yield PrintFigure("repeats", "repeats", records.repeat_table(again), partial(noise_print, again, goal))


def _genes(sheet: Sheet) -> Iterator[PrintFigure]:
    history, goal, ordered = sheet.history, sheet.history.goals[0], sheet.ordered
    names = important_genes(sheet)
    if len(ordered) < 2 or not names:
        return
    data = records.gene_and_value_table("genes", sheet.genes, history, ordered)
    yield PrintFigure("genes", "genes together", data, partial(parallel_print, ordered, sheet.genes, names, goal))
    spread = replace(data, name="gene-spread")
    yield PrintFigure("gene-spread", "search", spread, partial(spread_print, ordered, sheet.genes, names, goal))
    for name in names[:_GENES]:
        found = analysis.gene_frequency(history, name, table=sheet.genes)
        if found is not None and len(found.starts) > 1:
            title = f"frequency of {name}"
            yield PrintFigure(f"frequency-{file_name(name)}", title, found.table(), partial(frequency_print, found))
    for at, one in enumerate(heatmaps(sheet), start=1):
        title = f"{one.statistic} {one.words} over {one.x.name} and {one.y.name}"
        yield PrintFigure(f"heatmap-{at:02}", title, one.table(), partial(heatmap_print, one))
    told = sheet.importance
    if told is not None:
        yield PrintFigure("importance", "importance of genes", told.table(), partial(importance_print, told))
        yield PrintFigure("marginals", "marginals", told.marginal_table(), partial(marginal_print, told))
    failing = None
    if sheet.summary.failures >= _FAILED:
        failing = analysis.gene_importance(history, table=sheet.genes, target="failure")
    if failing is not None:
        title = "importance of genes for failing"
        yield PrintFigure("importance-failing", title, failing.table(), partial(importance_print, failing))


def _population(sheet: Sheet) -> Iterator[PrintFigure]:
    history = sheet.history
    diversity = analysis.diversity_over_time(history)
    if diversity is not None:
        yield PrintFigure("diversity", "diversity", diversity.table(), partial(diversity_print, diversity))
    if not any(one.birth.generation for one in history.individuals.values()):
        return
    shares, ancestor = analysis.founder_shares(history), analysis.common_ancestor(history)
    if shares is not None:
        yield PrintFigure("founders", "founder shares", shares.table(), partial(founder_print, shares))
    if ancestor is not None:
        yield PrintFigure("common-ancestor", "common ancestor", ancestor.table(), partial(ancestor_print, ancestor))


def _family(sheet: Sheet) -> Iterator[PrintFigure]:
    values = {one.individual.number: one.value for one in sheet.ordered}
    tree = ancestry(sheet.history.individuals, sheet.ordered[0].individual.number, _DRAWN)
    if len(tree.members) > 1:
        data, goal = records.family_table(tree, values), sheet.history.goals[0]
        yield PrintFigure("family-tree", "family tree of the winner", data, partial(family_print, tree, goal, values))


def file_name(name: str) -> str:
    """Return a name as a part of a file's name.

    >>> file_name("stages 1: filters"), file_name("learning.optimizer.type")
    ('stages-1-filters', 'learning-optimizer-type')
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")
