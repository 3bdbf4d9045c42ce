"""What is known: a growing list of measured rows, in the order they were told. Nothing is ever changed in it.

That every model is a function of the first n entries is what lets a resumed run make the same models again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Layout, Rows
from evonas.evolution.surrogate.embedding import Embedding

__all__ = ["Observations"]

Floats = NDArray[np.float64]


class Observations:
    """Measured rows.

    Args:
        layout: the places of the space.
        outputs: figures of each row.
        depths: whether rows differ in how far they were trained.
    """

    def __init__(self, layout: Layout, outputs: int, *, depths: bool) -> None:
        self._embedding = Embedding(layout, extra=int(depths))
        self._depths = depths
        self._points: Floats = np.empty((16, len(self.parts)))
        self._values: Floats = np.empty((16, outputs))
        self._depth: Floats = np.empty(16)
        self.numbers: list[int] = []
        """The individual of each row."""

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def parts(self) -> NDArray[np.intp]:
        """The part of each column of the points."""
        return self._embedding.parts

    @property
    def points(self) -> Floats:
        """Embedded rows, shape (n, columns)."""
        points: Floats = self._points[: len(self)]
        return points

    @property
    def values(self) -> Floats:
        """Figures, shape (n, outputs); NaN for failures."""
        values: Floats = self._values[: len(self)]
        return values

    @property
    def depth(self) -> Floats:
        """How far each was trained, shape (n,): 1 in full."""
        depth: Floats = self._depth[: len(self)]
        return depth

    def levelled(self, figure: int, count: int) -> Floats:
        """Return a figure of the first ``count`` rows, those of shorter trainings as if they had been trained in full.

        What a training at one depth gains to the next one is taken from the individuals that were trained to both.
        """
        values: Floats = self._values[:count, figure].copy()
        if not self._depths or not count:
            return values
        depth, numbers = self._depth[:count], np.array(self.numbers[:count])
        levels = np.unique(depth)
        gain = 0.0
        for low, high in reversed(list(pairwise(levels))):
            there, beyond = depth == low, depth == high
            both = np.intersect1d(numbers[there], numbers[beyond])
            gains = [
                np.mean(self._values[:count, figure][beyond & (numbers == one)])
                - np.mean(self._values[:count, figure][there & (numbers == one)])
                for one in both
            ]
            gains = [one for one in gains if not np.isnan(one)]
            gain += float(np.median(gains)) if gains else 0.0
            values[there] += gain
        return values

    def embedded(self, rows: Rows, depth: float = 1.0) -> Floats:
        """Return the points of rows at a depth of training."""
        extra = np.full((len(rows), 1), depth) if self._depths else None
        return self._embedding.points(rows, extra)

    def append(self, number: int, row: Rows, values: Sequence[float], depth: float = 1.0) -> None:
        """Take in what was measured of an individual."""
        at = len(self)
        if at == len(self._depth):  # twice the room
            self._points = np.concatenate([self._points, np.empty_like(self._points)])
            self._values = np.concatenate([self._values, np.empty_like(self._values)])
            self._depth = np.concatenate([self._depth, np.empty_like(self._depth)])
        self._points[at] = self.embedded(row[None], depth)[0]
        self._values[at] = values
        self._depth[at] = depth
        self.numbers.append(number)
