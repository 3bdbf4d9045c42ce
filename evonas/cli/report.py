"""``evonas report``: one HTML file that tells a run, or compares several searches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evonas.cli.app import app, print_line

if TYPE_CHECKING:
    from evonas.report.history import RunHistory

__all__ = ["report"]


@app.command()
def report(
    what: Annotated[
        list[Path], typer.Argument(metavar="RUN|TABLE.csv...", help="A run directory; or several, and tables.")
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE", help="Where to write; default: report.html in the run, or here for several."
        ),
    ] = None,
) -> None:
    """Write the report of a run: one HTML file that works without internet.

    Several runs, and tables of ctlearn_optimizer (its optimization_results.csv), become one page that compares them.
    """
    from evonas.lineage import LineageStore
    from evonas.report import comparison_html, write_page, write_report
    from evonas.report.imports import is_table
    from evonas.run import RunDirectory

    if len(what) == 1 and not is_table(what[0]):
        directory = RunDirectory.open(what[0])
        with LineageStore.open(directory.lineage_file, read_only=True) as store:
            print_line(str(write_report(store, to or directory.report_file)))
        return
    page = comparison_html([_history(path) for path in what])
    default = Path(f"{what[0].stem}.html" if len(what) == 1 else "report.html")
    print_line(str(write_page(page, to or default)))


def _history(path: Path) -> RunHistory:
    from evonas.lineage import LineageStore
    from evonas.report.history import read_history
    from evonas.report.imports import is_table, read_table
    from evonas.run import RunDirectory

    if is_table(path):
        return read_table(path)
    with LineageStore.open(RunDirectory.open(path).lineage_file, read_only=True) as store:
        return read_history(store)
