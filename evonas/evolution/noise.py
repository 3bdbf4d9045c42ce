"""Noise: a second training where it is not clear who is best.

A fitness is one draw of a random variable: another seed would have given another value, and the best of many draws is
too good by selection (the winner's curse). Repeats are spent where they matter: on contenders for the first place
whose difference is within its standard error, those with fewest results first. This is the idea of optimal computing
budget allocation (Chen, Lin, Yuecesan & Chick 2000, doi:10.1023/A:1008349927281) in its simplest form.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from evonas.evolution.member import Member

__all__ = ["Repeats"]

_FROM = 40  # completed full trainings before the first repeat
_SHARE = 0.1  # of all full trainings, at most
_CONTENDERS = 5
_DOUBT = 1.64  # standard errors of a difference within which the better one is in doubt (5 % on one side)


class Repeats:
    """Decides who is trained again with another seed. For one objective.

    Args:
        limit: trainings of one individual, at most.
        first: completed full trainings before the first repeat.
        share: repeats among all full trainings, at most.
    """

    def __init__(self, limit: int, first: int = _FROM, share: float = _SHARE) -> None:
        self._limit = limit
        self._first = first
        self._share = share
        self._members: dict[int, Member] = {}
        self._completed = 0
        self._asked = 0
        self._squares = 0.0  # sum of squared deviations of all repeated members
        self._freedom = 0  # degrees of freedom in it
        self._varies = False  # whether any repeat differed in any figure: an objective alone may tie by its coarseness

    @property
    def deviation(self) -> float:
        """Standard deviation of a single result, pooled over the repeated individuals; NaN before the first."""
        return math.sqrt(max(0.0, self._squares) / self._freedom) if self._freedom else math.nan

    def asked(self) -> None:
        """Take note that a repeat was started."""
        self._asked += 1

    def told(self, member: Member) -> None:
        """Take note of an individual with all its completed results at the top rung."""
        before = self._members.get(member.number)
        self._members[member.number] = member
        self._completed += 1
        for one, sign in ((before, -1), (member, 1)):
            if one is not None and len(one.results) > 1:
                self._squares += sign * one.squares
                self._freedom += sign * (len(one.results) - 1)
        self._varies = self._varies or any(result.metrics != member.result.metrics for result in member.results)

    def next(self, under_way: Collection[int]) -> Member | None:
        """Return who is trained again; None if nobody should be.

        Args:
            under_way: individuals that are evaluated now.
        """
        if self._limit < 2 or self._completed < self._first or self._asked >= self._share * self._completed:
            return None
        if self._freedom and not self._varies:  # the evaluator is exact
            return None
        contenders = sorted(self._members.values(), key=lambda member: member.standing, reverse=True)[:_CONTENDERS]
        free = [member for member in contenders if len(member.results) < self._limit and member.number not in under_way]
        if self._freedom == 0:  # nothing is known of the noise yet: ask the best, once
            return free[0] if free and not self._asked else None
        doubtful = [member for member in free if self._in_doubt(member, contenders)]
        return min(doubtful, key=lambda member: len(member.results), default=None)

    def _in_doubt(self, member: Member, contenders: Sequence[Member]) -> bool:
        """Whether a contender may change places with the first one; or the first one with any other."""
        leader = contenders[0]
        rivals = contenders[1:] if member is leader else (leader,)
        value = member.fitness.wvalues[0]
        return any(
            abs(value - rival.fitness.wvalues[0])
            <= _DOUBT * self.deviation * math.sqrt(1 / len(member.results) + 1 / len(rival.results))
            for rival in rivals
        )
