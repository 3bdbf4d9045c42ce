"""A member of the population: an evaluated individual with a DEAP fitness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from deap import base

from evonas.config.schema import Objective
from evonas.errors import EvaluationError, nearest
from evonas.genome import Genome
from evonas.records import EvaluationResult, Individual

__all__ = ["Member", "objective_values"]


@lru_cache(maxsize=64)
def _fitness_class(weights: tuple[float, ...]) -> type[Any]:
    """Return DEAP's Fitness for these weights (a class of its own, not one in ``deap.creator``'s globals)."""
    return type("Fitness", (base.Fitness,), {"weights": weights})


class Member:
    """An individual and the results that it is judged by. Immutable but for DEAP's crowding distance.

    Args:
        individual: who it is.
        result: its completed evaluation at the highest rung it reached.
        objectives: what is optimised.
        repeats: further completed evaluations at that rung, with other seeds.

    Attributes:
        individual: who it is.
        result: the newest of its evaluations at that rung.
        results: all of them, in the order they were told.
        fitness: DEAP fitness of the objectives, in their order; the mean over ``results``.
        standing: rung and weighted values: what was trained longer is compared first by its rung, because a figure
            after more training is not to be compared with one after less.
        squares: sum of the squared deviations of its results from their mean, in the first objective.
        rank: pair of negated Pareto front and crowding distance, more is better; set by NSGA-II only.
    """

    __slots__ = ("fitness", "individual", "rank", "result", "results", "squares", "standing")

    def __init__(
        self,
        individual: Individual,
        result: EvaluationResult,
        objectives: Sequence[Objective],
        repeats: Sequence[EvaluationResult] = (),
    ) -> None:
        self.individual = individual
        self.results = (result, *repeats)
        self.result = self.results[-1]
        values = objective_values(individual, result, objectives)
        self.squares = 0.0
        if repeats:
            every = [values, *(objective_values(individual, repeat, objectives) for repeat in repeats)]
            values = tuple(math.fsum(column) / len(every) for column in zip(*every, strict=True))
            self.squares = math.fsum((own[0] - values[0]) ** 2 for own in every)
        self.fitness = _fitness_class(tuple(objective.weight for objective in objectives))(values)
        self.standing: tuple[float, ...] = (result.rung, *self.fitness.wvalues)
        self.rank: tuple[float, float] = (0.0, 0.0)

    @property
    def number(self) -> int:
        """The individual's number."""
        return self.individual.number

    @property
    def genome(self) -> Genome:
        """The individual's genome."""
        return self.individual.genome

    @property
    def rung(self) -> int:
        """The highest rung at which it completed an evaluation."""
        return self.result.rung

    @property
    def values(self) -> tuple[float, ...]:
        """The objectives' values, as measured (not negated); means where the evaluation was repeated."""
        return tuple(self.fitness.values)

    @property
    def standard_error(self) -> float:
        """Standard error of the first objective's value, s / sqrt(n); NaN below two results."""
        count = len(self.results)
        return math.sqrt(self.squares / (count - 1) / count) if count > 1 else math.nan

    def with_result(self, result: EvaluationResult, objectives: Sequence[Objective]) -> Member:
        """Return the member after a further completed evaluation: a higher rung replaces, the same one is averaged.

        A result of a lower rung changes nothing.
        """
        if result.rung > self.rung:
            return Member(self.individual, result, objectives)
        if result.rung < self.rung:
            return self
        return Member(self.individual, self.results[0], objectives, (*self.results[1:], result))

    def __deepcopy__(self, memo: dict[int, Any]) -> Member:
        return self  # DEAP's hall of fame copies what it keeps; a member never changes

    def __repr__(self) -> str:
        return f"Member({self.number}, {self.values})"


def objective_values(
    individual: Individual, result: EvaluationResult, objectives: Sequence[Objective]
) -> tuple[float, ...]:
    """Return the value of each objective, from the result's metrics or the individual's costs.

    Raises:
        EvaluationError: if a completed result lacks an objective's metric.
    """
    known = {**individual.costs, **result.metrics}
    missing = [objective.metric for objective in objectives if objective.metric not in known]
    if missing:
        close = nearest(missing[0], known)
        raise EvaluationError(
            "the evaluator does not report a metric that is an objective",
            key=f"evolution.objectives: {missing[0]}",
            got=sorted(known),
            expected=f"a metric called {missing[0]!r}",
            hint=f"did you mean {close!r}?" if close else "name a metric that the evaluator returns",
        )
    return tuple(float(known[objective.metric]) for objective in objectives)
