"""The image cache: one HDF5 file a key, images uncompressed in one piece, so that workers map them into memory.

A file has the dataset ``images`` (float32, starting at a multiple of 64 bytes), a group ``events`` with one dataset a
column, and the attributes ``format``, ``key``, ``digest`` and ``facts`` (JSON). It is written under a temporary name
and renamed when it is whole.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import StorageError
from evonas.training.ctlearn.key import FORMAT
from evonas.training.ctlearn.locks import FileLock
from evonas.training.ctlearn.writing import sweep

__all__ = ["Cached", "Entry", "cache_folder", "cache_paths", "entries", "older_than", "open_cached", "remove"]

_DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Cached:
    """A cache file, looked into.

    Attributes:
        path: the file.
        offset: where its images begin, bytes.
        shape: shape of the images.
        columns: per event, (events,).
        facts: what was read and how, JSON-able.
        key: SHA-256 of what decides the content.
        digest: SHA-256 of the images and columns.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    columns: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]
    key: str
    digest: str


@dataclass(frozen=True)
class Entry:
    """A cache file in a list.

    Attributes:
        key: SHA-256 of what decides the content.
        path: the file.
        size: bytes.
        used: when it was last used, seconds since 1970.
        in_use: whether a process uses or builds it now.
        stale: whether its DL1 files are gone or have changed, or another version of evonas wrote it.
        events: number of events; 0 where the file cannot be read.
        facts: what was read and how; empty where the file cannot be read.
    """

    key: str
    path: Path
    size: int
    used: float
    in_use: bool
    stale: bool
    events: int
    facts: Mapping[str, Any]


def cache_folder(option: str | Path | None = None, base: Path | None = None) -> Path:
    """Return the folder of the image cache; it need not exist.

    Args:
        option: the folder as configured; None takes ``$EVONAS_CACHE``, then ``evonas`` in ``$XDG_CACHE_HOME``, then
            ``~/.cache/evonas``.
        base: folder that a relative ``option`` starts from; None for the current one.
    """
    if option is not None:
        expanded = Path(os.path.expandvars(str(option))).expanduser()
        return Path(os.path.normpath((base or Path()).absolute() / expanded))
    own = os.environ.get("EVONAS_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "evonas"


def cache_paths(folder: Path, key: str) -> tuple[Path, Path]:
    """Return the file of a key, and its lock."""
    return folder / f"{key}.h5", folder / f"{key}.lock"


def open_cached(path: Path, *, columns: bool = True) -> Cached | None:
    """Look into a cache file; None where it is missing, damaged or of another version.

    Args:
        path: the file.
        columns: whether to read the columns of the events.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if int(file.attrs["format"]) != FORMAT:
                return None
            images = file["images"]
            offset, shape = images.id.get_offset(), tuple(int(length) for length in images.shape)
            size = 4 * int(np.prod(shape, dtype=np.int64))
            if offset is None or images.dtype != np.dtype("<f4") or path.stat().st_size < offset + size:
                return None
            return Cached(
                path=path,
                offset=int(offset),
                shape=shape,
                columns={name: column[()] for name, column in file["events"].items() if columns},
                facts=json.loads(bytes(file["facts"][()])),
                key=str(file.attrs["key"]),
                digest=str(file.attrs["digest"]),
            )
    except (OSError, KeyError, ValueError, TypeError):
        return None


def entries(folder: Path) -> list[Entry]:
    """Return all cache files of a folder, the last used first; what dead writers left is removed on the way."""
    if not folder.is_dir():
        return []
    sweep(folder)
    found = [_entry(path) for path in folder.glob("*.h5") if not path.name.startswith(".")]
    return sorted((entry for entry in found if entry is not None), key=lambda entry: -entry.used)


def remove(entry: Entry) -> bool:
    """Remove a cache file, unless a process uses or builds it; return whether it is gone.

    Raises:
        StorageError: if it cannot be removed.
    """
    lock = FileLock(cache_paths(entry.path.parent, entry.key)[1])
    try:
        if not lock.try_exclusive():
            return False
        entry.path.unlink(missing_ok=True)
        lock.remove()
    except OSError as error:
        raise StorageError(f"the cache file cannot be removed: {error.strerror}", file=entry.path) from error
    finally:
        lock.release()
    return True


def older_than(found: Iterable[Entry], days: float) -> list[Entry]:
    """Return the entries that were last used more than so many days ago."""
    return [entry for entry in found if time.time() - entry.used > days * _DAY_SECONDS]


def _entry(path: Path) -> Entry | None:
    try:
        status = path.stat()
    except OSError:
        return None
    cached = open_cached(path, columns=False)
    lock_path = cache_paths(path.parent, path.stem)[1]
    used = lock_path.stat().st_mtime if lock_path.exists() else status.st_mtime
    return Entry(
        key=path.stem,
        path=path,
        size=status.st_size,
        used=used,
        in_use=_in_use(lock_path),
        stale=cached is None or any(_changed(file) for file in cached.facts.get("files", [])),
        events=0 if cached is None else cached.shape[0],
        facts={} if cached is None else cached.facts,
    )


def _in_use(path: Path) -> bool:
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        return not lock.try_exclusive(claim=False)
    except OSError:  # not ours to lock: nothing is known
        return False
    finally:
        lock.release()


def _changed(file: Mapping[str, Any]) -> bool:
    try:
        status = Path(file["path"]).stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != (file["size"], file["mtime_ns"])
