"""All that was found: every individual's results so far, the best one, the Pareto set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from deap import tools

from evonas.config.schema import Objective
from evonas.evolution.member import Member
from evonas.frontier import Limits
from evonas.records import EvaluationResult, Individual

__all__ = ["Archive", "best_first", "population_statistics"]


class Archive:
    """Every individual that completed an evaluation. Only those at the highest rung reached so far can be best.

    Args:
        objectives: what is optimised.
        allowed: least and greatest allowed value of each constrained metric.
    """

    def __init__(self, objectives: Sequence[Objective], allowed: Limits) -> None:
        self._objectives = objectives
        self._allowed = allowed
        self._members: dict[int, Member] = {}
        self._best: Member | None = None
        self._front = tools.ParetoFront(similar=_same)

    def get(self, number: int) -> Member | None:
        """Return an individual with its results; None if it completed none."""
        return self._members.get(number)

    @property
    def best(self) -> Member | None:
        """The best in the first objective, of equals the one told first; None before anything completed."""
        return self._best

    def front(self) -> list[Member]:
        """Return all that no other dominates, in order of birth; with one objective, the best alone."""
        if len(self._objectives) == 1:
            return [] if self._best is None else [self._best]
        return sorted(self._front, key=lambda member: member.number)

    def prepare(self, individual: Individual, result: EvaluationResult) -> Member:
        """Return what an individual would be with one more completed result; nothing has changed.

        Raises:
            EvaluationError: if the result lacks an objective's metric.
        """
        known = self._members.get(individual.number)
        if known is None:
            return Member(individual, result, self._objectives, allowed=self._allowed)
        return known.with_result(result, self._objectives)

    def add(self, member: Member) -> bool:
        """Take in an individual, or its newer state; return whether the best or the Pareto set improved."""
        before = self._members.get(member.number)
        self._members[member.number] = member
        improved = self._update_front(member, before) if len(self._objectives) > 1 else False
        return self._update_best(member, before) or improved

    def _update_best(self, member: Member, before: Member | None) -> bool:
        if self._best is None or member.standing > self._best.standing:
            self._best = member
            return True
        if before is self._best:  # a repeat has lowered the best one's mean
            self._best = max(self._members.values(), key=_standing)
        return False

    def _update_front(self, member: Member, before: Member | None) -> bool:
        known = [id(one) for one in self._front]
        if before is not None and id(before) in known:  # without it others may be on the front
            self._front.clear()
            self._front.update(self._members.values())
        else:
            self._front.update([member])  # dominates all at lower rungs
        return known != [id(one) for one in self._front]


def best_first(members: Iterable[Member]) -> list[Member]:
    """Order the members of one rung, the best first: by value, or by Pareto front and crowding distance."""
    everyone = list(members)
    if not everyone or len(everyone[0].values) == 1:
        return sorted(everyone, key=_standing, reverse=True)
    ordered: list[Member] = []
    for front in tools.sortNondominated(everyone, len(everyone)):
        tools.emo.assignCrowdingDist(front)
        ordered += sorted(front, key=lambda member: -member.fitness.crowding_dist)
    return ordered


def population_statistics(members: Sequence[Member], objectives: Sequence[Objective]) -> dict[str, dict[str, float]]:
    """Return mean, deviation, least and greatest value of each objective over the members."""
    statistics = tools.MultiStatistics(
        {
            objective.metric: tools.Statistics(lambda member, place=place: member.values[place])
            for place, objective in enumerate(objectives)
        }
    )
    for name, function in _MOMENTS.items():
        statistics.register(name, function)
    compiled: dict[str, dict[str, float]] = statistics.compile(members)
    return compiled


_MOMENTS: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": lambda values: float(np.mean(values)),
    "std": lambda values: float(np.std(values)),
    "min": lambda values: float(np.min(values)),
    "max": lambda values: float(np.max(values)),
}


def _standing(member: Member) -> tuple[float, ...]:
    return member.standing


def _same(one: Member, other: Member) -> bool:
    """Whether two members hold the same genome (DEAP's archives keep one of them)."""
    return bool(one.genome == other.genome)
