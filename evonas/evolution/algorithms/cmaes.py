"""CMA-ES through Optuna: a normal distribution over the unit cube of the space, moved and shaped by what came out.

CMA-ES has a state, which it learns generation by generation. So that a resumed run comes to the same one, a generation
here ends with the result that completes it, and each has a study of its own, which begins with the state that the one
before came to. What was under way when a generation ended is told to nobody. The generation of a birth is stored with
it, and a resumed run asks again for all that was asked for in its generation.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import Any

from evonas.errors import ConfigError, DependencyError
from evonas.evolution.algorithms.parameters import Parameters
from evonas.evolution.algorithms.protocol import Setting
from evonas.evolution.algorithms.study import Study, quiet, require
from evonas.evolution.algorithms.unpopulated import Unpopulated
from evonas.evolution.member import Member
from evonas.genome import Genome
from evonas.records import EvaluationResult, EvaluationStatus, Individual

__all__ = ["CovarianceMatrixAdaptation"]

_TRIES = 16
_NAME = "cmaes"
_STATE = "optimizer"  # in the names of what Optuna's sampler writes on the trial that begins a generation


class CovarianceMatrixAdaptation(Unpopulated):
    """Covariance matrix adaptation with margin.

    Every slot of the space is a coordinate: options by their place, genes that a genome does not have as well. The
    margin keeps every option and every step of a gene within reach (Hansen 2016, arXiv:1604.00772; Hamano et al. 2022,
    doi:10.1145/3512290.3528827).

    Generation 0 is random, until the first result is there; seeds belong to it. A genome that was shrunk to the limits
    is told as the point that it was made from.

    Args:
        setting: the space, the seeds, the births.

    Raises:
        DependencyError: if Optuna or cmaes is not installed.
        ConfigError: if there are several objectives.
    """

    def __init__(self, setting: Setting) -> None:
        require(_NAME, "baselines", ["optuna", "cmaes"])
        objectives = setting.config.objectives
        if len(objectives) > 1:
            raise ConfigError(
                "`algorithm: cmaes` searches for one objective",
                key="search.algorithm",
                got=[objective.metric for objective in objectives],
                expected="one objective",
                hint="evolution, aging_evolution, random, grid, tpe and gp take several",
            )
        super().__init__(setting)
        self._parameters = Parameters(setting.space, conditional=False, categories=False)
        self._size = 4 + math.floor(3 * math.log(max(1, len(self._parameters))))  # of a generation: Hansen's default
        self._generation = 0
        self._study = Study(objectives)
        self._completed = 0  # trials of this generation
        self._running: dict[int, Any] = {}  # individuals of this generation under way, with their trials
        self._later: deque[Individual] = deque()  # replayed births of generations to come
        self._newest: tuple[int, Any] | None = None  # the last suggestion that was born in this session

    def birth(self, number: int) -> Individual | None:
        """See :meth:`Algorithm.birth`."""
        if number < len(self._seeds):
            return self._births.seeded(number, self._seeds[number])
        if not self._generation:
            return self._births.fresh(number, ("random",))
        rng = self._births.generator(number)
        for attempt, seed in enumerate(rng.integers(2**31, size=_TRIES), start=1):
            trial, genome = self._ask(int(seed))
            child = self._births.child(number, genome, (_NAME,), (), rng, attempts=attempt)
            if child is not None:
                self._newest = (number, trial)
                return replace(child, birth=replace(child.birth, generation=self._generation))
            self._drop(trial)
        child = self._births.fresh(number, ("random",), rng=rng, tried=_TRIES)
        return replace(child, birth=replace(child.birth, generation=self._generation))

    def born(self, individual: Individual) -> None:
        """See :meth:`Algorithm.born`."""
        if self._newest is not None and self._newest[0] == individual.number:
            self._running[individual.number] = self._newest[1]
        elif individual.number >= len(self._seeds):
            self._later.append(individual)
            self._live_through()

    def told(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """See :meth:`Algorithm.told`."""
        super().told(individual, result, member)
        if not self._generation:
            if member is not None:
                self._next_generation({})
            return ()
        trial = self._running.pop(individual.number, None)
        if trial is None:  # random, told before, or of a generation that is over
            return ()
        values = self._learnt(member)
        if values is None or result.status is EvaluationStatus.LOST:  # there is nothing to tell
            self._drop(trial)
            return ()
        with quiet():
            self._study.complete(trial, values)
        self._completed += 1
        if self._completed >= self._size:
            self._next_generation(self._state())
        return ()

    def report(self) -> dict[str, Any]:
        """See :meth:`Algorithm.report`."""
        return {"generation": self._generation}

    def _state(self) -> dict[str, Any]:
        """Return what the sampler learns from a complete generation: it writes it on the first trial after."""
        trial, _ = self._ask(0)
        state = {name: value for name, value in self._study.written(trial).items() if _STATE in name}
        if not state and len(self._parameters) > 1:  # Optuna 4 has none for a single gene
            raise DependencyError(
                "this version of Optuna keeps the state of CMA-ES elsewhere",
                key="search.algorithm",
                expected="Optuna 4 or 5",
                hint='pip install "optuna<6"',
            )
        return state

    def _next_generation(self, state: dict[str, Any]) -> None:
        self._study = Study(self._objectives)
        with quiet():
            self._study.carry(self._parameters.middle(), state)
        self._running = {}
        self._completed = 0
        self._generation += 1
        self._live_through()

    def _live_through(self) -> None:
        """Ask again for what was asked for in this generation before the run was resumed."""
        while self._later and self._later[0].birth.generation <= self._generation:
            individual = self._later.popleft()
            if not self._generation:
                continue
            suggested = individual.birth.operators[0] == _NAME
            asked = individual.birth.attempts if suggested else _TRIES
            for seed in self._births.generator(individual.number).integers(2**31, size=_TRIES)[:asked]:
                trial, _ = self._ask(int(seed))
                self._running[individual.number] = trial
            if not suggested:
                del self._running[individual.number]

    def _ask(self, seed: int) -> tuple[Any, Genome]:
        from optuna.samplers import CmaEsSampler, RandomSampler

        with quiet():
            sampler = CmaEsSampler(
                seed=seed,
                independent_sampler=RandomSampler(seed=seed),
                popsize=self._size,
                with_margin=True,
                warn_independent_sampling=False,
            )
            trial = self._study.ask(sampler)
            return trial, self._parameters.ask(trial)

    def _drop(self, trial: Any) -> None:
        with quiet():
            self._study.drop(trial)
