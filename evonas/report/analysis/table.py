"""The numbers behind a figure as a table, for CSV files and for programs."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evonas.errors import StorageError

__all__ = ["Table", "write_csv"]

Column: TypeAlias = "Sequence[Any] | NDArray[Any]"


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Attributes:
        name: of the figure, such as ``diversity``; a file's name without its end.
        columns: heading to values, in order; a heading ends with its unit in brackets where it has one. NaN and None
            stand for what is unknown.
    """

    name: str
    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        lengths = {len(values) for values in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns have the same length, got {lengths} in the table {self.name}")

    def rows(self) -> list[dict[str, Any]]:
        """Return a mapping a row, of plain Python values; what is unknown is None."""
        plain = {name: [_plain(value) for value in values] for name, values in self.columns.items()}
        return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]


def write_csv(table: Table, path: str | Path) -> Path:
    """Write a table as CSV in UTF-8 with unrounded figures, whole or not at all; what is unknown is left empty.

    Raises:
        StorageError: if the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            writer.writerows(row.values() for row in table.rows())
        temporary.replace(path)
    except OSError as error:
        hint = "free some space, or name another folder"
        raise StorageError(f"cannot write the table: {error.strerror or error}", file=path, hint=hint) from error
    return path


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
