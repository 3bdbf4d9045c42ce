"""One search from its first question to the end of its budget: every method is driven alike."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from benchmarks.search.clock import Clock, Stay
from benchmarks.search.training import Outcome, Trainings

__all__ = ["Proposal", "Searcher", "Taken", "Thoughtful", "columns", "drive", "row"]


@dataclass(frozen=True)
class Proposal:
    """A training that a method asks for.

    Attributes:
        token: what the method needs to know it again.
        genes: nested genes.
        epochs: epochs that the genome will have had after it.
        options: further arguments of :meth:`Trainings.train`.
    """

    token: Any
    genes: Mapping[str, Any]
    epochs: int
    options: Mapping[str, Any] = field(default_factory=dict)


class Searcher(Protocol):
    """A method of search."""

    def ask(self) -> Proposal | None:
        """Return the next training; None if there is none now, before others have ended."""

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Take in what a training gave."""


@runtime_checkable
class Thoughtful(Searcher, Protocol):
    """A method that can learn while all workers are busy."""

    def reflect(self) -> bool:
        """Learn a little; False when there is nothing to learn now."""


class Taken(NamedTuple):
    """What a method itself took: wall time and CPU time of its process, ms."""

    wall: float
    cpu: float

    def plus(self, other: Taken) -> Taken:
        """Return both together."""
        return Taken(self.wall + other.wall, self.cpu + other.cpu)


_NOTHING = Taken(0.0, 0.0)


class _Stopwatch:
    """Measures what a method itself takes, and charges it to the clock if told so."""

    def __init__(self, clock: Clock[Any], charge: bool) -> None:
        self._clock = clock
        self._charge = charge
        self._began = (0.0, 0.0)

    def start(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> Taken:
        """Return the time since the start."""
        seconds = time.perf_counter() - self._began[0]
        used = time.process_time() - self._began[1]
        if self._charge:
            self._clock.pass_by(seconds)
        return Taken(1000.0 * seconds, 1000.0 * used)


@dataclass
class _Work:
    proposal: Proposal
    outcome: Outcome
    taken: Taken


def drive(
    searcher: Searcher, trainings: Trainings, evaluations: float, workers: int = 1, *, charge: bool = False
) -> dict[str, Any]:
    """Let a method search until its budget is spent.

    Args:
        searcher: the method.
        trainings: what it may train.
        evaluations: budget in full trainings; no training starts when it is spent.
        workers: trainings at once, on a simulated clock.
        charge: whether the time that the method itself takes passes on that clock, too.

    Returns:
        The trace as columns of equal length, in order of the trainings' ends: ``value``, ``reached`` (epochs),
        ``epochs`` (charged), ``seconds``, ``ms`` and ``cpu_ms`` (what the method itself took), ``ahead_ms`` (the part
        of ``ms`` in which it learned while no worker waited), ``start`` and ``finish`` (s on the clock); and ``busy``.
    """
    clock: Clock[_Work] = Clock(workers)
    stopwatch = _Stopwatch(clock, charge)
    budget = evaluations * trainings.table.epochs
    spent = 0
    rows: list[dict[str, float]] = []
    while True:
        while clock.free and spent < budget:
            stopwatch.start()
            proposal = searcher.ask()
            taken = stopwatch.stop()
            if proposal is None:
                break
            outcome = trainings.train(proposal.genes, proposal.epochs, **proposal.options)
            spent += outcome.epochs
            clock.start(_Work(proposal, outcome, taken), outcome.seconds)
        ahead = _reflected(searcher, clock, stopwatch)
        ended = clock.next()
        if ended is None:
            break
        work, stay = ended
        stopwatch.start()
        searcher.tell(work.proposal, work.outcome)
        rows.append(row(work.outcome, work.taken.plus(stopwatch.stop()), stay, ahead))
    return {**columns(rows), "busy": clock.busy()}


def _reflected(searcher: Searcher, clock: Clock[Any], stopwatch: _Stopwatch) -> Taken:
    """Let a method learn until a worker is free or there is nothing to learn; return what that took."""
    taken, more = _NOTHING, isinstance(searcher, Thoughtful)
    while more and clock.running and not clock.due:
        stopwatch.start()
        more = isinstance(searcher, Thoughtful) and searcher.reflect()
        taken = taken.plus(stopwatch.stop())
    return taken


def row(outcome: Outcome, taken: Taken, stay: Stay, ahead: Taken = _NOTHING) -> dict[str, float]:
    """Return what is kept of a training.

    Args:
        outcome: of the training.
        taken: by the method, for asking and telling.
        stay: when it was trained.
        ahead: taken by the method while no worker waited.
    """
    return {
        "value": round(outcome.value, 6),
        "reached": outcome.reached,
        "epochs": outcome.epochs,
        "seconds": round(outcome.seconds, 2),
        "ms": round(taken.wall + ahead.wall, 3),
        "cpu_ms": round(taken.cpu + ahead.cpu, 3),
        "ahead_ms": round(ahead.wall, 3),
        "start": round(stay.start, 2),
        "finish": round(stay.finish, 2),
    }


def columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return rows as columns."""
    names = ("value", "reached", "epochs", "seconds", "ms", "cpu_ms", "ahead_ms", "start", "finish")
    return {name: [row[name] for row in rows] for name in names}
