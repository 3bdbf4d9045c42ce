"""``evonas runs``, ``status`` and ``best``: what runs there are, how far one is, what it found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import Format, FormatOption, RunArgument, app, print_line, print_table
from evonas.errors import EvonasError, LineageError, nearest

if TYPE_CHECKING:
    from evonas.lineage import LineageStore, Scored
    from evonas.run import RunDirectory

__all__ = ["best", "runs", "status"]


@app.command()
def runs(
    folder: Annotated[Path, typer.Argument(help="Where the run directories lie.")] = Path("runs"),
    format: FormatOption = Format.table,
) -> None:
    """List the runs of a folder, the newest first."""
    from evonas.lineage import LineageStore
    from evonas.run import find_runs

    rows = []
    for directory in find_runs(folder):
        try:
            with LineageStore.open(directory.lineage_file, read_only=True) as store:
                rows.append(_run_row(directory, store))
        except EvonasError as error:  # one broken run does not hide the others
            print_line(f"evonas: {error}", stderr=True)
    print_table(rows, format, empty=f"no runs in {folder}; `evonas evolve CONFIG` makes one")


@app.command()
def status(run: RunArgument, format: FormatOption = Format.table) -> None:
    """Show how far a run is."""
    from evonas.lineage import LineageStore
    from evonas.run import RunDirectory

    directory = RunDirectory.open(run)
    with LineageStore.open(directory.lineage_file, read_only=True) as store:
        row = _run_row(directory, store)
        counts = {name: number for name, number in store.counts().items() if number}
        record = store.run
    row |= {"reason": record.reason, "created": record.created, "seed": record.seed, **counts}
    if format is Format.table:
        print_table([{"what": name, "value": _text(value)} for name, value in row.items()], format)
        if row["status"] in ("interrupted", "killed", "failed"):
            print_line(f"go on with: evonas resume {directory.shown}")
    else:
        print_table([row], format)


@app.command()
def best(
    run: RunArgument,
    top: Annotated[int, typer.Option("--top", "-k", min=1, help="How many.")] = 10,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Order by another metric than the first objective.")
    ] = None,
    pareto: Annotated[bool, typer.Option("--pareto", help="The individuals that no other dominates.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """List the best individuals of a run."""
    from evonas.lineage import LineageStore, select
    from evonas.run import RunDirectory

    with LineageStore.open(RunDirectory.open(run).lineage_file, read_only=True) as store:
        if metric is not None:
            _check_metric(store, metric)
        ranked = store.best(len(store.individuals()) if pareto else top, metric)
        if pareto and ranked:
            front = {one.number for one in select(store, "pareto")}
            ranked = [one for one in ranked if one.individual.number in front]
        rows = [_individual_row(store, one) for one in ranked]
        objectives = [name for name, _ in store.run.directions]
        against = _against_baseline(store) if format is Format.table and rows else ""
    if format is Format.table:  # what fits a terminal; JSON and CSV have everything
        shown = ["individual", *objectives, metric, "parameters", "generation", "operators", "seconds", "genome"]
        rows = [{name: row[name] for name in dict.fromkeys(shown) if name in row} for row in rows]
    print_table(rows, format, empty="no evaluation has completed yet")
    if against:
        print_line(against)


def _against_baseline(store: LineageStore) -> str:
    """Return a line that compares the best with the published network that the run started with."""
    from evonas.cli.app import figure

    ranked = store.best(len(store.individuals()))
    baseline = next((one for one in ranked if one.individual.birth.baseline), None)
    if baseline is None:
        return ""
    birth, goal = baseline.individual.birth, store.run.directions[0][0]
    repaired = f", {len(birth.changes)} genes repaired" if birth.changes else ""
    gap = figure(ranked[0].value - baseline.value)
    return (
        f"baseline {birth.baseline}{repaired} (individual {baseline.individual.number}): {goal} "
        f"{figure(baseline.value)}; the best differs by {gap if gap.startswith('-') else '+' + gap}"
    )


def _run_row(directory: RunDirectory, store: LineageStore) -> dict[str, Any]:
    from evonas.lineage import RunLock

    record, counts = store.run, store.counts()
    best = store.best(1)
    metric = record.directions[0][0]
    alive = RunLock.holder(directory.path) is not None
    return {
        "run": directory.shown,
        "name": record.name,
        "status": "killed" if record.status == "running" and not alive else record.status,
        "individuals": counts["individuals"],
        "evaluations": sum(counts.values()) - counts["individuals"] - counts["pending"],
        "failed": sum(
            counts[name] for name in ("diverged", "out_of_memory", "timed_out", "crashed", "invalid", "lost")
        ),
        "objective": metric,
        "best": best[0].value if best else None,
        "hours": round(store.elapsed() / 3600, 3),
    }


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


def _individual_row(store: LineageStore, one: Scored) -> dict[str, Any]:
    individual, result = one.individual, one.result.result
    row: dict[str, Any] = {"individual": individual.number}
    objectives = [metric for metric, _ in store.run.directions]
    known = {**individual.costs, **result.metrics}
    row |= {metric: known.get(metric) for metric in objectives}
    row |= {name: value for name, value in known.items() if name not in row}
    return row | {
        "generation": individual.birth.generation,
        "operators": " ".join(individual.birth.operators),
        "epochs": result.epochs,
        "seconds": round(result.seconds, 2),
        "genome": individual.genome.id,
    }


def _text(value: Any) -> str:
    from evonas.cli.app import figure

    return figure(value)
