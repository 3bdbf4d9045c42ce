"""Early stopping of hopeless curves: what a training must have reached by an epoch to go on.

With one objective, what a training comes to is predicted from its best epoch so far, by a regression over the trainings
that went to their end (Baker, Gupta, Raskar & Naik 2017, "Accelerating Neural Architecture Search using Performance
Prediction", arXiv:1705.10823); it is given up where even the upper end of the prediction misses the best found. How far
that end lies from the mean is learned with it, so that little is given up at epochs that tell little.

With several objectives or constraints no single figure decides. There the floor is a low percentile of what others had
reached at the same epoch, as in Vizier's median stopping rule (Golovin et al. 2017, section 3.2.2,
doi:10.1145/3097983.3098043) but more lenient: only what is below nearly all others is given up, since curves cross.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

__all__ = ["Floors", "Outlook"]

Floats = NDArray[np.float64]

_ENDED = 10  # trainings that went to their end, before anything is predicted from them
_NEWEST = 128  # of them that are learned from
_CHANCE = 0.01  # of a training to come out better than the upper end of its prediction
_CHECKED = 16  # epochs of a training at which it may be given up, at most
_CURVES = 20  # at an epoch, before anything is given up there for being below the percentile
_PERCENTILE = 10.0
_FROM = 0.5  # part of an evaluation's epochs that is trained in any case


@dataclass(frozen=True)
class Outlook:
    """What trainings come to, given the best epoch so far: a line with its spread.

    Attributes:
        level: outcome at the mean of the best epochs so far.
        slope: by how much it is better for a better epoch.
        middle: mean of the best epochs so far.
        lowest: what is worse than this counts as this: how bad the bad are tells nothing of the good.
        spread: standard deviation of outcomes about the line.
        count: trainings it rests on.
        squares: sum of the squared deviations of their best epochs so far.
    """

    level: float
    slope: float
    middle: float
    lowest: float
    spread: float
    count: int
    squares: float

    @classmethod
    def of(cls, reached: Floats, outcomes: Floats) -> Outlook | None:
        """Return the line through what trainings had reached and came to, more is better; None where there is none."""
        lowest, reached = _raised(reached)
        _, outcomes = _raised(outcomes)
        middle, level = float(reached.mean()), float(outcomes.mean())
        squares = float(((reached - middle) ** 2).sum())
        slope = float(((reached - middle) * (outcomes - level)).sum()) / squares if squares > 0 else 0.0
        if slope <= 0:
            return None
        left = outcomes - level - slope * (reached - middle)
        spread = math.sqrt(float((left**2).sum()) / (len(left) - 2))
        return cls(level, slope, middle, lowest, spread, len(left), squares)

    def mean(self, reached: float) -> float:
        """Return what a training probably comes to that has reached so much."""
        return self.level + self.slope * (max(reached, self.lowest) - self.middle)

    def upper(self, reached: float) -> float:
        """Return what a training hardly ever comes to that has reached so much."""
        off = max(reached, self.lowest) - self.middle
        error = self.spread * math.sqrt(1 + 1 / self.count + off * off / self.squares)
        return self.mean(reached) + float(stdtrit(self.count - 2, 1 - _CHANCE)) * error

    def needed(self, best: float) -> float | None:
        """Return what must have been reached to have a chance of ``best``; None if anything may have one."""
        low, high = self.lowest, self.middle + (best - self.level) / self.slope
        if high <= low or self.upper(low) >= best:
            return None
        for _ in range(40):  # the upper end grows with what was reached from where it is lowest: bisection
            half = 0.5 * (low + high)
            low, high = (half, high) if self.upper(half) < best else (low, half)
        return low


class Floors:
    """Learns curves, and says what the next training must reach.

    Args:
        column: the curve's column that is watched, such as ``val_loss``.
        maximise: whether more of it is better.
        predicts: whether outcomes are single figures that are told with the curves.
    """

    def __init__(self, column: str, maximise: bool, *, predicts: bool = True) -> None:
        self._column = column
        self._sign = 1.0 if maximise else -1.0
        self._predicts = predicts
        self._best: dict[int, float] = {}  # by individual: the best so far, over its rungs, more is better
        self._reached: dict[int, dict[int, float]] = {}  # by individual and epoch: the best so far
        self._outcomes: dict[int, float] = {}  # by individual: what its training came to, more is better
        self._curves: dict[int, list[float]] = {}  # by epoch: the best so far of each curve

    def told(self, individual: int, curve: Sequence[Mapping[str, float]], outcome: float | None = None) -> None:
        """Learn from the curve of an individual's own training; its rows go on from rung to rung.

        Args:
            individual: whose it is.
            curve: its new rows.
            outcome: what the whole training came to, more is better; None if it is not at its end, or has none.
        """
        best = self._best.get(individual, -np.inf)
        for row in curve:
            value = row.get(self._column)
            if value is None or not np.isfinite(value):
                continue
            best = max(best, self._sign * value)
            self._curves.setdefault(int(row["epoch"]), []).append(best)
            self._reached.setdefault(individual, {})[int(row["epoch"])] = best
        if np.isfinite(best):
            self._best[individual] = float(best)
            if outcome is not None and np.isfinite(outcome):
                self._outcomes[individual] = outcome

    def stopped(self, individual: int, floor: Sequence[tuple[int, float]]) -> bool:
        """Return whether a training that was told missed its floor."""
        reached = self._reached.get(individual, {})
        return any(reached[epoch] < self._sign * least for epoch, least in floor if epoch in reached)

    def expected(self, individual: int) -> float | None:
        """Return what a training that was given up would probably have come to; None if that cannot be told."""
        reached = self._reached.get(individual)
        if not reached:
            return None
        last = max(reached)
        outlook = self._outlook(last)
        return None if outlook is None else outlook.mean(reached[last])

    def floor(self, trained: int, epochs: int, best: float | None = None) -> tuple[tuple[int, float], ...]:
        """Return what a training must reach, as pairs of epoch and value.

        Args:
            trained: epochs it has behind it.
            epochs: epochs it goes on for.
            best: outcome that it should be able to beat, more is better; None before there is one.
        """
        first = trained + max(1, math.ceil(_FROM * epochs))
        every = range(first, trained + epochs)  # at the last epoch there is nothing left to save
        if not self._predicts:
            return tuple((epoch, self._sign * low) for epoch in every if (low := self._low(epoch)) is not None)
        if best is None or len(self._outcomes) < _ENDED:
            return ()
        pairs = []
        for epoch in every[:: max(1, math.ceil(len(every) / _CHECKED))]:
            outlook = self._outlook(epoch)
            least = None if outlook is None else outlook.needed(best)
            if least is not None:
                pairs.append((epoch, self._sign * least))
        return tuple(pairs)

    def _low(self, epoch: int) -> float | None:
        """Return the percentile of what others had reached by an epoch."""
        reached = self._curves.get(epoch, ())
        return float(np.percentile(reached, _PERCENTILE)) if len(reached) >= _CURVES else None

    def _outlook(self, epoch: int) -> Outlook | None:
        """Return what the trainings that ended tell at an epoch; those that ended before it stand where they ended."""
        reached, outcomes = [], []
        for individual, outcome in list(self._outcomes.items())[-_NEWEST:]:
            rows = self._reached[individual]
            if min(rows) <= epoch:
                reached.append(rows.get(epoch, self._best[individual] if max(rows) < epoch else -math.inf))
                outcomes.append(outcome)
        pairs = np.array([reached, outcomes])
        pairs = pairs[:, np.isfinite(pairs[0])]
        return Outlook.of(pairs[0], pairs[1]) if pairs.shape[1] >= _ENDED else None


def _raised(values: Floats) -> tuple[float, Floats]:
    """Return values, those below the median by more than twice what the best is above it raised, and that floor."""
    middle = float(np.median(values))
    lowest = max(float(values.min()), middle - 2 * (float(values.max()) - middle))
    return lowest, np.maximum(values, lowest)
