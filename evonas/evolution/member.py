"""A member of the population: an evaluated individual with a DEAP fitness."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from evonas.config.schema import Objective
from evonas.errors import EvaluationError, nearest
from evonas.evolution.pareto import fitness_class
from evonas.frontier import Limits, violation
from evonas.genome import Genome
from evonas.records import EvaluationResult, Individual

__all__ = ["Member", "objective_values"]

_NO_LIMITS: Limits = {}


class Member:
    """An individual and the results that it is judged by. Immutable but for DEAP's crowding distance.

    Args:
        individual: who it is.
        result: its completed evaluation at the highest rung it reached.
        objectives: what is optimised.
        repeats: further completed evaluations at that rung, with other seeds.
        allowed: least and greatest allowed value of each constrained metric.

    Attributes:
        individual: who it is.
        result: the newest of its evaluations at that rung.
        results: all of them, in the order they were told.
        fitness: DEAP fitness of the objectives, in their order, and of the constraints; the mean over ``results``. Who
            was trained to a higher rung dominates.
        standing: what is compared of it: rung, negated violation of the constraints, weighted values.
        squares: sum of the squared deviations of its results from their mean, in the first objective.
        rank: pair of negated Pareto front and crowding distance, more is better; set by NSGA-II only.
    """

    __slots__ = ("allowed", "fitness", "individual", "rank", "result", "results", "squares", "standing")

    def __init__(
        self,
        individual: Individual,
        result: EvaluationResult,
        objectives: Sequence[Objective],
        repeats: Sequence[EvaluationResult] = (),
        allowed: Limits = _NO_LIMITS,
    ) -> None:
        self.individual = individual
        self.allowed = allowed
        self.results = (result, *repeats)
        self.result = self.results[-1]
        values = objective_values(individual, result, objectives)
        self.squares = 0.0
        if repeats:
            every = [values, *(objective_values(individual, repeat, objectives) for repeat in repeats)]
            values = tuple(math.fsum(column) / len(every) for column in zip(*every, strict=True))
            self.squares = math.fsum((own[0] - values[0]) ** 2 for own in every)
        broken = violation(_means(individual, self.results, allowed), allowed) if allowed else 0.0
        self.fitness = fitness_class(tuple(objective.weight for objective in objectives))(values, broken, result.rung)
        self.standing: tuple[float, ...] = self.fitness.key
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
    def violation(self) -> float:
        """How much its mean figures break the constraints, see :func:`evonas.frontier.violation`; 0 if they do not."""
        return float(self.fitness.violation)

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
            return Member(self.individual, result, objectives, allowed=self.allowed)
        if result.rung < self.rung:
            return self
        return Member(self.individual, self.results[0], objectives, (*self.results[1:], result), self.allowed)

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
    names = [objective.metric for objective in objectives]
    figures = _figures(individual, result, names, "evolution.objectives", "an objective")
    return tuple(figures[name] for name in names)


def _means(individual: Individual, results: Sequence[EvaluationResult], allowed: Limits) -> dict[str, float]:
    """Return the mean of each constrained metric over the results."""
    rows = [_figures(individual, one, [*allowed], "evolution.constraints", "constrained") for one in results]
    return {name: math.fsum(row[name] for row in rows) / len(rows) for name in allowed}


def _figures(
    individual: Individual, result: EvaluationResult, names: Sequence[str], key: str, what: str
) -> Mapping[str, float]:
    known = {**individual.costs, **result.metrics}
    missing = [name for name in names if name not in known]
    if missing:
        close = nearest(missing[0], known)
        raise EvaluationError(
            f"the evaluator does not report a metric that is {what}",
            key=f"{key}: {missing[0]}",
            got=sorted(known),
            expected=f"a metric called {missing[0]!r}",
            hint=f"did you mean {close!r}?" if close else "name a metric that the evaluator returns",
        )
    return {name: float(known[name]) for name in names}
