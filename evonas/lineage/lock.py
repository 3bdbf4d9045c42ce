"""One coordinator a run: a lock in the run directory that dies with its process."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from evonas.errors import RunError, StorageError

__all__ = ["LOCK_NAME", "RunLock"]

LOCK_NAME = "lock"
"""Name of the lock in a run directory."""

_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
"""What file systems answer that have no locks."""

_TRIES, _PAUSE_SECONDS = 20, 0.02


class RunLock:
    """Keeps a second coordinator out of a run directory; use it as ``with RunLock(run_dir):``.

    The operating system drops the lock when the process ends, however it ends. Where the file system has no locks,
    the process written in the file decides: a live one on this machine holds the run, a dead one does not, and one on
    another machine cannot be asked, so a person must.

    Args:
        run_dir: the run directory; it must exist.
    """

    def __init__(self, run_dir: str | Path) -> None:
        self.path = Path(run_dir) / LOCK_NAME
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            RunError: if another process holds it; the message names the process.
            StorageError: if the lock file cannot be written.
        """
        if self._file is not None:
            return
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageError(f"the run directory cannot be locked: {error.strerror}", file=self.path) from error
        try:
            self._lock(file)
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode() + b"\n", 0)
        except OSError as error:
            os.close(file)
            raise StorageError(f"the run directory cannot be locked: {error.strerror}", file=self.path) from error
        except RunError:
            os.close(file)
            raise
        self._file = file

    def release(self) -> None:
        """Give the lock back; the file stays, empty. Without the lock nothing happens."""
        if self._file is not None:
            file, self._file = self._file, None
            try:
                # Not removed: a process that waits at the old file would then hold a lock that nobody sees.
                os.ftruncate(file, 0)
            finally:
                os.close(file)

    def __enter__(self) -> RunLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @classmethod
    def holder(cls, run_dir: str | Path) -> int | None:
        """Return the process that works on a run on this machine, 0 for one on another machine, None if there is none.

        Asking takes nothing away: the lock is tried and given back at once.
        """
        try:
            file = os.open(Path(run_dir) / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            owner = _owner(file)
            if error.errno in _NO_LOCKS and not _may_live(owner):
                return None
            return int(owner.get("pid", 0)) if owner.get("host") == socket.gethostname() else 0
        finally:
            os.close(file)
        return None

    def _lock(self, file: int) -> None:
        for _ in range(_TRIES):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError as error:
                owner = _owner(file)
                if error.errno in _NO_LOCKS:
                    if _may_live(owner):
                        raise self._in_use(owner) from error
                    return
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
            if _may_live(owner):
                break
            # No live process is written there: somebody just asks, see `holder`, or is about to write.
            time.sleep(_PAUSE_SECONDS)
        raise self._in_use(_owner(file))

    def _in_use(self, owner: dict[str, Any]) -> RunError:
        process = f"process {owner.get('pid', 'unknown')} on {owner.get('host', 'an unknown machine')}"
        return RunError(
            f"this run is in use by {process}",
            file=self.path.parent,
            hint=f"wait for it or end it; if that process is gone for sure, delete {self.path}",
        )


def _owner(file: int) -> dict[str, Any]:
    try:
        content = json.loads(os.pread(file, 1024, 0))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _may_live(owner: dict[str, Any]) -> bool:
    """Whether the process that wrote a lock file may be alive; one on another machine may."""
    pid = owner.get("pid")
    if not isinstance(pid, int) or pid == os.getpid():
        return False
    if owner.get("host") != socket.gethostname():
        return True
    return bool(psutil.pid_exists(pid))
