"""``evonas study``: a search repeated over telescopes and seeds, and the table that is published."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evonas.cli.app import FormatOption, app
from evonas.cli.columns import print_table
from evonas.cli.output import Format, print_line

if TYPE_CHECKING:
    from evonas.config import RunConfig
    from evonas.run import Listener

__all__ = ["study"]

_INTERRUPTED = 130


@app.command()
def study(
    config: Annotated[Path, typer.Argument(metavar="STUDY", help="The file of the study, YAML.")],
    study_dir: Annotated[
        Path | None, typer.Option("--study-dir", metavar="DIR", help="Its folder; default: studies/NAME.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key of every search.")
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Repeat a search over telescopes and seeds, retrain baseline and winners, and print the table.

    A study that was stopped goes on with the same command; finished searches and trainings are not repeated.
    """
    from evonas.study import Stopped, read_study, run_study, write_study
    from evonas.study.results import ERROR, flat_rows

    settings = read_study(config, set_ or [])
    folder = study_dir or Path("studies") / settings.name
    again = shlex.join(["evonas", *sys.argv[1:]])
    try:
        done = run_study(settings, folder, view=_view, say=_say, command=["evonas", *sys.argv[1:]])
    except KeyboardInterrupt:
        done = Stopped("stopped by Ctrl-C")
    if isinstance(done, Stopped):
        print_line(f"interrupted: {done.reason}; what is done is kept", stderr=True)
        print_line(f"go on with: {again}", stderr=True)
        raise typer.Exit(_INTERRUPTED)
    files = write_study(done)
    rows = flat_rows([*done.results, *done.transfers], words=format is Format.table)
    print_table(rows, format)
    if format is Format.table:
        for note in (ERROR, *done.notes):
            print_line(note)
    print_line(f"look at it: {files['html']}", stderr=True)


def _say(line: str) -> None:
    print_line(line, stderr=True)


def _view(settings: RunConfig) -> AbstractContextManager[Listener]:
    from evonas.cli.live import LiveView, PlainView

    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return LiveView(settings) if live else PlainView(settings)
