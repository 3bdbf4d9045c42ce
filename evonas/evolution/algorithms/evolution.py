"""The genetic algorithm: a space-filling design, then children of a population."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evonas.evolution.algorithms.protocol import Setting
from evonas.evolution.algorithms.screening import Screening
from evonas.evolution.breeding import Breeder
from evonas.evolution.founders import latin_hypercube
from evonas.evolution.member import Member
from evonas.evolution.populations import (
    AgingPopulation,
    BestPopulation,
    GenerationPopulation,
    Population,
    pareto_population,
)
from evonas.evolution.randomness import design_generator
from evonas.evolution.renewal import Renewal
from evonas.genome import Genome
from evonas.records import EvaluationResult, EvaluationStatus, Individual

__all__ = ["Evolution"]

_FOUNDERS = 5  # where a surrogate learns from them: more would only put off what it finds
_SPREAD = 2  # of those, at least, are spread over the space, whatever it is usual to start from


class Evolution:
    """Seeds and founders first; then a child is born of the population whenever a device is free.

    Args:
        setting: the space, the population's size, the operators.

    Raises:
        ConfigError: if an operator does not exist.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._config = setting.config
        self._births = setting.births
        self._breeder = Breeder(setting.births, setting.config)
        self._screening = Screening(setting) if setting.search.surrogate and setting.space.unit_dimension else None
        plain = self._screening is None and setting.space.unit_dimension
        self._renewal = Renewal(setting.space, setting.config, setting.search.without) if plain else None
        self._design = self._founders()
        self.population = self._make_population()
        self._born = 0
        self._ended: set[int] = set()  # individuals whose first evaluation has
        self._unlearned: list[tuple[Individual, EvaluationResult, Member | None]] = []
        self._generation: list[Member] = []  # generational mode: evaluated, waiting for the others
        self._generation_end = len(setting.seeds) + len(self._design)  # evaluations that end the generation

    @property
    def exhausted(self) -> str | None:
        """Nothing but the space itself limits it."""
        return None

    @property
    def members(self) -> Sequence[Member]:
        """Those alive."""
        return self.population.members

    def birth(self, number: int) -> Individual | None:
        """See :meth:`Algorithm.birth`."""
        seeds = self._setting.seeds
        if self._config.mode == "generational" and self._born >= self._generation_end:
            return None
        if number < len(seeds):
            return self._births.seeded(number, seeds[number])
        if number - len(seeds) < len(self._design):
            return self._births.fresh(number, ("founder",), self._design[number - len(seeds)])
        if not self.population.members:
            return self._births.fresh(number, ("random",))
        if self._screening is not None:
            if self._screening.ready:
                return self._screening.birth(number, self.population.members)
            return self._births.fresh(number, ("random",))
        rng = self._births.generator(number)
        if self._renewal is not None and self._renewal.comes(self.population.members, rng):
            return self._births.fresh(number, ("random",), rng=rng)
        return self._breeder.offspring(number, self.population.members, self.population.parental, rng)

    def born(self, individual: Individual) -> None:
        """See :meth:`Algorithm.born`."""
        self._born += 1
        if self._screening is not None:
            self._screening.born(individual)

    def told(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """See :meth:`Algorithm.told`."""
        self._unlearned.append((individual, result, member))
        if self._renewal is not None:
            self._renewal.told(member)
        if self._config.mode == "steady":
            self._learn()
        if individual.number in self._ended:
            return self._told_again(individual, result, member)
        self._ended.add(individual.number)
        if self._config.mode == "steady":
            return _numbers(self.population.add([member]) if member is not None else [])
        if member is not None:
            self._generation.append(member)
        if len(self._ended) < self._generation_end:
            return ()
        # By number, so that the order in which evaluations happened to end does not matter.
        self._learn()
        leavers = self.population.add(sorted(self._generation, key=lambda one: one.number))
        self._generation = []
        self._generation_end += self._config.population
        return _numbers(leavers)

    def _learn(self) -> None:
        """Let the surrogate learn from what it was not told yet, by number."""
        if self._screening is not None:
            for individual, result, member in sorted(self._unlearned, key=lambda one: one[0].number):
                self._screening.told(individual, result, member)
        self._unlearned = []

    def reflect(self) -> bool:
        """See :meth:`Algorithm.reflect`; without a surrogate there is nothing to learn."""
        return self._screening is not None and self._screening.reflect()

    def prospects(self, members: Sequence[Member]) -> Sequence[float] | None:
        """See :meth:`Algorithm.prospects`; no opinion without a surrogate."""
        return None if self._screening is None else self._screening.prospects(members)

    def report(self) -> dict[str, Any]:
        """See :meth:`Algorithm.report`."""
        members = self.population.members
        if self._screening is not None:
            return self._screening.report(members)
        return self._renewal.report(members) if self._renewal is not None and members else {}

    def _told_again(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """Take in a further evaluation of someone who was a member already, at a higher rung or with another seed."""
        if member is not None:
            return _numbers(self.population.renew(member))
        if result.status is not EvaluationStatus.LOST and self.population.remove(individual.number):
            return (individual.number,)
        return ()

    def _founders(self) -> list[Genome]:
        count = self._config.founder_count
        usual = sum(seed.parent.is_starting_point for seed in self._setting.seeds)
        if self._config.mode == "generational" and self._config.founders is None:
            count = max(1, self._config.population - len(self._setting.seeds))
        elif self._screening is not None and self._config.founders is None:
            count = max(_SPREAD, _FOUNDERS - usual)
        space = self._setting.space
        points = latin_hypercube(count, space.unit_dimension, design_generator(self._births.seed))
        if self._screening is not None and not usual:
            points[0] = 0.5  # the middle of all ranges: where whoever set them expects something decent
        return [space.from_unit(point) for point in points]

    def _make_population(self) -> Population:
        config = self._config
        if len(config.objectives) > 1:
            return pareto_population(config.population, len(config.objectives))
        if config.mode == "generational":
            return GenerationPopulation(config.population, config.elitism)
        if config.survival == "aging" or (config.survival == "auto" and self._screening is None):
            return AgingPopulation(config.population, config.elitism)
        return BestPopulation(config.population)


def _numbers(members: Sequence[Member]) -> tuple[int, ...]:
    return tuple(member.number for member in members)
