"""Who is best: individuals ordered by one objective, or not dominated in several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evonas.lineage.entries import StoredResult
from evonas.records import Individual

__all__ = ["Scored", "best_first", "non_dominated", "score"]


@dataclass(frozen=True)
class Scored:
    """An individual with its objectives.

    Attributes:
        individual: the individual.
        result: its last completed result at the highest rung.
        values: one value an objective; the mean over its completed evaluations at that rung.
    """

    individual: Individual
    result: StoredResult
    values: tuple[float, ...]

    @property
    def value(self) -> float:
        """The value of the first objective."""
        return self.values[0]


def score(individuals: Iterable[Individual], results: Iterable[StoredResult], metrics: Sequence[str]) -> list[Scored]:
    """Return the individuals that have all the metrics, by number.

    Only completed evaluations at the highest rung that the run has reached count: a figure after more training is not
    to be compared with one after less. A metric that the evaluator does not report is looked up in the costs.
    """
    completed = [stored for stored in results if stored.result.completed]
    highest = max((stored.result.rung for stored in completed), default=0)
    by_individual: dict[int, list[StoredResult]] = {}
    for stored in completed:
        if stored.result.rung == highest:
            by_individual.setdefault(stored.result.individual, []).append(stored)
    scored = []
    for individual in individuals:
        own = by_individual.get(individual.number)
        if own is None:
            continue
        values = [_mean(individual, own, metric) for metric in metrics]
        known = tuple(value for value in values if value is not None)
        if len(known) == len(metrics):
            scored.append(Scored(individual, own[-1], known))
    return scored


def _mean(individual: Individual, results: Sequence[StoredResult], metric: str) -> float | None:
    values = [stored.result.metrics[metric] for stored in results if metric in stored.result.metrics]
    if values:
        return sum(values) / len(values)
    return individual.costs.get(metric)


def best_first(scored: Iterable[Scored], maximise: bool) -> list[Scored]:
    """Order by the first objective, the best first; of equals the older first."""
    sign = -1.0 if maximise else 1.0
    return sorted(scored, key=lambda one: (sign * one.value, one.individual.number))


def non_dominated(scored: Iterable[Scored], maximise: Sequence[bool]) -> list[Scored]:
    """Return those that no other one beats in one objective and equals or beats in all others, best first.

    In lexicographic order a point can only be dominated by one before it, and then also by one of the front so far
    (Kung, Luccio & Preparata 1975, doi:10.1145/321906.321910).
    """

    def costs(one: Scored) -> tuple[float, ...]:
        return tuple(-value if more else value for value, more in zip(one.values, maximise, strict=True))

    front: list[tuple[tuple[float, ...], Scored]] = []
    for cost, one in sorted(
        ((costs(one), one) for one in scored), key=lambda pair: (pair[0], pair[1].individual.number)
    ):
        if not any(_dominates(other, cost) for other, _ in front):
            front.append((cost, one))
    return [one for _, one in front]


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(left <= right for left, right in zip(one, other, strict=True))
