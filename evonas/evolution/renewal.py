"""Random newcomers to a population that is bred without a surrogate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evonas.config.schema import EvolutionConfig
from evonas.evolution.diversity import Diversity
from evonas.evolution.layout import Layout, Rows
from evonas.evolution.member import Member
from evonas.space import Space

__all__ = ["IMMIGRANTS", "Renewal"]

IMMIGRANTS = 0.03
"""Part of the births that is random, whatever happens."""

_RESTART = 0.5  # of births are random at most, where nothing better is found and all are alike


class Renewal:
    """Says which births are random: a few at all times, and many where the population has become uniform in vain.

    That is a restart by degrees: once as many results as there are members brought nothing better, the fewer
    differences are left the more of the newborn are random, until something better is found. Random immigrants are
    those of Grefenstette 1992 (Parallel Problem Solving from Nature 2), restarts of a population that has converged
    those of Eshelman 1991 (CHC, doi:10.1016/B978-0-08-050684-5.50020-3), which happen at once and for all.

    Args:
        space: the set of genomes; of one gene at least.
        config: with several objectives nothing says whether something better was found: there are immigrants alone.
        without: parts to leave out: ``immigrants``, ``restarts``.
    """

    def __init__(self, space: Space, config: EvolutionConfig, without: Sequence[str] = ()) -> None:
        self._layout = Layout(space)
        self._diversity = Diversity(self._layout)
        self._immigrants = 0.0 if "immigrants" in without else IMMIGRANTS
        self._restarts = "restarts" not in without and len(config.objectives) == 1
        self._best: tuple[float, ...] = ()
        self._rows: dict[int, Rows] = {}
        self.stale = 0
        """Results since the best one."""

    def told(self, member: Member | None) -> None:
        """Take note of a result; of a failure, too."""
        self.stale += 1
        if member is not None and member.fitness.key > self._best:
            self._best, self.stale = member.fitness.key, 0

    def comes(self, members: Sequence[Member], rng: np.random.Generator) -> bool:
        """Return whether the next birth is random."""
        return bool(rng.random() < self.share(members))

    def share(self, members: Sequence[Member]) -> float:
        """Return how many of the births are random."""
        if not self._restarts or self.stale < len(members):
            return self._immigrants
        return max(self._immigrants, _RESTART * (1.0 - self.diversity(members)))

    def diversity(self, members: Sequence[Member]) -> float:
        """Return how much the members differ: see :class:`Diversity`."""
        known = self._rows
        self._rows = {
            one.number: known[one.number] if one.number in known else self._layout.row(one.individual.genome)
            for one in members
        }
        return self._diversity.of(np.array(list(self._rows.values())))

    def report(self, members: Sequence[Member]) -> dict[str, Any]:
        """Return what there is to know of it, as JSON values."""
        return {"stale": self.stale, "diversity": self.diversity(members), "newcomers": self.share(members)}
