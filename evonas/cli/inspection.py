"""``evonas runs``, ``tag`` and ``status``: what runs there are, what people call them, how far one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, RunArgument, app
from evonas.cli.columns import print_table
from evonas.cli.output import Format, figure, print_line, uncertain

if TYPE_CHECKING:
    from evonas.compare.overview import Origin, RunOverview
    from evonas.lineage import LineageStore

__all__ = ["runs", "status", "tag", "telling"]

_SPARE = ("failed", "evaluations", "individual", "time", "name")  # what a narrow terminal does without


@app.command()
def runs(
    folder: Annotated[Path, typer.Argument(help="Where the run directories lie.")] = Path("runs"),
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="WORD", help="Only runs with this tag.")] = None,
    phylogeny: Annotated[
        bool, typer.Option("--phylogeny", help="Draw which run seeded which, down to individuals.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write the phylogeny of all individuals: FILE.graphml or FILE.dot."),
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """List the runs of a folder, the newest first; or draw which of them seeded which."""
    if phylogeny or to is not None:
        from evonas.cli.phylogeny import show_phylogeny

        show_phylogeny(folder, to, format)
        return
    from evonas.compare.overview import overviews

    found, errors = overviews(folder)
    for error in errors:
        print_line(f"evonas: {error}", stderr=True)
    _say_copies(found)
    chosen = [one for one in found if set(tag or ()) <= set(one.tags)]
    empty = f"no runs in {folder}; `evonas evolve CONFIG` makes one"
    if found and not chosen:
        empty = f"no run in {folder} has the tag {' and '.join(tag or ())}"
    print_table(_listed(chosen, found, format), format, wrap=("seeded from",), spare=_SPARE, empty=empty)


@app.command()
def tag(
    run: RunArgument,
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD...", help="Tags to give it.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar="WORD", help="A tag to take away.")] = None,
) -> None:
    """Give a run tags, such as `paper` or `broken`, by which `evonas runs` lists it; without words, print its tags."""
    from evonas.compare.tags import change_tags
    from evonas.run import RunDirectory

    directory = RunDirectory.open(run)
    now = change_tags(directory, words or (), remove or ())
    print_line(f"{directory.shown}: {' '.join(now) or 'no tags'}")


@app.command()
def status(run: RunArgument, format: FormatOption = Format.table) -> None:
    """Show how far a run is."""
    from evonas.compare.overview import overview
    from evonas.lineage import LineageStore
    from evonas.run import RunDirectory

    directory = RunDirectory.open(run)
    with LineageStore.open(directory.lineage_file, read_only=True) as store:
        one = overview(directory, store)
        row = _facts(one)
        counts = {name: number for name, number in store.counts().items() if number}
        training = _training(store)
    record = one.record
    seed = str(record.seed) if format is Format.table else record.seed  # to be copied, not to be read
    row |= {"reason": record.reason, "created": record.created, "seed": seed, **counts, **training}
    if format is Format.table:
        print_table([{"what": name, "value": figure(value)} for name, value in row.items()], format, wrap=("value",))
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


def _facts(one: RunOverview) -> dict[str, Any]:
    return {
        "run": one.directory.shown,
        "name": one.record.name,
        "status": one.status,
        "individuals": one.individuals,
        "evaluations": one.evaluations,
        "failed": one.failed,
        "objective": one.record.directions[0][0],
        "best": None if one.best is None else one.best.value,
        "hours": round(one.seconds / 3600, 3),
    }


def _listed(chosen: Sequence[RunOverview], everyone: Sequence[RunOverview], format: Format) -> list[dict[str, Any]]:
    """Return a row for each run: for people what a terminal has room for, for programs all there is."""
    folders = {one.record.id: one.directory.shown for one in everyone}
    if format is Format.table:
        return telling([_shown(one, folders) for one in chosen])
    rows = []
    for one in chosen:
        origins = [{"run": origin.run, "source": origin.source, "seeds": origin.seeds} for origin in one.origins]
        seeds = [f"{_origin(origin, folders)} ({origin.seeds})" for origin in one.origins]
        best = one.best
        rows.append(
            {
                **_facts(one),
                "best_error": None if best is None else best.error,
                "best_individual": None if best is None else best.individual.number,
                "pending": one.pending,
                "id": one.record.id,
                "created": one.record.created,
                "seed": one.record.seed,
                "searched": one.record.config.get("model") or one.record.config.get("evaluator"),
                "algorithm": dict(one.record.config.get("search") or {}).get("algorithm"),
                "seeded_from": origins if format is Format.json else "; ".join(seeds),
                "tags": list(one.tags) if format is Format.json else " ".join(one.tags),
            }
        )
    return rows


def _shown(one: RunOverview, folders: Mapping[str, str]) -> dict[str, Any]:
    from evonas.report.formats import duration

    metric, best = one.record.directions[0][0], one.best
    found = f"{metric} {uncertain(best.value, best.error, best.trainings)}" if best is not None else None
    return {
        "run": one.directory.shown,
        "name": None if one.directory.path.name.startswith(one.record.name) else one.record.name,
        "status": one.status,
        "best": found,
        "individual": None if best is None else best.individual.number,
        "evaluations": one.evaluations,
        "failed": one.failed,
        "time": duration(one.seconds),
        "seeded from": "; ".join(f"{_origin(origin, folders)} ({origin.seeds})" for origin in one.origins) or None,
        "tags": " ".join(one.tags) or None,
    }


def telling(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of equal keys without the columns that say nothing."""
    names = [name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)]
    return [{name: row[name] for name in names} for row in rows]


def _origin(origin: Origin, folders: Mapping[str, str]) -> str:
    """Return where seeds came from: the run's folder if it is listed, else what the configuration said."""
    return folders.get(origin.run or "", origin.source)


def _say_copies(found: Sequence[RunOverview]) -> None:
    seen: dict[str, RunOverview] = {}
    for one in found:
        other = seen.setdefault(one.record.id, one)
        if other is not one:
            copies = f"{one.directory.shown} and {other.directory.shown} are copies of one run"
            print_line(f"evonas: {copies} (id {one.record.id[:8]})", stderr=True)
