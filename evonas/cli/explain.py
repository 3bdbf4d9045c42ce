"""``evonas explain``: the line from founder to winner, and what each inherited change is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evonas.cli.app import FormatOption, RunArgument, app
from evonas.cli.columns import print_table, print_words
from evonas.cli.output import Format, print_line

if TYPE_CHECKING:
    from evonas.explain import Ablation, Descent

__all__ = ["explain"]

_SEEDS = 5
_INTERRUPTED = 130


@app.command()
def explain(
    run: RunArgument,
    number: Annotated[int | None, typer.Argument(metavar="ID", help="An individual; default: the best.")] = None,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Take each inherited change back alone, retrain, and rank the changes.")
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", metavar="N", min=2, help=f"Trainings of each network (--ablate); default: {_SEEDS}."),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option("--top", metavar="K", min=1, help="Only the K changes with the largest steps (--ablate)."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Training budget (--ablate); default: the run's.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Follow another metric than the first objective.")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", metavar="FILE", help="Draw it, too: .html (interactive), .pdf, .svg or .png."),
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Explain an individual: the births that lead to it, their fitness steps, and what became of each change.

    With --ablate, each change that it still has is taken back alone and trained against it with the same seeds, on the
    devices of the run. Trainings are stored in the run: the same command goes on where it was stopped.
    """
    from evonas.explain.files import check_figure, write_figure

    _check_options(ablate, seeds, top, epochs)
    if figure is not None:
        check_figure(figure)
    descent = _descent(run, number, metric)
    found = _ablated(run, descent, seeds or _SEEDS, top, epochs) if ablate else _stored(descent)
    _show(descent, found, format, ablate)
    if figure is not None:
        write_figure(descent, found, figure)
        print_line(str(figure), stderr=format is not Format.table)
    if ablate and found is not None and not found.complete:
        print_line("not all trainings are there: the same command goes on with those that are missing", stderr=True)
        raise typer.Exit(_INTERRUPTED)


def _check_options(ablate: bool, *options: int | None) -> None:
    if not ablate and any(value is not None for value in options):
        raise typer.BadParameter("--seeds, --top and --epochs go with --ablate")


def _descent(run: Path, number: int | None, metric: str | None) -> Descent:
    from evonas.cli.where import open_store
    from evonas.explain import explain as explain_line
    from evonas.report.history import read_history

    with open_store(run) as store, _in_file(store.place):
        return explain_line(read_history(store), number, metric)


def _stored(descent: Descent) -> Ablation | None:
    from evonas.explain import last_ablation

    return last_ablation(descent.history, descent.winner.number, descent.goal.metric)


def _ablated(run: Path, descent: Descent, seeds: int, top: int | None, epochs: int | None) -> Ablation:
    from evonas.cli.blame import blamed_on
    from evonas.config import load_config
    from evonas.explain.session import ablation_session
    from evonas.run import RunDirectory

    directory = RunDirectory.open(run)

    def say(done: int, total: int, what: str, outcome: str) -> None:
        print_line(f"[{done}/{total}] {what}: {outcome}", stderr=True)

    with blamed_on(directory.config_file), _in_file(str(directory.lineage_file)):
        config = load_config(directory.config_file)
        return ablation_session(directory, config, descent, range(seeds), epochs=epochs, top=top, say=say)


def _show(descent: Descent, found: Ablation | None, format: Format, ablate: bool) -> None:
    from evonas.explain import ablation_words, descent_words, tables

    if format is Format.json:
        print_line(json.dumps(tables.document(descent, found), indent=2, ensure_ascii=False))
        return
    if format is Format.csv:
        rows = tables.full_ablation_rows(found) if ablate and found is not None else tables.full_birth_rows(descent)
        print_table(rows, format)
        return
    print_table(tables.birth_rows(descent), format, wrap=("changed",))
    print_words(descent_words(descent))
    if found is not None:
        print_line()
        print_table(tables.ablation_rows(found), format, wrap=("change",), spare=("pairs",))
        print_words(ablation_words(found))
    elif len(descent.steps) > 1:
        print_words("`--ablate` trains it with each change taken back, and tells what each is worth.")


@contextmanager
def _in_file(place: str) -> Iterator[None]:
    """Let errors about individuals and metrics say which lineage they looked at."""
    from evonas.errors import LineageError

    try:
        yield
    except LineageError as error:
        error.file = error.file or place
        raise
