"""A server that imports the evaluator and its frameworks once, and forks a fresh process for every evaluation.

``python -m evonas.evaluation.forkserver FD`` speaks JSON lines over the socket FD::

    coordinator                             server
    {"evaluator": ...}               ->     imports
                                     <-     {"event": "ready"} or {"event": "failed", "error": ...}
    {"do": "start", "ticket", ...}   ->     forks
                                     <-     {"event": "started", "ticket", "pid"}
    {"do": "kill", "ticket"}         ->     kills the child's process group
                                     <-     {"event": "ended", "ticket", "code", "peak_memory"}
    (closed)                         ->     kills all children, ends

It is not Python's own forkserver, which imports the coordinator's main module again, pickles, and gives a child no
process group of its own. It has one thread, and never touches a device: a framework's threads and a device's context
do not survive a fork (POSIX fork(2); CUDA C++ Programming Guide, initialisation).
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import warnings
from contextlib import suppress
from typing import Any, NoReturn

import psutil

from evonas.evaluation.callables import Evaluate, resolve
from evonas.evaluation.child import error_to_dict, evaluate_and_exit
from evonas.evaluation.protocol import EvaluatorSpec

__all__ = ["Forkserver", "main"]

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36


class Forkserver:
    """The server's state: the connection, and which child runs for which ticket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = b""
        self._children: dict[int, int] = {}  # pid -> ticket
        self._libc = ctypes.CDLL(None)
        self._wake, wake_end = socket.socketpair()
        self._wake.setblocking(False)
        wake_end.setblocking(False)
        self._wake_end = wake_end

    def serve(self) -> None:
        """Import the evaluator, then fork and reap until the coordinator closes the connection."""
        # Orphans of an evaluation become our children, so that they are reaped, and killed at the end.
        self._process_control(_PR_SET_CHILD_SUBREAPER, 1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's
        first = self._read()
        if not first:
            return
        try:
            spec = EvaluatorSpec.from_dict(first[0]["evaluator"])
            evaluate = resolve(spec)
        except BaseException as error:
            self._send(event="failed", error=error_to_dict(error))
            return
        gc.collect()
        gc.freeze()  # the collector of a child leaves these objects alone, so their pages stay shared
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_end.fileno(), warn_on_full_buffer=False)
        self._send(event="ready", at=time.monotonic())
        try:
            self._loop(first[1:], evaluate)
        finally:
            self._kill_all()

    def _loop(self, commands: list[dict[str, Any]] | None, evaluate: Evaluate) -> None:
        while commands is not None:
            for command in commands:
                if command["do"] == "start":
                    self._start(command, evaluate)
                else:
                    self._kill(command["ticket"])
            ready, _, _ = select.select([self._connection, self._wake], [], [])
            if self._wake in ready:
                with suppress(BlockingIOError):
                    self._wake.recv(4096)
                self._reap()
            commands = self._read() if self._connection in ready else []

    def _start(self, command: dict[str, Any], evaluate: Evaluate) -> None:
        server = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            with warnings.catch_warnings():
                # Python 3.12 and JAX warn of threads. The only ones here are of BLAS, which prepares itself for a fork.
                warnings.filterwarnings("ignore", message=r".*\bfork\(\)")
                pid = os.fork()
        except OSError as error:
            self._send(event="refused", ticket=command["ticket"], error=str(error))
            return
        if pid == 0:
            self._be_child(command, evaluate, server)
        self._children[pid] = command["ticket"]
        self._send(event="started", ticket=command["ticket"], pid=pid)

    def _be_child(self, command: dict[str, Any], evaluate: Evaluate, server: int) -> NoReturn:
        try:
            os.setsid()
            self._process_control(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != server:  # it died in between
                os._exit(1)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for connection in (self._connection, self._wake, self._wake_end):
                connection.close()
            gc.enable()
        except BaseException:
            os._exit(1)
        evaluate_and_exit(command, evaluate)

    def _process_control(self, option: int, value: int) -> None:
        self._libc.prctl(option, *(ctypes.c_ulong(argument) for argument in (value, 0, 0, 0)))

    def _kill(self, ticket: int) -> None:
        for pid, owner in self._children.items():
            if owner == ticket:
                _kill_group(pid)

    def _reap(self) -> None:
        while True:
            try:
                # Left as a zombie at first: while it is one, no other process can get its number or its group's.
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            pid = ended.si_pid
            if pid in self._children:
                _kill_group(pid)  # grandchildren that the evaluation left behind
            _, status, usage = os.wait4(pid, 0)
            ticket = self._children.pop(pid, None)
            if ticket is not None:
                code = os.waitstatus_to_exitcode(status)
                self._send(event="ended", ticket=ticket, code=code, peak_memory=usage.ru_maxrss * 1024)

    def _kill_all(self) -> None:
        for pid in list(self._children):
            _kill_group(pid)
        with suppress(psutil.Error):
            for process in psutil.Process().children(recursive=True):  # those that left their group
                with suppress(psutil.Error):
                    process.kill()

    def _read(self) -> list[dict[str, Any]] | None:
        """Return the commands that have come, at least one; None if the connection is closed."""
        while b"\n" not in self._received:
            try:
                data = self._connection.recv(1 << 16)
            except OSError:
                return None
            if not data:
                return None
            self._received += data
        *lines, self._received = self._received.split(b"\n")
        return [json.loads(line) for line in lines]

    def _send(self, **message: Any) -> None:
        with suppress(OSError):  # the coordinator is gone; the loop will see it
            self._connection.sendall(json.dumps(message).encode() + b"\n")


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:  # forked a moment ago, not yet leader of its own group
        with suppress(ProcessLookupError):
            os.kill(leader, signal.SIGKILL)


def main() -> None:
    """Serve over the socket whose file descriptor is the only argument."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    connection.set_inheritable(False)
    Forkserver(connection).serve()


if __name__ == "__main__":
    main()
