"""Optuna: its samplers, and its pruners for trainings at rungs."""

from __future__ import annotations

import warnings
from collections import deque
from typing import Any

import optuna

from benchmarks.search.drive import Proposal
from benchmarks.search.methods import Task
from benchmarks.search.spaces import FlatSpace, Parameter
from benchmarks.search.training import Outcome

__all__ = ["make"]

_NSGA2_POPULATION = 20  # its default of 50 would be random search for the first 50 of 100 evaluations


class OptunaSearcher:
    """A study, defined by run: only active genes are asked for.

    With a pruner a trial is trained from rung to rung, and goes on unless it is pruned; the pruned ones are told as
    such, and the sampler sees their last value.
    """

    def __init__(self, task: Task, sampler: Any, pruner: Any | None) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore")
        direction = "maximize" if task.table.maximise else "minimize"
        self._study = optuna.create_study(
            study_name=f"seed {task.seed}",  # Hyperband chooses a trial's bracket by a hash of it
            direction=direction,
            sampler=sampler,
            pruner=pruner or optuna.pruners.NopPruner(),
        )
        self._task = task
        self._space = FlatSpace(task.table.space)
        self._ladder = task.ladder if pruner else [task.table.epochs]
        self._going_on: deque[tuple[Any, Any, int]] = deque()

    def ask(self) -> Proposal | None:
        """Return the next rung of a trial that goes on, else the first one of a new trial."""
        if self._going_on:
            trial, genes, rung = self._going_on.popleft()
        else:
            trial, rung = self._study.ask(), 0
            values = self._space.choose(lambda parameter: _suggest(trial, parameter))
            genes = self._space.genes(values)
        return Proposal((trial, rung), genes, self._ladder[rung])

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Report a rung; end the trial at the last one, or where it is pruned."""
        trial, rung = proposal.token
        value = outcome.metrics[self._task.table.objective]
        if rung == len(self._ladder) - 1:
            if rung:
                trial.report(value, self._ladder[rung])
            self._study.tell(trial, value)
            return
        trial.report(value, self._ladder[rung])
        if trial.should_prune():
            self._study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            self._going_on.append((trial, proposal.genes, rung + 1))


def make(task: Task, sampler: str, pruner: str | None = None) -> OptunaSearcher:
    """Return a searcher.

    Args:
        task: what it is to do.
        sampler: name of the sampler.
        pruner: ``hyperband`` or ``asha``, both from the first rung of the task on and with a reduction factor of 3.
    """
    samplers: dict[str, Any] = {
        "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
        "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
        "tpe_multivariate": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True),
        "tpe_independent": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=False),
        "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=_NSGA2_POPULATION),
        "gp": lambda seed: optuna.samplers.GPSampler(seed=seed),
        "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    }
    first, full = task.ladder[0], task.table.epochs
    pruners: dict[str | None, Any] = {
        None: lambda: None,
        "hyperband": lambda: optuna.pruners.HyperbandPruner(first, full, reduction_factor=3),
        "asha": lambda: optuna.pruners.SuccessiveHalvingPruner(first, reduction_factor=3),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # multivariate and group are called experimental
        return OptunaSearcher(task, samplers[sampler](task.seed), pruners[pruner]())


def _suggest(trial: Any, parameter: Parameter) -> Any:
    name = parameter.name
    if parameter.kind == "choice":
        return trial.suggest_categorical(name, list(parameter.options))
    if parameter.levels is not None:
        return parameter.at_level(trial.suggest_int(name, 0, parameter.levels))
    if parameter.kind == "int":
        return trial.suggest_int(name, int(parameter.low), int(parameter.high), log=parameter.log)
    return trial.suggest_float(name, parameter.low, parameter.high, log=parameter.log)
