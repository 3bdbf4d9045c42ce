"""``evonas best``: what a run found, with the standard errors that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import Format, FormatOption, RunArgument, app, figure, print_line, print_table, uncertain
from evonas.errors import LineageError, nearest

if TYPE_CHECKING:
    from evonas.lineage import LineageStore, Scored

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
    format: FormatOption = Format.table,
) -> None:
    """List the best individuals of a run.

    Where trainings were repeated, a value is their mean, with its standard error and their number.
    """
    from evonas.lineage import LineageStore
    from evonas.run import RunDirectory

    with LineageStore.open(RunDirectory.open(run).lineage_file, read_only=True) as store:
        if metric is not None:
            _check_metric(store, metric)
        everyone = store.standings()
        names = [name for name, _ in store.run.directions]
        ranked = _chosen(store, everyone, metric, top, pareto)
        rows = [_row(one, names, format) for one in ranked]
        if pareto and ranked and len(names) > 1:
            _mark_knee(store, ranked, everyone, rows)
        if store.run.allowed:
            for row, one in zip(rows, ranked, strict=True):
                row["violation"] = one.violation
        against = _against_baseline(everyone, names[0]) if format is Format.table and rows else ""
    if format is Format.table:
        rows = _fitting(rows, [*names, metric])
    print_table(rows, format, empty="no evaluation has completed yet")
    if against:
        print_line(against)


def _chosen(
    store: LineageStore, everyone: Sequence[Scored], metric: str | None, top: int, pareto: bool
) -> Sequence[Scored]:
    """Return who is listed, in order."""
    from evonas.lineage.ranking import non_dominated

    if pareto:
        everyone = _distinct(non_dominated(everyone, [more for _, more in store.run.directions]))
        top = len(everyone)
    if metric is None:
        return everyone[:top]
    known = {one.individual.number: one for one in everyone}
    order = store.best(len(store.individuals()), metric)
    return [known[one.individual.number] for one in order if one.individual.number in known][:top]


def _distinct(scored: Sequence[Scored]) -> list[Scored]:
    by_genome: dict[str, Scored] = {}
    for one in scored:
        by_genome.setdefault(one.individual.genome.id, one)
    return list(by_genome.values())


def _mark_knee(
    store: LineageStore, front: Sequence[Scored], everyone: Sequence[Scored], rows: Sequence[dict[str, Any]]
) -> None:
    from evonas.lineage.ranking import best_first, knee

    directions = store.run.directions
    maximise = [more for _, more in directions]
    chosen = knee(best_first(front, maximise[0]), everyone, maximise).individual.number
    for row in rows:
        row["knee"] = row["individual"] == chosen


def _row(one: Scored, objectives: Sequence[str], format: Format) -> dict[str, Any]:
    individual, stored = one.individual, one.result
    row: dict[str, Any] = {"individual": individual.number}
    errors = one.errors or (None,) * len(one.values)
    for name, value, error in zip(objectives, one.values, errors, strict=True):
        row[name] = uncertain(value, error, one.trainings) if format is Format.table and error is not None else value
        if format is not Format.table:
            row[f"{name}_error"] = error
    known = {**individual.costs, **stored.result.metrics}
    row |= {name: value for name, value in known.items() if name not in row}
    return row | {
        "generation": individual.birth.generation,
        "operators": " ".join(individual.birth.operators),
        "rung": stored.result.rung,
        "epochs": stored.trained + stored.result.epochs,
        "trainings": one.trainings,
        "seconds": round(stored.result.seconds, 2),
        "genome": individual.genome.id,
    }


def _fitting(rows: Sequence[dict[str, Any]], figures: Sequence[str | None]) -> list[dict[str, Any]]:
    """Return the columns that a terminal has room for, without those that say nothing; JSON and CSV have everything."""
    telling = [name for name in ("violation", "rung") if any(row.get(name) for row in rows)]
    shown = ["individual", *figures, "knee", *telling, "parameters", "generation", "operators", "seconds", "genome"]
    kept = [{name: row[name] for name in dict.fromkeys(shown) if name in row} for row in rows]
    return [row | {"knee": "yes" if row["knee"] else None} if "knee" in row else row for row in kept]


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


def _check_metric(store: LineageStore, metric: str) -> None:
    completed = [stored.result for stored in store.results() if stored.result.completed]
    costs = {name for individual in store.individuals() for name in individual.costs}
    known = {name for result in completed for name in result.metrics} | costs
    if completed and metric not in known:
        close = nearest(metric, known)
        raise LineageError(
            "no evaluation of this run reports such a metric",
            file=store.place,
            got=metric,
            expected=f"one of {', '.join(sorted(known))}",
            hint=f"did you mean `{close}`?" if close else None,
        )
