"""What to train next beside newborns: promotions to a higher rung, and repeats where ranks are in doubt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.evolution.archive import best_first
from evonas.evolution.member import Member
from evonas.evolution.noise import Repeats
from evonas.evolution.rungs import Ladder, Promotions
from evonas.records import EvaluationRequest

__all__ = ["Agenda", "Task"]

_AUTO_REPEATS = 2  # further trainings of one individual


class Task(NamedTuple):
    """A further evaluation of an individual.

    Attributes:
        member: who.
        rung: at which rung.
        repeat: 0 for a promotion, else the number of the repeat.
    """

    member: Member
    rung: int
    repeat: int


class Agenda:
    """Decides between promotions and repeats; a newborn is what is left when there is neither.

    Args:
        ladder: the rungs.
        config: the objectives; with several, nothing is repeated.
        search: limits of the repeats.
        training: whether an evaluation is a training that depends on its seed; `auto` repeats only then.
        prospects: what members at low rungs promise; see :class:`~evonas.evolution.rungs.Promotions`.
    """

    def __init__(
        self,
        ladder: Ladder,
        config: EvolutionConfig,
        search: SearchConfig,
        *,
        training: bool,
        prospects: Callable[[Sequence[Member]], Sequence[float] | None],
    ) -> None:
        self.ladder = ladder
        self._promotions = Promotions(ladder, best_first, prospects)
        limit = (
            search.repeats
            if isinstance(search.repeats, int)
            else _AUTO_REPEATS * (search.repeats == "auto" and training)
        )
        noisy = limit > 0 and len(config.objectives) == 1 and config.mode == "steady"
        self._repeats = Repeats(1 + limit) if noisy else None

    def next(self, under_way: Collection[int], *, closing: bool = False) -> Task | None:
        """Return the next further evaluation; None if a newborn is worth more.

        Args:
            under_way: individuals that are evaluated now.
            closing: whether the budget no longer suffices to train a newborn in full.
        """
        promotion = self._promotions.next(closing=closing)
        if promotion is not None:
            return Task(*promotion, repeat=0)
        member = None if self._repeats is None else self._repeats.next(under_way)
        return None if member is None else Task(member, self.ladder.top, len(member.results))

    def asked(self, request: EvaluationRequest) -> None:
        """Take note that a request was made."""
        if request.repeat and self._repeats is not None:
            self._repeats.asked()
        elif request.rung and not request.repeat:
            self._promotions.went(request.individual, request.rung)

    def told(self, request: EvaluationRequest, member: Member | None) -> None:
        """Take note of a final result; ``member`` is None if it is a failure."""
        if not request.repeat:
            self._promotions.told(request.rung, member)
        if member is not None and request.rung == self.ladder.top and self._repeats is not None:
            self._repeats.told(member)

    def may_go_on(self) -> set[int]:
        """Return the individuals whose weights are worth keeping for a promotion."""
        return self._promotions.may_go_on()

    @property
    def noise(self) -> float:
        """Standard deviation of a single result in the first objective; NaN where nothing was repeated."""
        return float("nan") if self._repeats is None else self._repeats.deviation
