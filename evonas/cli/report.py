"""``evonas report``: one HTML file that tells a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evonas.cli.app import RunArgument, app, print_line

__all__ = ["report"]


@app.command()
def report(
    run: RunArgument,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where to write; default: report.html in the run.")
    ] = None,
) -> None:
    """Write the report of a run: one HTML file that works without internet."""
    from evonas.lineage import LineageStore
    from evonas.report import write_report
    from evonas.run import RunDirectory

    directory = RunDirectory.open(run)
    with LineageStore.open(directory.lineage_file, read_only=True) as store:
        print_line(str(write_report(store, to or directory.report_file)))
