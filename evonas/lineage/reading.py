"""What can be asked of a stored run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, func, select

from evonas.directions import more_is_better
from evonas.errors import LineageError
from evonas.lineage import codec, ranking, schema
from evonas.lineage.database import Database, errors_in_words
from evonas.lineage.entries import Artifact, Event, Replay, RunRecord, Session, StoredResult
from evonas.lineage.versions import stored
from evonas.records import EvaluationRequest, EvaluationStatus, Individual, Parent

__all__ = ["Reading", "find_run"]

_I, _B, _P, _E = schema.individuals.c, schema.births.c, schema.parents.c, schema.evaluations.c
_A, _V, _S, _R = schema.artifacts.c, schema.events.c, schema.sessions.c, schema.runs.c

_INDIVIDUAL = (
    *(_I.number, _I.genome_id, _I.family, _I.genes, _I.marks, _I.costs),
    *(_B.operators, _B.changes, _B.generation, _B.random_state, _B.attempts, _B.forecast),
)
_REQUEST = (
    *(_E.number, _E.individual, _E.epochs_asked, _E.seed, _E.rung, _E.attempt, _E.resume_from),
    *(_E.trained, _E.fraction, _E.repeat, _E.floor, _E.pooling),
)
_RESULT = (
    *(_E.number, _E.individual, _E.status, _E.metrics, _E.epochs_trained, _E.rung, _E.seed, _E.attempt, _E.seconds),
    *(_E.setup_seconds, _E.device, _E.peak_memory, _E.error, _E.log, _E.answered_by),
)
_PLACE = (_E.completion, _E.completed_time, _E.epochs_asked, _E.trained, _E.repeat)


def find_run(connection: Connection, wanted: str | None, file: str) -> str:
    """Return the id of the run that is meant.

    Args:
        connection: to the database.
        wanted: an id, the beginning of one, or a name; None where there is only one run.
        file: the database's name, for messages.

    Raises:
        LineageError: if none or several are meant.
    """
    rows = connection.execute(select(_R.id, _R.name).order_by(_R.created)).all()
    if wanted is not None:
        rows = [row for row in rows if wanted in (row.id, row.name) or row.id.startswith(wanted)]
        rows = [row for row in rows if row.id == wanted] or rows
    if len(rows) != 1:
        raise LineageError(
            "several runs are meant" if rows else "there is no such run",
            file=file,
            got=wanted,
            expected="one of " + ", ".join(f"{row.id} ({row.name})" for row in rows) if rows else None,
            hint="give the run's id",
        )
    return str(rows[0].id)


class Reading:
    """The questions; each is answered from one consistent state of the database.

    Args:
        database: an open database with the tables of evonas.
        run_id: the run that is asked about.
        version: the schema of its tables.
    """

    def __init__(self, database: Database, run_id: str, version: int = schema.SCHEMA_VERSION) -> None:
        self._database = database
        self._version = version
        self.run_id = run_id
        """Id of the run."""

    @property
    def place(self) -> str:
        """The database file, or the URL without its password."""
        return self._database.name

    @property
    def run(self) -> RunRecord:
        """The run as it is now."""
        with self._reading() as connection:
            return codec.run_from_row(connection.execute(select(schema.runs).where(_R.id == self.run_id)).one())

    def individuals(self) -> list[Individual]:
        """Return all individuals by number."""
        with self._reading() as connection, codec.collector_paused():
            rows, parents = self._individual_rows(connection)
            return [codec.individual_from_rows(row, parents.get(row[0], ())) for row in rows]

    def individual(self, number: int) -> Individual:
        """Return one individual.

        Raises:
            LineageError: if there is none of this number.
        """
        with self._reading() as connection:
            rows, parents = self._individual_rows(connection, number)
            highest = connection.scalar(select(func.max(_I.number)).where(_I.run_id == self.run_id))
        if not rows:
            raise LineageError(
                f"there is no individual {number} in this run",
                file=self.place,
                got=number,
                expected="a run with individuals" if highest is None else f"a number from 0 to {highest}",
            )
        return codec.individual_from_rows(rows[0], parents.get(number, ()))

    def results(self, *, after: int = -1, curves: bool = True) -> list[StoredResult]:
        """Return final results in order of completion.

        Args:
            after: only those whose ``completion`` is higher; for a reader that follows a run.
            curves: whether to read learning curves, too.
        """
        columns = self._stored(*_RESULT, *_PLACE)
        query = select(*columns, _E.curve) if curves else select(*columns)
        query = query.where(_E.run_id == self.run_id, _E.completion > after).order_by(_E.completion)
        with self._reading() as connection, codec.collector_paused():
            rows = connection.execute(query).all()
            files = self._files(connection)
            return [_stored_result(row, row[-1] if curves else None, files.get(row[0], {})) for row in rows]

    def results_of(self, individual: int) -> list[StoredResult]:
        """Return the final results of one individual in order of completion, with learning curves."""
        return self._some_results(_E.individual == individual)

    def result(self, number: int) -> StoredResult | None:
        """Return the final result of one evaluation, with its learning curve; None while there is none."""
        found = self._some_results(_E.number == number)
        return found[0] if found else None

    def curve(self, number: int) -> list[dict[str, float]]:
        """Return the learning curve of an evaluation, one row an epoch; empty if there is none (yet)."""
        query = select(_E.curve).where(_E.run_id == self.run_id, _E.number == number)
        with self._reading() as connection:
            text = connection.scalar(query)
        rows: list[dict[str, float]] = json.loads(text or "[]")
        return rows

    def pending_requests(self) -> list[EvaluationRequest]:
        """Return requests without a final result, by number: what a resumed run does first."""
        query = (
            select(*self._stored(*_REQUEST), _I.genome_id, _I.family, _I.genes, _I.marks)
            .join(schema.individuals, (_I.run_id == _E.run_id) & (_I.number == _E.individual))
            .where(_E.run_id == self.run_id, _E.status == codec.PENDING)
            .order_by(_E.number)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [codec.request_from_row(row[:-4], codec.StoredGenome(*row[-4:])) for row in rows]

    def replay(self) -> Replay:
        """Return what an engine needs to be rebuilt, read in one go."""
        lived = select(_I.born_evaluation, _I.number, _I.died_evaluation).where(_I.run_id == self.run_id)
        asked = select(*self._stored(*_REQUEST)).where(_E.run_id == self.run_id).order_by(_E.number)
        done = select(*_RESULT, _E.curve).where(_E.run_id == self.run_id, _E.completion.is_not(None))
        with self._reading() as connection, codec.collector_paused():
            rows, parents = self._individual_rows(connection)
            individuals = [codec.individual_from_rows(row, parents.get(row[0], ())) for row in rows]
            genomes = {individual.number: individual.genome for individual in individuals}
            requests = connection.execute(asked).all()
            results = connection.execute(done.order_by(_E.completion)).all()
            lives = connection.execute(lived.order_by(_I.number)).all()
            files = self._files(connection)
            return Replay(
                individuals=individuals,
                requests=[codec.request_from_row(row, genomes[row[1]]) for row in requests],
                results=[codec.result_from_row(row[:-1], row[-1], files.get(row[0], {})) for row in results],
                born=[born for born, _, _ in lives],
                deaths={number: died for _, number, died in lives if died is not None},
            )

    def lives(self) -> dict[int, tuple[int, int | None]]:
        """Return when each individual entered and left the population, in completed evaluations; None: it is there."""
        query = select(_I.number, _I.born_evaluation, _I.died_evaluation).where(_I.run_id == self.run_id)
        with self._reading() as connection:
            return {number: (born, died) for number, born, died in connection.execute(query.order_by(_I.number))}

    def counts(self) -> dict[str, int]:
        """Return evaluations by status, ``pending`` included, and the number of ``individuals``.

        Every status is there; CANCELLED is always 0, because such an evaluation is pending again.
        """
        by_status = select(_E.status, func.count()).where(_E.run_id == self.run_id).group_by(_E.status)
        with self._reading() as connection:
            found = {row[0]: row[1] for row in connection.execute(by_status)}
            individuals = connection.scalar(select(func.count()).where(_I.run_id == self.run_id))
        names = [codec.PENDING, *(status.value for status in EvaluationStatus)]
        return {name: found.get(name, 0) for name in names} | {"individuals": individuals or 0}

    def best(self, k: int = 1, metric: str | None = None, maximise: bool | None = None) -> list[ranking.Scored]:
        """Return the k best individuals, the best first, by their completed evaluations at the highest rung.

        Args:
            k: how many; fewer if there are fewer.
            metric: a metric or a cost; None: the run's first objective.
            maximise: whether more is better; None: as the run's objective of that name says, else as the name says
                (losses, errors, sizes and times are better when they are less).
        """
        run = self.run
        metric = run.directions[0][0] if metric is None else metric
        maximise = dict(run.directions).get(metric, more_is_better(metric)) if maximise is None else maximise
        scored = ranking.score_constrained(self.individuals(), self.results(curves=False), (metric,), run.allowed)
        return ranking.best_first(scored, maximise)[:k]

    def standings(self) -> list[ranking.Scored]:
        """Return all individuals that have a value for each of the run's objectives, the best in the first one first.

        As :meth:`best`, they are judged at the highest rung; those that break a constraint come last.
        """
        run = self.run
        metrics = [metric for metric, _ in run.directions]
        scored = ranking.score_constrained(self.individuals(), self.results(curves=False), metrics, run.allowed)
        return ranking.best_first(scored, run.directions[0][1])

    def artifacts(self, individual: int | None = None, *, deleted: bool = False) -> list[Artifact]:
        """Return files by path.

        Args:
            individual: only those of this individual.
            deleted: whether to name pruned files, too.
        """
        query = select(schema.artifacts).where(_A.run_id == self.run_id).order_by(_A.path)
        if individual is not None:
            query = query.where(_A.individual == individual)
        if not deleted:
            query = query.where(_A.deleted_time.is_(None))
        with self._reading() as connection:
            return [codec.artifact_from_row(row) for row in connection.execute(query)]

    def events(self, kind: str | None = None) -> list[Event]:
        """Return events in the order in which they were stored, of one kind or of all."""
        query = select(schema.events).where(_V.run_id == self.run_id).order_by(_V.id)
        if kind is not None:
            query = query.where(_V.kind == kind)
        with self._reading() as connection:
            return [codec.event_from_row(row) for row in connection.execute(query)]

    def sessions(self) -> list[Session]:
        """Return the processes that worked on the run, the first one first."""
        query = select(schema.sessions).where(_S.run_id == self.run_id).order_by(_S.number)
        with self._reading() as connection:
            return [codec.session_from_row(row) for row in connection.execute(query)]

    def elapsed(self) -> float:
        """Return the wall time of all sessions together, s; a killed or running one counts up to its last result."""
        with self._reading() as connection:
            return float(connection.scalar(select(func.sum(_S.seconds)).where(_S.run_id == self.run_id)) or 0.0)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with errors_in_words(self._database), self._database.engine.connect() as connection:
            yield connection

    def _stored(self, *columns: Any) -> tuple[Any, ...]:
        return stored(columns, self._version)

    def _individual_rows(
        self, connection: Connection, number: int | None = None
    ) -> tuple[Sequence[Sequence[Any]], dict[int, tuple[Parent, ...]]]:
        query = (
            select(*self._stored(*_INDIVIDUAL))
            .join(schema.births, (_B.run_id == _I.run_id) & (_B.individual == _I.number))
            .where(_I.run_id == self.run_id)
            .order_by(_I.number)
        )
        of_parents = (
            select(_P.individual, _P.parent, _P.parent_run, _P.role, _P.source)
            .where(_P.run_id == self.run_id)
            .order_by(_P.individual, _P.position)
        )
        if number is not None:
            query, of_parents = query.where(_I.number == number), of_parents.where(_P.individual == number)
        parents: dict[int, tuple[Parent, ...]] = {}
        for child, *parent in connection.execute(of_parents):
            parents[child] = (*parents.get(child, ()), codec.parent_from_row(*parent))
        return connection.execute(query).all(), parents

    def _some_results(self, condition: Any) -> list[StoredResult]:
        query = (
            select(*self._stored(*_RESULT, *_PLACE), _E.curve)
            .where(_E.run_id == self.run_id, _E.completion.is_not(None), condition)
            .order_by(_E.completion)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
            files = self._files(connection)
        return [_stored_result(row, row[-1], files.get(row[0], {})) for row in rows]

    def _files(self, connection: Connection) -> dict[int, dict[str, str]]:
        query = select(_A.evaluation, _A.kind, _A.path).where(
            _A.run_id == self.run_id, _A.evaluation.is_not(None), _A.deleted_time.is_(None)
        )
        return codec.files_by_evaluation(connection.execute(query))

    def _count_completions(self) -> int:
        with self._reading() as connection:
            highest = connection.scalar(select(func.max(_E.completion)).where(_E.run_id == self.run_id))
        return 0 if highest is None else int(highest) + 1

    def _evaluation_status(self, connection: Connection, number: int) -> str | None:
        query = select(_E.status).where(_E.run_id == self.run_id, _E.number == number)
        status: str | None = connection.scalar(query)
        return status


def _stored_result(row: Sequence[Any], curve: str | None, files: dict[str, str]) -> StoredResult:
    result = codec.result_from_row(row[:15], curve, files)
    return StoredResult(result, *row[15:20])
