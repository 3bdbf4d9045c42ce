"""Older schemas: brought up to date when a run is written, read as they are when it is only looked at.

A version may add columns with a default, and nothing else: then an older evonas that shares the database goes on
writing, and a reader needs no more than the default where the column is missing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, Dialect, inspect, literal_column, select, update
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql import ColumnElement

from evonas.lineage import schema
from evonas.lineage.database import Database, check_schema, create_tables

__all__ = ["prepared", "stored"]


@contextmanager
def prepared(database: Database) -> Iterator[Connection]:
    """Begin a transaction in a database whose tables are made or brought up to date; it is committed at the end.

    Raises:
        LineageError: if the database is of another program, or of a newer schema.
    """
    with database.engine.connect().execution_options(evonas_writes=True) as connection, connection.begin():
        version = check_schema(connection, database.name)  # within the transaction: no other process is faster
        if not version:
            create_tables(connection)
        elif version < schema.SCHEMA_VERSION:
            _migrate(connection, version)
        yield connection


def _migrate(connection: Connection, version: int) -> None:
    """Add what has come since a version, and tell it as an event of each run."""
    inspector, dialect = inspect(connection), connection.dialect
    for column in _since(version):
        if column.name not in {known["name"] for known in inspector.get_columns(column.table.name)}:
            connection.exec_driver_sql(_add(column, dialect))
    table = schema.meta
    connection.execute(update(table).where(table.c.name == "schema_version").values(value=str(schema.SCHEMA_VERSION)))
    told = {
        "time": time.time(),
        "kind": "migrated",
        "message": f"the lineage was brought from schema {version} to schema {schema.SCHEMA_VERSION}",
        "data": json.dumps({"from": version, "to": schema.SCHEMA_VERSION}),
    }
    for run in connection.execute(select(schema.runs.c.id)).all():
        connection.execute(schema.events.insert(), {"run_id": run.id, **told})


def stored(columns: Iterable[Column[Any]], version: int) -> tuple[ColumnElement[Any], ...]:
    """Return columns as they are selected from a database of some version: its default for each that it lacks.

    Args:
        columns: of the tables of :mod:`evonas.lineage.schema`.
        version: the database's schema.
    """
    missing = set(_since(version))
    return tuple(_default(column) if column in missing else column for column in columns)


def _since(version: int) -> list[Column[Any]]:
    return [column for later in range(version + 1, schema.SCHEMA_VERSION + 1) for column in schema.ADDED[later]]


def _default(column: Column[Any]) -> ColumnElement[Any]:
    return literal_column(_default_text(column), column.type).label(column.name)


def _default_text(column: Column[Any]) -> str:
    default: Any = column.server_default
    return str(default.arg)


def _add(column: Column[Any], dialect: Dialect) -> str:
    """Return the statement that adds a column; SQLAlchemy's own words, so that it is as in a fresh table."""
    table = dialect.identifier_preparer.format_table(column.table)
    return f"ALTER TABLE {table} ADD COLUMN {CreateColumn(column).compile(dialect=dialect)}"
