"""How an SQLite file may be read, so that no writer waits and no killed writer is in the way."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["read_mode"]


def read_mode(path: Path) -> str:
    """Return the ``mode`` of the URI by which a database file is opened to be read.

    Where the file may be written, SQLite may finish what a killed writer left (a journal to roll back); a reader still
    has to refuse statements that write, by ``PRAGMA query_only``.
    """
    if os.access(path.parent, os.W_OK):
        return "rw" if os.access(path, os.W_OK) else "ro"
    if _in_wal_mode(path) and not path.with_name(f"{path.name}-wal").exists():
        # A WAL database needs its shared-memory file even to be read. Where that cannot be made, and no log is
        # there, nobody is writing: SQLite is told that the file will not change.
        return "ro&immutable=1"
    return "ro"


def _in_wal_mode(path: Path) -> bool:
    """Read the journal mode from the file's head (https://www.sqlite.org/fileformat.html#file_format_version_numbers)."""
    try:
        with path.open("rb") as file:
            return file.read(20)[18:] == b"\x02\x02"
    except OSError:
        return False
