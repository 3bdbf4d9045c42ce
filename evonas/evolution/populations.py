"""Who is alive: populations that take a newcomer and say who leaves.

All keep evaluated members only. A failed individual never enters one, so it is never a parent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from operator import attrgetter
from typing import Protocol

from deap import tools

from evonas.evolution.member import Member
from evonas.evolution.pareto import reference_directions
from evonas.evolution.randomness import deap_numpy_random, survival_generator

__all__ = [
    "AgingPopulation",
    "BestPopulation",
    "GenerationPopulation",
    "ParetoPopulation",
    "Population",
    "ReferencePopulation",
    "pareto_front",
    "pareto_population",
]

_MANY = 4  # objectives, from which on crowding distances say little


class Population(Protocol):
    """Members of a bounded population."""

    parental: str
    """Attribute by which parents compete in a tournament: ``standing``, or ``rank`` of front and crowding."""

    @property
    def members(self) -> Sequence[Member]:
        """Those alive."""
        ...

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """Take the newcomers in; return those who leave, newcomers among them where they lose at once."""
        ...

    def renew(self, member: Member) -> list[Member]:
        """Put the newer state of a member in its place; return those who leave because of it.

        Where the worst leave, one that had left comes back if it is better now: at a low rung it could not compete.
        """
        ...

    def remove(self, number: int) -> bool:
        """Let a member leave that turned out to be a failure; return whether it was alive."""
        ...


class _Bounded:
    """What the populations share: a size, members, and the settling of a new set of them."""

    parental = "standing"

    def __init__(self, size: int) -> None:
        self._size = size
        self._members: list[Member] = []

    @property
    def members(self) -> Sequence[Member]:
        """Those alive."""
        return self._members

    def renew(self, member: Member) -> list[Member]:
        """See :meth:`Population.renew`."""
        self._members = [member if one.number == member.number else one for one in self._members]
        return []

    def remove(self, number: int) -> bool:
        """See :meth:`Population.remove`."""
        before = len(self._members)
        self._members = [member for member in self._members if member.number != number]
        return len(self._members) < before

    def _settle(self, survivors: list[Member], newcomers: Sequence[Member]) -> list[Member]:
        """Let the survivors live; return the others, elders first."""
        everyone = [*self._members, *newcomers]
        alive = {id(member) for member in survivors}
        self._members = survivors
        return [member for member in everyone if id(member) not in alive]


class AgingPopulation(_Bounded):
    """The oldest leaves, however good, but for a few elites (aging evolution, Real et al. 2019).

    Aging regularises the search: a genome that was lucky once has to prove itself through its children.

    Args:
        size: members alive at a time.
        elites: this many of the best never leave by age.
    """

    def __init__(self, size: int, elites: int) -> None:
        super().__init__(size)
        self._elites = min(elites, size - 1)

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


class _Elitist(_Bounded, ABC):
    """What the populations share in which the worst leave."""

    @abstractmethod
    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""

    def renew(self, member: Member) -> list[Member]:
        """See :meth:`Population.renew`."""
        super().renew(member)
        if any(one is member for one in self._members):
            self._rank(self._members)
            return []
        return [one for one in self.add([member]) if one is not member]

    def _rank(self, members: Sequence[Member]) -> list[list[Member]]:
        """Set the ranks of members, and return their Pareto fronts; one objective has none."""
        return [list(members)]


class BestPopulation(_Elitist):
    """The worst leave: (mu + lambda) selection.

    Args:
        size: members alive at a time.
    """

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""
        everyone = [*self._members, *newcomers]
        # Stable: of equals the elder stays.
        return self._settle(_best(everyone, min(self._size, len(everyone))), newcomers)


class GenerationPopulation(_Bounded):
    """Each generation replaces the one before, but for a few elites (the simple genetic algorithm with elitism).

    Args:
        size: members alive at a time.
        elites: this many of the best of the old generation stay.
    """

    def __init__(self, size: int, elites: int) -> None:
        super().__init__(size)
        self._elites = elites

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""
        elites = _best(self._members, min(self._elites, len(self._members)))
        room = max(0, self._size - len(elites))
        fresh = list(newcomers) if len(newcomers) <= room else _best(newcomers, room)
        # A generation in which too many failed is filled up with the best of the old one.
        taken = {id(member) for member in (*elites, *fresh)}
        rest = [member for member in _best(self._members, len(self._members)) if id(member) not in taken]
        return self._settle([*elites, *fresh, *rest[: room - len(fresh)]], newcomers)


class ParetoPopulation(_Elitist):
    """Several objectives: NSGA-II decides by Pareto front and crowding (Deb et al. 2002, doi:10.1109/4235.996017).

    Args:
        size: members alive at a time.
    """

    parental = "rank"

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""
        everyone = [*self._members, *newcomers]
        chosen: set[int] = set()
        for front in self._rank(everyone):
            room = self._size - len(chosen)
            chosen |= {id(member) for member in sorted(front, key=lambda member: -member.rank[1])[: max(0, room)]}
        return self._settle([member for member in everyone if id(member) in chosen], newcomers)

    def _rank(self, members: Sequence[Member]) -> list[list[Member]]:
        fronts = _fronts(members)
        for depth, front in enumerate(fronts):
            tools.emo.assignCrowdingDist(front)
            for member in front:
                member.rank = (-float(depth), float(member.fitness.crowding_dist))
        return fronts


class ReferencePopulation(_Elitist):
    """Four objectives or more: NSGA-III decides by Pareto front and reference directions.

    With that many objectives nearly nobody dominates anybody, and crowding distances say little; evenly spread
    directions keep the population spread instead (Deb & Jain 2014, doi:10.1109/TEVC.2013.2281535). Parents compete by
    their front alone, as there.

    Args:
        size: members alive at a time.
        objectives: how many there are.
    """

    parental = "rank"

    def __init__(self, size: int, objectives: int) -> None:
        super().__init__(size)
        self._choose = tools.selNSGA3WithMemory(reference_directions(objectives, size), nd="standard")

    def add(self, newcomers: Sequence[Member]) -> list[Member]:
        """See :meth:`Population.add`."""
        everyone = [*self._members, *newcomers]
        if not everyone:
            return []
        self._rank(everyone)
        with deap_numpy_random(survival_generator([member.number for member in newcomers])):
            chosen = {id(member) for member in self._choose(everyone, min(self._size, len(everyone)))}
        return self._settle([member for member in everyone if id(member) in chosen], newcomers)

    def _rank(self, members: Sequence[Member]) -> list[list[Member]]:
        fronts = _fronts(members)
        for depth, front in enumerate(fronts):
            for member in front:
                member.rank = (-float(depth), 0.0)
        return fronts


def pareto_population(size: int, objectives: int) -> Population:
    """Return a population for several objectives: of NSGA-II for two and three, of NSGA-III for more."""
    return ParetoPopulation(size) if objectives < _MANY else ReferencePopulation(size, objectives)


def pareto_front(members: Sequence[Member]) -> list[Member]:
    """Return the members that no other dominates, in their order."""
    if not members:
        return []
    front = tools.sortNondominated(members, len(members), first_front_only=True)[0]
    chosen = {id(member) for member in front}
    return [member for member in members if id(member) in chosen]


def _fronts(members: Sequence[Member]) -> list[list[Member]]:
    """Return all Pareto fronts, the best first; each is of one rung."""
    fronts: list[list[Member]] = tools.sortNondominated(members, len(members))
    return fronts


_standing = attrgetter("standing")


def _best(members: Sequence[Member], count: int) -> list[Member]:
    """Return the best members as ``deap.tools.selBest`` does, the best first, of equals the elder first.

    It compares the tuples that DEAP's Fitness would compare one method call at a time: 3 us instead of 15 for the best
    of 50.
    """
    if count == 1 and members:
        return [max(members, key=_standing)]
    return sorted(members, key=_standing, reverse=True)[:count]
