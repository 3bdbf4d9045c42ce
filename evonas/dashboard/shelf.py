"""The runs that a dashboard shows: opened read-only, followed while they go on, told in words where they cannot be.

A run is asked for news only when its files have changed, and a big one less often than a small one. Each look is a few
short transactions, so that the writer is never kept waiting.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evonas.dashboard.findings import Findings
from evonas.errors import EvonasError
from evonas.lineage import FILE_NAME, LineageStore, RunLock
from evonas.report.history import LiveHistory
from evonas.run import find_runs

__all__ = ["RunState", "Shelf", "WatchedRun"]

_LEAST_PAUSE = 1.0  # s between two looks at a run
_SECONDS_AN_EVALUATION = 0.001  # a run of 10,000 evaluations is looked at every 10 s
_RESCAN = 5.0  # s between two looks for new runs


@dataclass(frozen=True)
class RunState:
    """A run as it was seen last.

    Attributes:
        key: names the run in addresses.
        label: names it to people; unique on its shelf.
        path: its directory.
        findings: what is known of it; None where it cannot be read.
        problem: why not, in words; empty where it can.
        alive: whether a process works on it.
        version: grows with each change.
    """

    key: str
    label: str
    path: Path
    findings: Findings | None
    problem: str
    alive: bool
    version: int

    @property
    def health(self) -> str:
        """``ok``, ``empty`` before the first evaluation has ended, or the problem."""
        if self.findings is None:
            return self.problem
        return "ok" if self.findings.history.evaluations else "empty"

    @property
    def status(self) -> str:
        """The run's status; ``killed`` where it says that it runs and no process does."""
        if self.findings is None:
            return "unreadable"
        told = self.findings.history.run.status
        return "killed" if told == "running" and not self.alive else told


class WatchedRun:
    """One run directory, looked at again and again; may be used by several threads.

    Args:
        path: the run directory, absolute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.key = hashlib.sha256(str(path).encode()).hexdigest()[:8]
        self._lock = threading.Lock()
        self._store: LineageStore | None = None
        self._live: LiveHistory | None = None
        self._inode: int | None = None
        self._mark: tuple[int, ...] = ()
        self._looked = float("-inf")
        self._seen = RunState(self.key, path.name, path, None, "it was not read yet", False, 0)
        self._identity: tuple[str, str] | None = None

    def identity(self) -> tuple[str, str]:
        """Return the run's id and name; an empty id and the folder's name where its lineage cannot be read."""
        with self._lock:
            if self._identity is None:
                try:
                    with LineageStore.open(self._file, read_only=True) as store:
                        self._identity = (store.run_id, store.run.name)
                except (EvonasError, OSError):
                    return "", self.path.name
            return self._identity

    def state(self, label: str = "") -> RunState:
        """Return the run as it is now, or was a moment ago."""
        with self._lock:
            known = self._seen.findings
            pause = _SECONDS_AN_EVALUATION * len(known.history.evaluations) if known is not None else 0.0
            if time.monotonic() - self._looked >= max(_LEAST_PAUSE, pause):
                self._look()
                self._looked = time.monotonic()
            seen = self._seen
        return RunState(
            seen.key, label or self.path.name, seen.path, seen.findings, seen.problem, seen.alive, seen.version
        )

    def close(self) -> None:
        """Close the lineage."""
        with self._lock:
            self._forget()

    @property
    def _file(self) -> Path:
        return self.path / FILE_NAME

    def _look(self) -> None:
        try:
            inode = self._file.stat().st_ino
        except OSError:
            self._forget()
            gone = "its directory is gone" if not self.path.exists() else f"its {FILE_NAME} is gone"
            self._now(None, f"This run can no longer be read: {gone} ({self.path}).", alive=False)
            return
        if inode != self._inode:  # new, or deleted and made again
            self._forget()
            self._inode = inode
        alive = RunLock.holder(self.path) is not None
        mark = self._fingerprint()
        if self._live is not None and mark == self._mark and alive == self._seen.alive:
            return
        try:
            if self._live is None:
                self._store = LineageStore.open(self._file, read_only=True)
                self._live = LiveHistory(self._store)
            history = self._live.update()
        except EvonasError as error:
            self._forget()
            self._now(None, f"This run cannot be read. {error}", alive=alive)
            return
        self._mark = mark
        self._identity = (history.run.id, history.run.name)
        before = self._seen.findings
        if before is not None and before.history is history:
            self._now(before, "", alive=alive)
        else:
            self._now(Findings(history, self.path), "", alive=alive)

    def _now(self, findings: Findings | None, problem: str, *, alive: bool) -> None:
        seen = self._seen
        same = findings is seen.findings and problem == seen.problem and alive == seen.alive
        version = seen.version if same else seen.version + 1
        self._seen = RunState(self.key, self.path.name, self.path, findings, problem, alive, version)

    def _fingerprint(self) -> tuple[int, ...]:
        """Return sizes and times of the database and its journals: they change with every commit."""
        found: list[int] = []
        for suffix in ("", "-wal", "-journal"):
            try:
                status = self._file.with_name(self._file.name + suffix).stat()
            except OSError:
                found += (0, 0)
            else:
                found += (status.st_mtime_ns, status.st_size)
        return tuple(found)

    def _forget(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store, self._live, self._mark, self._inode = None, None, (), None


class Shelf:
    """The runs of a dashboard, by key.

    Args:
        runs: run directories; empty for all runs of ``folder``, new ones included as they come.
        folder: where runs are looked for.
    """

    def __init__(self, runs: Sequence[Path] = (), folder: Path = Path("runs")) -> None:
        self.folder = folder
        self._named = tuple(path.resolve() for path in runs)
        self._runs: dict[str, WatchedRun] = {}
        self._lock = threading.Lock()
        self._scanned = float("-inf")
        self._scan()

    def labels(self) -> dict[str, str]:
        """Return what each run is called, by key; runs of the same name are told apart by their folders."""
        self._scan()
        with self._lock:
            runs = list(self._runs.values())
        return labelled([(run.key, run.identity()[1], run.path) for run in runs])

    def state(self, key: str = "") -> RunState | None:
        """Return a run as it is now; an empty key is the first run. None if there is no such run."""
        labels = self.labels()
        with self._lock:
            run = self._runs.get(key) if key else next(iter(self._runs.values()), None)
        return None if run is None else run.state(labels.get(run.key, run.path.name))

    def states(self, keys: Iterable[str]) -> list[RunState]:
        """Return several runs as they are now, each once; keys without a run are left out."""
        found = (self.state(key) for key in dict.fromkeys(keys))
        return [state for state in found if state is not None]

    def by_id(self) -> dict[str, str]:
        """Return the keys of the runs that can be read, by the run's id: that is how parents name another run."""
        self._scan()
        with self._lock:
            runs = list(self._runs.values())
        return {identity: run.key for run in runs if (identity := run.identity()[0])}

    def close(self) -> None:
        """Close all lineages."""
        with self._lock:
            for run in self._runs.values():
                run.close()

    def _scan(self) -> None:
        with self._lock:
            if time.monotonic() - self._scanned < _RESCAN:
                return
            self._scanned = time.monotonic()
            paths = self._named or tuple(found.path for found in find_runs(self.folder))
            known = {run.path: run for run in self._runs.values()}
            # A run that was deleted stays: its page says what became of it.
            wanted = [*paths, *(path for path in known if path not in paths)]
            self._runs = {run.key: run for run in (known.get(path) or WatchedRun(path) for path in wanted)}


def labelled(runs: Sequence[tuple[str, str, Path]]) -> dict[str, str]:
    """Return a unique label for each run, by key.

    Args:
        runs: key, name and directory of each.

    >>> labelled([("a", "mnist", Path("/x/one")), ("b", "mnist", Path("/x/two")), ("c", "jets", Path("/x/jets"))])
    {'a': 'mnist (one)', 'b': 'mnist (two)', 'c': 'jets'}
    """
    names = Counter(name for _, name, _ in runs)
    labels = {key: name if names[name] == 1 else f"{name} ({path.name})" for key, name, path in runs}
    again = Counter(labels.values())
    return {key: labels[key] if again[labels[key]] == 1 else f"{name} ({path})" for key, name, path in runs}
