"""SMAC3: its facade for hyperparameters, and the one for trainings of several lengths (Hyperband)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from smac import HyperparameterOptimizationFacade, MultiFidelityFacade, Scenario
from smac.runhistory.dataclasses import TrialValue

from benchmarks.search.drive import Proposal
from benchmarks.search.methods import Task
from benchmarks.search.peers.configspace import config_space, genes_of
from benchmarks.search.spaces import FlatSpace
from benchmarks.search.training import Outcome

__all__ = ["make"]


class SmacSearcher:
    """A facade at its defaults; the target is deterministic, so that it trains no configuration twice."""

    def __init__(self, task: Task, multifidelity: bool) -> None:
        self._task = task
        self._space = FlatSpace(task.table.space)
        self._folder = tempfile.TemporaryDirectory()
        budgets = {"min_budget": task.shortest, "max_budget": task.table.epochs} if multifidelity else {}
        scenario = Scenario(
            config_space(self._space, task.seed),
            output_directory=Path(self._folder.name),
            deterministic=True,
            n_trials=task.evaluations * (4 if multifidelity else 1),
            seed=task.seed,
            **budgets,
        )
        facade: Any = MultiFidelityFacade if multifidelity else HyperparameterOptimizationFacade
        intensifier = facade.get_intensifier(scenario, **({} if multifidelity else {"max_config_calls": 1}))
        self._facade = facade(scenario, None, intensifier=intensifier, overwrite=True, logging_level=False)

    def ask(self) -> Proposal | None:
        """Return the next trial."""
        trial = self._facade.ask()
        epochs = self._task.table.epochs if trial.budget is None else max(1, round(trial.budget))
        return Proposal(trial, genes_of(self._space, trial.config), epochs)

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Report its cost."""
        cost = self._task.loss(outcome.metrics[self._task.table.objective])
        self._facade.tell(proposal.token, TrialValue(cost=cost, time=outcome.seconds), save=False)


def make(task: Task, multifidelity: bool = False) -> SmacSearcher:
    """Return a searcher."""
    return SmacSearcher(task, multifidelity)
