"""Says what a file is, and has it read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from evonas.errors import LineageError
from evonas.lineage.imports.alife import read_alife
from evonas.lineage.imports.history import History
from evonas.lineage.imports.studies import read_study

__all__ = ["read_history"]

_MAGIC = b"SQLite format 3\x00"


def read_history(
    source: str,
    *,
    objective: str | None = None,
    direction: str = "auto",
    genes: Mapping[str, str] | None = None,
    study: str | None = None,
    name: str | None = None,
) -> History:
    """Read the history of another program: an ALife phylogeny or an Optuna study.

    Args:
        source: a CSV file, an SQLite file of Optuna, a journal file of Optuna, or a storage URL of Optuna.
        objective: the column, or what the study's value is to be called; several separated by commas.
        direction: of a column: ``max``, ``min`` or ``auto``.
        genes: column or parameter to gene.
        study: the study's name, where a storage holds several.
        name: of the run.

    Raises:
        LineageError: if it is neither, or cannot be read.
        DependencyError: if it is a study, and Optuna is not installed.
    """
    kind = _kind(source)
    if kind == "study":
        names = None if objective is None else [part.strip() for part in objective.split(",") if part.strip()]
        return read_study(source, study=study, objectives=names, genes=genes, name=name)
    return read_alife(source, objective=objective, direction=direction, genes=genes, name=name)


def _kind(source: str) -> str:
    if "://" in source:
        return "study"
    path = Path(source)
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError as error:
        raise LineageError("there is no such file", file=path, hint="check the path") from error
    except OSError as error:
        raise LineageError(f"the file cannot be read: {error.strerror}", file=path) from error
    if head.startswith(_MAGIC):
        return _database(path)
    return "study" if _is_journal(head) else "phylogeny"


def _database(path: Path) -> str:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.DatabaseError as error:
            raise LineageError(f"the database cannot be read: {error}", file=path) from error
    if {"studies", "trials"} <= tables:
        return "study"
    ours = "evonas_meta" in tables
    raise LineageError(
        "this is the lineage of a run of evonas already" if ours else "this database is no storage of Optuna",
        file=path,
        got=sorted(tables)[:8],
        expected="an SQLite storage of Optuna, with the tables studies and trials",
        hint="its run directory can be used as it is" if ours else None,
    )


def _is_journal(head: bytes) -> bool:
    """Return whether a file begins as Optuna's journal does: a JSON record with the code of an operation."""
    try:
        first = json.loads(head.split(b"\n", 1)[0])
    except ValueError:
        return False
    return isinstance(first, dict) and "op_code" in first
