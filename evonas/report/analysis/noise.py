"""Noise: what the same network reached with other seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from evonas.report.history import Evaluation, Goal, comparable

__all__ = ["Repeated", "pooled_deviation", "repeated"]


@dataclass(frozen=True)
class Repeated:
    """An individual that was trained several times in full.

    Attributes:
        individual: its number.
        values: of its trainings, its own one first.
    """

    individual: int
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the trainings."""
        return statistics.fmean(self.values)

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return statistics.stdev(self.values) / math.sqrt(len(self.values))


def repeated(evaluations: Sequence[Evaluation], goal: Goal) -> list[Repeated]:
    """Return the individuals that were trained more than once at the highest rung, the best mean first."""
    rung = max((one.result.rung for one in comparable(evaluations)), default=0)
    values: dict[int, list[tuple[int, float]]] = {}
    for one in evaluations:
        value = goal.value(one.individual, one.result)
        if value is not None and one.result.rung == rung:
            values.setdefault(one.individual.number, []).append((one.repeat, value))
    found = [Repeated(who, tuple(value for _, value in sorted(own))) for who, own in values.items() if len(own) > 1]
    return sorted(found, key=lambda one: (goal.rank(one.mean), one.individual))


def pooled_deviation(found: Sequence[Repeated]) -> float:
    """Return the standard deviation of one training, over all individuals together; NaN where nothing was repeated."""
    freedom = sum(len(one.values) - 1 for one in found)
    squares = math.fsum((value - one.mean) ** 2 for one in found for value in one.values)
    return math.sqrt(squares / freedom) if freedom else math.nan
