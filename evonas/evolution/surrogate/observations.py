"""What is known: a growing list of measured genomes, in the order they were told. Nothing is ever changed in it.

That every model is a function of the first n entries is what lets a resumed run make the same models again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Layout, Rows
from evonas.evolution.surrogate.counts import COUNTS, Counts
from evonas.evolution.surrogate.embedding import Embedding

__all__ = ["Observations"]

Floats = NDArray[np.float64]

_KEPT = 16  # levelled columns that are kept


class Observations:
    """Measured genomes.

    Args:
        layout: the places of the space.
        outputs: figures of each.
        depths: whether they differ in how far they were trained.
        row: gives the row of an individual by its number; asked for only when a model needs it.
        noisy: whether a second measurement of the same genome would come out differently.
        counts: of networks, if they are to be columns of the points.
        families: whether families of like genes have columns.
    """

    def __init__(
        self,
        layout: Layout,
        outputs: int,
        *,
        depths: bool,
        row: Callable[[int], Rows],
        noisy: bool = False,
        counts: Counts | None = None,
        families: bool = True,
    ) -> None:
        self.noisy = noisy
        extra = int(depths) + (0 if counts is None else len(COUNTS))
        self._embedding = Embedding(layout, extra, families=families)
        self._depths = depths
        self._row = row
        self._counts = counts
        self._points: Floats = np.empty((16, len(self.parts)))
        self._embedded = np.zeros(16, dtype=bool)
        self._values: Floats = np.empty((16, outputs))
        self._depth: Floats = np.empty(16)
        self._levelled: dict[tuple[int, int], Floats] = {}
        self.numbers: list[int] = []
        """The individual of each."""

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def parts(self) -> NDArray[np.intp]:
        """The part of each column of the points."""
        return self._embedding.parts

    @property
    def shares(self) -> Floats:
        """How often trees try each column of the points, relative."""
        return self._embedding.shares

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

    def points(self, chosen: NDArray[np.intp]) -> Floats:
        """Return the points of some entries, shape (chosen, columns); they may be read-only."""
        fresh = chosen[~self._embedded[chosen]]
        if len(fresh):
            numbers = [self.numbers[index] for index in fresh]
            rows = np.array([self._row(number) for number in numbers])
            self._points[fresh] = self._embedding.points(rows, self._extra(rows, self._depth[fresh]))
            self._embedded[fresh] = True
        if len(chosen) and np.all(np.diff(chosen) == 1):  # nothing is ever changed in them: no copy is needed
            points = self._points[chosen[0] : chosen[-1] + 1]
            points.setflags(write=False)
            return points
        return self._points.take(chosen, axis=0)

    def levelled(self, figure: int, count: int) -> Floats:
        """Return a figure of the first ``count`` entries, shorter trainings as if they had been trained in full.

        What a training at one depth gains to the next one is taken from the individuals that were trained to both.
        """
        key = (figure, count)
        if key not in self._levelled:
            while len(self._levelled) >= _KEPT:
                del self._levelled[next(iter(self._levelled))]
            values: Floats = self._values[:count, figure].copy()
            self._levelled[key] = self._level(values, count) if self._depths else values
        return self._levelled[key]

    def embedded(self, rows: Rows, depth: float = 1.0) -> Floats:
        """Return the points of rows, shape (n, places), at a depth of training."""
        return self._embedding.points(rows, self._extra(rows, np.full(len(rows), depth)))

    def append(self, number: int, values: Sequence[float], depth: float = 1.0) -> None:
        """Take in what was measured of an individual."""
        at = len(self)
        if at == len(self._depth):  # twice the room
            self._points = np.concatenate([self._points, np.empty_like(self._points)])
            self._embedded = np.concatenate([self._embedded, np.zeros_like(self._embedded)])
            self._values = np.concatenate([self._values, np.empty_like(self._values)])
            self._depth = np.concatenate([self._depth, np.empty_like(self._depth)])
        self._values[at] = values
        self._depth[at] = depth
        self.numbers.append(number)

    def _extra(self, rows: Rows, depth: Floats) -> Floats | None:
        """Return the columns of the points that are no coordinates of rows."""
        columns = [depth[:, None]] if self._depths else []
        if self._counts is not None:
            columns.append(self._counts(rows))
        return np.concatenate(columns, axis=1) if columns else None

    def _level(self, values: Floats, count: int) -> Floats:
        """Lift values of shorter trainings, in place."""
        depth = self._depth[:count]
        levels = [float(level) for level in np.unique(depth)]
        reached: dict[float, dict[int, list[float]]] = {level: {} for level in levels}
        for number, level, value in zip(self.numbers, depth.tolist(), values.tolist(), strict=False):
            if value == value:
                reached[level].setdefault(number, []).append(value)
        gain = 0.0
        for low, high in reversed(list(pairwise(levels))):
            both = reached[low].keys() & reached[high].keys()
            gains = [float(np.mean(reached[high][one]) - np.mean(reached[low][one])) for one in sorted(both)]
            gain += float(np.median(gains)) if gains else 0.0
            values[depth == low] += gain
        return values
