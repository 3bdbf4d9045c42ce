"""From an exception or an exit code to the status of an evaluation and its cause in one line.

What the candidate did counts against it (CRASHED, DIVERGED, INVALID, OUT_OF_MEMORY). What the machine did is LOST and
is tried again: a disk that is full, a signal that a person, a batch system or an administrator sent.
"""

from __future__ import annotations

import errno
import signal

from evonas.errors import GenomeError, SpaceError, StorageError
from evonas.records import EvaluationStatus

__all__ = ["exit_cause", "exit_status", "failure_cause", "failure_status"]

_OUT_OF_MEMORY_TEXTS = ("ResourceExhausted", "RESOURCE_EXHAUSTED", "CUDA out of memory", "OutOfMemoryError")
"""What TensorFlow, JAX and PyTorch write; their classes cannot be imported here."""

_STORAGE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE})
"""A full, read-only or vanished file system says nothing about the genome."""

_OUTSIDE_SIGNALS = frozenset({"SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGXCPU"})
"""Signals that processes do not send to themselves: somebody else ended the evaluation."""


def failure_status(error: BaseException) -> EvaluationStatus:
    """Return the status that an exception of an evaluator stands for.

    >>> failure_status(FloatingPointError("loss is NaN")).value
    'diverged'
    """
    if isinstance(error, MemoryError):
        return EvaluationStatus.OUT_OF_MEMORY
    if isinstance(error, FloatingPointError):
        return EvaluationStatus.DIVERGED
    if isinstance(error, (GenomeError, SpaceError)):
        return EvaluationStatus.INVALID
    if isinstance(error, KeyboardInterrupt) or _is_of_the_disk(error):
        return EvaluationStatus.LOST
    text = f"{type(error).__name__}: {error}"
    if any(word in text for word in _OUT_OF_MEMORY_TEXTS):
        return EvaluationStatus.OUT_OF_MEMORY
    return EvaluationStatus.CRASHED


def _is_of_the_disk(error: BaseException) -> bool:
    if isinstance(error, StorageError):
        error = error.__cause__ or error
    return isinstance(error, OSError) and error.errno in _STORAGE_ERRORS


def failure_cause(error: BaseException, limit: int = 500) -> str:
    r"""Return an exception's type and message in one line of at most ``limit`` characters.

    >>> failure_cause(ValueError("first line\nsecond line"))
    'ValueError: first line second line'
    """
    text = " ".join(str(error).split())
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return line if len(line) <= limit else line[: limit - 3] + "..."


def exit_status(code: int, *, kernel_out_of_memory: bool = False) -> EvaluationStatus:
    """Return the status of a process that ended by itself and left no outcome.

    A SIGKILL that nobody here sent is the kernel's, when it ran out of memory, or somebody's (an administrator, a
    batch system, a person). The first counts against the genome. The second does not, so it is LOST and tried again;
    it is told from the first by the kernel's own count of such kills and by the memory last seen.

    Args:
        code: exit code, negative for a signal.
        kernel_out_of_memory: whether the kernel has killed for memory meanwhile, or memory was nearly used up.
    """
    if code < 0 and _signal_name(-code) in _OUTSIDE_SIGNALS:
        killed_for_memory = kernel_out_of_memory and _signal_name(-code) == "SIGKILL"
        return EvaluationStatus.OUT_OF_MEMORY if killed_for_memory else EvaluationStatus.LOST
    return EvaluationStatus.CRASHED


def exit_cause(code: int) -> str:
    """Return how a process ended, in words.

    >>> exit_cause(-11), exit_cause(3)
    ('killed by SIGSEGV', 'its process ended with exit code 3 before it returned a result')
    """
    if code < 0:
        return f"killed by {_signal_name(-code)}"
    return f"its process ended with exit code {code} before it returned a result"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
