"""What an ablation trains: the individual, and for each inherited change that it still has, the same without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evonas.errors import GenomeError, LineageError
from evonas.evolution.limits import Appraiser
from evonas.explain.changes import Inherited
from evonas.explain.descent import Descent
from evonas.explain.reverts import Revert, revert
from evonas.genome import Genome
from evonas.records import Individual
from evonas.run import Question

__all__ = ["Plan", "plan_ablation"]


@dataclass(frozen=True)
class Plan:
    """What is trained.

    Attributes:
        winner: the individual, as it is.
        reverts: its changes taken back one at a time, those that cannot be among them; the largest step first.
        left_out: changes that were not asked for.
    """

    winner: Individual
    reverts: tuple[Revert, ...]
    left_out: int = 0

    @property
    def genomes(self) -> list[Genome]:
        """The genomes to train, the winner's first, each once."""
        found = {self.winner.genome.id: self.winner.genome}
        for one in self.reverts:
            if one.genome is not None:
                found.setdefault(one.genome.id, one.genome)
        return list(found.values())


def plan_ablation(descent: Descent, question: Question, top: int | None = None) -> Plan:
    """Take back each inherited change that an individual still has, one at a time.

    Args:
        descent: its line.
        question: the run, whose space and limits every genome has to meet.
        top: take back only so many changes, those whose births brought the largest steps; None for all.

    Raises:
        LineageError: if the individual has no inherited change.
        GenomeError: if it does not belong to the run's space.
    """
    winner = descent.winner
    present = [change for change in descent.changes if change.present and change.kind != "tied"]
    if not present:
        raise LineageError(
            f"individual {winner.number} has no inherited change to take back"
            + (": it is a founder" if len(descent.steps) == 1 else ""),
            got=winner.number,
            expected="an individual that was bred from others in this run",
            hint="`evonas best` lists others",
        )
    space = question.space
    wrong = space.why_not(winner.genome)
    if wrong is not None:
        raise GenomeError(
            f"individual {winner.number} does not belong to the space of the run's configuration",
            got=wrong,
            hint="its `space` or the model family has changed since the run began; bring the old one back",
        )
    refuse = _Refusal(question)
    ordered = sorted(present, key=lambda change: _gain(descent, change), reverse=True)
    reverts: list[Revert] = []
    for change in ordered:
        if top is not None and sum(one.genome is not None for one in reverts) >= top:
            break
        reverts.append(revert(space, winner.genome, descent.parent_of(change.birth).genome, change, refuse))
    return Plan(winner, tuple(reverts), len(ordered) - len(reverts))


def _gain(descent: Descent, change: Inherited) -> tuple[float, int]:
    """Return by how much the birth of a change was better than its parent; births of unknown steps come last."""
    size = descent.step_of(change.birth).size
    return (float("-inf") if size is None else -descent.goal.rank(size), change.birth)


class _Refusal:
    """Says why a genome must not be trained in a run: it cannot be built, or is over a limit."""

    def __init__(self, question: Question) -> None:
        self._space = question.space
        self._appraiser = Appraiser(question.appraise, question.config.evolution.limits, repair=False)
        self._rng = np.random.default_rng(question.config.seed)  # not drawn from: only repairs draw

    def __call__(self, genome: Genome) -> str | None:
        admitted = self._appraiser.admit(self._space, genome, self._rng)
        return None if admitted is not None else self._appraiser.last_refusal
