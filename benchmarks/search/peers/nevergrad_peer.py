"""Nevergrad: NGOpt, its own choice among its optimisers."""

from __future__ import annotations

import warnings
from typing import Any

import nevergrad as ng
import numpy as np

from benchmarks.search.drive import Proposal
from benchmarks.search.methods import Task
from benchmarks.search.spaces import FlatSpace, Parameter
from benchmarks.search.training import Outcome

__all__ = ["make"]


class NevergradSearcher:
    """All genes at once, since it knows no conditions: those of inactive branches have no effect."""

    def __init__(self, task: Task) -> None:
        warnings.simplefilter("ignore")
        self._task = task
        self._space = FlatSpace(task.table.space)
        parameters = ng.p.Dict(**{parameter.name: _variable(parameter) for parameter in self._space.parameters})
        parameters.random_state = np.random.RandomState(task.seed)
        self._optimizer = ng.optimizers.NGOpt(parameters, budget=int(task.evaluations), num_workers=task.workers)

    def ask(self) -> Proposal | None:
        """Return the next candidate."""
        candidate = self._optimizer.ask()
        return Proposal(candidate, self._space.genes(self._values(candidate.value)), self._task.table.epochs)

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Report its loss."""
        self._optimizer.tell(proposal.token, self._task.loss(outcome.metrics[self._task.table.objective]))

    def _values(self, chosen: dict[str, Any]) -> dict[str, Any]:
        return {parameter.name: _value(parameter, chosen[parameter.name]) for parameter in self._space.parameters}


def make(task: Task) -> NevergradSearcher:
    """Return a searcher."""
    return NevergradSearcher(task)


def _variable(parameter: Parameter) -> Any:
    if parameter.kind == "choice":
        return ng.p.Choice(list(range(len(parameter.options))))
    if parameter.levels is not None:
        return ng.p.Scalar(lower=0, upper=parameter.levels).set_integer_casting()
    if parameter.log:
        variable = ng.p.Log(lower=parameter.low, upper=parameter.high)
    else:
        variable = ng.p.Scalar(lower=parameter.low, upper=parameter.high)
    return variable.set_integer_casting() if parameter.kind == "int" else variable


def _value(parameter: Parameter, value: Any) -> Any:
    if parameter.kind == "choice":
        return parameter.options[value]
    return parameter.at_level(int(value)) if parameter.levels is not None else value
