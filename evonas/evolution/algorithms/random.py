"""Random search: every individual is drawn anew; the baseline that every other algorithm has to beat."""

from __future__ import annotations

from evonas.evolution.algorithms.unpopulated import Unpopulated
from evonas.records import Individual

__all__ = ["RandomSearch"]


class RandomSearch(Unpopulated):
    """Seeds first, then random genomes.

    Args:
        setting: the space, the seeds and the births.
    """

    def birth(self, number: int) -> Individual | None:
        """See :meth:`Algorithm.birth`."""
        if number < len(self._seeds):
            return self._births.seeded(number, self._seeds[number])
        return self._births.fresh(number, ("random",))

    def born(self, individual: Individual) -> None:
        """See :meth:`Algorithm.born`."""
