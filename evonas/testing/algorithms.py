"""The contract of a search algorithm as a test suite: subclass it, name the algorithm, and pytest runs all of it.

::

    class TestMyAlgorithm(AlgorithmContract):
        algorithm = "mine"  # as in ALGORITHMS and in `search.algorithm`

The algorithm is run by the engine, as in a real run, with evaluations that end out of order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest

from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.errors import ConfigError, DependencyError
from evonas.evolution import Engine
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus
from evonas.space import Space
from evonas.testing.operators import SPACES
from evonas.testing.toy import toy_evaluate, toy_space

__all__ = ["AlgorithmContract", "Workers"]

Evaluate = Callable[[EvaluationRequest], EvaluationResult]

_WORKERS = 3
_SMALL: dict[str, Any] = {
    "depth": {"int": [1, 3]},
    "head": {"select": {"plain": {}, "wide": {"units": {"choice": [16, 32]}, "norm": "bool"}}},
}
"""15 genomes, most of them with conditional genes."""


@dataclass
class Workers:
    """A few workers whose evaluations end in another order than they began: the same one every time.

    Attributes:
        engine: whom they work for.
        evaluate: what they do.
        count: how many.
        busy: the requests under way.
        ended: evaluations that ended since the engine was new.
        patient: whether they take so long that the engine learns all there is to learn meanwhile.
    """

    engine: Engine
    evaluate: Evaluate
    count: int = _WORKERS
    busy: list[EvaluationRequest] = field(default_factory=list)
    ended: int = 0
    patient: bool = False

    def work(self, evaluations: int | None = None) -> None:
        """Go on until the search is over, or so many evaluations have ended in all."""
        while evaluations is None or self.ended < evaluations:
            while len(self.busy) < self.count and (request := self.engine.ask()) is not None:
                self.busy.append(request)
            if not self.busy:
                return
            while self.patient and self.engine.reflect():
                pass
            self.busy.sort(key=lambda request: request.number)
            request = self.busy.pop((7 * self.ended + 3) % len(self.busy))
            self.engine.tell(self.evaluate(request))
            self.ended += 1

    def resumed(self) -> Workers:
        """Return workers for an engine that was stored and read again; what was under way is evaluated again."""
        engine = Engine.from_state(json.loads(json.dumps(self.engine.state())))
        again = [engine.ask() for _ in self.busy]
        busy = [request for request in again if request is not None]
        return Workers(engine, self.evaluate, self.count, busy, self.ended)


def _smooth(space: Space) -> Evaluate:
    """Return an evaluator for any space: the nearer all genes are to 0.3 of their range, the better."""

    def evaluate(request: EvaluationRequest) -> EvaluationResult:
        genes = space.encode(request.genome)
        return request.result({"accuracy": 1.0 - float(np.mean((genes - 0.3) ** 2))})

    return evaluate


def _toy(request: EvaluationRequest) -> EvaluationResult:
    return request.result(toy_evaluate(request.genome, request.total_epochs))


class AlgorithmContract:
    """What every algorithm keeps to.

    Attributes:
        algorithm: its name.
        learns: whether it comes to better ones than by chance.
        several: whether it takes several objectives.
        budget: evaluations of one search in these tests; more than its random beginning has.
    """

    algorithm: ClassVar[str]
    learns: ClassVar[bool] = True
    several: ClassVar[bool] = True
    budget: ClassVar[int] = 40
    _known: ClassVar[dict[str, Engine]] = {}

    # -- births

    def test_births_are_new_members_of_the_space_numbered_in_order(self) -> None:
        """In spaces with every kind of gene."""
        for spec in SPACES[:2]:
            space = Space.from_dict(spec)
            engine = self.searched(space, _smooth(space))
            assert len(engine.results) == self.budget
            assert [one.number for one in engine.individuals] == list(range(len(engine.individuals)))
            assert [space.why_not(one.genome) for one in engine.individuals] == [None] * len(engine.individuals)
            assert len({one.genome.id for one in engine.individuals}) == len(engine.individuals)

    def test_every_birth_says_how_it_came_about(self) -> None:
        """Operators, a random state, parents that were born before."""
        for one in self.plain().individuals:
            assert one.birth.operators
            assert one.birth.random_state == f"5/{one.number}"
            assert one.birth.attempts >= 1
            assert all(parent.number is None or parent.number < one.number for parent in one.birth.parents)

    def test_seeds_come_first(self) -> None:
        """As they are, in their order."""
        space = toy_space()
        seeds = [space.sample(np.random.default_rng(place)) for place in range(4)]
        engine = self.searched(space, _toy, seeds=seeds)
        assert [one.genome for one in engine.individuals[:4]] == seeds
        assert {one.birth.operators for one in engine.individuals[:4]} == {("seed",)}
        assert len(engine.results) == self.budget

    def test_a_small_space_is_evaluated_once_and_for_all(self) -> None:
        """Every genome once; then the search ends with a sentence."""
        space = Space.from_dict(_SMALL)
        engine = self.searched(space, _smooth(space), evaluations=50)
        assert engine.finished
        assert len({one.genome.id for one in engine.individuals}) == len(engine.individuals) == space.size() == 15
        assert engine.stop_reason is not None
        assert " are evaluated" in engine.stop_reason

    def test_a_space_of_a_single_genome_or_gene_is_no_trouble(self) -> None:
        """One genome is evaluated once; a single real number is searched."""
        for spec, births in ((SPACES[2], 1), ({"rate": {"float": [0.0, 1.0]}}, self.budget)):
            space = Space.from_dict(spec)
            assert len(self.searched(space, lambda request: request.result({"accuracy": 0.5})).individuals) == births

    def test_limits_are_kept(self) -> None:
        """Whether a genome over a limit is shrunk or rejected."""
        space = toy_space()
        for over_limit in ("repair", "reject"):
            engine = self.searched(space, _toy, appraise=_costs, limits={"units": 250}, over_limit=over_limit)
            assert len(engine.results) == self.budget
            assert all(one.costs["units"] <= 250 for one in engine.individuals)
            assert all(one.costs == _costs(one.genome) for one in engine.individuals)

    # -- the same again

    def test_the_same_seed_gives_the_same_births(self) -> None:
        """And another seed gives others."""
        again, other = (_ids(self.searched(toy_space(), _toy, seed=seed)) for seed in (5, 6))
        assert again == _ids(self.plain())
        assert again != other

    def test_learning_ahead_changes_no_birth(self) -> None:
        """Whether there was time to learn while devices were busy, or none; and there is an end to it."""
        patient = self.workers(toy_space(), _troubled(_toy))
        patient.patient = True
        patient.work()
        assert _ids(patient.engine) == _ids(self.troubled())

    def test_a_resumed_search_goes_the_same_way(self) -> None:
        """Wherever it was stopped, with evaluations under way, failures and repeats behind it."""
        whole = self.workers(toy_space(), _troubled(_toy))
        stored = {}
        for stop in (0, 2, self.budget // 2, self.budget - 5):
            whole.work(stop)
            stored[stop] = whole.resumed()
        whole.work()
        assert _ids(whole.engine) == _ids(self.troubled()), "being stored changes nothing"
        for stop, resumed in stored.items():
            resumed.work()
            assert _ids(resumed.engine) == _ids(whole.engine), f"resumed after {stop} evaluations"

    def test_a_repeated_training_changes_what_is_known(self) -> None:
        """A second result of an individual is taken in; a search resumed after it goes the same way."""
        search = SearchConfig(algorithm=self.algorithm, repeats=2)
        config = EvolutionConfig(evaluations=max(60, self.budget))
        if self.budget < 40:
            pytest.skip("too short for repeats, which begin after 40 evaluations")

        def noisy(request: EvaluationRequest) -> EvaluationResult:
            return request.result(toy_evaluate(request.genome, 1, request.seed))

        whole = Workers(self.engine(toy_space(), config, search), noisy)
        whole.work(50)
        resumed = whole.resumed()
        whole.work()
        assert any(request.repeat for request in whole.engine.requests)
        resumed.work()
        assert _ids(resumed.engine) == _ids(whole.engine)

    # -- results

    def test_failures_do_not_stop_it(self) -> None:
        """Neither some nor all."""
        for engine in (self.troubled(), self.searched(toy_space(), _crash), self.searched(toy_space(), _lose)):
            assert len(engine.results) == self.budget

    def test_what_failed_is_no_member(self) -> None:
        """Members completed an evaluation; nobody leaves who was none."""
        engine = self.troubled()
        completed = {result.individual for result in engine.results if result.completed}
        assert {member.number for member in engine.members} <= completed
        assert engine.members

    def test_it_learns(self) -> None:
        """It finds better ones than its first ten, and better ones than as many random ones."""
        if not self.learns:
            pytest.skip("this one does not learn")
        gains = []
        for seed in range(3):
            engine = self.searched(toy_space(), _toy, seed=seed, count=1)
            values = [result.metrics["accuracy"] for result in engine.results]
            gains.append(max(values[10:]) - max(values[:10]))
            assert engine.best().values[0] == max(values)
        assert float(np.median(gains)) > 0

    def test_the_direction_of_the_objective_matters(self) -> None:
        """Where less is better, less is found: the search of a mirrored problem is the mirrored search."""
        less = self.searched(
            toy_space(),
            lambda request: request.result({"loss": -_toy(request).metrics["accuracy"]}),
            objectives=["loss"],
        )
        assert _ids(less) == _ids(self.plain())

    def test_several_objectives_are_searched_or_refused(self) -> None:
        """A refusal says which algorithms take several."""
        space, objectives = toy_space(), ["accuracy", "units"]
        if not self.several:
            with pytest.raises(ConfigError, match="evolution"):
                self.searched(space, _toy, objectives=objectives, appraise=_costs)
            return
        engine = self.searched(space, _toy, objectives=objectives, appraise=_costs)
        assert len(engine.results) == self.budget
        assert len(engine.pareto()) > 1

    def test_its_report_is_plain(self) -> None:
        """Its state can be written as JSON."""
        json.dumps(self.plain().algorithm.report(), allow_nan=False)

    # -- how

    def engine(
        self,
        space: Space,
        config: EvolutionConfig,
        search: SearchConfig | None = None,
        *,
        seed: int = 5,
        seeds: Sequence[Genome] = (),
        appraise: Callable[[Genome], Mapping[str, float]] | None = None,
    ) -> Engine:
        """Return an engine with the algorithm; the test is skipped where an optional package is missing."""
        search = search or SearchConfig(algorithm=self.algorithm)
        try:
            return Engine(space, config, seed, search=search, seeds=seeds, appraise=appraise)
        except DependencyError as error:
            pytest.skip(f"{error.message}; {error.hint}")

    def workers(self, space: Space, evaluate: Evaluate) -> Workers:
        """Return workers at the beginning of a search."""
        return Workers(self.engine(space, EvolutionConfig(evaluations=self.budget)), evaluate)

    def plain(self) -> Engine:
        """Return the engine of a whole search of the toy's space; tests share it, and only look at it."""
        return self._once("plain", _toy)

    def troubled(self) -> Engine:
        """Return the engine of such a search in which evaluations fail; tests share it, too."""
        return self._once("troubled", _troubled(_toy))

    def _once(self, name: str, evaluate: Evaluate) -> Engine:
        known: dict[str, Engine] = type(self).__dict__.get("_known", {})
        if name not in known:
            known = {**known, name: self.searched(toy_space(), evaluate)}
            type(self)._known = known
        return known[name]

    def searched(
        self,
        space: Space,
        evaluate: Evaluate,
        *,
        seed: int = 5,
        seeds: Sequence[Genome] = (),
        count: int = _WORKERS,
        appraise: Callable[[Genome], Mapping[str, float]] | None = None,
        **config: Any,
    ) -> Engine:
        """Return the engine of a whole search."""
        settings = EvolutionConfig(**{"evaluations": self.budget, **config})
        workers = Workers(self.engine(space, settings, seed=seed, seeds=seeds, appraise=appraise), evaluate, count)
        workers.work()
        return workers.engine


def _ids(engine: Engine) -> list[str]:
    return [one.genome.id for one in engine.individuals]


def _costs(genome: Genome) -> dict[str, float]:
    return {"units": float(sum(layer["units"] for layer in genome["layers"]))}


def _troubled(evaluate: Evaluate) -> Evaluate:
    """Let every fourth evaluation crash, and one in nine get lost."""

    def troubled(request: EvaluationRequest) -> EvaluationResult:
        if request.number % 4 == 1:
            return _crash(request)
        return _lose(request) if request.number % 9 == 4 else evaluate(request)

    return troubled


def _crash(request: EvaluationRequest) -> EvaluationResult:
    return request.failure(EvaluationStatus.CRASHED, "for the test")


def _lose(request: EvaluationRequest) -> EvaluationResult:
    return request.failure(EvaluationStatus.LOST, "for the test")
