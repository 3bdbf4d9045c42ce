"""Hands results to a logger, out of the run's way.

The loop only puts an entry into a queue. A thread of the logger's own takes it out, imports what it needs, and writes.
A logger that fails is dropped with one warning, and the run goes on: what it would have written is in the lineage, and
when the run is resumed the logger is told of everything that it has not.
"""

from __future__ import annotations

import logging
import queue
import threading
from contextlib import suppress

from evonas.errors import EvonasError
from evonas.evolution import Engine
from evonas.lineage import LineageStore
from evonas.records import EvaluationRequest, EvaluationResult, Individual
from evonas.run.listeners import Listener
from evonas.run.logging.entries import Entry, Logger

__all__ = ["Copier"]

_PATIENCE = 20.0  # s without a single entry written, at the end of a session, before the rest is left
_SILENCE = 5.0  # s of waiting at the end of a session before that is said
_log = logging.getLogger("evonas")


class Copier(Listener):
    """A listener that copies results to a logger.

    Args:
        logger: where to.
        store: the lineage; an event tells if the logger failed.
        patience: how long the end of a session waits for a logger that does not get on, s.
    """

    def __init__(self, logger: Logger, store: LineageStore, patience: float = _PATIENCE) -> None:
        self._logger = logger
        self._store = store
        self._patience = patience
        self._queue: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._dropped = threading.Event()
        self._written = 0
        self._best: dict[str, float] = {}
        self._thread = threading.Thread(target=self._work, name=f"evonas-{logger.name}", daemon=True)
        self._thread.start()

    def catch_up(self, engine: Engine) -> None:
        """Tell the logger of everything that was before this session: it leaves out what it has."""
        for order, (request, result) in enumerate(engine.history(), start=1):
            self._put(engine, request, result, order)

    def told(self, engine: Engine, result: EvaluationResult) -> None:
        """Tell the logger of a result."""
        self._put(engine, engine.requests[result.number], result, len(engine.results))

    def retrained(self, individual: Individual, result: EvaluationResult, done: int, total: int) -> None:
        """Tell the logger of a training of the last round."""
        part = f"final-seed-{result.seed}"
        key = f"final-{individual.number}-seed-{result.seed}"
        self._hand_over(Entry(key, part, individual, result, result.epochs, 0, {}))

    def close(self) -> None:
        """Wait for what is still to be written, as long as the logger gets on."""
        self._queue.put(None)
        self._thread.join(min(_SILENCE, self._patience))
        if self._thread.is_alive() and not self._dropped.is_set():
            left = self._queue.qsize()
            _log.warning("waiting for %s to take %d more results; Ctrl-C leaves them", self._logger.name, left)
        written = -1
        while self._thread.is_alive() and written < self._written:
            written = self._written
            self._thread.join(self._patience)
        if self._thread.is_alive():
            self._drop(TimeoutError(f"nothing was written for {self._patience:g} s"))

    def _put(self, engine: Engine, request: EvaluationRequest, result: EvaluationResult, order: int) -> None:
        if self._dropped.is_set():
            return
        individual = engine.individuals[result.individual]
        if result.completed and not request.repeat and request.rung == engine.ladder.top:
            self._improve(engine, individual, result)
        part = f"repeat-{request.repeat}" if request.repeat else ""
        afresh = bool(request.repeat) or result.epochs > request.epochs
        epochs = result.epochs if afresh else request.trained + result.epochs
        best = dict(self._best)
        self._hand_over(Entry(f"evaluation-{result.number}", part, individual, result, epochs, order, best))

    def _improve(self, engine: Engine, individual: Individual, result: EvaluationResult) -> None:
        for objective in engine.config.objectives:
            value = result.metrics.get(objective.metric, individual.costs.get(objective.metric))
            if value is not None:
                before = self._best.get(objective.metric, value)
                self._best[objective.metric] = max(before, value) if objective.maximise else min(before, value)

    def _hand_over(self, entry: Entry) -> None:
        if not self._dropped.is_set():
            self._queue.put(entry)

    def _work(self) -> None:
        try:
            known = self._logger.open()
            while (entry := self._queue.get()) is not None:
                if entry.key not in known:
                    self._logger.log(entry)
                self._written += 1
            self._logger.close()
        except Exception as error:  # whatever it is, it is not worth a run
            self._drop(error)

    def _drop(self, error: Exception) -> None:
        if self._dropped.is_set():
            return
        self._dropped.set()
        cause = (str(error).splitlines() or [""])[0] or type(error).__name__
        message = f"{self._logger.name} is not written any more in this session: {cause}"
        _log.warning("%s; the run goes on, and its lineage holds everything", message)
        with suppress(EvonasError):  # the disk may be full, or the run be over
            self._store.add_event("logging", message, logger=self._logger.name, written=self._written)
