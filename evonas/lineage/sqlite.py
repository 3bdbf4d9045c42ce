"""All that is particular to SQLite: how a file is opened, journaled and synced, and what its errors mean.

In WAL mode with ``synchronous=NORMAL`` a commit survives the death of the process, SIGKILL included; only with
``FULL`` does it survive the loss of power, at the price of one fsync (https://www.sqlite.org/pragma.html#pragma_synchronous).
A full commit carries all earlier ones with it, so that it is enough to sync results: the births before them follow.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from evonas.errors import EvonasError, LineageError, StorageError
from evonas.lineage.access import read_mode
from evonas.lineage.filesystems import on_network_filesystem

__all__ = ["SYNCHRONOUS", "Level", "Synchronous", "explain", "read_engine", "syncing", "write_engine"]

Level = Literal["full", "normal"]
"""What a commit survives: ``full``, the loss of power; ``normal``, the death of the process."""

Synchronous = Literal["auto", "full", "normal"]
"""What results survive: ``full`` and ``normal`` as for a commit. ``auto`` is ``full`` for a result that took a second
or more to compute, and for cheaper ones twice a second: the loss of power costs half a second of cheap results."""

SYNCHRONOUS: Synchronous = "auto"
"""The default: an fsync takes 0.2 to 4 ms, nothing beside a training and a lot beside a toy evaluation."""

_BUSY_SECONDS = 30.0


def write_engine(path: Path, *, network: bool | None = None) -> Engine:
    """Open a database file to write; it is made if it is missing.

    Args:
        path: the file.
        network: whether it lies on a network file system; None finds out.
    """
    journal = "DELETE" if (on_network_filesystem(path) if network is None else network) else "WAL"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA journal_mode={journal}")
            connection.execute("PRAGMA synchronous=FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    return _engine(connect, "BEGIN IMMEDIATE")


def read_engine(path: Path) -> Engine:
    """Open a database file to read; a writer is never kept waiting, whatever becomes of this process.

    Where the file may be written, SQLite may finish what a killed writer left (a journal to roll back); statements that
    write are refused all the same.
    """
    mode = read_mode(path)

    def connect() -> sqlite3.Connection:
        uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA query_only=1")
        return connection

    return _engine(connect, "BEGIN")


def _engine(connect: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)

    # sqlite3's own transactions begin late and as readers; isolation_level=None hands that over to us.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("evonas_writes", False)
        connection.exec_driver_sql(begin if writes else "BEGIN")

    return engine


def syncing(connection: Connection) -> Callable[[Level], None]:
    """Return a function that sets what the next commits of this connection survive; to be called between them."""
    driver: Any = connection.connection.driver_connection
    current: Level = "full"
    wal = driver.execute("PRAGMA journal_mode").fetchone()[0] == "wal"

    def switch(level: Level) -> None:
        nonlocal current
        # With a rollback journal anything below FULL can corrupt the whole file when power is lost.
        if wal and level != current:
            driver.execute(f"PRAGMA synchronous={level.upper()}")
            current = level

    return switch


_EXPLANATIONS: tuple[tuple[str, type[EvonasError], str, str], ...] = (
    ("database or disk is full", StorageError, "the disk is full", "free space or quota, then resume the run"),
    ("readonly", StorageError, "the lineage cannot be written: it is read-only", "check permissions and the mount"),
    ("disk i/o error", StorageError, "the disk reports an error", "check the disk or file server, then resume the run"),
    ("unable to open", StorageError, "the lineage cannot be opened", "check the folder and its permissions"),
    ("is locked", StorageError, "another process is writing the lineage", "wait for it or end it, then try again"),
    ("not a database", LineageError, "this file is not a lineage database", "give a run directory of evonas"),
    ("malformed", LineageError, "the lineage database is damaged", "restore a copy, or try `.recover` of sqlite3"),
)  # fmt: skip


def explain(error: Exception, file: Path | None) -> EvonasError | None:
    """Return what an error of SQLite means in words, or None when it is none of the known ones."""
    text = str(error).lower()
    if "readonly" in text and file is not None and file.with_name(f"{file.name}-journal").exists():
        return StorageError(
            "the run was killed while it wrote, and you may not write here to finish that",
            file=file,
            hint="let the run's owner open it, such as with `evonas status`, or copy the run directory",
        )
    for words, kind, message, hint in _EXPLANATIONS:
        if words in text:
            kept = "; what was committed before is safe" if kind is StorageError else ""
            return kind(f"{message} ({error}){kept}", file=file, hint=hint)
    return None
