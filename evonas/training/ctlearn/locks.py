"""Locks of cache files: one process builds, many use, and nobody removes what another uses.

The operating system drops them when the process ends, however it ends. Where a file system has no locks, files are
still written under a temporary name and renamed, so that two builders do the same work twice, and no harm.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from pathlib import Path
from typing import Any

__all__ = ["FileLock"]

_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


class FileLock:
    """A lock file that is held exclusively by one process, or shared by many.

    Args:
        path: the lock file; it is made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def try_exclusive(self, *, claim: bool = True) -> bool:
        """Take the lock alone, if nobody holds it; a shared lock of this object is given back first.

        Args:
            claim: write this process into the lock file, for those who wait.

        Raises:
            OSError: if the lock file cannot be made.
        """
        self.release()
        if not self._take(fcntl.LOCK_EX):
            return False
        if claim:
            self._write_owner()
        return True

    def try_shared(self) -> bool:
        """Take the lock with others, if nobody holds it alone; an exclusive lock of this object becomes shared.

        Raises:
            OSError: if the lock file cannot be made.
        """
        return self._take(fcntl.LOCK_SH)

    def owner(self) -> str:
        """Say which process last held the lock alone, in words."""
        try:
            content: Any = json.loads(self.path.read_text(encoding="utf-8"))
            return f"process {content['pid']} on {content['host']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

    def touch(self) -> None:
        """Remember that the cache was used just now."""
        if self._file is not None:
            os.utime(self._file)

    def release(self) -> None:
        """Give the lock back; without it nothing happens."""
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def remove(self) -> None:
        """Remove the lock file and give the lock back; only for who holds it alone."""
        if self._file is not None:
            self.path.unlink(missing_ok=True)
            self.release()

    def _take(self, kind: int) -> bool:
        while True:
            file = self._file
            if file is None:
                file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._file = file
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    self.release()
                    if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                        return False
                    raise
            if self._is_the_one_at_the_path():
                return True
            self.release()  # it was removed by who held it before: its successor counts

    def _is_the_one_at_the_path(self) -> bool:
        assert self._file is not None
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        mine = os.fstat(self._file)
        return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)

    def _write_owner(self) -> None:
        assert self._file is not None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode() + b"\n", 0)
