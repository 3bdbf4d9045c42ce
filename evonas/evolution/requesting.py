"""The book of requests: made, under way, to be made again; and what they cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from evonas.evolution.agenda import Task
from evonas.evolution.randomness import evaluation_seed
from evonas.evolution.rungs import Ladder
from evonas.records import EvaluationRequest, EvaluationResult, Individual

__all__ = ["Requests"]


class Requests:
    """Every request of the run by number, and those without a final result.

    Args:
        seed: the run's seed.
        ladder: steps of the training budget.
        floor: gives what a training must reach to go on, for the epochs it has behind and before it.
    """

    def __init__(self, seed: int, ladder: Ladder, floor: Callable[[int, int], tuple[tuple[int, float], ...]]) -> None:
        self._seed = seed
        self._ladder = ladder
        self._floor = floor
        self._all: list[EvaluationRequest] = []
        self._under_way: dict[int, EvaluationRequest] = {}
        self._again: deque[EvaluationRequest] = deque()
        self.spent = 0.0
        """Full trainings asked for; an evaluation at a low rung is a part of one."""

    @property
    def all(self) -> Sequence[EvaluationRequest]:
        """All requests in the order they were made; the index is the number."""
        return self._all

    @property
    def pending(self) -> tuple[EvaluationRequest, ...]:
        """Those under way, and those that have to be run again."""
        return (*self._under_way.values(), *self._again)

    @property
    def busy(self) -> set[int]:
        """Individuals that are evaluated now, or again soon."""
        return {request.individual for request in self.pending}

    def first(self, individual: Individual) -> EvaluationRequest:
        """Return the request of a newborn."""
        number, epochs = len(self._all), self._ladder.epochs[0]
        return EvaluationRequest(
            number,
            individual.number,
            individual.genome,
            epochs,
            evaluation_seed(self._seed, number),
            fraction=self._ladder.fractions[0],
            floor=self._floor(0, epochs),
            pooling=self._ladder.pooling(0),
        )

    def further(self, task: Task) -> EvaluationRequest:
        """Return the request of a promotion, which goes on where the last rung ended, or of a repeat from scratch."""
        number, member, rung = len(self._all), task.member, task.rung
        trained = 0 if task.repeat else self._ladder.trained(rung)
        epochs = self._ladder.epochs[rung] - trained
        return EvaluationRequest(
            number,
            member.number,
            member.genome,
            epochs,
            evaluation_seed(self._seed, number) if task.repeat else member.result.seed,
            rung,
            resume_from=None if task.repeat else member.result.artifacts.get("weights"),
            trained=trained,
            fraction=self._ladder.fractions[rung],
            repeat=task.repeat,
            floor=() if task.repeat else self._floor(trained, epochs),
            pooling=self._ladder.pooling(rung),
        )

    def enter(self, request: EvaluationRequest) -> None:
        """Take note of a request that was made, now or before a resumption; it is under way.

        Raises:
            ValueError: if one before it is missing.
        """
        if request.number != len(self._all):
            raise ValueError(f"evaluation {len(self._all)} is missing before {request.number}")
        self._all.append(request)
        self.spent += self._ladder.cost(request.rung, afresh=request.repeat > 0)
        self._under_way[request.number] = request

    def answered_by(self, result: EvaluationResult) -> EvaluationRequest:
        """Return the request under way that a result answers.

        Raises:
            ValueError: if there is none.
        """
        request = self._under_way.get(result.number)
        if request is None or request.individual != result.individual:
            raise ValueError(f"evaluation {result.number} of individual {result.individual} is not under way")
        return request

    def close(self, request: EvaluationRequest) -> None:
        """Take note that a request has its final result."""
        del self._under_way[request.number]

    def again(self, requests: Iterable[EvaluationRequest]) -> None:
        """Take note that requests under way have to be run again."""
        for request in requests:
            del self._under_way[request.number]
            self._again.append(request)

    def next_again(self) -> EvaluationRequest | None:
        """Return a request that has to be run again, which is under way from now on; None if there is none."""
        if not self._again:
            return None
        request = self._again.popleft()
        self._under_way[request.number] = request
        return request
