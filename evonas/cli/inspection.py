"""``evonas runs`` and ``status``: what runs there are, how far one is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import Format, FormatOption, RunArgument, app, print_line, print_table
from evonas.errors import EvonasError

if TYPE_CHECKING:
    from evonas.lineage import LineageStore
    from evonas.run import RunDirectory

__all__ = ["runs", "status"]


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
        training = _training(store)
    row |= {"reason": record.reason, "created": record.created, "seed": record.seed, **counts, **training}
    if format is Format.table:
        print_table([{"what": name, "value": _text(value)} for name, value in row.items()], format)
        if row["status"] in ("interrupted", "killed", "failed"):
            print_line(f"go on with: evonas resume {directory.shown}")
    else:
        print_table([row], format)


def _training(store: LineageStore) -> dict[str, int]:
    """Return epochs trained in all; individuals at each rung, repeats and trainings of the last round where any are."""
    stored = store.results(curves=False)
    facts = {"epochs": sum(one.result.epochs for one in stored if one.result.answered_by is None)}
    reached: dict[int, set[int]] = {}
    for one in stored:
        reached.setdefault(one.result.rung, set()).add(one.result.individual)
    if max(reached, default=0):
        facts |= {f"rung_{rung}": len(who) for rung, who in sorted(reached.items())}
    repeats = sum(one.repeat > 0 for one in stored)
    last = len(store.events("final_training"))
    return facts | ({"repeats": repeats} if repeats else {}) | ({"last_round": last} if last else {})


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


def _text(value: Any) -> str:
    from evonas.cli.app import figure

    return figure(value)
