"""The files that an evaluation leaves for the coordinator, and how they are read.

``logs/evaluation-000012.log`` stays: output and traceback of all attempts. In ``running/``, per attempt and only until
it has ended: ``000012-1.rows.jsonl``, one line when the evaluator begins and one for each row it reports, and
``000012-1.outcome.json``, which appears whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.records import EvaluationRequest

__all__ = ["CANNOT_WRITE", "AttemptFiles", "clear_running", "write_whole"]

CANNOT_WRITE = 74
"""Exit code of a child that could not write its outcome (EX_IOERR of sysexits.h): the fault of the disk alone."""


@dataclass(frozen=True)
class AttemptFiles:
    """The files of one attempt at a request.

    Attributes:
        run_dir: the run directory, absolute.
        request: the request, with its attempt.
    """

    run_dir: Path
    request: EvaluationRequest

    @property
    def log_name(self) -> str:
        """Path of the log relative to the run directory."""
        return f"logs/evaluation-{self.request.number:06d}.log"

    @property
    def log(self) -> Path:
        """Path of the log."""
        return self.run_dir / self.log_name

    @property
    def rows(self) -> Path:
        """Path of the reported rows."""
        return self._running("rows.jsonl")

    @property
    def outcome(self) -> Path:
        """Path of the outcome."""
        return self._running("outcome.json")

    def read_outcome(self) -> dict[str, Any] | None:
        """Return what the child has written at its end; None if it did not come so far."""
        with suppress(OSError, ValueError):
            outcome: dict[str, Any] = json.loads(self.outcome.read_text(encoding="utf-8"))
            return outcome
        return None

    def begun(self) -> float | None:
        """Return the monotonic time of the evaluator's first line, s; None if it did not come so far."""
        with suppress(OSError, ValueError, KeyError), self.rows.open(encoding="utf-8") as rows:
            return float(json.loads(rows.readline())["begun"])
        return None

    def last_row(self, tail: int = 8192) -> dict[str, Any] | None:
        """Return the last whole row that was reported; None if there is none in the last ``tail`` bytes."""
        with suppress(OSError), self.rows.open("rb") as rows:
            rows.seek(0, os.SEEK_END)
            rows.seek(max(0, rows.tell() - tail))
            for line in reversed(rows.read().split(b"\n")[:-1]):
                with suppress(ValueError, KeyError, TypeError):
                    row: dict[str, Any] = json.loads(line)["row"]
                    return row
        return None

    def note(self, text: str) -> None:
        """Add a line to the log: what the coordinator knows about the end."""
        with suppress(OSError), self.log.open("a", encoding="utf-8") as log:
            log.write(f"-- {text}\n")

    def clear(self) -> None:
        """Remove all but the log."""
        for file in (self.rows, self.outcome, self.outcome.with_suffix(".tmp")):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def _running(self, name: str) -> Path:
        return self.run_dir / "running" / f"{self.request.number:06d}-{self.request.attempt}.{name}"


def clear_running(run_dir: Path) -> None:
    """Make the folders, and remove what evaluations of an earlier, killed coordinator have left.

    Raises:
        OSError: if the run directory cannot be written.
    """
    (run_dir / "logs").mkdir(parents=True, exist_ok=True)
    (run_dir / "running").mkdir(exist_ok=True)
    for pattern in ("*.rows.jsonl", "*.outcome.json", "*.outcome.tmp"):
        for file in (run_dir / "running").glob(pattern):
            file.unlink(missing_ok=True)


def write_whole(path: Path, values: Mapping[str, Any]) -> None:
    """Write JSON to a temporary file and rename it, so that it is never read half-written."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(values, default=float), encoding="utf-8")  # float: NumPy and tensor scalars
    temporary.replace(path)
