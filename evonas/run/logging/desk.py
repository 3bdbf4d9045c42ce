"""A logger in a process of its own: its libraries take time and memory there, and nothing of the search's.

The coordinator sends what :mod:`pickle` makes of the logger, then entries, one after the other; the process answers
each when it is written. Its standard output is the way back, so whatever a library prints goes nowhere. ``python -m
evonas.run.logging`` is that process; it ends when the coordinator does.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from evonas.run.logging.entries import Entry, Logger

__all__ = ["Desk", "LoggerError", "serve"]

_LENGTH = 8  # bytes before each message: how long it is
_GRACE = 5.0  # s for the process to end by itself


class LoggerError(Exception):
    """What a logger raised, in its own words; or that its process is gone."""


class Desk:
    """The coordinator's end; used by one thread, but for :meth:`kill`.

    Args:
        logger: can be pickled.
    """

    def __init__(self, logger: Logger) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "evonas.run.logging"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,  # Ctrl-C is for the search, which then tells it to come to an end
        )
        self._logger = logger

    def open(self) -> set[str]:
        """Begin, as :meth:`Logger.open`.

        Raises:
            LoggerError: if the logger fails, as in all of these.
        """
        known: set[str] = self._ask(self._logger)
        return known

    def log(self, entry: Entry) -> None:
        """Have an entry written, as :meth:`Logger.log`; it is when this returns."""
        self._ask(entry)

    def close(self) -> None:
        """End the session, as :meth:`Logger.close`, and the process."""
        self._ask(None)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)

    def kill(self) -> None:
        """End the process at once; a call that waits for it then fails."""
        self._process.kill()
        self._process.wait()

    def release(self) -> None:
        """Give back the process and its pipes, whatever state they are in."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _ask(self, message: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            _send(self._process.stdin, message)
            worked, answer = _receive(self._process.stdout)
        except (OSError, EOFError, ValueError) as error:
            raise LoggerError("its process is gone") from error
        if not worked:
            raise LoggerError(answer)
        return answer


def _send(pipe: BinaryIO | Any, message: Any) -> None:
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(content).to_bytes(_LENGTH, "big") + content)
    pipe.flush()


def _receive(pipe: BinaryIO | Any) -> Any:
    head = pipe.read(_LENGTH)
    content = pipe.read(int.from_bytes(head, "big"))
    if len(head) < _LENGTH or not content:
        raise EOFError
    return pickle.loads(content)  # between two processes of one program, by a pipe that nobody else holds


def _serve(source: BinaryIO, back: BinaryIO) -> None:
    """Do what is asked until the end of the session, of the coordinator, or of the logger's luck."""
    try:
        logger: Logger = _receive(source)
        _send(back, (True, logger.open()))
        while (entry := _receive(source)) is not None:
            logger.log(entry)
            _send(back, (True, None))
        logger.close()
        _send(back, (True, None))
    except EOFError:
        return
    except Exception as error:  # whatever a library raises is told, and is the end
        cause = (str(error).splitlines() or [""])[0] or type(error).__name__
        with suppress(OSError):
            _send(back, (False, cause))


def serve() -> None:
    """Be the process of a logger, and end it."""
    back = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    _serve(sys.stdin.buffer, back)
    os._exit(0)  # threads of a library that wait for a server would keep the process
