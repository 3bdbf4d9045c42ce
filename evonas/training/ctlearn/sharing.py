"""One process builds a cache file, the others wait for it, and all who use it keep it from being removed."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path

from evonas.errors import StorageError
from evonas.training.ctlearn.cache import Cached, cache_paths, open_cached
from evonas.training.ctlearn.locks import FileLock
from evonas.training.ctlearn.progress import say
from evonas.training.ctlearn.writing import sweep

__all__ = ["obtain", "release_all"]

_PAUSE_SECONDS = 0.1
_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)

_held: dict[Path, FileLock] = {}


def obtain(folder: Path, key: str, build: Callable[[Path], None]) -> Cached:
    """Return the cache file of a key, built if it is not there yet.

    This process shares its lock until it ends, so that nobody removes the file under it.

    Args:
        folder: the cache folder; it is made where it is missing.
        key: SHA-256 of what decides the content.
        build: writes the file.

    Raises:
        StorageError: if the folder cannot be written.
    """
    path, lock_path = cache_paths(folder, key)
    if path in _held:
        there = open_cached(path)
        if there is not None:
            return there
        _held.pop(path).release()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(lock_path)
        cached = _locked(path, lock, build)
    except OSError as error:
        read_only = open_cached(path) if error.errno in _READ_ONLY else None
        if read_only is not None:  # somebody else's cache: it can be read, if not kept from being removed
            return read_only
        raise StorageError(
            f"the image cache cannot be used: {error.strerror}",
            file=folder,
            key="data.options.cache",
            hint="choose a folder that can be written with data.options.cache or $EVONAS_CACHE",
        ) from error
    _held[path] = lock
    return cached


def release_all() -> None:
    """Give back the locks of all cache files that this process uses."""
    while _held:
        _held.popitem()[1].release()


def _locked(path: Path, lock: FileLock, build: Callable[[Path], None]) -> Cached:
    said = False
    while True:
        if lock.try_shared():
            cached = open_cached(path)
            if cached is not None:
                lock.touch()
                return cached
            if lock.try_exclusive():
                _build(path, lock, build)
                continue
        if not said:
            said = True
            say(f"waiting for the image cache: {lock.owner()} reads these images")
        time.sleep(_PAUSE_SECONDS)


def _build(path: Path, lock: FileLock, build: Callable[[Path], None]) -> None:
    try:
        sweep(path.parent, path.stem)
        if open_cached(path) is None:
            path.unlink(missing_ok=True)
            build(path)
            if open_cached(path) is None:
                raise StorageError("what was written into the image cache cannot be read", file=path)
    except BaseException:
        lock.release()
        raise
