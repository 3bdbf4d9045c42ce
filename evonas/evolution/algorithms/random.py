"""Random search: every individual is drawn anew; the baseline that every other algorithm has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evonas.evolution.algorithms.protocol import Setting
from evonas.evolution.member import Member
from evonas.records import EvaluationResult, Individual

__all__ = ["RandomSearch"]


class RandomSearch:
    """Seeds first, then random genomes.

    Args:
        setting: the space, the seeds and the births.
    """

    def __init__(self, setting: Setting) -> None:
        self._seeds = setting.seeds
        self._births = setting.births
        self._members: dict[int, Member] = {}

    @property
    def exhausted(self) -> str | None:
        """Nothing but the space itself limits it."""
        return None

    @property
    def members(self) -> Sequence[Member]:
        """All that completed an evaluation."""
        return list(self._members.values())

    def birth(self, number: int) -> Individual | None:
        """See :meth:`Algorithm.birth`."""
        if number < len(self._seeds):
            return self._births.seeded(number, self._seeds[number])
        return self._births.fresh(number, ("random",))

    def born(self, individual: Individual) -> None:
        """See :meth:`Algorithm.born`."""

    def told(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """See :meth:`Algorithm.told`."""
        if member is not None:
            self._members[individual.number] = member
        return ()

    def prospects(self, members: Sequence[Member]) -> Sequence[float] | None:
        """No opinion: see :meth:`Algorithm.prospects`."""
        return None

    def report(self) -> dict[str, Any]:
        """See :meth:`Algorithm.report`."""
        return {}
