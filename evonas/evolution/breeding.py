"""Breeding: parents are chosen, crossed and mutated until their child is new and may be trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from deap import base, tools

from evonas.config.schema import EvolutionConfig
from evonas.errors import ConfigError, nearest
from evonas.evolution.births import Births
from evonas.evolution.marks import MarkCounter
from evonas.evolution.member import Member
from evonas.evolution.operators import MUTATIONS, crossover
from evonas.evolution.randomness import deap_random
from evonas.genome import Genome
from evonas.records import Individual

__all__ = ["Breeder"]

_OFFSPRING_TRIES = 50


@dataclass(frozen=True)
class _Draft:
    """An offspring that is not born yet."""

    genome: Genome
    operators: tuple[str, ...]
    parents: tuple[Member, ...]


class Breeder:
    """Makes children of the members of a population. It has no state of its own.

    Args:
        births: where children are admitted.
        config: operator weights and probabilities.

    Raises:
        ConfigError: if an operator does not exist.
    """

    def __init__(self, births: Births, config: EvolutionConfig) -> None:
        self._births = births
        self._space = births.space
        self._config = config
        self._toolbox = self._registered(config)
        self._mutations = [name for name, weight in config.mutations.items() if weight > 0]
        self._weights = np.array([config.mutations[name] for name in self._mutations], dtype=float)

    @staticmethod
    def _registered(config: EvolutionConfig) -> base.Toolbox:
        """Return DEAP's toolbox with our operators and its selection."""
        toolbox = base.Toolbox()
        toolbox.register("select", tools.selTournament, k=1, tournsize=config.tournament)
        toolbox.register("mate", crossover)
        for name, weight in config.mutations.items():
            if name not in MUTATIONS:
                close = nearest(name, MUTATIONS)
                raise ConfigError(
                    "there is no such mutation operator",
                    key=f"evolution.mutations.{name}",
                    got=name,
                    expected=f"one of {', '.join(MUTATIONS)}",
                    hint=f"did you mean `{close}`?" if close else None,
                )
            if weight > 0:
                toolbox.register(name, MUTATIONS[name])
        return toolbox

    def offspring(self, number: int, members: Sequence[Member], parental: str, rng: np.random.Generator) -> Individual:
        """Return a child of the members, new to the run wherever the space has room for one.

        Args:
            number: the child's number.
            members: those that may be parents; one at least.
            parental: attribute by which they compete.
            rng: the birth's own generator.
        """
        for attempt in range(1, _OFFSPRING_TRIES + 1):
            draft = self._vary(members, parental, rng)
            if draft is None:
                continue
            parents = [parent.individual for parent in draft.parents]
            child = self._births.child(number, draft.genome, draft.operators, parents, rng, attempts=attempt)
            if child is not None:
                return child
        return self._births.fresh(number, ("random",), rng=rng, tried=_OFFSPRING_TRIES)

    def _vary(self, members: Sequence[Member], parental: str, rng: np.random.Generator) -> _Draft | None:
        marks = MarkCounter(self._births.next_mark)
        primary = self._select(members, parental, rng)
        genome, operators, parents = primary.genome, [], [primary]
        if len(members) > 1 and rng.random() < self._config.crossover:
            mate = self._select([member for member in members if member is not primary], parental, rng)
            if getattr(mate, parental) > getattr(primary, parental):  # the fitter parent gives the structure
                primary, mate = mate, primary
            genome = self._toolbox.mate(self._space, primary.genome, mate.genome, rng)
            operators, parents = ["crossover"], [primary, mate]
        if not operators or genome == primary.genome or rng.random() < self._config.mutation_after_crossover:
            mutated = self._mutate(genome, rng, marks)
            if mutated is not None:
                genome = mutated[0]
                operators.append(mutated[1])
        return _Draft(genome, tuple(operators), tuple(parents)) if operators else None

    def _mutate(self, genome: Genome, rng: np.random.Generator, marks: MarkCounter) -> tuple[Genome, str] | None:
        """Apply one operator, drawn by weight among those that apply."""
        if not self._mutations:
            return None
        # The order of draws without replacement by weight (Efraimidis & Spirakis 2006, doi:10.1016/j.ipl.2005.11.003).
        for index in np.argsort(rng.standard_exponential(len(self._mutations)) / self._weights):
            name = self._mutations[index]
            mutant: Genome | None = getattr(self._toolbox, name)(self._space, genome, rng, marks)
            if mutant is not None:
                return mutant, name
        return None

    def _select(self, members: Sequence[Member], parental: str, rng: np.random.Generator) -> Member:
        with deap_random(rng):
            chosen: Member = self._toolbox.select(members, fit_attr=parental)[0]
        return chosen
