"""``evonas report``: runs as one HTML file, as figures for papers, and as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evonas.cli.app import app
from evonas.cli.output import print_line

if TYPE_CHECKING:
    from evonas.report.history import RunHistory
    from evonas.report.print import PrintFigure

__all__ = ["report"]


class _Form(str, Enum):
    pdf = "pdf"
    png = "png"
    svg = "svg"


def _forms(text: str) -> tuple[str, ...]:
    """Return the formats of a list such as ``pdf,png``."""
    wanted = [part.strip().lower() for part in text.split(",") if part.strip()]
    unknown = [part for part in wanted if part not in _Form.__members__]
    if unknown or not wanted:
        known = ", ".join(_Form.__members__)
        got = f"got {unknown[0]!r}" if unknown else "got none"
        raise typer.BadParameter(f"{got}; expected one or more of {known}, separated by commas", param_hint="'--as'")
    return tuple(dict.fromkeys(wanted))


@app.command()
def report(
    what: Annotated[
        list[Path], typer.Argument(metavar="RUN|TABLE.csv...", help="A run directory; or several, and tables.")
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="Write the page here; default: report.html in the run, or here for several.",
        ),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            "--figures", metavar="DIR", help="Write figures for papers here instead, each with its data as CSV."
        ),
    ] = None,
    forms: Annotated[
        str | None, typer.Option("--as", metavar="FORMATS", help="Of the figures: pdf,png,svg; default: pdf.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Write the data behind every figure here as CSV.")
    ] = None,
) -> None:
    """Write the report of a run: one HTML file that works without internet.

    Several runs, and tables of ctlearn_optimizer (its optimization_results.csv), become one page that compares them.
    With --figures or --data, the page is only written where --to is given, too.
    """
    if forms is not None and figures is None:
        raise typer.BadParameter("it says what the figures are written as, so it needs --figures", param_hint="'--as'")
    chosen = _forms(forms or "pdf")
    if to is not None or (figures is None and data is None):
        print_line(str(_page(what, to)))
    if figures is None and data is None:
        return
    from evonas.report.print import write_data, write_figures

    histories = [_history(path) for path in what]
    if figures is not None:
        _write(histories, figures, lambda some, folder: write_figures(some, folder, chosen))
    if data is not None:
        _write(histories, data, write_data)


def _page(what: Sequence[Path], to: Path | None) -> Path:
    """Write the page and return its file."""
    from evonas.lineage import LineageStore
    from evonas.report import comparison_html, write_page, write_report
    from evonas.report.imports import is_table
    from evonas.run import RunDirectory

    if len(what) == 1 and not is_table(what[0]):
        directory = RunDirectory.open(what[0])
        with LineageStore.open(directory.lineage_file, read_only=True) as store:
            return write_report(store, to or directory.report_file)
    page = comparison_html([_history(path) for path in what])
    default = Path(f"{what[0].stem}.html" if len(what) == 1 else "report.html")
    return write_page(page, to or default)


def _write(
    histories: Sequence[RunHistory], folder: Path, write: Callable[[list[PrintFigure], Path], list[Path]]
) -> None:
    """Write the files of one run into a folder; of several into a folder each, and what compares them into it."""
    from evonas.errors import LineageError
    from evonas.report.comparison import named_histories
    from evonas.report.print import compare_figures, file_name, print_figures

    if len(histories) == 1:
        parts = {folder: print_figures(histories[0])}
    else:
        named = named_histories(histories)
        parts = {folder: compare_figures(named)}
        parts |= {folder / file_name(name): print_figures(history) for name, history in named.items()}
    if not any(parts.values()):
        raise LineageError(
            "there is nothing to draw: no individual has a fitness yet",
            got=", ".join(history.run.name for history in histories),
            expected="a run of which an evaluation has completed",
            hint="wait for the first evaluation, or see `evonas lineage show` for what failed",
        )
    for place, some in parts.items():
        if some:
            written = write(some, place)
            print_line(f"{place}: {len(some)} figures, {len(written)} files")


def _history(path: Path) -> RunHistory:
    from evonas.lineage import LineageStore
    from evonas.report.history import read_history
    from evonas.report.imports import is_table, read_table
    from evonas.run import RunDirectory

    if is_table(path):
        return read_table(path)
    with LineageStore.open(RunDirectory.open(path).lineage_file, read_only=True) as store:
        return read_history(store)
