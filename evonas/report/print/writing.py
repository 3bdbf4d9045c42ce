"""Print figures and their tables into files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evonas.errors import StorageError
from evonas.report.analysis.table import write_csv
from evonas.report.print.catalogue import PrintFigure
from evonas.report.print.style import print_style

__all__ = ["FORMATS", "write_data", "write_figures"]

FORMATS = ("pdf", "png", "svg")
"""Ends of the files that can be written; PDF and SVG are vector graphics, PNG has 300 dots an inch."""

_UNDATED: dict[str, dict[str, Any]] = {  # the same lineage gives the same bytes
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
    "png": {"Software": None},
}


def write_figures(figures: Sequence[PrintFigure], folder: str | Path, formats: Sequence[str] = ("pdf",)) -> list[Path]:
    """Write figures, each in every format, and the table behind each as CSV beside it.

    Args:
        figures: what to write; files of the same names are replaced.
        folder: made if it is missing.
        formats: of :data:`FORMATS`.

    Returns:
        The files, in order.

    Raises:
        StorageError: if a file cannot be written.
        ValueError: if there is no such format.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ValueError(f"there is no format {unknown[0]}; there are {', '.join(FORMATS)}")
    written: list[Path] = []
    for figure in figures:
        with print_style():
            drawn = figure.make()
            written += [_save(drawn, Path(folder) / f"{figure.name}.{name}", name) for name in formats]
        written.append(write_csv(figure.data, Path(folder) / f"{figure.name}.csv"))
    return written


def write_data(figures: Sequence[PrintFigure], folder: str | Path) -> list[Path]:
    """Write the tables behind figures as CSV, without drawing any.

    Raises:
        StorageError: if a file cannot be written.
    """
    return [write_csv(figure.data, Path(folder) / f"{figure.name}.csv") for figure in figures]


def _save(figure: Any, path: Path, form: str) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(temporary, format=form, metadata=_UNDATED[form])
        temporary.replace(path)
    except OSError as error:
        hint = "free some space, or name another folder with `--figures`"
        raise StorageError(f"cannot write the figure: {error.strerror or error}", file=path, hint=hint) from error
    return path
