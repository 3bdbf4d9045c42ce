"""Errors that teach: where, what was got, what was expected, what to do next; one exit code each.

The happy path of a command ends with exit code 0. Every class below ends it with its own code, so that a batch script
can tell a wrong configuration from a lost device. 1 is left to Python (an error of evonas itself, a traceback), 2 to
wrong usage of the command line, 130 to Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

__all__ = [
    "ConfigError",
    "DataError",
    "DependencyError",
    "EvaluationError",
    "EvonasError",
    "ExportError",
    "GenomeError",
    "LineageError",
    "RunError",
    "SpaceError",
    "StorageError",
    "nearest",
]

_UNSET: Any = object()


class EvonasError(Exception):
    """Something a person can mend, said in their words.

    Args:
        message: one sentence that says what is wrong.
        file: the file it is wrong in, if any.
        line: the line in that file, counted from 1.
        key: the dotted key or gene, such as ``evolution.population``.
        got: the offending value.
        expected: what would have been right, in words.
        hint: what to do next.
    """

    exit_code: ClassVar[int] = 10

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        key: str | None = None,
        got: Any = _UNSET,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = None if file is None else str(file)
        self.line = line
        self.key = key
        self.got = None if got is _UNSET else got
        self.has_got = got is not _UNSET
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        head = ": ".join(part for part in (where, self.key, self.message) if part)
        rows = [head]
        if self.has_got:
            rows.append(f"  got:      {_short(self.got)}")
        if self.expected is not None:
            rows.append(f"  expected: {self.expected}")
        if self.hint is not None:
            rows.append(f"  next:     {self.hint}")
        return "\n".join(rows)


class ConfigError(EvonasError):
    """A configuration file, a ``--set`` option or a configuration object is wrong."""

    exit_code = 11


class SpaceError(EvonasError):
    """A search space cannot be built, or holds no genome that meets its limits."""

    exit_code = 12


class GenomeError(EvonasError):
    """A genome or a genome file is unreadable, or does not belong to the space or model family asked for."""

    exit_code = 13


class DataError(EvonasError):
    """Training data is missing, unreadable or of the wrong shape."""

    exit_code = 14


class LineageError(EvonasError):
    """A lineage store is unreadable, of another program or another version, or lacks the individual asked for."""

    exit_code = 15


class RunError(EvonasError):
    """A run directory cannot be used: it exists, is missing, is not one of ours, or is in use by another process."""

    exit_code = 16


class EvaluationError(EvonasError):
    """Evaluations cannot be run at all: no such device, no worker, an evaluator that is not there or always crashes."""

    exit_code = 17


class ExportError(EvonasError):
    """A winner or a lineage cannot be exported as asked."""

    exit_code = 18


class DependencyError(EvonasError):
    """An optional package is missing; the hint names the extra that installs it."""

    exit_code = 19


class StorageError(EvonasError):
    """The disk is full or read-only, or a file cannot be written; what was committed before is safe."""

    exit_code = 20


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is closest in spelling to ``word``, or None when none is close.

    >>> nearest("popluation", ["population", "seed"])
    'population'
    """
    from difflib import get_close_matches  # only an error needs it

    matches = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def _short(value: Any, limit: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
