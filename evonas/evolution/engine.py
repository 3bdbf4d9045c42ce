"""The search, as ask and tell.

1. ``ask()`` gives birth to an individual and returns the request to evaluate it; None when the budget is spent or,
   in generational mode, when the generation's last evaluations are under way.
2. Evaluate the request, anywhere, for as long as it takes.
3. ``tell(result)`` makes it a member of the population, and may end the search.

The engine never waits, never evaluates, touches no device and no file. What it knows follows from the births and the
results it was told in order, so a run is resumed by replaying its lineage (:meth:`Engine.replay`).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from deap import tools

from evonas.config.schema import EvolutionConfig
from evonas.errors import EvaluationError
from evonas.evolution.breeding import Breeder, SeedGenome
from evonas.evolution.founders import latin_hypercube
from evonas.evolution.limits import Appraise, Appraiser
from evonas.evolution.member import Member
from evonas.evolution.populations import (
    AgingPopulation,
    BestPopulation,
    GenerationPopulation,
    ParetoPopulation,
    Population,
    pareto_front,
)
from evonas.evolution.randomness import design_generator, evaluation_seed
from evonas.evolution.state import read_history, read_question, write_state
from evonas.evolution.stops import Progress, budget, stop_reason
from evonas.genome import Genome
from evonas.records import (
    FINAL,
    EvaluationRequest,
    EvaluationResult,
    EvaluationStatus,
    Individual,
)
from evonas.space import Space

__all__ = ["Engine"]


class Engine:
    """An evolutionary search over a space.

    Args:
        space: the set of genomes.
        config: objectives, budget, population, operators, limits.
        seed: root of all random numbers; the same seed and the same results in the same order give the same births.
        seeds: genomes to start from, before the founders.
        appraise: exact costs of a genome before training; needed for limits, and for objectives such as ``parameters``.
        clock: seconds that only grow; for the wall-time stop.
        elapsed: seconds that earlier sessions of the run took, s.

    Raises:
        SpaceError: if the space holds no genome that may be trained.
        ConfigError: if an operator or a limit does not exist.
    """

    def __init__(
        self,
        space: Space,
        config: EvolutionConfig,
        seed: int = 0,
        *,
        seeds: Sequence[SeedGenome | Genome] = (),
        appraise: Appraise | None = None,
        clock: Callable[[], float] = time.monotonic,
        elapsed: float = 0.0,
    ) -> None:
        self.space = space
        self.config = config
        self.seed = seed
        self._clock = clock
        self._started_at: float | None = None
        self._elapsed_before = elapsed
        self._seeds = [seed if isinstance(seed, SeedGenome) else SeedGenome(seed) for seed in seeds]
        self._design = self._founders()
        self._individuals: list[Individual] = []
        self._results: list[EvaluationResult] = []
        self._pending: dict[int, EvaluationRequest] = {}
        self._again: deque[EvaluationRequest] = deque()
        self._size = space.size()  # of the space; infinite where a gene is a real number
        self._known: dict[str, int] = {}  # genome id -> evaluations that were or are being run on it
        self._epochs = 0
        self._last_improvement = 0
        self._generation: list[Member] = []  # generational mode: evaluated, waiting for the others
        self._generation_end = len(self._seeds) + len(self._design)  # evaluations that end the generation
        appraiser = Appraiser(appraise, config.limits, repair=config.over_limit == "repair")
        self._breeder = Breeder(space, config, seed, appraiser, self._known.__contains__)
        self.population = self._make_population()
        self._archive = tools.ParetoFront(similar=_same) if self.multi_objective else tools.HallOfFame(1, similar=_same)

    # -- ask and tell

    def ask(self) -> EvaluationRequest | None:
        """Return the next evaluation to run, or None.

        None means that the search is over (``finished`` is true), that its budget is used up by evaluations under way,
        or, in generational mode, that the next generation cannot be bred before they end.
        """
        if self._started_at is None:
            self._started_at = self._clock()
        if self._again:
            request = self._again.popleft()
            self._pending[request.number] = request
            return request
        if self.stop_reason is not None or self._waits_for_generation():
            return None
        number = len(self._individuals)
        individual = self._birth(number)
        request = self._request(individual)
        self._enter(individual)
        self._pending[request.number] = request
        return request

    def tell(self, result: EvaluationResult) -> tuple[int, ...]:
        """Take a result in.

        Args:
            result: of a request that is under way. A cancelled one is asked for again.

        Returns:
            Numbers of the individuals that left the population.

        Raises:
            ValueError: if the evaluation is not under way.
            EvaluationError: if a completed result lacks an objective's metric.
        """
        request = self._pending.get(result.number)
        if request is None or request.individual != result.individual:
            raise ValueError(f"evaluation {result.number} of individual {result.individual} is not under way")
        individual = self._individuals[result.individual]
        if result.status not in FINAL:
            del self._pending[result.number]
            self._again.append(request)
            return ()
        left = self._learn(individual, result)
        del self._pending[result.number]
        return left

    @property
    def stop_reason(self) -> str | None:
        """Why no further evaluation is started; None while the search goes on."""
        if len(self._known) >= self._size:
            return f"all {self._size} genomes of the space are evaluated"
        return stop_reason(self.config, self.progress)

    @property
    def finished(self) -> bool:
        """Whether the search is over: nothing is under way and nothing more will be asked for."""
        return not self._pending and not self._again and self.stop_reason is not None

    @property
    def pending(self) -> tuple[EvaluationRequest, ...]:
        """Requests under way, and those that have to be run again."""
        return (*self._pending.values(), *self._again)

    @property
    def progress(self) -> Progress:
        """How far the search is."""
        ended = len(self._results)
        return Progress(
            started=len(self._individuals),
            ended=ended,
            epochs=self._epochs,
            elapsed=self.elapsed,
            since_improvement=ended - self._last_improvement,
            best=self._archive[0].values[0] if self._archive else None,
        )

    @property
    def budget(self) -> int | None:
        """Evaluations after which the search ends; None where other stops end it."""
        return budget(self.config)

    @property
    def elapsed(self) -> float:
        """Wall time since the first request, s, earlier sessions included."""
        here = 0.0 if self._started_at is None else self._clock() - self._started_at
        return self._elapsed_before + here

    # -- what was found

    @property
    def multi_objective(self) -> bool:
        """Whether there are several objectives."""
        return len(self.config.objectives) > 1

    @property
    def individuals(self) -> Sequence[Individual]:
        """All individuals in order of birth; the index is the number."""
        return self._individuals

    @property
    def results(self) -> Sequence[EvaluationResult]:
        """All results in the order they were told."""
        return self._results

    def history(self) -> Iterator[tuple[EvaluationRequest, EvaluationResult]]:
        """Yield each result with the request it answers, in the order they were told."""
        epochs = self.config.epochs
        for result in self._results:
            genome = self._individuals[result.individual].genome
            yield EvaluationRequest(result.number, result.individual, genome, epochs, result.seed), result

    @property
    def has_best(self) -> bool:
        """Whether any evaluation completed."""
        return bool(self._archive)

    def best(self) -> Member:
        """Return the best individual with its result; with several objectives, the best in the first one.

        Raises:
            EvaluationError: if no evaluation has completed.
        """
        if not self._archive:
            raise EvaluationError(
                "there is no best individual: no evaluation has completed", hint="look at the failures of the run"
            )
        best: Member = max(self._archive, key=lambda member: member.fitness.wvalues)
        return best

    def pareto(self) -> list[Member]:
        """Return all that no other dominates, in order of birth; with one objective, the best alone."""
        return sorted(pareto_front(list(self._archive)), key=lambda member: member.number)

    def statistics(self) -> dict[str, dict[str, float]]:
        """Return mean, deviation, least and greatest value of each objective over the population."""
        statistics = tools.MultiStatistics(
            {
                objective.metric: tools.Statistics(lambda member, place=place: member.values[place])
                for place, objective in enumerate(self.config.objectives)
            }
        )
        for name, function in _MOMENTS.items():
            statistics.register(name, function)
        compiled: dict[str, dict[str, float]] = statistics.compile(self.population.members)
        return compiled

    # -- state

    def state(self) -> dict[str, Any]:
        """Return everything as plain JSON values, for :meth:`from_state`."""
        return write_state(
            self.space, self.config, self.seed, self.elapsed, self._seeds, self._individuals, self._results
        )

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *, appraise: Appraise | None = None) -> Engine:
        """Return an engine that goes on where :meth:`state` was taken; what was under way is asked for again.

        Raises:
            ValueError: if the state is of another version.
        """
        engine = cls(**read_question(state), appraise=appraise)
        engine.replay(*read_history(state))
        return engine

    def replay(self, individuals: Iterable[Individual], results: Iterable[EvaluationResult]) -> dict[int, int]:
        """Live through what happened before: births by number, then results in the order they were told.

        Individuals without a final result are asked for again, with the seeds they had.

        Args:
            individuals: all that were born, numbers 0, 1, 2, ...
            results: final results in the order they were told.

        Returns:
            Each individual that left the population, with the number of results told when it did.
        """
        if self._individuals:
            raise ValueError("only a fresh engine can replay")
        for individual in individuals:
            self._breeder.adopt(individual)
            self._enter(individual)
        waiting = dict.fromkeys(range(len(self._individuals)))
        deaths: dict[int, int] = {}
        for result in results:
            if result.number not in waiting or result.individual != result.number:
                raise ValueError(f"evaluation {result.number} of individual {result.individual} was not under way")
            if result.status in FINAL:
                del waiting[result.number]
                leavers = self._learn(self._individuals[result.individual], result)
                deaths.update(dict.fromkeys(leavers, len(self._results)))
        # Requests are made for these alone: the seed of each would take half as long as all the rest of its replay.
        self._again.extend(self._request(self._individuals[number]) for number in waiting)
        return deaths

    # -- inside

    def _founders(self) -> list[Genome]:
        count = self.config.founder_count
        if self.config.mode == "generational" and self.config.founders is None:
            count = max(1, self.config.population - len(self._seeds))
        points = latin_hypercube(count, self.space.unit_dimension, design_generator(self.seed))
        return [self.space.from_unit(point) for point in points]

    def _make_population(self) -> Population:
        size, elites = self.config.population, self.config.elitism
        if self.multi_objective:
            return ParetoPopulation(size)
        if self.config.mode == "generational":
            return GenerationPopulation(size, elites)
        return AgingPopulation(size, elites) if self.config.survival == "aging" else BestPopulation(size)

    def _birth(self, number: int) -> Individual:
        if number < len(self._seeds):
            return self._breeder.seeded(number, self._seeds[number])
        if number - len(self._seeds) < len(self._design):
            return self._breeder.founder(number, self._design[number - len(self._seeds)])
        if not self.population.members:
            return self._breeder.immigrant(number)
        return self._breeder.offspring(number, self.population.members, self.population.parental)

    def _request(self, individual: Individual) -> EvaluationRequest:
        number = individual.number  # one evaluation an individual: they share their number
        return EvaluationRequest(
            number, number, individual.genome, self.config.epochs, evaluation_seed(self.seed, number)
        )

    def _enter(self, individual: Individual) -> None:
        if individual.number != len(self._individuals):
            raise ValueError(f"individual {len(self._individuals)} is missing before {individual.number}")
        self._individuals.append(individual)
        self._known[individual.genome.id] = self._known.get(individual.genome.id, 0) + 1

    def _learn(self, individual: Individual, result: EvaluationResult) -> tuple[int, ...]:
        """Take in a final result; nothing has changed where this raises."""
        member = Member(individual, result, self.config.objectives) if result.completed else None
        if result.status is EvaluationStatus.LOST:  # says nothing about the genome: it may be bred again
            self._forget(individual.genome.id)
        self._results.append(result)
        self._epochs += result.epochs
        if member is not None:
            self._improve(member)
        return self._admit(member)

    def _forget(self, genome_id: str) -> None:
        self._known[genome_id] -= 1
        if not self._known[genome_id]:
            del self._known[genome_id]

    def _improve(self, member: Member) -> None:
        if self.multi_objective:
            before = [id(one) for one in self._archive]
            self._archive.update([member])
            improved = before != [id(one) for one in self._archive]
        else:
            improved = not self._archive or member.fitness > self._archive[0].fitness
            self._archive.update([member])
        if improved:
            self._last_improvement = len(self._results)

    def _admit(self, member: Member | None) -> tuple[int, ...]:
        if self.config.mode == "steady":
            leavers = self.population.add([member]) if member is not None else []
            return tuple(leaver.number for leaver in leavers)
        if member is not None:
            self._generation.append(member)
        if len(self._results) < self._generation_end:
            return ()
        # By number, so that the order in which evaluations happened to end does not matter.
        leavers = self.population.add(sorted(self._generation, key=lambda one: one.number))
        self._generation = []
        self._generation_end += self.config.population
        return tuple(leaver.number for leaver in leavers)

    def _waits_for_generation(self) -> bool:
        return self.config.mode == "generational" and len(self._individuals) >= self._generation_end


_MOMENTS: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": lambda values: float(np.mean(values)),
    "std": lambda values: float(np.std(values)),
    "min": lambda values: float(np.min(values)),
    "max": lambda values: float(np.max(values)),
}


def _same(one: Member, other: Member) -> bool:
    """Whether two members hold the same genome (DEAP's archives keep one of them)."""
    return bool(one.genome == other.genome)
