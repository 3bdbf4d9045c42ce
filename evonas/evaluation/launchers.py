"""How the process of an evaluation is started and watched: forked by the forkserver, or spawned.

Both are told of a child's end at once, by a file descriptor that becomes readable, never by asking again and again.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

from evonas.errors import EvaluationError
from evonas.evaluation.protocol import EvaluatorSpec
from evonas.evaluation.statuses import exit_cause

__all__ = ["Ended", "ForkserverLauncher", "Launcher", "SpawnLauncher", "Started", "kill_group"]

_LOG = logging.getLogger(__name__)

_GRACE = 10.0
"""How long a process may take to end after it was told or killed, s."""


@dataclass(frozen=True)
class Started:
    """A child runs.

    Attributes:
        ticket: as given to ``start``.
        pid: its process id, also that of its process group.
        ready_at: monotonic time at which children could be started at all, s.
    """

    ticket: int
    pid: int
    ready_at: float = 0.0


@dataclass(frozen=True)
class Ended:
    """A child and its whole process group have ended.

    Attributes:
        ticket: as given to ``start``.
        code: exit code, negative for a signal; None if it is not known, because what watched it has failed.
        peak_memory: highest resident memory of the child, bytes; 0 where not known.
        error: what failed; empty if ``code`` is given.
    """

    ticket: int
    code: int | None
    peak_memory: int = 0
    error: str = ""


class Launcher(Protocol):
    """Starts children for tickets and tells of their end."""

    def start(self, ticket: int, command: Mapping[str, Any]) -> None:
        """Start a child; ``command`` is what :func:`evonas.evaluation.child.evaluate_and_exit` reads."""

    def kill(self, ticket: int) -> None:
        """Kill a child and its process group; its end is told later."""

    def poll(self, timeout: float | None) -> list[Started | Ended]:
        """Return what has happened; wait up to ``timeout`` s (None: without limit) for the first event.

        Raises:
            EvaluationError: if children cannot be started any more.
        """

    def close(self) -> None:
        """Kill all children and free everything."""


class ForkserverLauncher:
    """The coordinator's end of :mod:`evonas.evaluation.forkserver`; starts it again when it dies.

    Args:
        evaluator: what it imports before the first fork.
        environment: what it and all its children share.
        logs: folder for its own output.

    Raises:
        EvaluationError: if the evaluator cannot be imported or the server does not start.
    """

    def __init__(self, evaluator: EvaluatorSpec, environment: Mapping[str, str], logs: Path) -> None:
        self._evaluator = evaluator
        self._environment = {**os.environ, **environment, "PYTHONHASHSEED": "0"}
        self._log = logs / "forkserver.log"
        self._active: dict[int, int | None] = {}  # ticket -> pid, None until it is told
        self._ready_at: float | None = None  # None while it imports
        self._received = b""
        self._open()
        try:
            while self._ready_at is None:
                self.poll(None)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def start(self, ticket: int, command: Mapping[str, Any]) -> None:
        """See :class:`Launcher`."""
        self._active[ticket] = None
        self._send({"do": "start", "ticket": ticket, **command})

    def kill(self, ticket: int) -> None:
        """See :class:`Launcher`."""
        self._send({"do": "kill", "ticket": ticket})

    def poll(self, timeout: float | None) -> list[Started | Ended]:
        """See :class:`Launcher`."""
        ready, _, _ = select.select([self._connection], [], [], timeout)
        if not ready:
            return []
        try:
            data = self._connection.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            return self._died()
        *lines, self._received = (self._received + data).split(b"\n")
        events = [self._event(json.loads(line)) for line in lines]
        return [event for event in events if event is not None]

    def close(self) -> None:
        """See :class:`Launcher`."""
        self._connection.close()
        try:
            self._process.wait(_GRACE if self._ready_at is not None else 0)  # while it imports, it does not listen
        except subprocess.TimeoutExpired:
            self._process.kill()
        if self._process.wait() != 0:  # it could not tidy up itself
            self._kill_groups()
        self._active.clear()

    def _open(self) -> None:
        self._received = b""
        self._ready_at = None
        connections = socket.socketpair()
        self._connection: socket.socket = connections[0]
        theirs = connections[1]
        arguments = [sys.executable, "-m", "evonas.evaluation.forkserver", str(theirs.fileno())]
        with theirs, self._log.open("ab") as log:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a Ctrl-C in the terminal does not reach it
            )
        self._send({"evaluator": self._evaluator.to_dict()})

    def _send(self, command: Mapping[str, Any]) -> None:
        with suppress(OSError):  # it has died; the next poll sees that, and the evaluation is lost and tried again
            self._connection.sendall(json.dumps(command).encode() + b"\n")

    def _event(self, message: Mapping[str, Any]) -> Started | Ended | None:
        kind, ticket = message["event"], message.get("ticket", -1)
        if kind == "ready":
            self._ready_at = message["at"]
            return None
        if kind == "failed":
            raise EvaluationError(**message["error"])
        if kind == "started":
            self._active[ticket] = message["pid"]
            return Started(ticket, message["pid"], self._ready_at or 0.0)
        self._active.pop(ticket, None)
        if kind == "refused":
            return Ended(ticket, None, error=f"its process could not be forked: {message['error']}")
        return Ended(ticket, message["code"], message["peak_memory"])

    def _died(self) -> list[Started | Ended]:
        """Start the server again; all that ran under it is lost (its children die with it)."""
        self._connection.close()
        try:
            code = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._kill_groups()
        cause = exit_cause(code) if code < 0 else f"exit code {code}"
        if self._ready_at is None:
            raise EvaluationError(
                f"the forkserver does not start: {cause}\n{_tail(self._log)}",
                file=self._log,
                hint="read that log; `evaluation.start_method: spawn` does without a forkserver",
            )
        _LOG.warning("the forkserver has died (%s); it is started again", cause)
        lost: list[Started | Ended] = [
            Ended(ticket, None, error=f"the forkserver died: {cause}") for ticket in self._active
        ]
        self._active.clear()
        self._open()
        return lost

    def _kill_groups(self) -> None:
        for pid in self._active.values():
            if pid is not None:
                kill_group(pid)


class SpawnLauncher:
    """A new interpreter for every evaluation, where fork is not to be had; seconds each, but anywhere.

    Args:
        evaluator: checked at once, in a process of its own, as a forkserver would.
        environment: what all children share.
        running: folder for the answer of that check.

    Raises:
        EvaluationError: if the evaluator cannot be imported or no interpreter starts.
    """

    def __init__(self, evaluator: EvaluatorSpec, environment: Mapping[str, str], running: Path) -> None:
        self._environment = {**os.environ, **environment, "PYTHONHASHSEED": "0"}
        self._children: dict[int, tuple[subprocess.Popen[bytes], threading.Thread]] = {}
        self._events: queue.SimpleQueue[Started | Ended] = queue.SimpleQueue()
        self._wake, self._wake_end = socket.socketpair()
        self._wake.setblocking(False)
        try:
            self._check(evaluator, running / "check.json")
        except BaseException:
            self.close()
            raise

    def start(self, ticket: int, command: Mapping[str, Any]) -> None:
        """See :class:`Launcher`."""
        try:
            process = self._spawn(command)
        except OSError as error:
            self._tell(Ended(ticket, None, error=f"its process could not be started: {error}"))
            return
        watcher = threading.Thread(target=self._watch, args=(ticket, process), daemon=True)
        self._children[ticket] = process, watcher
        self._tell(Started(ticket, process.pid))
        watcher.start()

    def kill(self, ticket: int) -> None:
        """See :class:`Launcher`."""
        if ticket in self._children:
            process = self._children[ticket][0]
            if process.returncode is None:  # not reaped, so the number is still its own
                kill_group(process.pid)

    def poll(self, timeout: float | None) -> list[Started | Ended]:
        """See :class:`Launcher`."""
        select.select([self._wake], [], [], timeout)
        with suppress(BlockingIOError):
            self._wake.recv(4096)
        events = []
        with suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        for event in events:
            if isinstance(event, Ended) and event.ticket in self._children:
                _free(*self._children.pop(event.ticket))
        return events

    def close(self) -> None:
        """See :class:`Launcher`."""
        for ticket in list(self._children):
            self.kill(ticket)
            _free(*self._children.pop(ticket))
        self._wake.close()
        self._wake_end.close()

    def _spawn(self, command: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        with Path(command["log"]).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "evonas.evaluation.child"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**self._environment, **command["environment"]},
                start_new_session=True,
            )
        assert process.stdin is not None
        with suppress(OSError):  # it has died already, which its watcher tells
            process.stdin.write(json.dumps(command).encode() + b"\n")
            process.stdin.flush()  # left open: its end tells the child that the coordinator has gone
        return process

    def _watch(self, ticket: int, process: subprocess.Popen[bytes]) -> None:
        if hasattr(os, "waitid"):
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # a zombie still holds its group's number
                kill_group(process.pid)  # grandchildren that the evaluation left behind
        self._tell(Ended(ticket, process.wait()))

    def _tell(self, event: Started | Ended) -> None:
        self._events.put(event)
        with suppress(OSError):  # closed meanwhile
            self._wake_end.send(b".")

    def _check(self, evaluator: EvaluatorSpec, answer: Path) -> None:
        log = answer.with_suffix(".log")
        command = {"evaluator": evaluator.to_dict(), "outcome": str(answer), "log": str(log), "environment": {}}
        process = self._spawn(command)
        try:
            code = process.wait()
            if not answer.exists():
                raise EvaluationError(f"no worker starts: {exit_cause(code)}\n{_tail(log)}", file=log)
            message = json.loads(answer.read_text(encoding="utf-8"))
            if message["event"] == "failed":
                raise EvaluationError(**message["error"])
        finally:
            if process.poll() is None:
                kill_group(process.pid)
            _free(process, None)
            answer.unlink(missing_ok=True)
        log.unlink(missing_ok=True)


def kill_group(leader: int) -> None:
    """Kill a process group, or a process and its descendants where there are no groups."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
        return
    with suppress(psutil.Error):
        parent = psutil.Process(leader)
        for process in [*parent.children(recursive=True), parent]:
            with suppress(psutil.Error):
                process.kill()


def _free(process: subprocess.Popen[bytes], watcher: threading.Thread | None) -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    if watcher is not None:
        watcher.join(_GRACE)
    else:
        process.wait()


def _tail(log: Path, lines: int = 20) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    return ""
