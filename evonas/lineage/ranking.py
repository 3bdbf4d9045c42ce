"""Who is best: individuals ordered by one objective, or not dominated in several."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evonas.lineage.entries import StoredResult
from evonas.records import Individual

__all__ = ["Scored", "best_first", "knee", "non_dominated", "score", "score_constrained"]


@dataclass(frozen=True)
class Scored:
    """An individual with its objectives.

    Attributes:
        individual: the individual.
        result: its own training at that rung; the first of its repeats where that failed.
        values: one value an objective; the mean over its completed evaluations at the rung that counts.
        errors: the standard error of each value, s / sqrt(n); None where there is one measurement only, or a cost that
            is known without any.
        trainings: completed evaluations at that rung.
        violation: how much it breaks the run's constraints, see :func:`evonas.frontier.violation`; 0 if it keeps them.
    """

    individual: Individual
    result: StoredResult
    values: tuple[float, ...]
    errors: tuple[float | None, ...] = ()
    trainings: int = 1
    violation: float = 0.0

    @property
    def value(self) -> float:
        """The value of the first objective."""
        return self.values[0]

    @property
    def error(self) -> float | None:
        """The standard error of the first objective; None where it is unknown."""
        return self.errors[0] if self.errors else None


def score(
    individuals: Iterable[Individual],
    results: Iterable[StoredResult],
    metrics: Sequence[str],
    *,
    own_rungs: bool = False,
) -> list[Scored]:
    """Return the individuals that have all the metrics, by number.

    Only completed evaluations at the highest rung that the run has reached count: a figure after more training is not
    to be compared with one after less. A metric that the evaluator does not report is looked up in the costs.

    Args:
        individuals: who is scored.
        results: the run's final results.
        metrics: one an objective.
        own_rungs: judge each individual by the highest rung that it has reached itself: who was not promoted is there
            too, with the value of less training.
    """
    completed = [stored for stored in results if stored.result.completed]
    reached: dict[int, int] = {}
    for stored in completed:
        who, rung = stored.result.individual, stored.result.rung
        reached[who] = max(rung, reached.get(who, 0))
    highest = max(reached.values(), default=0)
    by_individual: dict[int, list[StoredResult]] = {}
    for stored in completed:
        who = stored.result.individual
        if stored.result.rung == (reached[who] if own_rungs else highest):
            by_individual.setdefault(who, []).append(stored)
    scored = [
        _scored(individual, by_individual[individual.number], metrics)
        for individual in individuals
        if individual.number in by_individual
    ]
    return [one for one in scored if one is not None]


def score_constrained(
    individuals: Iterable[Individual],
    results: Iterable[StoredResult],
    metrics: Sequence[str],
    allowed: Mapping[str, tuple[float | None, float | None]],
) -> list[Scored]:
    """As :func:`score`, and how much each individual breaks the run's constraints, by its mean figures.

    Args:
        individuals: who is scored.
        results: the run's final results.
        metrics: one an objective.
        allowed: least and greatest allowed value of each constrained metric; None where there is no such limit.
    """
    if not allowed:
        return score(individuals, results, metrics)
    from evonas.frontier import violation  # NumPy takes a while to import, and most runs have no constraints

    names = [*metrics, *(name for name in allowed if name not in metrics)]
    scored = []
    for one in score(individuals, results, names):
        figures = dict(zip(names, one.values, strict=True))
        own, errors = one.values[: len(metrics)], one.errors[: len(metrics)]
        scored.append(replace(one, values=own, errors=errors, violation=violation(figures, allowed)))
    return scored


def _scored(individual: Individual, own: Sequence[StoredResult], metrics: Sequence[str]) -> Scored | None:
    values: list[float] = []
    errors: list[float | None] = []
    for metric in metrics:
        measured = [stored.result.metrics[metric] for stored in own if metric in stored.result.metrics]
        if not measured and metric not in individual.costs:
            return None
        values.append(sum(measured) / len(measured) if measured else individual.costs[metric])
        errors.append(statistics.stdev(measured) / math.sqrt(len(measured)) if len(measured) > 1 else None)
    # The own training was asked for before its repeats.
    telling = min(own, key=lambda stored: (stored.repeat, stored.result.number))
    return Scored(individual, telling, tuple(values), tuple(errors), len(own))


def best_first(scored: Iterable[Scored], maximise: bool) -> list[Scored]:
    """Order by the first objective, the best first; of equals the older first.

    Those that break a constraint come after all that keep them, the one that breaks them least first.
    """
    sign = -1.0 if maximise else 1.0
    return sorted(scored, key=lambda one: (one.violation, sign * one.value, one.individual.number))


def non_dominated(scored: Iterable[Scored], maximise: Sequence[bool]) -> list[Scored]:
    """Return those that no other one beats in one objective and equals or beats in all others, best first.

    In lexicographic order a point can only be dominated by one before it, and then also by one of the front so far
    (Kung, Luccio & Preparata 1975, doi:10.1145/321906.321910). Only those that keep the constraints count; where nobody
    does, those that break them least.
    """

    def costs(one: Scored) -> tuple[float, ...]:
        return tuple(-value if more else value for value, more in zip(one.values, maximise, strict=True))

    everyone = list(scored)
    least = min((one.violation for one in everyone), default=0.0)
    front: list[tuple[tuple[float, ...], Scored]] = []
    for cost, one in sorted(
        ((costs(one), one) for one in everyone if one.violation == least),
        key=lambda pair: (pair[0], pair[1].individual.number),
    ):
        if least > 0 or not any(_dominates(other, cost) for other, _ in front):
            front.append((cost, one))
    return [one for _, one in front]


def knee(front: Sequence[Scored], everyone: Sequence[Scored], maximise: Sequence[bool]) -> Scored:
    """Return the individual of a front where giving up a little of one objective no longer buys much of another.

    See :func:`evonas.frontier.knee`; with one objective it is the best.

    Args:
        front: those that no other dominates, the best first; at least one.
        everyone: all that have a value; the scale is theirs where the front has no spread of its own.
        maximise: of each objective, whether more is better.
    """
    from evonas.frontier import Frame
    from evonas.frontier import knee as knee_of

    frame = Frame.of([one.values for one in everyone], maximise, [one.violation for one in everyone])
    return front[knee_of(frame.scaled([one.values for one in front]))]


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(left <= right for left, right in zip(one, other, strict=True))
