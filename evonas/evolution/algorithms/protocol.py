"""The contract of an algorithm: where new individuals come from. All else (training, lineage, resume) is shared.

The life of an algorithm::

    birth(n) -> the engine stores it -> born(individual n) -> ... -> told(individual, result, member) -> birth(m)

A resumed run makes the algorithm anew and lets it live through all ``born`` and ``told`` calls of before; so what it
knows must follow from these alone, and its random numbers from the run's seed and the number of the birth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.evolution.births import Births, PriorEvaluation, SeedGenome
from evonas.evolution.member import Member
from evonas.evolution.rungs import Ladder
from evonas.records import EvaluationResult, Individual
from evonas.space import Space

__all__ = ["Algorithm", "Setting"]


@dataclass(frozen=True)
class Setting:
    """What an algorithm is made with.

    Attributes:
        space: the set of genomes.
        config: objectives, budget, population, operators.
        search: the algorithm's own settings.
        births: makes individuals, and knows what was born.
        seeds: genomes to start from, before anything else.
        ladder: steps of the training budget.
        under_way: individuals whose first evaluation has not ended yet.
        outlook: what the training of an individual that was given up early would probably have come to in the first
            objective, more is better; None if it was not given up.
        training: whether an evaluation is a training, whose outcome depends on its seed.
        prior: what earlier runs measured.
        budget: full trainings that the run may spend; None where other stops end it.
    """

    space: Space
    config: EvolutionConfig
    search: SearchConfig
    births: Births
    seeds: Sequence[SeedGenome]
    ladder: Ladder
    under_way: Callable[[], Sequence[Individual]]
    outlook: Callable[[int], float | None]
    training: bool = False
    prior: Sequence[PriorEvaluation] = ()
    budget: int | None = None


class Algorithm(Protocol):
    """Where new individuals come from. `evonas.testing.algorithms.AlgorithmContract` is the suite of this contract."""

    @property
    def exhausted(self) -> str | None:
        """Why no further individual will ever be born, as a sentence; None while some may."""

    @property
    def members(self) -> Sequence[Member]:
        """The population: those that may become parents, or what the algorithm takes for it."""

    def birth(self, number: int) -> Individual | None:
        """Return individual ``number``; None while nothing can be born before results come in, or ever."""

    def born(self, individual: Individual) -> None:
        """Take note of a birth, in order of number: its own one, or one that is replayed."""

    def told(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """Learn how an evaluation ended.

        Args:
            individual: who was evaluated; at a higher rung or with a further seed it is told again.
            result: its final result.
            member: the individual with all its results at its highest rung; None if this evaluation failed.

        Returns:
            Numbers of the individuals that left the population.
        """

    def reflect(self) -> bool:
        """Learn a little ahead, while devices are busy; False when there is nothing to learn now.

        A call takes some ten milliseconds. Nothing but the time that later births take depends on whether it was made.
        """

    def prospects(self, members: Sequence[Member]) -> Sequence[float] | None:
        """Return what members at low rungs promise if they are trained in full; None for no opinion.

        Args:
            members: individuals that have completed a rung below the top.

        Returns:
            The expected gain over the best of each, divided by that of a newborn: 1 promises as much as a newborn.
            Infinite for one who is to be trained in full whatever its low rungs say.
        """

    def report(self) -> dict[str, Any]:
        """Return what there is to know about the algorithm's own state, as JSON values for the lineage."""
