"""Rungs: an individual is trained a little first, and the best of each rung are trained on.

Asynchronous successive halving (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", section 3.2,
arXiv:1810.05934): whenever a device is free and one of the best third of a rung has not gone on yet, it does; else a
new individual is born. No rung waits for another. With a surrogate, the expected gain for the cost decides instead, as
in freeze-thaw Bayesian optimisation (Swersky, Snoek & Adams 2014, arXiv:1406.3896).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.errors import ConfigError
from evonas.evolution.member import Member

__all__ = ["Ladder", "Promotions"]

_WORTH_RUNGS = 20  # epochs of a full training, from which on `auto` has rungs
_AUTO_STEPS = 2  # below the full training: E/9 and E/3 epochs
_LOWEST = 5  # epochs of an `auto` rung: after fewer, batch normalisation lags and slow learning looks better than it is
_PREFERENCE = 0.7  # promise for its cost, against a newborn's, from which on training goes on: measured, see the docs
_KEPT = 16  # individuals of a rung whose weights are kept at least
_WITHOUT = frozenset({"grid", "tpe", "gp", "cmaes"})  # algorithms that compare all results with each other


@dataclass(frozen=True)
class Ladder:
    """The steps of the training budget.

    Attributes:
        epochs: epochs at the end of each rung, counted from the individual's first; the last is a full training.
        fractions: part of the training events at each rung.
        promote: one in so many goes on.
        poolings: pixels of images a side that become one at each rung; default: 1 at all.
    """

    epochs: tuple[int, ...]
    fractions: tuple[float, ...]
    promote: int = 3
    poolings: tuple[int, ...] = ()

    @classmethod
    def choose(cls, config: EvolutionConfig, search: SearchConfig, *, training: bool) -> Ladder:
        """Return the ladder that a configuration asks for.

        Args:
            config: its ``epochs`` are a full training.
            search: its ``rungs``; ``auto`` has rungs only where it pays.
            training: whether an evaluation is a training that can go on from its weights.

        Raises:
            ConfigError: if rungs are asked for that the mode or the algorithm cannot have.
        """
        given = search.rungs if isinstance(search.rungs, list) else None
        if given is None:
            auto = search.rungs == "auto" and training and search.algorithm == "evolution"
            pays = auto and config.mode == "steady" and config.epochs >= _WORTH_RUNGS
            lower = [config.epochs // search.promote**step for step in range(_AUTO_STEPS, 0, -1)] if pays else []
            epochs = [*(step for step in lower if step >= _LOWEST), config.epochs]
            return cls(tuple(epochs), (1.0,) * len(epochs), search.promote)
        if len(given) > 1 and (config.mode == "generational" or search.algorithm in _WITHOUT):
            who = "`mode: generational`" if config.mode == "generational" else f"`algorithm: {search.algorithm}`"
            raise ConfigError(
                f"{who} trains every individual in full",
                key="search.rungs",
                got=given,
                expected="none",
                hint="leave `search.rungs` out, or use `algorithm: evolution` in steady mode",
            )
        fractions = tuple(search.rung_fractions or [1.0] * len(given))
        return cls(tuple(given), fractions, search.promote, tuple(search.rung_resolutions or ()))

    @property
    def top(self) -> int:
        """The rung of a full training."""
        return len(self.epochs) - 1

    @property
    def full(self) -> int:
        """Epochs of a full training."""
        return self.epochs[-1]

    def pooling(self, rung: int) -> int:
        """Return how many pixels a side become one at a rung."""
        return self.poolings[rung] if self.poolings else 1

    def trained(self, rung: int) -> int:
        """Return the epochs that an individual has behind it when it enters a rung."""
        return self.epochs[rung - 1] if rung else 0

    def cost(self, rung: int, afresh: bool = False) -> float:
        """Return what an evaluation costs, in full trainings.

        Args:
            rung: its rung.
            afresh: whether it starts from the first epoch, as a repeat does.
        """
        epochs = self.epochs[rung] - (0 if afresh else self.trained(rung))
        return epochs * self.fractions[rung] / self.pooling(rung) ** 2 / self.full


class Promotions:
    """Who goes on to the next rung.

    Where the algorithm has an opinion (:meth:`~evonas.evolution.algorithms.Algorithm.prospects`), the next step goes to
    whoever promises most for what is left of its training: an individual that has begun, or a newborn. Without one it
    is successive halving: the best third of each rung. Published networks that the winner is measured against always
    go on.

    Args:
        ladder: the rungs.
        best_first: orders members of one rung.
        prospects: what members at low rungs promise, in units of what a newborn does; None for no opinion.
    """

    def __init__(
        self,
        ladder: Ladder,
        best_first: Callable[[Iterable[Member]], Sequence[Member]],
        prospects: Callable[[Sequence[Member]], Sequence[float] | None] = lambda members: None,
    ) -> None:
        self._ladder = ladder
        self._best_first = best_first
        self._prospects = prospects
        self._members: list[dict[int, Member]] = [{} for _ in ladder.epochs]
        self._ended = [0 for _ in ladder.epochs]
        self._gone: list[set[int]] = [set() for _ in ladder.epochs]

    def told(self, rung: int, member: Member | None) -> None:
        """Take note that an evaluation at a rung ended; ``member`` is None if it failed."""
        if rung < self._ladder.top:
            self._ended[rung] += 1
            if member is not None:
                self._members[rung][member.number] = member

    def went(self, number: int, rung: int) -> None:
        """Take note that an individual goes on to a rung."""
        self._gone[rung - 1].add(number)

    def next(self, *, closing: bool = False) -> tuple[Member, int] | None:
        """Return who goes on now, and to which rung; None if a newborn is worth more.

        Args:
            closing: whether the budget no longer suffices to train a newborn in full; what is left then goes to the
                best of those that have begun.
        """
        waiting = [member for rung in range(self._ladder.top) for member in self._waiting(rung)]
        if not waiting:
            return None
        for member in waiting:
            if member.individual.birth.baseline:  # what the winner is measured against has to be trained in full
                return member, member.rung + 1
        first = self._halving(pioneers=True)
        if first is not None:
            return first
        promise = self._prospects(waiting)
        if promise is None:
            return self._halving() or (self._highest() if closing else None)
        worth = [gain / self._remaining(member) for gain, member in zip(promise, waiting, strict=True)]
        best = max(range(len(waiting)), key=worth.__getitem__)
        if closing or worth[best] > _PREFERENCE:
            return waiting[best], waiting[best].rung + 1
        return None

    def may_go_on(self) -> set[int]:
        """Return the individuals whose weights are worth keeping, because they are promoted now or may be soon.

        Who is not among the best two thirds of a rung is not expected back; if it is promoted all the same, because
        all who came later were worse, it is trained afresh.
        """
        waiting: set[int] = set()
        for rung in range(self._ladder.top):
            room = max(_KEPT, 2 * self._ended[rung] // self._ladder.promote)
            best = self._best_first(self._members[rung].values())[:room]
            waiting |= {member.number for member in best} - self._gone[rung]
        return waiting

    def _halving(self, *, pioneers: bool = False) -> tuple[Member, int] | None:
        """Return the best of a rung's best third who has not gone on; the highest rung first.

        Args:
            pioneers: whether only rungs count that nobody has left yet.
        """
        for rung in reversed(range(self._ladder.top)):
            if pioneers and self._gone[rung]:
                continue
            count = self._ended[rung] // self._ladder.promote
            for member in self._best_first(self._members[rung].values())[:count] if count else ():
                if member.number not in self._gone[rung]:
                    return member, rung + 1
        return None

    def _highest(self) -> tuple[Member, int] | None:
        """Return the best of the highest rung where anybody waits."""
        for rung in reversed(range(self._ladder.top)):
            waiting = self._best_first(self._waiting(rung))
            if waiting:
                return waiting[0], rung + 1
        return None

    def _waiting(self, rung: int) -> list[Member]:
        return [member for number, member in self._members[rung].items() if number not in self._gone[rung]]

    def _remaining(self, member: Member) -> float:
        """Return what the rest of a member's training costs, in full trainings."""
        return sum(self._ladder.cost(rung) for rung in range(member.rung + 1, self._ladder.top + 1))
