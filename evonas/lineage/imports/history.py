"""What an import read, and how it becomes the lineage of a run."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table

from evonas.errors import RunError, StorageError
from evonas.lineage import codec, schema
from evonas.lineage.database import FILE_NAME, connect, errors_in_words
from evonas.lineage.entries import RunRecord
from evonas.lineage.versions import prepared
from evonas.records import EvaluationRequest, EvaluationResult, Individual

__all__ = ["History", "Life", "Trial", "write_history"]

_BATCH = 1000  # rows of an INSERT


@dataclass(frozen=True)
class Trial:
    """An evaluation of an individual.

    Attributes:
        request: what was asked.
        result: how it ended; None if it had not when the file was written.
        asked_at: when it began, Unix s; None where the file does not tell.
        ended_at: when it ended, Unix s; None where the file does not tell.
    """

    request: EvaluationRequest
    result: EvaluationResult | None
    asked_at: float | None = None
    ended_at: float | None = None


@dataclass(frozen=True)
class Life:
    """An individual from its birth to its death.

    Attributes:
        individual: who it is; its parents are earlier in the history.
        born_at: evaluations completed before its birth.
        died_at: evaluations completed when it left the population; None if it is there.
        trials: its evaluations; empty where nothing was measured.
    """

    individual: Individual
    born_at: int
    died_at: int | None = None
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class History:
    """A whole history of another program.

    Attributes:
        name: of the run that it becomes.
        kind: what it was read from, such as ``ALife phylogeny`` or ``Optuna study``.
        source: the file or URL, as the user gave it, without a password.
        objectives: as in :class:`evonas.lineage.RunRecord`, the first one first.
        lives: the individuals by number.
        space: the search space as a specification; empty where the file tells none.
        constraints: least and greatest allowed value of metrics, as ``evolution.constraints`` of a configuration.
        notes: what became of what, for people; one sentence each.
        facts: what else the file tells, JSON values.
        versions: of the program that made it, where the file or its reader tells.
    """

    name: str
    kind: str
    source: str
    objectives: Sequence[Mapping[str, str]]
    lives: Sequence[Life]
    space: Mapping[str, Any] = field(default_factory=dict)
    constraints: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def trials(self) -> list[Trial]:
        """All evaluations in the order of their numbers."""
        return sorted((trial for life in self.lives for trial in life.trials), key=lambda trial: trial.request.number)


def write_history(history: History, to: str | Path, command: Sequence[str] = ()) -> Path:
    """Write a history as a new run directory, whole or not at all.

    Args:
        history: what was read.
        to: the run directory; a new or an empty folder.
        command: the command line, for the record.

    Returns:
        The run directory.

    Raises:
        RunError: if the folder is not empty.
        StorageError: if it cannot be written.
    """
    folder = Path(to)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(
            "the run directory to import into is not empty",
            file=folder,
            expected="a new or an empty folder",
            hint="name another one with --to",
        )
    workshop = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        workshop.mkdir(parents=True)
        _write(history, workshop / FILE_NAME, command)
        if folder.is_dir():
            folder.rmdir()
        workshop.replace(folder)
    except OSError as error:
        raise StorageError(f"the run cannot be written: {error.strerror or error}", file=folder) from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return folder


def _write(history: History, place: Path, command: Sequence[str]) -> None:
    database = connect(place, write=True, create=True)
    try:
        with errors_in_words(database), prepared(database) as connection:
            _Writer(connection, history, command).write()
    finally:
        database.engine.dispose()


class _Writer:
    def __init__(self, connection: Connection, history: History, command: Sequence[str]) -> None:
        self._connection = connection
        self._history = history
        self._now = time.time()
        trials = history.trials
        self._began = min((trial.asked_at for trial in trials if trial.asked_at is not None), default=self._now)
        ends = [trial.ended_at for trial in trials if trial.ended_at is not None]
        self._ended = max(ends, default=self._began)
        self._completed = self._completions(trials)
        self._run = RunRecord.new(
            history.name,
            config=_config(history),
            space=dict(history.space),
            objectives=[dict(objective) for objective in history.objectives],
            versions={**_own_version(), **history.versions},
            command=list(command),
            status="finished",
            reason=f"imported from {history.source}",
        )

    def write(self) -> None:
        self._connection.execute(schema.runs.insert(), codec.run_row(self._run))
        lives = self._history.lives
        asked = {trial.request.individual: trial.asked_at for trial in reversed(self._history.trials)}
        self._insert(schema.individuals, (self._individual(life, asked) for life in lives))
        self._insert(schema.births, (self._of_run(codec.birth_row(life.individual)) for life in lives))
        self._insert(
            schema.parents, (self._of_run(row) for life in lives for row in codec.parent_rows(life.individual))
        )
        self._insert(schema.evaluations, (self._evaluation(life, trial) for life in lives for trial in life.trials))
        self._session()
        self._event()

    def _completions(self, trials: Sequence[Trial]) -> dict[int, tuple[int, float]]:
        """Return number of an evaluation to its place in the order of completion, and when it ended."""
        ended = [trial for trial in trials if trial.result is not None]
        ended.sort(key=lambda trial: (trial.ended_at or 0.0, trial.request.number))
        return {
            trial.request.number: (place, trial.ended_at if trial.ended_at is not None else self._ended)
            for place, trial in enumerate(ended)
        }

    def _individual(self, life: Life, asked: Mapping[int, float | None]) -> dict[str, Any]:
        began = asked.get(life.individual.number)
        return self._of_run(codec.individual_row(life.individual)) | {
            "born_time": self._began if began is None else began,
            "born_evaluation": life.born_at,
            "died_time": None if life.died_at is None else self._ended,
            "died_evaluation": life.died_at,
        }

    def _evaluation(self, life: Life, trial: Trial) -> dict[str, Any]:
        empty = {column.name: None for column in schema.evaluations.columns}
        began = self._began if trial.asked_at is None else trial.asked_at
        row = self._of_run({**empty, **codec.request_row(trial.request)})
        row |= {"asked_time": began, "asked_evaluation": life.born_at}
        if trial.result is None:
            return row
        place, ended = self._completed[trial.request.number]
        result = {name.removeprefix("new_"): value for name, value in codec.result_row(trial.result).items()}
        return row | result | {"completion": place, "completed_time": ended}

    def _session(self) -> None:
        row = {
            "number": 0,
            "started_time": self._began,
            "ended_time": self._ended,
            "seconds": self._ended - self._began,
            "reason": self._run.reason,
            "versions": codec.to_json(self._run.versions),
            "environment": "{}",
        }
        self._insert(schema.sessions, [self._of_run(row)])

    def _event(self) -> None:
        history = self._history
        data = {"kind": history.kind, "source": history.source, "notes": list(history.notes), **history.facts}
        message = f"{len(history.lives)} individuals were imported from an {history.kind}"
        row = {"time": self._now, "kind": "imported", "message": message, "data": codec.to_json(data)}
        self._connection.execute(schema.events.insert(), self._of_run(row))

    def _of_run(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "run_id": self._run.id}

    def _insert(self, table: Table, rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> None:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _BATCH:
                self._connection.execute(table.insert(), batch)
                batch = []
        if batch:
            self._connection.execute(table.insert(), batch)


def _config(history: History) -> dict[str, Any]:
    """Return what stands for a configuration: there is none that could be run again."""
    evolution: dict[str, Any] = {"objectives": [dict(objective) for objective in history.objectives]}
    if history.constraints:
        evolution["constraints"] = {metric: dict(limit) for metric, limit in history.constraints.items()}
    return {"name": history.name, "imported": {"kind": history.kind, "source": history.source}, "evolution": evolution}


def _own_version() -> dict[str, str]:
    try:
        return {"evonas": version("evonas")}
    except PackageNotFoundError:
        return {}
