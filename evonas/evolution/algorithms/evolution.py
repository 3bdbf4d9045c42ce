"""The genetic algorithm: a space-filling design, then children of a population."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evonas.evolution.algorithms.protocol import Setting
from evonas.evolution.breeding import Breeder
from evonas.evolution.founders import latin_hypercube
from evonas.evolution.member import Member
from evonas.evolution.populations import (
    AgingPopulation,
    BestPopulation,
    GenerationPopulation,
    ParetoPopulation,
    Population,
)
from evonas.evolution.randomness import design_generator
from evonas.genome import Genome
from evonas.records import EvaluationResult, EvaluationStatus, Individual

__all__ = ["Evolution"]


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
        self._design = self._founders()
        self._breeder = Breeder(setting.births, setting.config)
        self.population = self._make_population()
        self._born = 0
        self._ended = 0  # first evaluations
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
        return self._breeder.offspring(number, self.population.members, self.population.parental)

    def born(self, individual: Individual) -> None:
        """See :meth:`Algorithm.born`."""
        self._born += 1

    def told(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """See :meth:`Algorithm.told`."""
        if result.rung or (member is not None and len(member.results) > 1):
            return self._told_again(individual, result, member)
        self._ended += 1
        if self._config.mode == "steady":
            return _numbers(self.population.add([member]) if member is not None else [])
        if member is not None:
            self._generation.append(member)
        if self._ended < self._generation_end:
            return ()
        # By number, so that the order in which evaluations happened to end does not matter.
        leavers = self.population.add(sorted(self._generation, key=lambda one: one.number))
        self._generation = []
        self._generation_end += self._config.population
        return _numbers(leavers)

    def report(self) -> dict[str, Any]:
        """See :meth:`Algorithm.report`."""
        return {}

    def _told_again(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """Take in a further evaluation of someone who was a member already, at a higher rung or with another seed."""
        if member is not None:
            self.population.renew(member)
        elif result.status is not EvaluationStatus.LOST and self.population.remove(individual.number):
            return (individual.number,)
        return ()

    def _founders(self) -> list[Genome]:
        count = self._config.founder_count
        if self._config.mode == "generational" and self._config.founders is None:
            count = max(1, self._config.population - len(self._setting.seeds))
        space = self._setting.space
        points = latin_hypercube(count, space.unit_dimension, design_generator(self._births.seed))
        return [space.from_unit(point) for point in points]

    def _make_population(self) -> Population:
        config = self._config
        if len(config.objectives) > 1:
            return ParetoPopulation(config.population)
        if config.mode == "generational":
            return GenerationPopulation(config.population, config.elitism)
        if config.survival == "aging":
            return AgingPopulation(config.population, config.elitism)
        return BestPopulation(config.population)


def _numbers(members: Sequence[Member]) -> tuple[int, ...]:
    return tuple(member.number for member in members)
