"""How much the genomes of a population differ, against how much random ones do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Layout, Rows

__all__ = ["Diversity"]

Floats = NDArray[np.float64]

_RANDOM = 200  # genomes that a population is compared with


class Diversity:
    """Measures the diversity of populations: 0 where all are alike, 1 where they differ as random genomes do.

    The distance of two genomes is Gower's (1971, doi:10.2307/2528823): over all places, by how much of their range
    numbers differ, 1 for different options, and 1 for a gene that only one of them has.

    Args:
        layout: the places of the space.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        rng = np.random.default_rng(0)
        rows = layout.snapped(rng.random((_RANDOM, len(layout))))
        self._random = self._distances(layout.pruned(rows))

    def of(self, rows: Rows) -> float:
        """Return the diversity of genomes with these coordinates, shape (n, places), NaN where a gene is not there."""
        if len(rows) < 2 or not self._random:
            return 0.0
        return min(1.0, max(0.0, self._distances(rows) / self._random))

    def _distances(self, rows: Rows) -> float:
        """Return the mean distance of two of the rows."""
        count = len(rows)
        absent = np.isnan(rows)
        there = count - absent.sum(axis=0)
        pairs = count * (count - 1) / 2
        unequal = there * (count - there) / pairs
        options = self._layout.categorical
        codes = np.where(absent, -1, self._layout.codes(rows))[:, options]
        same = np.zeros(codes.shape[1])
        for code in range(int(codes.max(initial=-1)) + 1):
            alike = (codes == code).sum(axis=0)
            same += alike * (alike - 1) / 2
        present = there * (there - 1) / 2
        unequal[options] += (present[options] - same) / pairs
        # The sum of |x - y| over all pairs, of sorted numbers in one pass: those that are absent come last, as 0.
        numbers = np.sort(rows[:, ~options], axis=0)
        numbers[np.isnan(numbers)] = 0.0
        factors = 2 * np.arange(count)[:, None] - there[~options] + 1
        unequal[~options] += (factors * numbers).sum(axis=0) / pairs
        return float(unequal.mean()) if len(unequal) else 0.0
