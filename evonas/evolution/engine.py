"""The search, as ask and tell.

1. ``ask()`` returns the request of an evaluation: of a newborn, of one that goes on to the next rung, or of one whose
   rank is in doubt. None when the budget is spent, or when nothing can be born before results come in.
2. Evaluate the request, anywhere, for as long as it takes.
3. ``tell(result)`` lets the algorithm learn from it, and may end the search.

The engine never waits, never evaluates, touches no device and no file. What it knows follows from the births, the
requests and the results it was told in order, so a run is resumed by replaying its lineage (:meth:`Engine.replay`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.errors import EvaluationError
from evonas.evolution.agenda import Agenda
from evonas.evolution.algorithms import ALGORITHMS, Setting
from evonas.evolution.archive import Archive, population_statistics
from evonas.evolution.births import Births, PriorEvaluation, SeedGenome
from evonas.evolution.hopeless import EarlyStops
from evonas.evolution.limits import Appraise, Appraiser
from evonas.evolution.member import Member
from evonas.evolution.requesting import Requests
from evonas.evolution.rungs import Ladder
from evonas.evolution.state import read_history, read_question, write_state
from evonas.evolution.stops import Progress, budget, closing, stop_reason
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
    """A search over a space.

    Args:
        space: the set of genomes.
        config: objectives, budget, population, operators, limits.
        seed: root of all random numbers; the same seed and the same results in the same order give the same births.
        search: the algorithm, and how the training budget is spread.
        seeds: genomes to start from, before the founders.
        prior: what earlier runs measured, for a surrogate to start from.
        appraise: exact costs of a genome before training; needed for limits, and for objectives such as ``parameters``.
        training: whether an evaluation is a training that depends on its seed and can go on from its weights; the
            `auto` of rungs and repeats counts on that.
        watch: column of the learning curves by which hopeless trainings are ended.
        clock: seconds that only grow; for the wall-time stop.
        elapsed: seconds that earlier sessions of the run took, s.

    Raises:
        SpaceError: if the space holds no genome that may be trained.
        ConfigError: if an operator or a limit does not exist, or the algorithm cannot have what is asked for.
    """

    def __init__(
        self,
        space: Space,
        config: EvolutionConfig,
        seed: int = 0,
        *,
        search: SearchConfig | None = None,
        seeds: Sequence[SeedGenome | Genome] = (),
        prior: Sequence[PriorEvaluation] = (),
        appraise: Appraise | None = None,
        training: bool = False,
        watch: str = "val_loss",
        clock: Callable[[], float] = time.monotonic,
        elapsed: float = 0.0,
    ) -> None:
        self.space = space
        self.config = config
        self.search = SearchConfig() if search is None else search
        self.seed = seed
        self.ladder = Ladder.choose(config, self.search, training=training)
        self._question = {"prior": prior, "training": training, "watch": watch}
        self._clock = clock
        self._started_at: float | None = None
        self._elapsed_before = elapsed
        self._seeds = [seed if isinstance(seed, SeedGenome) else SeedGenome(seed) for seed in seeds]
        self._individuals: list[Individual] = []
        self._results: list[EvaluationResult] = []
        self._size = space.size()  # of the space; infinite where a gene is a real number
        self._known: dict[str, int] = {}  # genome id -> individuals that carry it, the lost ones left out
        self._epochs = 0
        self._last_improvement = 0
        self._archive = Archive(config.objectives, config.allowed)
        self._hopeless = EarlyStops(config, self.search, self.ladder, self._archive, watch)
        self._requests = Requests(seed, self.ladder, self._hopeless.floor)
        appraiser = Appraiser(appraise, config.limits, repair=config.over_limit == "repair")
        self._births = Births(space, seed, appraiser, self._known.__contains__)
        self.algorithm = ALGORITHMS[self.search.algorithm](
            Setting(
                space=space,
                config=config,
                search=self.search,
                births=self._births,
                seeds=self._seeds,
                ladder=self.ladder,
                under_way=self._newborn,
                outlook=self._hopeless.outlook,
                training=training,
                prior=prior,
                budget=budget(config),
            )
        )
        self._agenda = Agenda(self.ladder, config, self.search, training=training, prospects=self.algorithm.prospects)

    # -- ask and tell

    def ask(self) -> EvaluationRequest | None:
        """Return the next evaluation to run, or None.

        None means that the search is over (``finished`` is true), that its budget is used up by evaluations under way,
        or that nothing can be born before they end.
        """
        if self._started_at is None:
            self._started_at = self._clock()
        again = self._requests.next_again()
        if again is not None:
            return again
        if self.stop_reason is not None:
            return None
        ends = closing(self.config, self.progress, self.ladder.full)
        task = self._agenda.next(self._requests.busy, closing=ends)
        if task is not None:
            request = self._requests.further(task)
        else:
            individual = self._birth()
            if individual is None:
                return None
            request = self._requests.first(individual)
            self._enter(individual)
        self._note(request)
        return request

    def reflect(self) -> bool:
        """Let the algorithm learn a little ahead, while all devices are busy; see :meth:`Algorithm.reflect`."""
        return self.algorithm.reflect()

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
        request = self._requests.answered_by(result)
        if result.status not in FINAL:
            self._requests.again([request])
            return ()
        left = self._learn(request, result)
        self._requests.close(request)
        return left

    @property
    def stop_reason(self) -> str | None:
        """Why nothing further is started; None while the search goes on."""
        if len(self._known) >= self._size and not self._agenda_open():
            return f"all {self._size} genomes of the space are evaluated"
        return stop_reason(self.config, self.progress) or self._exhausted()

    @property
    def finished(self) -> bool:
        """Whether the search is over: nothing is under way and nothing more will be asked for."""
        return not self._requests.pending and self.stop_reason is not None

    @property
    def pending(self) -> tuple[EvaluationRequest, ...]:
        """Requests under way, and those that have to be run again."""
        return self._requests.pending

    @property
    def progress(self) -> Progress:
        """How far the search is."""
        ended, best = len(self._results), self._archive.best
        return Progress(
            spent=self._requests.spent,
            ended=ended,
            epochs=self._epochs,
            elapsed=self.elapsed,
            since_improvement=ended - self._last_improvement,
            best=None if best is None or best.violation else best.values[0],
        )

    @property
    def budget(self) -> int | None:
        """Full trainings after which the search ends; None where other stops end it."""
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

    @property
    def requests(self) -> Sequence[EvaluationRequest]:
        """All requests in the order they were made; the index is the number."""
        return self._requests.all

    def history(self) -> Iterator[tuple[EvaluationRequest, EvaluationResult]]:
        """Yield each result with the request it answers, in the order they were told."""
        for result in self._results:
            yield self._requests.all[result.number], result

    @property
    def members(self) -> Sequence[Member]:
        """The population."""
        return self.algorithm.members

    @property
    def has_best(self) -> bool:
        """Whether any evaluation completed."""
        return self._archive.best is not None

    def best(self) -> Member:
        """Return the best individual with its results; with several objectives, the best in the first one.

        Only those at the highest rung reached so far are compared.

        Raises:
            EvaluationError: if no evaluation has completed.
        """
        if self._archive.best is None:
            raise EvaluationError(
                "there is no best individual: no evaluation has completed", hint="look at the failures of the run"
            )
        return self._archive.best

    def pareto(self) -> list[Member]:
        """Return all that no other dominates, in order of birth; with one objective, the best alone."""
        return self._archive.front()

    def member(self, number: int) -> Member | None:
        """Return an individual with its results at its highest rung; None if it completed none."""
        return self._archive.get(number)

    @property
    def noise(self) -> float:
        """Standard deviation of a single result in the first objective, from repeats; NaN where there are none."""
        return self._agenda.noise

    def promotable(self) -> set[int]:
        """Return the individuals whose weights are worth keeping, because they may go on to the next rung."""
        return self._agenda.may_go_on()

    def statistics(self) -> dict[str, dict[str, float]]:
        """Return mean, deviation, least and greatest value of each objective over the population."""
        return population_statistics(self.members, self.config.objectives)

    # -- state

    def state(self) -> dict[str, Any]:
        """Return everything as plain JSON values, for :meth:`from_state`."""
        return write_state(
            {
                "space": self.space,
                "config": self.config,
                "search": self.search,
                "seed": self.seed,
                "elapsed": self.elapsed,
                "seeds": self._seeds,
                **self._question,
            },
            self._individuals,
            self._requests.all,
            self._results,
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

    def replay(
        self,
        individuals: Iterable[Individual],
        requests: Iterable[EvaluationRequest],
        results: Iterable[EvaluationResult],
    ) -> dict[int, int]:
        """Live through what happened before: births and requests by number, then results in the order they were told.

        Evaluations without a final result are asked for again, with the seeds they had.

        Args:
            individuals: all that were born, numbers 0, 1, 2, ...
            requests: all evaluations asked for, numbers 0, 1, 2, ...
            results: final results in the order they were told.

        Returns:
            Each individual that left the population, with the number of results told when it did.
        """
        if self._individuals:
            raise ValueError("only a fresh engine can replay")
        for individual in individuals:
            self._enter(individual)
        for request in requests:
            self._note(request)
        deaths: dict[int, int] = {}
        for result in results:
            asked = self._requests.answered_by(result)
            if result.status in FINAL:
                leavers = self._learn(asked, result)
                self._requests.close(asked)
                deaths = dict.fromkeys(leavers, len(self._results)) | deaths  # of one that came back, the first counts
        self._requests.again(self._requests.pending)
        return deaths

    # -- inside

    def _birth(self) -> Individual | None:
        if len(self._known) >= self._size:
            return None
        return self.algorithm.birth(len(self._individuals))

    def _newborn(self) -> list[Individual]:
        """Return the individuals whose first evaluation is under way."""
        pending = self._requests.pending
        return [self._individuals[one.individual] for one in pending if not one.rung and not one.repeat]

    def _agenda_open(self) -> bool:
        """Whether someone may still go on to a higher rung, or be trained again."""
        return bool(self.ladder.top) and self._agenda.next(self._requests.busy) is not None

    def _exhausted(self) -> str | None:
        reason = self.algorithm.exhausted
        return None if reason is None or self._agenda_open() else reason

    def _enter(self, individual: Individual) -> None:
        if individual.number != len(self._individuals):
            raise ValueError(f"individual {len(self._individuals)} is missing before {individual.number}")
        self._individuals.append(individual)
        self._known[individual.genome.id] = self._known.get(individual.genome.id, 0) + 1
        self._births.note(individual)
        self.algorithm.born(individual)

    def _note(self, request: EvaluationRequest) -> None:
        self._requests.enter(request)
        self._agenda.asked(request)

    def _learn(self, request: EvaluationRequest, result: EvaluationResult) -> tuple[int, ...]:
        """Take in a final result; nothing has changed where this raises."""
        individual = self._individuals[request.individual]
        member = self._archive.prepare(individual, result) if result.completed else None
        if result.status is EvaluationStatus.LOST and self._archive.get(individual.number) is None:
            self._forget(individual.genome.id)  # it says nothing about the genome: it may be bred again
        self._results.append(result)
        self._epochs += result.epochs
        if member is not None and self._archive.add(member):
            self._last_improvement = len(self._results)
        self._hopeless.told(request, result, member)
        self._agenda.told(request, member)
        return self.algorithm.told(individual, result, member)

    def _forget(self, genome_id: str) -> None:
        self._known[genome_id] -= 1
        if not self._known[genome_id]:
            del self._known[genome_id]
