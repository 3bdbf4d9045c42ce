"""evonas through its whole house: loop, engine, and the lineage on the disk, with a backend of simulated time."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.search.clock import Clock, Stay
from benchmarks.search.drive import Taken, columns, row
from benchmarks.search.methods import Method, Task
from benchmarks.search.ours import arguments_of, make_engine, result_of
from benchmarks.search.training import Outcome, Trainings
from evonas.evaluation import BackendSnapshot, DeviceSnapshot, Memo, RunningEvaluation
from evonas.lineage import LineageStore
from evonas.lineage.entries import RunRecord
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus
from evonas.run.listeners import Listener
from evonas.run.loop import Search
from evonas.run.retention import WeightKeeper

__all__ = ["SimulatedBackend", "search_through_house"]

_KEPT = 5  # individuals whose weights are kept, as in a run's configuration


class SimulatedBackend:
    """Workers in a simulated time: an evaluation lasts as long as the table says, and nobody waits for it.

    It keeps the contract of :class:`evonas.evaluation.protocol.Backend`, but for the timeouts of :meth:`wait`, of which
    only 0 counts: there is nothing that another thread could bring in the meantime.

    Args:
        trainings: what evaluations measure.
        workers: evaluations at once.
        curve: whether results have learning curves.
        charge: whether the real time between a return of :meth:`wait` and the next call passes on the clock, too:
            what the coordinator does while its workers may be idle.
    """

    def __init__(self, trainings: Trainings, workers: int, *, curve: bool = False, charge: bool = False) -> None:
        self.clock: Clock[tuple[EvaluationRequest, Outcome]] = Clock(workers)
        self.rows: list[dict[str, float]] = []
        self._trainings = trainings
        self._workers = workers
        self._curve = curve
        self._charge = charge
        self._closed = False
        self._left_at: tuple[float, float] | None = None
        self._coordinator = Taken(0.0, 0.0)  # since the last result

    @property
    def capacity(self) -> int:
        """Evaluations in flight at most."""
        return self._workers

    def submit(self, request: EvaluationRequest) -> None:
        """Take a request; its result is known at once, and returned when its time has come.

        Raises:
            ValueError: if the backend is full or closed, or this number is already in flight.
        """
        self._entered()
        running = {known.number for (known, _), _ in self.clock.running}
        if self._closed or not self.clock.free or request.number in running:
            raise ValueError(f"evaluation {request.number} cannot be taken: closed, full, or in flight already")
        arguments = arguments_of(request, curve=self._curve)
        outcome = self._trainings.train(request.genome.genes, request.total_epochs, **arguments)
        self.clock.start((request, outcome), outcome.seconds)
        self._leaving()

    def wait(self, timeout: float | None = None) -> list[EvaluationResult]:
        """Return the next result, and all others that are there by then; empty if nothing is in flight.

        With a timeout of 0, return what is there now: the time does not go on.
        """
        self._entered()
        results = []
        ended = self.clock.next() if timeout != 0 or self.clock.due else None
        while ended is not None:
            (request, outcome), stay = ended
            results.append(self._result(request, outcome, stay))
            ended = self.clock.next() if self.clock.due else None
        self._leaving()
        return results

    def snapshot(self) -> BackendSnapshot:
        """Return what runs at this moment of the simulated time."""
        now = self.clock.now
        running = tuple(
            RunningEvaluation(request.number, request.individual, request.attempt, now - stay.start)
            for (request, _), stay in self.clock.running
        )
        device = DeviceSnapshot("simulated:0", self._workers, running, self.clock.busy_seconds())
        return BackendSnapshot((device,), now)

    def cancel(self) -> list[EvaluationResult]:
        """Give up what runs, CANCELLED."""
        return [
            request.failure(EvaluationStatus.CANCELLED, "cancelled on the simulated clock")
            for request, _ in self.clock.clear()
        ]

    def close(self) -> None:
        """Take no more requests."""
        self.clock.clear()
        self._closed = True

    def __enter__(self) -> SimulatedBackend:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _result(self, request: EvaluationRequest, outcome: Outcome, stay: Stay) -> EvaluationResult:
        self.rows.append(row(outcome, self._coordinator, stay))
        self._coordinator = Taken(0.0, 0.0)
        return result_of(request, outcome)

    def _entered(self) -> None:
        if self._left_at is not None:
            seconds, used = time.perf_counter() - self._left_at[0], time.process_time() - self._left_at[1]
            self._coordinator = self._coordinator.plus(Taken(1000.0 * seconds, 1000.0 * used))
            if self._charge:
                self.clock.pass_by(seconds)

    def _leaving(self) -> None:
        self._left_at = time.perf_counter(), time.process_time()


def search_through_house(task: Task, trainings: Trainings, method: Method, *, charge: bool = False) -> dict[str, Any]:
    """Let an algorithm of evonas search through loop, lineage and engine; return the trace of the backend.

    Args:
        task: what it is to do.
        trainings: what it may train.
        method: one of evonas's own.
        charge: whether the coordinator's own time passes on the simulated clock.

    Returns:
        The trace as of :func:`benchmarks.search.drive.drive`; ``ms`` is all that the coordinator did between two
        results, storing included, but for the table's own time.
    """
    if method.environment is not None:
        raise ValueError("only evonas's own algorithms run through its house")
    engine = make_engine(task, method.options["algorithm"])
    objectives = [objective.model_dump() for objective in engine.config.objectives]
    record = RunRecord.new("benchmark", config={}, space=engine.space.to_dict(), objectives=objectives)
    with tempfile.TemporaryDirectory() as folder, LineageStore.create(Path(folder), record) as store:
        store.add_session()
        keeper = WeightKeeper(Path(folder), store, _KEPT)
        with SimulatedBackend(trainings, task.workers, curve=task.rungs, charge=charge) as backend:
            Search(engine, backend, store, Memo(), keeper, Listener(), lambda: False).run()
            trace = {**columns(backend.rows), "busy": backend.clock.busy()}
        store.end_session()
    return trace
