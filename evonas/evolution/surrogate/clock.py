"""How long trainings take: where time alone ends a search, of two networks of equal promise the quicker is trained."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Layout, Rows
from evonas.evolution.surrogate.counts import Counts
from evonas.evolution.surrogate.model import Surrogate
from evonas.evolution.surrogate.observations import Observations

__all__ = ["Clock"]

Floats = NDArray[np.float64]

_LEAST = 3  # trainings before anything is said
_HURRY = 0.5  # power of the time that a gain is divided by
_ASKED = 24  # of the most promising candidates: what a network costs takes about 0.2 ms to count


class Clock:
    """Learns how long an epoch takes, from genes and from what is counted of a network before its training.

    Parameters and operations follow from the genes, but a model would need many trainings to find out how: with them it
    knows after ten what it would know after twenty.

    Args:
        layout: the places of the space.
        row: gives the row of an individual by its number.
        counts: of networks.
    """

    def __init__(self, layout: Layout, row: Callable[[int], Rows], counts: Counts) -> None:
        self._known = Observations(layout, 1, depths=False, row=row, counts=counts)
        self._surrogate = Surrogate(self._known, [False])

    def told(self, number: int, seconds: float, epochs: int) -> None:
        """Take in how long the training of an individual took, s, and its epochs."""
        self._known.append(number, [math.log(seconds / max(1, epochs))])

    @property
    def ready(self) -> bool:
        """Whether it has been fitted to enough trainings."""
        return bool(self._surrogate.scales)

    def fit(self) -> None:
        """Learn from what is known now."""
        if len(self._known) >= _LEAST:
            self._surrogate.fit()

    def reflect(self) -> bool:
        """See :meth:`Surrogate.reflect`."""
        return self._surrogate.reflect()

    def durations(self, rows: Rows) -> Floats:
        """Return the logarithm of how long an epoch of each row, shape (n, places), takes, relative to all so far."""
        means = self._surrogate.means(self._known.embedded(rows))[:, 0]
        logarithms: Floats = self._surrogate.scales[0].width * means
        return logarithms

    def hurried(self, score: Floats, rows: Rows) -> Floats:
        """Return scores by time: the best are put in order anew, and the others come behind them in the order they had.

        A gain is divided by the root of the time it takes. By the time itself (Snoek, Larochelle & Adams 2012,
        arXiv:1206.2944, section 3.2) a search stays with small networks, which gain little, but quickly, until its
        budget is used up; the power that Lee et al. 2020 (arXiv:2003.10870) lower from 1 to 0 is 1/2 on average.

        Args:
            score: logarithm of what each candidate is worth, shape (n,).
            rows: the candidates, shape (n, places).
        """
        order = np.argsort(-score, kind="stable")
        best, others = order[:_ASKED], order[_ASKED:]
        hurried: Floats = score.copy()
        hurried[best] -= _HURRY * self.durations(rows[best])
        if len(others):
            hurried[others] += hurried[best].min() - score[others[0]] - 1.0
        return hurried
