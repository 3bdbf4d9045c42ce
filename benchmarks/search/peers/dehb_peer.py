"""DEHB: differential evolution with Hyperband."""

from __future__ import annotations

import tempfile

from dehb import DEHB

from benchmarks.search.drive import Proposal
from benchmarks.search.methods import Task
from benchmarks.search.peers.configspace import config_space, genes_of
from benchmarks.search.spaces import FlatSpace
from benchmarks.search.training import Outcome

__all__ = ["make"]


class DehbSearcher:
    """DEHB at its defaults, from the first rung of the task to a full training."""

    def __init__(self, task: Task) -> None:
        if task.shortest >= task.table.epochs:
            raise ValueError(f"DEHB needs trainings of several lengths; a full one has {task.table.epochs} epochs")
        self._task = task
        self._space = FlatSpace(task.table.space)
        self._folder = tempfile.TemporaryDirectory()
        self._dehb = DEHB(
            cs=config_space(self._space, task.seed),
            min_fidelity=task.shortest,
            max_fidelity=task.table.epochs,
            seed=task.seed,
            n_workers=1,
            save_freq="end",
            output_path=self._folder.name,
            log_level="ERROR",
        )

    def ask(self) -> Proposal | None:
        """Return the next job."""
        job = self._dehb.ask()
        return Proposal(job, genes_of(self._space, job["config"]), max(1, round(job["fidelity"])))

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Report its fitness, which DEHB minimises."""
        fitness = self._task.loss(outcome.metrics[self._task.table.objective])
        self._dehb.tell(proposal.token, {"fitness": fitness, "cost": outcome.seconds})


def make(task: Task) -> DehbSearcher:
    """Return a searcher."""
    return DehbSearcher(task)
