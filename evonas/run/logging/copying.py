"""Hands results to a logger, out of the run's way.

The loop only puts an entry into a queue. A thread takes it out and has it written by a process of the logger's own
(:mod:`evonas.run.logging.desk`), so neither a slow library nor a server that does not answer holds the search up. The
queue is short: what does not fit in waits where it is anyway, in the engine, and is handed on when there is room, at
the latest at the end of the session. A logger that fails is dropped with one warning, and the run goes on: what it
would have written is in the lineage, and when the run is resumed the logger is told of everything that it has not.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from contextlib import suppress

from evonas.errors import EvonasError
from evonas.evaluation import BackendSnapshot
from evonas.evolution import Engine
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult, Individual
from evonas.run.listeners import Listener
from evonas.run.logging.desk import Desk
from evonas.run.logging.entries import Entry, Logger

__all__ = ["Copier"]

_ROOM = 200  # entries in the queue
_PATIENCE = 60.0  # s without an answer of the logger, at the end of a session, before the rest is left
_SILENCE = 30.0  # s without an answer of the logger before that is said
_SAID = 5.0  # s of waiting at the end of a session before that is said
_GLANCE = 0.05  # s between two looks at how far it is
_log = logging.getLogger("evonas")


class Copier(Listener):
    """A listener that copies results to a logger.

    Args:
        logger: where to; can be pickled.
        store: the lineage; an event tells if the logger failed.
        patience: how long the end of a session waits for a logger that does not get on, s.
        silence: how long a logger may owe an answer during the search before a warning, s.
        room: entries that wait in the queue at most.
    """

    def __init__(
        self,
        logger: Logger,
        store: LineageStore,
        *,
        patience: float = _PATIENCE,
        silence: float = _SILENCE,
        room: int = _ROOM,
    ) -> None:
        self._name = logger.name
        self._store = store
        self._patience = patience
        self._silence = silence
        self._queue: queue.Queue[Entry | None] = queue.Queue(room)
        self._engine: Engine | None = None
        self._handed = 0  # results of the engine
        self._last_round: deque[Entry] = deque()
        self._best: dict[str, float] = {}
        self._dropped = threading.Event()
        self._warned = False
        self._written = 0
        self._asked: float | None = time.monotonic()  # when the logger was given what it works on; None: nothing
        self._desk: Desk | None = None
        self._thread = threading.Thread(target=self._work, args=(logger,), name=f"evonas-{logger.name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Results that the logger has not been told of."""
        behind = 0 if self._engine is None else len(self._engine.results) - self._handed
        return behind + len(self._last_round) + self._queue.qsize()

    def catch_up(self, engine: Engine) -> None:
        """Tell the logger of everything that was before this session: it leaves out what it has."""
        self._engine = engine
        self._hand_over()

    def told(self, engine: Engine, result: EvaluationResult) -> None:
        """Tell the logger of a result."""
        self._engine = engine
        self._hand_over()

    def retrained(self, individual: Individual, result: EvaluationResult, done: int, total: int) -> None:
        """Tell the logger of a training of the last round."""
        part = f"final-seed-{result.seed}"
        key = f"final-{individual.number}-seed-{result.seed}"
        self._last_round.append(Entry(key, part, individual, result, result.epochs, 0, {}))
        self._hand_over()

    def tick(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """Hand on what there is room for now, and look whether the logger is alive."""
        self._engine = engine
        self._hand_over()
        quiet = self._quiet()
        if quiet > self._silence and not self._warned and not self._dropped.is_set():
            self._warned = True
            words = "%s has not answered for %.0f s; the search goes on, and %d results wait to be copied"
            _log.warning(words, self._name, quiet, self.waiting)

    def close(self) -> None:
        """Wait for what is still to be written, as long as the logger gets on."""
        begun = time.monotonic()
        ended = said = False
        try:
            while self._thread.is_alive() and not self._dropped.is_set():
                if self._hand_over() and not ended:
                    with suppress(queue.Full):
                        self._queue.put_nowait(None)
                        ended = True
                self._thread.join(_GLANCE)
                if not said and time.monotonic() - begun > min(_SAID, self._patience):
                    said = True
                    _log.warning("waiting for %s to take %d more results; Ctrl-C leaves them", self._name, self.waiting)
                if self._quiet(since=begun) > self._patience:
                    self._drop(f"it has not answered for {self._patience:g} s")
        finally:
            self._dropped.set()
            if self._desk is not None:
                self._desk.kill()
            if self._thread.is_alive():  # it may be waiting for something to do
                with suppress(queue.Full):
                    self._queue.put_nowait(None)
            self._thread.join()

    def _quiet(self, since: float = 0.0) -> float:
        """Return for how long the logger has owed an answer, s; counted from ``since`` at the earliest."""
        asked = self._asked
        return 0.0 if asked is None else time.monotonic() - max(asked, since)

    def _hand_over(self) -> bool:
        """Put into the queue what there is room for; return whether that was all."""
        while self._engine is not None and self._handed < len(self._engine.results):
            if self._dropped.is_set() or self._queue.full():
                return False
            self._queue.put_nowait(self._entry(self._engine, self._engine.results[self._handed]))
            self._handed += 1
        while self._last_round:
            if self._dropped.is_set() or self._queue.full():
                return False
            self._queue.put_nowait(self._last_round.popleft())
        return True

    def _entry(self, engine: Engine, result: EvaluationResult) -> Entry:
        request, individual = engine.requests[result.number], engine.individuals[result.individual]
        if result.completed and not request.repeat and request.rung == engine.ladder.top:
            self._improve(engine, individual, result)
        part = f"repeat-{request.repeat}" if request.repeat else ""
        afresh = bool(request.repeat) or result.epochs > request.epochs
        epochs = result.epochs if afresh else request.trained + result.epochs
        key, order = f"evaluation-{result.number}", self._handed + 1
        return Entry(key, part, individual, result, epochs, order, dict(self._best))

    def _improve(self, engine: Engine, individual: Individual, result: EvaluationResult) -> None:
        for objective in engine.config.objectives:
            value = result.metrics.get(objective.metric, individual.costs.get(objective.metric))
            if value is not None:
                before = self._best.get(objective.metric, value)
                self._best[objective.metric] = max(before, value) if objective.maximise else min(before, value)

    def _work(self, logger: Logger) -> None:
        try:
            self._desk = Desk(logger)
            self._copy(self._desk)
        except Exception as error:  # whatever it is, it is not worth a run
            self._drop((str(error).splitlines() or [""])[0] or type(error).__name__)
        finally:
            if self._desk is not None:
                self._desk.release()

    def _copy(self, desk: Desk) -> None:
        known = set() if self._dropped.is_set() else desk.open()
        self._asked = None
        while (entry := self._queue.get()) is not None:
            self._asked = time.monotonic()
            if entry.key not in known:
                desk.log(entry)
            self._written += 1
            self._asked = None
        self._asked = time.monotonic()
        desk.close()

    def _drop(self, cause: str) -> None:
        if self._dropped.is_set():
            return
        self._dropped.set()
        message = f"{self._name} is not written any more in this session: {cause}"
        _log.warning("%s; the run goes on, and its lineage holds everything", message)
        with suppress(EvonasError):  # the disk may be full, or the run be over
            self._store.add_event("logging", message, logger=self._name, written=self._written)
