"""Bias and resolution of reconstructed energies, as ``pyirf.benchmarks.energy_bias_resolution`` defines them; NumPy.

All take decimal logarithms of energies, (events,) or (events, 1), as CTLearn learns them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.training.metrics.statistics import Counts, Statistic, quantiles, spread

__all__ = [
    "LOWER",
    "ONE_SIGMA",
    "UPPER",
    "bias",
    "energy_bias",
    "energy_resolution",
    "relative_errors",
    "resolution",
]

LOWER, UPPER = 0.15865525393145707, 0.8413447460685429
"""Quantiles of the standard normal distribution at -1 and +1."""

ONE_SIGMA = UPPER - LOWER
"""Probability within one standard deviation, 68.27 %."""


def energy_bias(true: NDArray[Any], reconstructed: NDArray[Any]) -> float:
    """Return the median of (reconstructed - true) / true energy; NaN without events.

    Args:
        true: log10(E/TeV).
        reconstructed: log10(E/TeV).
    """
    return bias(relative_errors(true, reconstructed))(None)


def energy_resolution(true: NDArray[Any], reconstructed: NDArray[Any]) -> float:
    """Return half the width of the central 68.27 % of (reconstructed - true) / true energy; NaN without events.

    Args:
        true: log10(E/TeV).
        reconstructed: log10(E/TeV).
    """
    return resolution(relative_errors(true, reconstructed))(None)


def relative_errors(true: NDArray[Any], reconstructed: NDArray[Any]) -> NDArray[np.float64]:
    """Return (reconstructed - true) / true energy from their decimal logarithms; (events,)."""
    difference = reconstructed.astype(np.float64).reshape(-1) - true.astype(np.float64).reshape(-1)
    errors: NDArray[np.float64] = np.expm1(np.log(10) * np.clip(difference, -300, 300))
    return errors


def bias(errors: NDArray[np.float64]) -> Statistic:
    """Return the median of (events,) relative errors as a statistic."""
    median = quantiles(errors, (0.5,))

    def statistic(counts: Counts) -> float:
        return float(median(counts)[0])

    return statistic


def resolution(errors: NDArray[np.float64]) -> Statistic:
    """Return half the width of the central 68.27 % of (events,) relative errors as a statistic."""
    return spread(errors, LOWER, UPPER)
