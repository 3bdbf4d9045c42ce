"""From a store to a file: read the run once, build the page, write it whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from evonas.errors import StorageError
from evonas.lineage import LineageStore
from evonas.report.history import RunHistory, read_history

__all__ = ["comparison_html", "report_html", "write_page", "write_report"]


def write_report(store: LineageStore, path: str | Path) -> Path:
    """Write the report of a run as one HTML file that works without internet.

    The same lineage gives the same bytes.

    Args:
        store: the run's lineage; it may be running.
        path: the file; its folder is made if it is missing, and a file that is there is replaced.

    Returns:
        The file.

    Raises:
        LineageError: if the lineage cannot be read.
        StorageError: if the file cannot be written, for example because the disk is full; nothing is left behind then.
    """
    return write_page(report_html(read_history(store)), path)


def write_page(text: str, path: str | Path) -> Path:
    """Write a page whole or not at all.

    Args:
        text: the page.
        path: the file; its folder is made if it is missing, and a file that is there is replaced.

    Raises:
        StorageError: if the file cannot be written, for example because the disk is full; nothing is left behind then.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file name in the lineage may hold bytes that are no text; they must not keep the report from being written.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        temporary.replace(path)
    except OSError as error:
        _remove(temporary)
        raise StorageError(
            f"cannot write the report: {error.strerror or error}",
            file=path,
            hint="free some space, or name another place with `--to`",
        ) from error
    return path


def report_html(history: RunHistory) -> str:
    """Return the report as HTML."""
    from evonas.report.page import compose  # Plotly takes a third of a second to import; a summary needs none of it

    return compose(history)


def comparison_html(histories: Sequence[RunHistory]) -> str:
    """Return a page on several searches as HTML: what each found, how they converged, what they tried."""
    from evonas.report.comparison import compose_comparison

    return compose_comparison(histories)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the folder itself is what cannot be written
        return
