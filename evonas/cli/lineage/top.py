"""``evonas lineage top``: the best by any metric, cost, gene or other figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evonas.cli.app import FormatOption, RunArgument
from evonas.cli.columns import print_table
from evonas.cli.lineage.asking import group
from evonas.cli.output import Format
from evonas.cli.standings import SPARE, check_metric, fitting, scored_row
from evonas.cli.where import WhereOption, kept, open_store

if TYPE_CHECKING:
    from evonas.lineage import RunRecord

__all__ = ["top"]


@group.command()
def top(
    run: RunArgument,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many.")] = 10,
    by: Annotated[
        str | None, typer.Option("--by", metavar="METRIC", help="A metric or a cost; default: the first objective.")
    ] = None,
    least: Annotated[
        bool | None, typer.Option("--least/--most", help="Which is better; default: as the metric's name says.")
    ] = None,
    where: WhereOption = None,
    format: FormatOption = Format.table,
) -> None:
    """List the best individuals by a metric, of those that meet a filter.

    As in `evonas best`, only the highest rung that any of them has completed counts, repeated trainings by their mean,
    and those that break a constraint come last.
    """
    from evonas.lineage.ranking import best_first, score_constrained

    with open_store(run) as store:
        record, found = store.run, kept(store, where)
        metric = by or record.directions[0][0]
        if found.metrics:
            check_metric(metric, found.metrics, store.place)
    scored = score_constrained(found.individuals, found.results, (metric,), record.allowed)
    ranked = best_first(scored, _maximise(record, metric, least))[:number]
    rows = [scored_row(one, [metric], format) for one in ranked]
    if record.allowed:
        for row, one in zip(rows, ranked, strict=True):
            row["violation"] = one.violation
    if format is Format.table:
        rows = fitting(rows, [metric, *(name for name, _ in record.directions)])
    empty = "no individual meets the filter" if where else "no evaluation has completed yet"
    print_table(rows, format, spare=SPARE, empty=empty)


def _maximise(record: RunRecord, metric: str, least: bool | None) -> bool:
    from evonas.directions import more_is_better

    if least is not None:
        return not least
    return dict(record.directions).get(metric, more_is_better(metric))
