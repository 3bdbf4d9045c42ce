"""What is known and the models of it, as one: of all trainings, or of full ones alone.

Low rungs are cheap, and some mislead: networks that learn fast come out in front of those that learn more. A model of
all trainings believes low rungs as far as it has seen them agree with full ones, which are of those whom the low rungs
favoured. The model of full trainings alone knows less, and cannot be misled. How much better the first tells full
trainings says what the low rungs are worth; the less that is, the more newborns are chosen by the second, and trained
in full unasked. Hyper-Tune weighs brackets and models of several fidelities by how well they rank (Li et al. 2022,
arXiv:2201.06834); Hyperband hedges by trying all brackets alike (Li et al. 2018, JMLR 18(185)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Rows
from evonas.evolution.surrogate.model import Surrogate
from evonas.evolution.surrogate.observations import Observations
from evonas.evolution.surrogate.prior import Prior

__all__ = ["Knowledge", "doubt"]

Floats = NDArray[np.float64]

_LEAST = 6  # full trainings before low rungs are doubted
_BETTER = 0.5  # of the full trainings, the better ones, are those that are to be told apart


class Knowledge:
    """Observations and a surrogate of them.

    Args:
        observations: what is known; it grows.
        surrogate: learns from it.
        prior: what earlier runs measured.
        row: gives the row of an individual by its number.
    """

    def __init__(
        self, observations: Observations, surrogate: Surrogate, prior: Prior, row: Callable[[int], Rows]
    ) -> None:
        self.observations = observations
        self.surrogate = surrogate
        self.prior = prior
        self._row = row
        self._fitted: tuple[int, tuple[int, ...]] | None = None  # observations and pending ones of the last fit

    def fit(self, under_way: Sequence[int]) -> bool:
        """Fit the surrogate to what is known and under way now; return False if it was.

        Args:
            under_way: numbers of the individuals that are evaluated now.
        """
        waiting = tuple(sorted(under_way))
        if self._fitted == (len(self.observations), waiting):
            return False
        pending = [self._row(number) for number in waiting]
        self.surrogate.fit(self.embedded(np.array(pending)) if pending else None)
        self._fitted = (len(self.observations), waiting)
        return True

    def reflect(self) -> bool:
        """See :meth:`Surrogate.reflect`."""
        return self.surrogate.reflect()

    def embedded(self, rows: Rows) -> Floats:
        """Return the points of rows, shape (n, places), when they are trained in full."""
        return self.observations.embedded(rows)

    def errors(self) -> dict[int, tuple[float, float]]:
        """Return what each full training came to, and how far off it would have been told from all others.

        Returns:
            Value of the first figure and absolute error, in its units, by the number of the individual; of several
            trainings of one the newest.
        """
        places, told = self.surrogate.left_out()
        values, depth, numbers = self.observations.values[:, 0], self.observations.depth, self.observations.numbers
        return {
            numbers[place]: (float(values[place]), abs(mean - float(values[place])))
            for place, mean in zip(places, told, strict=True)
            if depth[place] == 1.0 and not np.isnan(values[place])
        }


def doubt(everything: Knowledge, full: Knowledge) -> float:
    """Return how little low rungs say of full trainings: 0 if they tell all, 1 if nothing.

    It is the square of the ratio of the mean errors with which the better half of the full trainings are told, each
    from all others: with low rungs, its own among them, and from full trainings alone.

    Args:
        everything: knows trainings of all lengths.
        full: knows the full ones among them.
    """
    if len(full.observations) < _LEAST:
        return 0.0
    one, other = everything.errors(), full.errors()
    both = sorted(one.keys() & other.keys(), key=lambda number: (-one[number][0], number))
    if len(both) < _LEAST:  # the others failed
        return 0.0
    better = both[: round(_BETTER * len(both))]
    error, without = (sum(errors[number][1] for number in better) for errors in (one, other))
    return min(1.0, (error / without) ** 2) if without > 0 else 1.0
