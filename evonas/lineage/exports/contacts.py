"""Personal data: the people whom data files name as contacts. An export leaves them out unless it is asked for them.

The lineage and ``provenance.log`` of a run directory keep what the files say, as the files do; what is given away is
another matter. The organisation is no person, and stays.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

__all__ = ["PERSONAL", "strip_database", "without_contacts", "write_without_contacts"]

PERSONAL = frozenset({"CTA CONTACT NAME", "CTA CONTACT EMAIL"})
"""Keys of CTAO's reference metadata that hold personal data."""


def without_contacts(value: Any) -> Any:
    """Return a JSON value without the personal keys of any mapping in it."""
    if isinstance(value, dict):
        return {key: without_contacts(inner) for key, inner in value.items() if key not in PERSONAL}
    return [without_contacts(inner) for inner in value] if isinstance(value, list) else value


def write_without_contacts(source: Path, to: Path) -> Path:
    """Copy a JSON file without personal data; return the copy."""
    told = without_contacts(json.loads(source.read_text(encoding="utf-8")))
    to.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return to


def strip_database(copy: Path) -> None:
    """Take personal data out of a copy of a lineage, its free pages included."""
    with closing(sqlite3.connect(copy)) as database:
        with database:
            rows = database.execute("SELECT id, data FROM events WHERE kind = 'data'").fetchall()
            told = [(json.dumps(without_contacts(json.loads(data)), ensure_ascii=False), row) for row, data in rows]
            database.executemany("UPDATE events SET data = ? WHERE id = ?", told)
        if rows:
            database.execute("VACUUM")
