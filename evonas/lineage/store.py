"""The lineage store: one run in a database, written by its coordinator, read by anyone.

The life of an individual in the store::

    add_individual -> pending evaluation -> add_result -> ... -> mark_deaths

Every method that writes is one transaction, done when it returns: what it wrote survives the death of the process, and
a result that is worth more than an fsync the loss of power (:data:`evonas.lineage.sqlite.Synchronous`). There is one
writer, the coordinator of the run; it holds the run's lock (:class:`evonas.lineage.RunLock`) as long as it writes.
Methods may be called from several threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from evonas.errors import LineageError, StorageError
from evonas.lineage import codec, schema, sqlite
from evonas.lineage.database import Database, connect, errors_in_words, verify
from evonas.lineage.entries import RUN_STATUSES, Artifact, RunRecord
from evonas.lineage.files import fingerprint
from evonas.lineage.reading import Reading, find_run
from evonas.lineage.statements import Statements
from evonas.lineage.versions import prepared
from evonas.records import FINAL, EvaluationRequest, EvaluationResult, Individual

__all__ = ["LineageStore"]

_DEAR_SECONDS, _SYNC_SECONDS = 1.0, 0.5


class LineageStore(Reading):
    """One run's lineage; made by :meth:`create` or :meth:`open`, closed by :meth:`close` or ``with``."""

    def __init__(
        self,
        database: Database,
        run_id: str,
        version: int = schema.SCHEMA_VERSION,
        *,
        directory: Path | None,
        writes: bool,
        synchronous: sqlite.Synchronous,
    ) -> None:
        super().__init__(database, run_id, version)
        self.directory = directory
        """Folder that paths of artifacts start from; None where there is none."""
        self.read_only = not writes
        self._lock = threading.RLock()
        self._writer: Connection | None = None
        self._session: tuple[int, float] | None = None
        if not writes:
            return
        with errors_in_words(database):
            self._writer = database.engine.connect().execution_options(evonas_writes=True)
            self._sql = Statements(database.engine.dialect)
            self._synchronous: sqlite.Synchronous = synchronous
            self._synced = float("-inf")
            self._sync = sqlite.syncing(self._writer) if database.file is not None else None
            self._completions = self._count_completions()

    @classmethod
    def create(
        cls,
        place: str | Path,
        run: RunRecord,
        *,
        directory: str | Path | None = None,
        synchronous: sqlite.Synchronous = sqlite.SYNCHRONOUS,
    ) -> LineageStore:
        """Start the lineage of a new run.

        Args:
            place: the run directory, a database file, or a database URL; made if missing. What is missing is
                taken for a file if it ends in .sqlite, .sqlite3 or .db, else for a directory.
            run: the run.
            directory: folder that paths of artifacts start from; default: the folder of the database file.
            synchronous: what a result survives, see :data:`evonas.lineage.sqlite.Synchronous`.

        Raises:
            LineageError: if the database is not evonas's, or holds this run already.
            StorageError: if it cannot be written.
        """
        verify(place, missing_ok=True)
        database = connect(place, write=True, create=True)
        try:
            with errors_in_words(database), prepared(database) as writer:
                writer.execute(schema.runs.insert(), codec.run_row(run))
            return cls(
                database, run.id, directory=_directory(directory, database), writes=True, synchronous=synchronous
            )
        except BaseException:
            database.engine.dispose()
            raise

    @classmethod
    def open(
        cls,
        place: str | Path,
        *,
        run: str | None = None,
        read_only: bool = False,
        directory: str | Path | None = None,
        synchronous: sqlite.Synchronous = sqlite.SYNCHRONOUS,
    ) -> LineageStore:
        """Open the lineage of a run; one of an older schema is brought up to date unless it is only read.

        Args:
            place: the run directory, a database file, or a database URL.
            run: id, beginning of an id, or name of the run; None where the database holds only one.
            read_only: whether nothing will be written; the default is to resume the run.
            directory: folder that paths of artifacts start from; default: the folder of the database file.
            synchronous: what a result survives, see :data:`evonas.lineage.sqlite.Synchronous`.

        Raises:
            LineageError: if there is no such run, or the database is not evonas's or of a newer schema.
            StorageError: if it cannot be read or written.
        """
        version = verify(place)
        if not version:
            raise LineageError(
                "the lineage is empty: its run was never started",
                file=str(place),
                hint="remove it and start the run again",
            )
        database = connect(place, write=not read_only)
        try:
            with errors_in_words(database), database.engine.connect() as connection:
                run_id = find_run(connection, run, database.name)
            if not read_only and version < schema.SCHEMA_VERSION:
                with errors_in_words(database), prepared(database):
                    version = schema.SCHEMA_VERSION
            return cls(
                database,
                run_id,
                version,
                directory=_directory(directory, database),
                writes=not read_only,
                synchronous=synchronous,
            )
        except BaseException:
            database.engine.dispose()
            raise

    def close(self) -> None:
        """Close the database; a session that is still open is left as it is. Twice is once."""
        with self._lock, errors_in_words(self._database):
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._database.engine.dispose()

    def __enter__(self) -> LineageStore:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    # births

    def add_individual(self, individual: Individual, request: EvaluationRequest | None = None) -> None:
        """Store a birth and the evaluation asked for it.

        Raises:
            LineageError: if the individual or the request is stored already.
            StorageError: if it cannot be written; then nothing of it is.
        """
        with self._write() as connection:
            now = time.time()
            born = {"run_id": self.run_id, "born_time": now, "born_evaluation": self._completions}
            self._sql.individual.run(connection, codec.individual_row(individual) | born)
            self._sql.birth.run(connection, codec.birth_row(individual) | {"run_id": self.run_id})
            if parents := codec.parent_rows(individual):
                self._sql.parent.run(connection, *[row | {"run_id": self.run_id} for row in parents])
            if request is not None:
                self._ask(connection, request, now)

    def add_request(self, request: EvaluationRequest) -> None:
        """Store a further evaluation of an individual; a retry of a pending one only sets its attempt.

        Raises:
            LineageError: if the evaluation has its final result.
            StorageError: if it cannot be written.
        """
        with self._write() as connection:
            key = {"key_run": self.run_id, "key_number": request.number}
            if self._sql.attempt.run(connection, key | {"new_attempt": request.attempt}) == 0:
                self._ask(connection, request, time.time())

    def _ask(self, connection: Connection, request: EvaluationRequest, now: float) -> None:
        asked = {"run_id": self.run_id, "asked_time": now, "asked_evaluation": self._completions}
        self._sql.request.run(connection, codec.request_row(request) | asked)

    # results

    def add_result(self, result: EvaluationResult) -> bool:
        """Store how an evaluation ended; it is safe when this returns.

        A CANCELLED result is none (see :data:`evonas.records.FINAL`): the evaluation stays pending, to be run again,
        and an event tells the cause.

        Returns:
            Whether this made the evaluation final. A second result of the same evaluation changes nothing.

        Raises:
            LineageError: if the evaluation was never asked for.
            StorageError: if it cannot be written; then nothing of it is.
        """
        if result.status not in FINAL:
            self._give_back(result)
            return False
        files = [self._artifact(result, kind, path) for kind, path in result.artifacts.items()]
        key = {"key_run": self.run_id, "key_number": result.number}
        with self._lock:  # until it is counted: the next result, whichever thread has it, has the next place
            with self._write(self._level(result)) as connection:
                now = time.time()
                done = {"new_completion": self._completions, "new_completed_time": now}
                if self._sql.result.run(connection, codec.result_row(result) | key | done) == 0:
                    self._asked_status(connection, result)
                    return False
                for artifact in files:
                    self._put_artifact(connection, artifact)
                self._touch_session(connection)
            self._completions += 1
        return True

    def _level(self, result: EvaluationResult) -> sqlite.Level:
        """Decide whether this result is worth an fsync; see :data:`evonas.lineage.sqlite.Synchronous`."""
        if self._synchronous != "auto":
            return self._synchronous
        now = time.monotonic()
        if result.seconds < _DEAR_SECONDS and now - self._synced < _SYNC_SECONDS:
            return "normal"
        self._synced = now
        return "full"

    def _give_back(self, result: EvaluationResult) -> None:
        data = {
            "evaluation": result.number,
            "individual": result.individual,
            "attempt": result.attempt,
            "device": result.device,
            "seconds": result.seconds,
            "log": result.log,
        }
        with self._write("full") as connection:
            if self._asked_status(connection, result) != codec.PENDING:
                return
            self._event(connection, result.status.value, result.error, data)

    def _asked_status(self, connection: Connection, result: EvaluationResult) -> str:
        status = self._evaluation_status(connection, result.number)
        if status is None:
            raise LineageError(
                f"evaluation {result.number} of individual {result.individual} was never asked for",
                file=self._database.name,
                hint="store the individual and its request first",
            )
        return status

    def mark_deaths(self, numbers: Iterable[int], at_evaluation: int) -> None:
        """Store that individuals left the population after so many completed evaluations; the first death counts."""
        now = time.time()
        rows = [
            {"key_run": self.run_id, "key_number": number, "new_died_time": now, "new_died_evaluation": at_evaluation}
            for number in numbers
        ]
        if rows:
            with self._write() as connection:
                self._sql.death.run(connection, *rows)

    # artifacts

    def add_artifact(self, artifact: Artifact) -> Artifact:
        """Store a file that an evaluation left, or that it was written anew; its digest is taken if it is missing.

        Returns:
            What was stored.
        """
        if artifact.sha256 is None:
            artifact = fingerprint(artifact, self.directory)
        with self._write() as connection:
            self._put_artifact(connection, artifact)
        return artifact

    def mark_artifacts_deleted(self, paths: Iterable[str]) -> None:
        """Store that files were pruned; their digests stay."""
        now = time.time()
        rows = [{"key_run": self.run_id, "key_path": path, "new_deleted_time": now} for path in paths]
        if rows:
            with self._write() as connection:
                self._sql.artifact_deleted.run(connection, *rows)

    def _artifact(self, result: EvaluationResult, kind: str, path: str) -> Artifact:
        return fingerprint(Artifact(result.individual, kind, path, result.number), self.directory)

    def _put_artifact(self, connection: Connection, artifact: Artifact) -> None:
        self._sql.artifact_gone.run(connection, {"key_run": self.run_id, "key_path": artifact.path})
        self._sql.artifact.run(
            connection,
            {
                "run_id": self.run_id,
                "path": artifact.path,
                "individual": artifact.individual,
                "evaluation": artifact.evaluation,
                "kind": artifact.kind,
                "sha256": artifact.sha256,
                "bytes": artifact.bytes,
                "deleted_time": artifact.deleted_at,
            },
        )

    # the run

    def add_event(self, kind: str, message: str, **data: Any) -> None:
        """Store something that happened: one word, one sentence, JSON values."""
        with self._write() as connection:
            self._event(connection, kind, message, data)

    def _event(self, connection: Connection, kind: str, message: str, data: Mapping[str, Any]) -> None:
        row = {"run_id": self.run_id, "time": time.time(), "kind": kind, "message": message}
        self._sql.event.run(connection, row | {"data": codec.to_json(data)})

    def set_run_status(self, status: str, reason: str = "") -> None:
        """Store whether the run goes on, or why it ended.

        Raises:
            ValueError: for a status that is none of :data:`evonas.lineage.RUN_STATUSES`.
        """
        if status not in RUN_STATUSES:
            raise ValueError(f"a run's status is one of {', '.join(RUN_STATUSES)}, got {status!r}")
        with self._write("full") as connection:
            row = {"key_run": self.run_id, "new_status": status, "new_reason": reason}
            self._sql.run_status.run(connection, row)

    def add_session(
        self, versions: Mapping[str, str] | None = None, environment: Mapping[str, Any] | None = None
    ) -> int:
        """Store that this process begins to work on the run, and return the session's number.

        From here on, every result also stores how long the session has lasted, so that the time is known even if the
        process is killed.
        """
        with self._write() as connection:
            table = schema.sessions
            highest = connection.scalar(select(func.max(table.c.number)).where(table.c.run_id == self.run_id))
            number = 0 if highest is None else highest + 1
            row = {
                "run_id": self.run_id,
                "number": number,
                "started_time": time.time(),
                "ended_time": None,
                "seconds": 0.0,
                "reason": "",
                "versions": codec.to_json(versions or {}),
                "environment": codec.to_json(environment or {}),
            }
            connection.execute(table.insert(), row)
        self._session = (number, time.monotonic())
        return number

    def end_session(self, reason: str = "") -> None:
        """Store that this process ends its work; nothing happens without a session."""
        if self._session is None:
            return
        with self._write("full") as connection:
            self._touch_session(connection, ended=time.time(), reason=reason)
        self._session = None

    def _touch_session(self, connection: Connection, ended: float | None = None, reason: str = "") -> None:
        if self._session is not None:
            number, started = self._session
            row = {"key_run": self.run_id, "key_number": number, "new_seconds": time.monotonic() - started}
            self._sql.session.run(connection, row | {"new_ended_time": ended, "new_reason": reason})

    @contextmanager
    def _write(self, level: sqlite.Level = "normal") -> Iterator[Connection]:
        with self._lock, errors_in_words(self._database):
            if self._writer is None:
                state = "was opened to be read only" if self.read_only else "is closed"
                raise StorageError(f"the lineage {state}; nothing can be written", file=self._database.name)
            if self._sync is not None:
                self._sync(level)
            with self._writer.begin():
                yield self._writer


def _directory(given: str | Path | None, database: Database) -> Path | None:
    if given is not None:
        return Path(given)
    return None if database.file is None else database.file.parent
