"""Who is alive: populations that take a newcomer and say who leaves.

All keep evaluated members only. A failed individual never enters one, so it is never a parent.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Protocol

from deap import tools

from evonas.evolution.member import Member

__all__ = [
    "AgingPopulation",
    "BestPopulation",
    "GenerationPopulation",
    "ParetoPopulation",
    "Population",
    "pareto_front",
]


class Population(Protocol):
    """Members of a bounded population."""

    parental: str
    """Attribute by which parents compete in a tournament: ``fitness``, or ``rank`` of front and crowding."""

    @property
    def members(self) -> Sequence[Member]:
        """Those alive."""
        ...

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """Take the newcomers in; return those who leave, newcomers among them where they lose at once."""
        ...


class AgingPopulation:
    """The oldest leaves, however good, but for a few elites (aging evolution, Real et al. 2019).

    Aging regularises the search: a genome that was lucky once has to prove itself through its children.

    Args:
        size: members alive at a time.
        elites: this many of the best never leave by age.
    """

    parental = "fitness"

    def __init__(self, size: int, elites: int) -> None:
        self._size = size
        self._elites = min(elites, size - 1)
        self._members: list[Member] = []

    @property
    def members(self) -> Sequence[Member]:
        """Those alive."""
        return self._members

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""
        leavers = []
        for newcomer in newcomers:
            self._members.append(newcomer)
            if len(self._members) > self._size:
                elite = {id(member) for member in _best(self._members, self._elites)}
                index = next(i for i, member in enumerate(self._members) if id(member) not in elite)
                leavers.append(self._members.pop(index))
        return leavers


class BestPopulation:
    """The worst leave: (mu + lambda) selection.

    Args:
        size: members alive at a time.
    """

    parental = "fitness"

    def __init__(self, size: int) -> None:
        self._size = size
        self._members: list[Member] = []

    @property
    def members(self) -> Sequence[Member]:
        """Those alive."""
        return self._members

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""
        everyone = [*self._members, *newcomers]
        # Stable: of equals the elder stays.
        self._members = _best(everyone, min(self._size, len(everyone)))
        alive = {id(member) for member in self._members}
        return [member for member in everyone if id(member) not in alive]


class GenerationPopulation:
    """Each generation replaces the one before, but for a few elites (the simple genetic algorithm with elitism).

    Args:
        size: members alive at a time.
        elites: this many of the best of the old generation stay.
    """

    parental = "fitness"

    def __init__(self, size: int, elites: int) -> None:
        self._size = size
        self._elites = elites
        self._members: list[Member] = []

    @property
    def members(self) -> Sequence[Member]:
        """Those alive."""
        return self._members

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""
        elites = _best(self._members, min(self._elites, len(self._members)))
        everyone = [*self._members, *newcomers]
        room = max(0, self._size - len(elites))
        fresh = list(newcomers) if len(newcomers) <= room else _best(newcomers, room)
        # A generation in which too many failed is filled up with the best of the old one.
        taken = {id(member) for member in (*elites, *fresh)}
        rest = [member for member in _best(self._members, len(self._members)) if id(member) not in taken]
        self._members = [*elites, *fresh, *rest[: self._size - len(elites) - len(fresh)]]
        alive = {id(member) for member in self._members}
        return [member for member in everyone if id(member) not in alive]


class ParetoPopulation:
    """Several objectives: NSGA-II decides by Pareto front and crowding (Deb et al. 2002, doi:10.1109/4235.996017).

    Args:
        size: members alive at a time.
    """

    parental = "rank"

    def __init__(self, size: int) -> None:
        self._size = size
        self._members: list[Member] = []

    @property
    def members(self) -> Sequence[Member]:
        """Those alive."""
        return self._members

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""
        everyone = [*self._members, *newcomers]
        fronts = tools.sortNondominated(everyone, len(everyone))
        survivors: list[Member] = []
        for depth, front in enumerate(fronts):
            tools.emo.assignCrowdingDist(front)
            for member in front:
                member.rank = (-float(depth), float(member.fitness.crowding_dist))
            room = self._size - len(survivors)
            if room > 0:
                survivors += sorted(front, key=lambda member: -member.rank[1])[:room]
        alive = {id(member) for member in survivors}
        self._members = [member for member in everyone if id(member) in alive]
        return [member for member in everyone if id(member) not in alive]


def pareto_front(members: Sequence[Member]) -> list[Member]:
    """Return the members that no other dominates, in their order."""
    if not members:
        return []
    front = tools.sortNondominated(members, len(members), first_front_only=True)[0]
    chosen = {id(member) for member in front}
    return [member for member in members if id(member) in chosen]


_weighted_values = attrgetter("fitness.wvalues")


def _best(members: Sequence[Member], count: int) -> list[Member]:
    """Return the best members as ``deap.tools.selBest`` does, the best first, of equals the elder first.

    It compares the tuples that DEAP's Fitness would compare one method call at a time: a run of 10,000 evaluations is
    replayed in half the time.
    """
    if count == 1 and members:
        return [max(members, key=_weighted_values)]
    return sorted(members, key=_weighted_values, reverse=True)[:count]
