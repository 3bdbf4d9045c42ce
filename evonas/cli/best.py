"""``evonas best``: what a run found, with the standard errors that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, RunArgument, app
from evonas.cli.columns import print_table, print_words
from evonas.cli.output import Format, figure
from evonas.cli.standings import SPARE, check_metric, fitting, scored_row
from evonas.cli.where import Kept, WhereOption, kept, open_store

if TYPE_CHECKING:
    from evonas.lineage import RunRecord, Scored

__all__ = ["best"]


@app.command()
def best(
    run: RunArgument,
    top: Annotated[int, typer.Option("--top", "-k", min=1, help="How many.")] = 10,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Order by another metric than the first objective.")
    ] = None,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="The individuals that no other dominates, the knee of their front marked.")
    ] = False,
    where: WhereOption = None,
    format: FormatOption = Format.table,
) -> None:
    """List the best individuals of a run.

    Where trainings were repeated, a value is their mean, with its standard error and their number. With --where, those
    that do not meet the filter are not there at all: the others are compared at the highest rung that one of them has.
    """
    with open_store(run) as store:
        record, found = store.run, kept(store, where)
        if metric is not None and found.metrics:
            check_metric(metric, found.metrics, store.place)
    names = [name for name, _ in record.directions]
    everyone = _standings(record, found, names)
    ranked = _chosen(record, found, everyone, metric, pareto)[: None if pareto else top]
    rows = [scored_row(one, names, format) for one in ranked]
    if pareto and ranked and len(names) > 1:
        _mark_knee(record, ranked, everyone, rows)
    if record.allowed:
        for row, one in zip(rows, ranked, strict=True):
            row["violation"] = one.violation
    against = _against_baseline(everyone, names[0]) if format is Format.table and rows else ""
    if format is Format.table:
        rows = fitting(rows, [*names, metric])
    empty = "no individual meets the filter" if where else "no evaluation has completed yet"
    print_table(rows, format, spare=SPARE, empty=empty)
    if against:
        print_words(against)


def _standings(record: RunRecord, found: Kept, metrics: Sequence[str]) -> list[Scored]:
    """Return those that have all the metrics, the best in the first of them first."""
    from evonas.directions import more_is_better
    from evonas.lineage.ranking import best_first, score_constrained

    more = dict(record.directions).get(metrics[0], more_is_better(metrics[0]))
    return best_first(score_constrained(found.individuals, found.results, metrics, record.allowed), more)


def _chosen(
    record: RunRecord, found: Kept, everyone: Sequence[Scored], metric: str | None, pareto: bool
) -> Sequence[Scored]:
    """Return who may be listed, in order."""
    from evonas.lineage.ranking import non_dominated

    if pareto:
        everyone = _distinct(non_dominated(everyone, [more for _, more in record.directions]))
    if metric is None:
        return everyone
    known = {one.individual.number: one for one in everyone}
    order = [one.individual.number for one in _standings(record, found, [metric])]
    return [known[number] for number in order if number in known]


def _distinct(scored: Sequence[Scored]) -> list[Scored]:
    by_genome: dict[str, Scored] = {}
    for one in scored:
        by_genome.setdefault(one.individual.genome.id, one)
    return list(by_genome.values())


def _mark_knee(
    record: RunRecord, front: Sequence[Scored], everyone: Sequence[Scored], rows: Sequence[dict[str, Any]]
) -> None:
    from evonas.lineage.ranking import best_first, knee

    maximise = [more for _, more in record.directions]
    chosen = knee(best_first(front, maximise[0]), everyone, maximise).individual.number
    for row in rows:
        row["knee"] = row["individual"] == chosen


def _against_baseline(ranked: Sequence[Scored], goal: str) -> str:
    """Return a line that compares the best with the published network that the run started with."""
    baseline = next((one for one in ranked if one.individual.birth.baseline), None)
    if baseline is None:
        return ""
    birth = baseline.individual.birth
    repaired = f", {len(birth.changes)} genes repaired" if birth.changes else ""
    gap = figure(ranked[0].value - baseline.value)
    return (
        f"baseline {birth.baseline}{repaired} (individual {baseline.individual.number}): {goal} "
        f"{figure(baseline.value)}; the best differs by {gap if gap.startswith('-') else '+' + gap}"
    )
