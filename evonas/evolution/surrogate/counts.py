"""What is counted of a network before any training, as further columns of its point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Rows

__all__ = ["COUNTS", "Counts", "counted"]

Floats = NDArray[np.float64]

COUNTS = ("parameters", "operations")
"""Costs that a model family knows of every genome."""

_COMMON = 1e5  # counts of a network of common size: it lies at 0
_HEIGHT = 0.5  # distance of two networks one of which has e times as many
_REMEMBERED = 2048  # rows whose counts are at hand: those of a few births


def counted(costs: Mapping[str, float]) -> Floats:
    """Return the counts among costs as coordinates, one each of :data:`COUNTS`: logarithms, 0 where unknown."""
    known = [costs.get(name, 0.0) for name in COUNTS]
    return np.array([_HEIGHT * math.log(count / _COMMON) if count > 0 else 0.0 for count in known])


class Counts:
    """Counts of rows, which take about 0.2 ms a network: those of the newest are remembered.

    Args:
        costs: gives what is known before training of the network of a row.
    """

    def __init__(self, costs: Callable[[Rows], Mapping[str, float]]) -> None:
        self._costs = costs
        self._known: dict[bytes, Floats] = {}

    def __call__(self, rows: Rows) -> Floats:
        """Return the coordinates of rows, shape (n, counts)."""
        return np.array([self._of(row) for row in rows]).reshape(-1, len(COUNTS))

    def _of(self, row: Rows) -> Floats:
        key = row.tobytes()
        if key not in self._known:
            while len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = counted(self._costs(row))
        return self._known[key]
