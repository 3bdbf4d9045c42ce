"""The loop: births to devices, results to the lineage, then to the engine.

The order keeps everything: an individual, and each of its evaluations, is stored before a device sees it, and a result
is stored before the engine hears of it. So whatever is killed, the lineage holds all that the engine ever knew.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from evonas.errors import EvaluationError
from evonas.evaluation import Backend, Memo
from evonas.evolution import Engine
from evonas.lineage import LineageStore
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus
from evonas.run.listeners import Listener
from evonas.run.retention import WeightKeeper

__all__ = ["Search", "check_evaluator"]

_TICK = 0.5  # s between two looks of the listeners
_REPORT_EVERY = 25  # evaluations
_CRASHED = 20  # evaluations that crashed while none ended in any other way: it is not their genomes
_LOST_IN_A_ROW = 5  # evaluations lost one after the other, after their retries: nothing works here any more


class Search:
    """A search that is under way.

    Args:
        engine: asks and is told.
        backend: runs evaluations.
        store: keeps everything.
        memo: answers for genomes that were evaluated before.
        keeper: deletes the weights of those that are not among the best.
        listener: looks on.
        stop_requested: says whether a person or the batch system wants an end.
    """

    def __init__(
        self,
        engine: Engine,
        backend: Backend,
        store: LineageStore,
        memo: Memo,
        keeper: WeightKeeper,
        listener: Listener,
        stop_requested: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._backend = backend
        self._store = store
        self._memo = memo
        self._keeper = keeper
        self._listener = listener
        self._stop_requested = stop_requested
        self._in_flight: dict[int, EvaluationRequest] = {}
        self._born = len(engine.individuals)  # in the lineage
        self._asked = len(engine.requests)  # in the lineage
        self._lost: list[EvaluationResult] = []  # the newest ones, one after the other
        self._ticked = -math.inf

    def run(self) -> bool:
        """Search until the engine is finished (True) or a stop is requested (False).

        Raises:
            EvaluationError: if evaluations cannot be run any more, or all crash.
            StorageError: if the lineage cannot be written; nothing stored before is lost.
        """
        while not self._engine.finished:
            if self._stop_requested():
                self.give_up()
                return False
            self._fill()
            if time.monotonic() - self._ticked >= _TICK:  # after the filling: the listeners see the slots at work
                self._tick()
            for result in self._ended() if self._in_flight else ():
                self._take(result)
            self._check()  # when all that came together is stored
        self._keeper.tidy(self._engine)  # nobody will be promoted any more
        self._tick()
        return True

    def _ended(self) -> list[EvaluationResult]:
        """Return the results that are there; while there are none, the engine has time to learn."""
        while self._engine.reflect():
            if results := self._backend.wait(timeout=0):
                return results
        return self._backend.wait(timeout=_TICK)

    def give_up(self) -> None:
        """End what runs: results that are there are kept, the rest is stored as cancelled."""
        for result in self._backend.cancel():
            self._take(result)
        self._tick()

    def _tick(self) -> None:
        self._ticked = time.monotonic()
        self._listener.tick(self._engine, self._backend.snapshot())

    def _fill(self) -> None:
        while len(self._in_flight) < self._backend.capacity and not self._stop_requested():
            request = self._engine.ask()
            if request is None:
                return
            self._record(request)
            self._in_flight[request.number] = request
            answer = self._memo.answer(request)
            if answer is not None:
                self._take(answer)
            else:
                self._backend.submit(request)

    def _record(self, request: EvaluationRequest) -> None:
        """Store what the lineage does not hold yet: one that is run again, after a resumption or a loss, it does."""
        if request.individual >= self._born:
            individual = self._engine.individuals[request.individual]
            self._store.add_individual(individual, request)
            self._born += 1
            self._listener.born(individual)
        elif request.number >= self._asked:
            self._store.add_request(request)
            self._listener.asked_again(request)
        self._asked = max(self._asked, request.number + 1)

    def _take(self, result: EvaluationResult) -> None:
        request = self._in_flight.pop(result.number)
        self._store.add_result(result)
        self._memo.learn(request, result)
        left = self._engine.tell(result)
        if left:
            self._store.mark_deaths(left, len(self._engine.results))
        self._keeper.consider(self._engine, result)
        self._listener.told(self._engine, result)
        self._tell_of_algorithm()
        self._lost = [*self._lost, result] if result.status is EvaluationStatus.LOST else []

    def _tell_of_algorithm(self) -> None:
        """Store now and then what the algorithm has learned: shares of operators, how sure its model is."""
        count = len(self._engine.results)
        report = self._engine.algorithm.report() if count % _REPORT_EVERY == 0 else {}
        if report:
            algorithm = self._engine.search.algorithm
            self._store.add_event(
                "search", f"{algorithm} after {count} evaluations", evaluations=count, algorithm=algorithm, **report
            )

    def _check(self) -> None:
        """Check that evaluations can be run."""
        if len(self._lost) >= _LOST_IN_A_ROW:
            raise EvaluationError(
                f"{len(self._lost)} evaluations in a row were lost to the infrastructure, each after its retries",
                got=self._lost[-1].error,
                hint="mend the device or the machine, then resume the run; nothing that was stored is lost",
            )
        check_evaluator(self._engine, _CRASHED)


def check_evaluator(engine: Engine, least: int = 1) -> None:
    """Check that not every evaluation so far crashed.

    Args:
        engine: what was told of them.
        least: evaluations that say something.

    Raises:
        EvaluationError: if so many crashed and none ended in any other way: a search finds nothing there.
    """
    results = engine.results
    if len(results) < least or any(result.status is not EvaluationStatus.CRASHED for result in results):
        return
    newest = results[-1]
    on = "begin a new run" if engine.finished else "resume this run, in which the crashed ones count as spent"
    log = f"read {newest.log} in the run directory, " if newest.log else ""
    raise EvaluationError(
        "the evaluation crashed" if len(results) == 1 else f"all {len(results)} evaluations so far crashed",
        got=newest.error,
        expected="an evaluator that returns metrics, of some genomes at least",
        hint=f"{log}mend the evaluator, then {on}",
    )
