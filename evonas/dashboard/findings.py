"""What a page wants to know of a run, each worked out once for a state of the run, when it is first asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from evonas.lineage import Scored
from evonas.records import EvaluationResult, Parent
from evonas.report.ancestry import line_of_descent
from evonas.report.history import Evaluation, Goal, RunHistory, pareto_front, standings
from evonas.report.summary import RunSummary, summarise

__all__ = ["Findings"]

_T = TypeVar("_T")


class Findings:
    """A run at one moment, and what follows from it; may be used by several threads.

    Args:
        history: the run.
        path: its directory.
    """

    def __init__(self, history: RunHistory, path: Path) -> None:
        self.history = history
        self.path = path
        self._made: dict[Hashable, Any] = {}
        self._making: dict[Hashable, threading.RLock] = {}
        self._lock = threading.Lock()

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what was made under a key, and make it if it was not; two threads never make the same at once."""
        with self._lock:
            making = self._making.setdefault(key, threading.RLock())
        with making:  # one lock a key: a figure that takes seconds keeps nobody waiting for another one
            if key not in self._made:
                self._made[key] = make()
            found: _T = self._made[key]
            return found

    @property
    def summary(self) -> RunSummary:
        """The run in numbers; visitors that come together wait for one another instead of counting twice."""
        return self.once("summary", lambda: summarise(self.history))

    @property
    def ordered(self) -> list[Scored]:
        """All individuals with a value for each objective, the best by the first one first."""
        return self.once("ordered", lambda: standings(self.history))

    @cached_property
    def scored(self) -> dict[int, Scored]:
        """The same by number."""
        return {one.individual.number: one for one in self.ordered}

    @cached_property
    def front(self) -> list[Scored]:
        """Those that no other beats in all objectives, the best by the first one first."""
        return pareto_front(self.history, self.ordered)

    @property
    def goal(self) -> Goal | None:
        """The first objective."""
        return self.history.goals[0] if self.history.goals else None

    @property
    def winner(self) -> int | None:
        """Number of the best individual; None before the first success."""
        return self.ordered[0].individual.number if self.ordered else None

    @cached_property
    def line(self) -> tuple[int, ...]:
        """Numbers of the winner's line of primary parents, the founder first; empty before the first success."""
        if self.winner is None:
            return ()
        return tuple(one.number for one in line_of_descent(self.history.individuals, self.winner))

    @cached_property
    def evaluations_of(self) -> Mapping[int, tuple[Evaluation, ...]]:
        """The evaluations of each individual that ended, in order of completion."""
        found: dict[int, list[Evaluation]] = {}
        for evaluation in self.history.evaluations:
            found.setdefault(evaluation.individual.number, []).append(evaluation)
        return {number: tuple(own) for number, own in found.items()}

    @cached_property
    def children(self) -> Mapping[int, tuple[int, ...]]:
        """The children of each individual that has some, in order of birth; those that it gave genes as a mate too."""
        found: dict[int, list[int]] = {}
        for number, individual in sorted(self.history.individuals.items()):
            for parent in self.parents(number):
                if individual.number > parent:
                    found.setdefault(parent, []).append(number)
        return {number: tuple(own) for number, own in found.items()}

    def parents(self, number: int) -> tuple[int, ...]:
        """Return the parents of an individual inside the run, each once, the primary one first."""
        return tuple(
            dict.fromkeys(
                parent.number
                for parent in self.history.individuals[number].birth.parents
                if parent.number is not None and self.own(parent)
            )
        )

    def own(self, parent: Parent) -> bool:
        """Whether a parent is an individual of this run."""
        return parent.run in (None, self.history.run.id) and parent.number in self.history.individuals

    def telling(self, number: int) -> EvaluationResult | None:
        """Return the result that says most: its own completed one at its highest rung, else its last one."""
        own = self.evaluations_of.get(number, ())
        done = [one for one in own if one.result.completed]
        if done:
            return max(done, key=lambda one: (one.result.rung, -one.repeat)).result
        return own[-1].result if own else None

    def status(self, number: int) -> str:
        """Return how an individual fared: ``pending``, or the status of its telling result."""
        result = self.telling(number)
        return "pending" if result is None else result.status.value

    def alive(self, number: int) -> bool:
        """Whether an individual is in the population."""
        return number in self.history.lives and self.history.lives[number][1] is None

    def seconds(self) -> float:
        """Return the wall time of all sessions until now, s; the last one counts until now if it goes on."""
        sessions = self.history.sessions
        if not sessions or sessions[-1].ended_at is not None:
            return self.history.seconds
        return sum(one.seconds for one in sessions[:-1]) + max(
            sessions[-1].seconds, time.time() - sessions[-1].started_at
        )
