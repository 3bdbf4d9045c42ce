"""``evonas evolve`` and ``evonas resume``: run a search, and look on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evonas.cli.app import RunArgument, app
from evonas.cli.columns import print_table
from evonas.cli.output import Format, figure, print_line, uncertain

if TYPE_CHECKING:
    from evonas.cli.live import LiveView, PlainView
    from evonas.config import RunConfig
    from evonas.run import Outcome

__all__ = ["evolve", "resume"]

_INTERRUPTED = 130


@app.command()
def evolve(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The configuration of the run, YAML.")],
    run_dir: Annotated[
        Path | None, typer.Option("--run-dir", metavar="DIR", help="A new folder; default: runs/NAME-DATE-TIME.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a key, such as evolution.evaluations=50."),
    ] = None,
    seed_from: Annotated[
        list[str] | None,
        typer.Option(
            "--seed-from",
            metavar="RUN[:best(5)|:pareto|:knee|:ID]",
            help="Start from winners of an earlier run, or from a genome file.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, show the space and the first genomes, train nothing.")
    ] = False,
) -> None:
    """Search for better networks."""
    from evonas.cli.blame import blamed_on
    from evonas.config import load_config

    settings = load_config(config, set_ or [])
    here = [str(Path(seed).absolute()) if _exists(seed) else seed for seed in seed_from or []]
    settings = settings.model_copy(update={"seeds": [*settings.seeds, *here]})
    with blamed_on(config, set_ or [], here):
        if dry_run:
            from evonas.cli.dry_run import show_dry_run

            show_dry_run(settings)
            return
        with _view(settings) as view:
            from evonas.run import evolve as run_evolve

            outcome = run_evolve(settings, run_dir, listener=view, command=["evonas", *sys.argv[1:]])
    _conclude(outcome)


@app.command()
def resume(run: RunArgument) -> None:
    """Go on with a run that was interrupted or killed."""
    from evonas.cli.blame import blamed_on
    from evonas.config import load_config
    from evonas.run import RunDirectory
    from evonas.run import resume as run_resume

    directory = RunDirectory.open(run)
    directory.check()
    settings = load_config(directory.config_file)
    with blamed_on(directory.config_file), _view(settings) as view:
        outcome = run_resume(run, listener=view)
    _conclude(outcome)


def _exists(seed: str) -> bool:
    from evonas.run import split_selection

    return Path(seed).exists() or Path(split_selection(seed)[0]).exists()


def _view(settings: RunConfig) -> LiveView | PlainView:
    from evonas.cli.live import LiveView, PlainView

    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return LiveView(settings) if live else PlainView(settings)


def _conclude(outcome: Outcome) -> None:
    """Print the best and what to do next; end with 130 after an interruption."""
    engine, folder = outcome.engine, outcome.directory.shown
    print_line()
    if outcome.untouched:
        print_line(f"this run is finished, and is left as it is: {outcome.reason}")
    elif outcome.finished:
        print_line(f"finished: {outcome.reason}")
    else:
        print_line(f"interrupted: {outcome.reason}; what is done is kept")
    if engine.has_best:
        best = engine.best()
        errors = [best.standard_error if len(best.results) > 1 else None, *([None] * (len(best.values) - 1))]
        values = ", ".join(
            f"{objective.metric} {uncertain(value, error, len(best.results) if error is not None else 0)}"
            for objective, value, error in zip(engine.config.objectives, best.values, errors, strict=True)
        )
        known = {objective.metric for objective in engine.config.objectives}
        others = {name: value for name, value in best.individual.costs.items() if name not in known}
        costs = "".join(f", {name} {figure(value)}" for name, value in others.items())
        print_line(f"best: individual {best.number} with {values}{costs}")
    if outcome.finished and engine.search.finals:
        _show_finalists(outcome)
    if not outcome.finished:
        print_line(f"go on with: evonas resume {folder}")
        raise typer.Exit(_INTERRUPTED)
    print_line(f"look at it:  evonas report {folder}")
    print_line(f"family tree: evonas lineage show {folder}")
    if engine.has_best and engine.space.family:
        print_line(f"test it:     evonas evaluate {folder}:{engine.best().number}")


def _show_finalists(outcome: Outcome) -> None:
    """Print what the last round gave: means over the seeds, on the validation and on the test part."""
    from evonas.lineage import LineageStore
    from evonas.run import stored_finalists

    search, objectives = outcome.engine.search, outcome.engine.config.objectives
    with LineageStore.open(outcome.directory.lineage_file, read_only=True) as store:
        found = stored_finalists(store, search.finals, search.final_seeds)
    rows = []
    for one in found:
        final = one.final
        row = {"individual": one.individual.number, "trained": f"{len(final.completed)}/{len(final.results)}"}
        row |= {f"{objectives[0].metric} in the search": figure(one.found)}
        for metric in (objective.metric for objective in objectives):
            if metric in one.individual.costs:
                row[metric] = figure(one.individual.costs[metric])
                continue
            for name, where in ((metric, "validation"), (f"test_{metric}", "test")):
                if final.values(name):
                    row[f"{metric}, {where}"] = uncertain(final.mean(name), final.standard_error(name))
        rows.append(row)
    columns = dict.fromkeys(name for row in rows for name in row)
    print_line("the best, retrained from scratch: means over the seeds and their standard errors")
    print_table([{name: row.get(name) for name in columns} for row in rows], Format.table)
