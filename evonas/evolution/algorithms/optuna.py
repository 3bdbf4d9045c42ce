"""Optuna's samplers as algorithms: a tree-structured Parzen estimator, and a Gaussian process.

Every individual is a trial, entered when it is born and ended when its result is told, so the study is that of the
lineage alone, in the order of the individuals' numbers. A birth asks a sampler made afresh, with a seed from the
birth's own generator: nothing is hidden in a sampler, and a resumed run goes on as it would have gone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from evonas.evolution.algorithms.parameters import Parameters, has_conditions
from evonas.evolution.algorithms.protocol import Setting
from evonas.evolution.algorithms.study import Sampler, Study, quiet, require
from evonas.evolution.algorithms.unpopulated import Unpopulated
from evonas.evolution.member import Member
from evonas.records import EvaluationResult, EvaluationStatus, Individual

__all__ = ["ModelSearch", "gaussian_process", "parzen_estimator"]

_STARTUP = 10  # random trials before the model speaks: Optuna's default


def parzen_estimator(setting: Setting) -> ModelSearch:
    """Return the tree-structured Parzen estimator (Bergstra et al. 2011, NeurIPS 24; Watanabe 2023, arXiv:2304.11127).

    With one objective it models genes jointly, in groups that always occur together where genes are conditional. With
    several objectives (Ozaki et al. 2020, doi:10.1145/3377930.3389817) it models each by itself, as Optuna does by
    default. Trials under way are taken for bad ones, so that parallel births keep apart.

    Raises:
        DependencyError: if Optuna is not installed.
    """
    require("tpe", "baselines", ["optuna"])
    from optuna.samplers import TPESampler

    joint = len(setting.config.objectives) == 1
    grouped = joint and has_conditions(setting.space.root)

    def sampler(seed: int) -> Any:
        return TPESampler(seed=seed, multivariate=joint, group=grouped, constant_liar=True, n_startup_trials=_STARTUP)

    return ModelSearch("tpe", setting, sampler, Parameters(setting.space, conditional=True), tries=16, avoids=True)


def gaussian_process(setting: Setting) -> ModelSearch:
    """Return a Gaussian process with a Matern 5/2 kernel and the expected improvement as what is maximised.

    A Gaussian process knows no conditional genes: it sees all of them, those that a genome does not have at their
    middle.

    Raises:
        DependencyError: if Optuna, PyTorch or SciPy is not installed.
    """
    require("gp", "gp", ["optuna", "scipy", "torch"])
    from optuna.samplers import GPSampler

    def sampler(seed: int) -> Any:
        return GPSampler(seed=seed, n_startup_trials=_STARTUP, warn_independent_sampling=False)

    return ModelSearch("gp", setting, sampler, Parameters(setting.space, conditional=False), tries=4, avoids=False)


class _Ended(NamedTuple):
    """How an individual's trial ended.

    Attributes:
        values: of the objectives; None if it failed.
        counts: whether anything is to be learnt from a failure.
    """

    values: tuple[float, ...] | None
    counts: bool = True


class ModelSearch(Unpopulated):
    """Seeds first, then what a sampler suggests; a random genome where it suggests nothing new.

    Args:
        name: of the algorithm, and of its births' operator.
        setting: the space, the seeds, the births.
        sampler: makes a sampler from a seed.
        parameters: of the space.
        tries: suggestions asked for before a random genome is taken.
        avoids: whether the sampler avoids trials that ended without a value; else they are told as the worst values
            so far. They are those that failed, and those that break a constraint.
    """

    def __init__(
        self, name: str, setting: Setting, sampler: Sampler, parameters: Parameters, *, tries: int, avoids: bool
    ) -> None:
        super().__init__(setting)
        self._name = name
        self._sampler = sampler
        self._parameters = parameters
        self._tries = tries
        self._avoids = avoids
        self._study = Study(self._objectives)
        self._stale = False  # an ended trial changed, which a study cannot take in
        self._genomes: list[dict[str, Any]] = []  # parameters by individual
        self._trials: list[int] = []  # trial by individual
        self._ended: dict[int, _Ended] = {}

    def birth(self, number: int) -> Individual | None:
        """See :meth:`Algorithm.birth`."""
        if number < len(self._seeds):
            return self._births.seeded(number, self._seeds[number])
        self._refresh()
        rng = self._births.generator(number)
        for attempt in range(1, self._tries + 1):
            with quiet():
                trial = self._study.ask(self._sampler(int(rng.integers(2**31))))
                genome = self._parameters.ask(trial)
                self._study.drop(trial)  # born() enters the trial of what is really trained
            child = self._births.child(number, genome, (self._name,), (), rng, attempts=attempt)
            if child is not None:
                return child
        return self._births.fresh(number, ("random",), rng=rng, tried=self._tries)

    def born(self, individual: Individual) -> None:
        """See :meth:`Algorithm.born`."""
        self._genomes.append(self._parameters.of(individual.genome))
        with quiet():
            self._trials.append(self._study.enter(self._genomes[-1]))

    def told(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """See :meth:`Algorithm.told`."""
        super().told(individual, result, member)
        number = individual.number
        if member is None and number in self._ended:  # a repeat that failed: what was measured before stays
            return ()
        bad = member is None or member.violation > 0
        values = None if bad and self._avoids else self._learnt(member)
        ended = _Ended(None, counts=False) if result.status is EvaluationStatus.LOST else _Ended(values)
        if number in self._ended:
            self._stale = self._stale or self._ended[number] != ended
        else:
            self._end(number, ended)
        self._ended[number] = ended
        return ()

    def _refresh(self) -> None:
        """Make the study anew if the values of an ended trial have changed."""
        if not self._stale:
            return
        self._study = Study(self._objectives)
        with quiet():
            self._trials = [self._study.enter(parameters) for parameters in self._genomes]
        for number, ended in self._ended.items():
            self._end(number, ended)
        self._stale = False

    def _end(self, number: int, ended: _Ended) -> None:
        trial = self._trials[number]
        with quiet():
            if ended.values is not None:
                self._study.complete(trial, ended.values)
            elif ended.counts:
                self._study.reject(trial)
            else:
                self._study.drop(trial)
