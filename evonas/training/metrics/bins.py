"""Bins of energy, the same for all data: five a decade, with an edge at 1 TeV."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS_PER_DECADE", "LEAST", "bin_numbers", "edges", "populated"]

BINS_PER_DECADE = 5
"""The field's usual binning."""

LEAST = 10
"""Events of a class (or of the signal) that a bin needs for a figure."""


def bin_numbers(energies: NDArray[Any], per_decade: int = BINS_PER_DECADE) -> NDArray[np.int64]:
    """Return the number of the bin that each energy lies in, (events,); bin 0 begins at 1 TeV.

    Args:
        energies: (events,) TeV, positive.
        per_decade: bins a decade.

    >>> bin_numbers(np.array([0.99, 1.0, 10.0])).tolist()
    [-1, 0, 5]
    """
    places = np.log10(np.asarray(energies, np.float64)) * per_decade
    return np.floor(places + 1e-9).astype(np.int64)


def edges(energies: NDArray[Any], per_decade: int = BINS_PER_DECADE) -> NDArray[np.float64]:
    """Return the edges of the bins that hold all energies, (bins + 1,) TeV; (0,) without events."""
    if not len(energies):
        return np.empty(0)
    numbers = bin_numbers(energies, per_decade)
    limits: NDArray[np.float64] = 10.0 ** (np.arange(numbers.min(), numbers.max() + 2) / per_decade)
    return limits


def populated(energies: NDArray[Any], *groups: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return the bins that hold at least :data:`LEAST` events of each group, in order: which events each has.

    Args:
        energies: (events,) TeV.
        groups: (events,) whether an event is in the group.
    """
    numbers = bin_numbers(energies)
    found = [numbers == number for number in np.unique(numbers)]
    return [rows for rows in found if all(np.count_nonzero(rows & group) >= LEAST for group in groups)]
