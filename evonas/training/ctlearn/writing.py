"""Cache files are written whole or not at all: room is reserved first, then the images are streamed, then renamed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from evonas.errors import StorageError
from evonas.training.ctlearn.key import FORMAT
from evonas.training.ctlearn.progress import Advance

__all__ = ["ALIGNMENT", "sweep", "write_cache"]

ALIGNMENT = 64
"""The images begin at a multiple of so many bytes, a line of the processor's cache."""

_TEMPORARY = re.compile(r"\.(?P<key>[0-9a-f]{64})\.(?P<host>.+)\.(?P<pid>\d+)\.[0-9a-f]+\.tmp")


def write_cache(
    path: Path,
    shape: tuple[int, ...],
    blocks: Iterable[NDArray[np.float32]],
    columns: Mapping[str, NDArray[Any]],
    facts: Mapping[str, Any],
    advance: Advance,
) -> None:
    """Write a cache file; only a whole one gets its name.

    Args:
        path: the file, named by its key.
        shape: shape of all images.
        blocks: the images, cut along their first axis.
        columns: per event, (events,).
        facts: what was read and how, JSON-able.
        advance: told the number of events written so far.

    Raises:
        StorageError: if the disk is full or the file cannot be written; nothing is left behind.
    """
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())
    temporary = path.with_name(f".{path.stem}.{host}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        offset = _lay_out(temporary, path.stem, shape, columns, facts)
        digest = _stream(temporary, offset, shape, blocks, advance)
        for name in sorted(columns):
            digest.update(name.encode() + np.ascontiguousarray(columns[name]).tobytes())
        _sign(temporary, digest.hexdigest())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        number = error.errno if isinstance(error, OSError) and error.errno else _hdf5_errno(error)
        if number is None:
            raise
        raise _storage_error(OSError(number, os.strerror(number)), path, shape) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def sweep(folder: Path, key: str | None = None) -> None:
    """Remove temporary files whose writers are dead.

    Args:
        folder: the cache folder.
        key: with it, all temporary files of this key as well; for who holds its lock alone.
    """
    here = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())
    for path in folder.glob(".*.tmp"):
        found = _TEMPORARY.fullmatch(path.name)
        if found is None:
            continue
        dead = found["host"] == here and not psutil.pid_exists(int(found["pid"]))
        if dead or found["key"] == key:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _lay_out(
    path: Path, key: str, shape: tuple[int, ...], columns: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]
) -> int:
    """Write everything but the images, reserve their room, and return where they begin."""
    import h5py

    with h5py.File(path, "w", libver=("v110", "v110"), alignment_threshold=1, alignment_interval=ALIGNMENT) as file:
        file.attrs["format"], file.attrs["key"], file.attrs["digest"] = FORMAT, key, "0" * 64
        events = file.create_group("events")
        for name, values in columns.items():
            events.create_dataset(name, data=values)
        file.create_dataset("facts", data=np.frombuffer(json.dumps(facts).encode(), np.uint8))
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_layout(h5py.h5d.CONTIGUOUS)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple(shape)
        images = h5py.h5d.create(file.id, b"images", h5py.h5t.IEEE_F32LE, space, plan)
        offset = images.get_offset()
    if offset is None or offset % ALIGNMENT:
        raise OSError(errno.EIO, f"HDF5 put the images at byte {offset}")
    return int(offset)


def _stream(
    path: Path, offset: int, shape: tuple[int, ...], blocks: Iterable[NDArray[np.float32]], advance: Advance
) -> Any:
    digest, done = hashlib.sha256(), 0
    size = 4 * int(np.prod(shape, dtype=np.int64))
    with path.open("r+b") as file:
        if hasattr(os, "posix_fallocate"):  # a full disk is then known before anything is read
            os.posix_fallocate(file.fileno(), 0, offset + size)
        file.seek(offset)
        for block in blocks:
            piece = np.ascontiguousarray(block, "<f4").data.cast("B")
            file.write(piece)
            digest.update(piece)
            done += len(block)
            advance(done)
        file.flush()
        os.fsync(file.fileno())
    if done != shape[0]:
        raise AssertionError(f"{done} of {shape[0]} events were written")
    return digest


def _sign(path: Path, digest: str) -> None:
    import h5py

    with h5py.File(path, "r+") as file:
        file.attrs["digest"] = digest
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _hdf5_errno(error: BaseException) -> int | None:
    """Return the system's error number in the words of HDF5, which raises several classes; None where it has none."""
    found = re.search(r"errno = (\d+)", str(error))
    return int(found[1]) if found else errno.EIO if isinstance(error, OSError) else None


def _storage_error(error: OSError, path: Path, shape: tuple[int, ...]) -> StorageError:
    size = 4 * int(np.prod(shape, dtype=np.int64))
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    free = ""
    with suppress(OSError):
        free = f"{shutil.disk_usage(path.parent).free / 2**30:.2f} GiB free"
    return StorageError(
        "the disk is full: the images do not fit into the cache" if full else f"the cache cannot be written: {error}",
        file=path,
        key="data.options.cache",
        got=free or str(error),
        expected=f"{size / 2**30:.2f} GiB for {shape[0]:,} events",
        hint="`evonas cache rm --unused` frees space; data.options.cache or $EVONAS_CACHE choose another folder",
    )
