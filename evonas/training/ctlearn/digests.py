"""SHA-256 of large files, remembered: a file that did not change is not read again to know that."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from evonas.errors import DataError
from evonas.training.ctlearn.progress import show_progress
from evonas.training.data.files import sha256_of, write_text

__all__ = ["NAME", "file_digests"]

NAME = "digests.json"
"""Name of the list of remembered digests in the cache folder."""

_RACY_NS = 2 * 10**9  # a file that was written within the clock's grain of now may change without a new time
_LIMIT = 20_000  # remembered files; the oldest are forgotten


def file_digests(paths: Iterable[Path], folder: Path) -> dict[Path, str]:
    """Return the SHA-256 of each file, 64 hex digits.

    A digest is remembered by path, size, time of change in nanoseconds, and inode.

    Args:
        paths: the files.
        folder: the cache folder; where it cannot be written, nothing is remembered.

    Raises:
        DataError: if a file cannot be read.
    """
    known = _load(folder / NAME)
    found: dict[Path, str] = {}
    new: dict[str, str] = {}
    listed = list(paths)
    total = sum(_size(path) for path in listed)
    done = 0
    with show_progress("reading the DL1 files for their SHA-256", total) as advance:
        for path in listed:
            mark, settled = _mark(path)
            found[path] = known.get(mark) or _digest(path)
            if settled and mark not in known:
                new[mark] = found[path]
            done += _size(path)
            advance(done)
    if new:
        _save(folder / NAME, new)
    return found


def _mark(path: Path) -> tuple[str, bool]:
    status = _status(path)
    mark = json.dumps([str(path), status.st_size, status.st_mtime_ns, status.st_ino])
    return mark, time.time_ns() - status.st_mtime_ns > _RACY_NS


def _size(path: Path) -> int:
    return _status(path).st_size


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"the file cannot be read: {error.strerror}", file=path, hint="check its permissions")


def _load(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _save(path: Path, new: dict[str, str]) -> None:
    known = {**_load(path), **new}
    kept = dict(list(known.items())[-_LIMIT:])
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(kept, indent=0))
