"""A member of the population: an evaluated individual with a DEAP fitness."""

from __future__ import annotations

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
    """An individual and the result that it is judged by. Immutable but for DEAP's crowding distance.

    Attributes:
        individual: who it is.
        result: its completed evaluation.
        fitness: DEAP fitness of the objectives, in their order.
        rank: pair of negated Pareto front and crowding distance, more is better; set by NSGA-II only.
    """

    __slots__ = ("fitness", "individual", "rank", "result")

    def __init__(self, individual: Individual, result: EvaluationResult, objectives: Sequence[Objective]) -> None:
        self.individual = individual
        self.result = result
        weights = tuple(objective.weight for objective in objectives)
        self.fitness = _fitness_class(weights)(objective_values(individual, result, objectives))
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
    def values(self) -> tuple[float, ...]:
        """The objectives' values, as measured (not negated)."""
        return tuple(self.fitness.values)

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
