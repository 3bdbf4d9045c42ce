"""Births: founders, seeds and offspring, each admitted only if it is new and may be trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from deap import base, tools

from evonas.config.schema import EvolutionConfig
from evonas.errors import ConfigError, SpaceError, nearest
from evonas.evolution.limits import Appraiser
from evonas.evolution.marks import MarkCounter, highest_mark
from evonas.evolution.member import Member
from evonas.evolution.operators import MUTATIONS, crossover
from evonas.evolution.randomness import birth_generator, deap_random, random_state_text
from evonas.genome import Genome, gene_diff
from evonas.records import Birth, Individual, Parent
from evonas.space import Space

__all__ = ["Breeder", "SeedGenome"]

_OFFSPRING_TRIES = 50
_RANDOM_TRIES = 200


@dataclass(frozen=True)
class SeedGenome:
    """A genome from outside the run that its population starts from.

    Attributes:
        genome: the genome; repaired into the space at its birth.
        parent: where it comes from: run and number, or the file it was read from.
    """

    genome: Genome
    parent: Parent = field(default_factory=lambda: Parent(number=None, role="seed"))


@dataclass(frozen=True)
class _Draft:
    """An offspring that is not born yet."""

    genome: Genome
    operators: tuple[str, ...]
    parents: tuple[Member, ...]


class Breeder:
    """Makes individuals. Its only state is the next free historical mark, which follows from the births.

    Args:
        space: where genomes live.
        config: operator weights and probabilities.
        seed: the run's seed.
        appraiser: says which genomes may be trained.
        is_known: says whether a genome was already evaluated or is being evaluated.
    """

    def __init__(
        self,
        space: Space,
        config: EvolutionConfig,
        seed: int,
        appraiser: Appraiser,
        is_known: Callable[[str], bool],
    ) -> None:
        self._space = space
        self._config = config
        self._seed = seed
        self._appraiser = appraiser
        self._is_known = is_known
        self._next_mark = 0
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

    def founder(self, number: int, genome: Genome) -> Individual:
        """Return a founder: the design's genome, or a random one where that must not be trained or is known."""
        rng = birth_generator(self._seed, number)
        return self._random(number, rng, ("founder",), first=genome)

    def immigrant(self, number: int) -> Individual:
        """Return a random individual, for a device that is free before there are parents."""
        return self._random(number, birth_generator(self._seed, number), ("random",))

    def seeded(self, number: int, seed: SeedGenome) -> Individual:
        """Return a seed, repaired into the space; what had to change is in its birth.

        Raises:
            SpaceError: if it must not be trained even after repair.
        """
        rng = birth_generator(self._seed, number)
        repaired = self._space.repair(seed.genome).genome
        admitted = self._appraiser.admit(self._space, repaired, rng)
        if admitted is None:
            raise SpaceError(
                f"a seed cannot be trained in this space: {self._appraiser.last_refusal}",
                key="seeds",
                got=seed.parent.source or seed.genome,
                hint="leave it out, widen the limits, or set `over_limit: repair`",
            )
        genome, costs = admitted
        changes = gene_diff(seed.genome, genome)
        birth = Birth(("seed",), (seed.parent,), changes, 0, random_state_text(self._seed, number))
        return self._born(Individual(number, genome, birth, costs))

    def offspring(self, number: int, members: Sequence[Member], parental: str) -> Individual:
        """Return a child of the members, new to the run wherever the space has room for one."""
        rng = birth_generator(self._seed, number)
        for attempt in range(1, _OFFSPRING_TRIES + 1):
            draft = self._vary(members, parental, rng)
            if draft is None or self._is_known(draft.genome.id):
                continue
            admitted = self._appraiser.admit(self._space, draft.genome, rng)
            if admitted is not None and not self._is_known(admitted[0].id):
                return self._child(number, draft, *admitted, attempt)
        return self._random(number, rng, ("random",), tried=_OFFSPRING_TRIES)

    def adopt(self, individual: Individual) -> None:
        """Take note of a birth that happened before (replay)."""
        self._born(individual)

    def _vary(self, members: Sequence[Member], parental: str, rng: np.random.Generator) -> _Draft | None:
        marks = MarkCounter(self._next_mark)
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

    def _child(self, number: int, draft: _Draft, genome: Genome, costs: dict[str, float], attempt: int) -> Individual:
        operators = draft.operators if genome is draft.genome else (*draft.operators, "shrink")
        parents = tuple(
            Parent(parent.number, role="mate" if place else "primary") for place, parent in enumerate(draft.parents)
        )
        birth = Birth(
            operators,
            parents,
            gene_diff(draft.parents[0].genome, genome),
            1 + max(parent.individual.birth.generation for parent in draft.parents),
            random_state_text(self._seed, number),
            attempt,
        )
        return self._born(Individual(number, genome, birth, costs))

    def _random(
        self,
        number: int,
        rng: np.random.Generator,
        operators: tuple[str, ...],
        first: Genome | None = None,
        tried: int = 0,
    ) -> Individual:
        """Return ``first`` or a random genome; a known one only where 200 tries found nothing new."""
        fallback: tuple[Genome, dict[str, float]] | None = None
        for attempt in range(1, _RANDOM_TRIES + 1):
            genome = first if first is not None and attempt == 1 else self._space.sample(rng)
            admitted = self._appraiser.admit(self._space, genome, rng)
            if admitted is None:
                continue
            fallback = fallback or admitted
            if not self._is_known(admitted[0].id):
                return self._founded(number, *admitted, operators, tried + attempt)
        if fallback is None:
            raise SpaceError(
                f"none of {_RANDOM_TRIES} random genomes of the space may be trained: {self._appraiser.last_refusal}",
                key="space",
                hint="widen the limits, or narrow the space to networks that fit the data",
            )
        return self._founded(number, *fallback, operators, tried + _RANDOM_TRIES)

    def _founded(
        self, number: int, genome: Genome, costs: dict[str, float], operators: tuple[str, ...], attempts: int
    ) -> Individual:
        birth = Birth(operators, random_state=random_state_text(self._seed, number), attempts=attempts)
        return self._born(Individual(number, genome, birth, costs))

    def _born(self, individual: Individual) -> Individual:
        self._next_mark = max(self._next_mark, highest_mark(individual.genome.marks) + 1)
        return individual
