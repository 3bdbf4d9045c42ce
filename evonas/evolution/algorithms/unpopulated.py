"""What the algorithms share that keep no population: all that completed an evaluation are their members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evonas.evolution.algorithms.protocol import Setting
from evonas.evolution.member import Member
from evonas.records import EvaluationResult, Individual

__all__ = ["Unpopulated"]


class Unpopulated:
    """Seeds come first, nobody leaves, and there is no opinion on rungs.

    Args:
        setting: the seeds, the births, the objectives.
    """

    def __init__(self, setting: Setting) -> None:
        self._seeds = setting.seeds
        self._births = setting.births
        self._objectives = setting.config.objectives
        self._members: dict[int, Member] = {}

    @property
    def exhausted(self) -> str | None:
        """Nothing but the space itself limits it."""
        return None

    @property
    def members(self) -> Sequence[Member]:
        """All that completed an evaluation."""
        return list(self._members.values())

    def told(self, individual: Individual, result: EvaluationResult, member: Member | None) -> tuple[int, ...]:
        """See :meth:`Algorithm.told`."""
        if member is not None:
            self._members[individual.number] = member
        return ()

    def reflect(self) -> bool:
        """Nothing is learned ahead: see :meth:`Algorithm.reflect`."""
        return False

    def prospects(self, members: Sequence[Member]) -> Sequence[float] | None:
        """No opinion: see :meth:`Algorithm.prospects`."""
        return None

    def report(self) -> dict[str, Any]:
        """See :meth:`Algorithm.report`."""
        return {}

    def _learnt(self, member: Member | None) -> tuple[float, ...] | None:
        """Return what a model is told of an individual: its values, or the worst so far if it failed.

        Who breaks a constraint is told as one that failed. None before anything is known that was allowed.
        """
        if member is not None and not member.violation:
            return member.values
        known = [one.values for one in self._members.values() if not one.violation]
        if not known:
            return None
        return tuple(
            min(column) if objective.maximise else max(column)
            for objective, column in zip(self._objectives, zip(*known, strict=True), strict=True)
        )
