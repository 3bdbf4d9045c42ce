"""Births: what every algorithm needs to bring an individual into the run, new and within the limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evonas.errors import SpaceError
from evonas.evolution.limits import Appraiser
from evonas.evolution.marks import highest_mark
from evonas.evolution.randomness import birth_generator, random_state_text
from evonas.genome import Genome, gene_diff
from evonas.records import Birth, Individual, Parent
from evonas.space import Space

__all__ = ["Births", "PriorEvaluation", "SeedGenome"]

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
class PriorEvaluation:
    """What an earlier run measured of a genome, for a surrogate to start from.

    Attributes:
        genome: the genome, repaired into this run's space.
        values: the earlier run's value of each of this run's objectives, as measured at its highest rung.
        run: id of the earlier run; values of different runs are not to be compared with each other.
    """

    genome: Genome
    values: tuple[float, ...]
    run: str


class Births:
    """Makes individuals of genomes. Its only state is the next free historical mark, which follows from the births.

    Args:
        space: where genomes live.
        seed: the run's seed.
        appraiser: says which genomes may be trained.
        is_known: says whether a genome, by its id, was already evaluated or is being evaluated.
    """

    def __init__(self, space: Space, seed: int, appraiser: Appraiser, is_known: Callable[[str], bool]) -> None:
        self.space = space
        self.seed = seed
        self.is_known = is_known
        self._appraiser = appraiser
        self._next_mark = 0

    @property
    def next_mark(self) -> int:
        """The first historical mark that no genome of the run carries yet."""
        return self._next_mark

    def generator(self, number: int) -> np.random.Generator:
        """Return the generator of the birth of an individual, made anew from the run's seed."""
        return birth_generator(self.seed, number)

    def note(self, individual: Individual) -> None:
        """Take note of a birth, one of this session or one that is replayed."""
        self._next_mark = max(self._next_mark, highest_mark(individual.genome.marks) + 1)

    @property
    def knows_costs(self) -> bool:
        """Whether anything is known of genomes before training."""
        return self._appraiser.knows_costs

    def costs(self, genome: Genome) -> dict[str, float]:
        """Return what is known of a genome before training; nothing where it cannot be built."""
        return self._appraiser.costs(genome)

    def admit(self, genome: Genome, rng: np.random.Generator) -> tuple[Genome, dict[str, float]] | None:
        """Return the genome, shrunk to the limits if needed and allowed, with its costs; None if it must not be."""
        return self._appraiser.admit(self.space, genome, rng)

    def seeded(self, number: int, seed: SeedGenome) -> Individual:
        """Return a seed, repaired into the space; what had to change is in its birth.

        A starting point of the family, which nobody asked for, gives way to a random founder if it must not be trained.

        Raises:
            SpaceError: if it must not be trained even after repair.
        """
        rng = self.generator(number)
        repaired = self.space.repair(seed.genome).genome
        admitted = self.admit(repaired, rng)
        if admitted is None and seed.parent.is_starting_point:
            return self.fresh(number, ("founder",), rng=rng)
        if admitted is None:
            raise SpaceError(
                f"a seed cannot be trained in this space: {self._appraiser.last_refusal}",
                key="seeds",
                got=seed.parent.source or seed.genome,
                hint="leave it out, widen the limits, or set `over_limit: repair`",
            )
        genome, costs = admitted
        changes = gene_diff(seed.genome, genome)
        birth = Birth(("seed",), (seed.parent,), changes, 0, random_state_text(self.seed, number))
        return Individual(number, genome, birth, costs)

    def child(
        self,
        number: int,
        genome: Genome,
        operators: Sequence[str],
        parents: Sequence[Individual],
        rng: np.random.Generator,
        *,
        attempts: int = 1,
        forecast: Mapping[str, float] | None = None,
    ) -> Individual | None:
        """Return a child, or None if it is known already or must not be trained.

        Args:
            number: the child's number.
            genome: its genome, as the operators left it.
            operators: their names, in order.
            parents: the primary parent first; none for a genome that an algorithm made from nothing.
            rng: source of randomness for shrinking it to the limits.
            attempts: offspring bred for this birth so far.
            forecast: what a surrogate said of it.
        """
        if self.is_known(genome.id):
            return None
        admitted = self.admit(genome, rng)
        if admitted is None or self.is_known(admitted[0].id):
            return None
        allowed, costs = admitted
        birth = Birth(
            tuple(operators) if allowed is genome else (*operators, "shrink"),
            tuple(Parent(parent.number, role="mate" if place else "primary") for place, parent in enumerate(parents)),
            gene_diff(parents[0].genome, allowed) if parents else (),
            1 + max((parent.birth.generation for parent in parents), default=-1),
            random_state_text(self.seed, number),
            attempts,
            forecast or {},
        )
        return Individual(number, allowed, birth, costs)

    def fresh(
        self,
        number: int,
        operators: tuple[str, ...],
        first: Genome | None = None,
        *,
        rng: np.random.Generator | None = None,
        tried: int = 0,
    ) -> Individual:
        """Return an individual without parents: ``first`` or a random one, a known one only where nothing new is found.

        Args:
            number: its number.
            operators: how its birth is called, such as ``("founder",)`` or ``("random",)``.
            first: the genome to try first; None for a random one.
            rng: source of randomness; None for the birth's own generator.
            tried: offspring bred in vain for this birth before.

        Raises:
            SpaceError: if none of 200 random genomes may be trained.
        """
        rng = self.generator(number) if rng is None else rng
        fallback: tuple[Genome, dict[str, float]] | None = None
        for attempt in range(1, _RANDOM_TRIES + 1):
            genome = first if first is not None and attempt == 1 else self.space.sample(rng)
            admitted = self.admit(genome, rng)
            if admitted is None:
                continue
            fallback = fallback or admitted
            if not self.is_known(admitted[0].id):
                return self._without_parents(number, *admitted, operators, tried + attempt)
        if fallback is None:
            raise SpaceError(
                f"none of {_RANDOM_TRIES} random genomes of the space may be trained: {self._appraiser.last_refusal}",
                key="space",
                hint="widen the limits, or narrow the space to networks that fit the data",
            )
        return self._without_parents(number, *fallback, operators, tried + _RANDOM_TRIES)

    def _without_parents(
        self, number: int, genome: Genome, costs: dict[str, float], operators: tuple[str, ...], attempts: int
    ) -> Individual:
        birth = Birth(operators, random_state=random_state_text(self.seed, number), attempts=attempts)
        return Individual(number, genome, birth, costs)
