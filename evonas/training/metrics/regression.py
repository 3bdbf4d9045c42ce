"""Metrics of regressions, in the targets' own unit; NumPy alone.

All take ``y_true`` and ``y_score`` of the same shape, (events, quantities).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["mae", "mse", "rmse"]


def mae(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the mean absolute error, over all events and quantities."""
    return float(np.mean(np.abs(_difference(y_true, y_score))))


def mse(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the mean squared error, over all events and quantities; in the unit squared."""
    return float(np.mean(_difference(y_true, y_score) ** 2))


def rmse(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(mse(y_true, y_score)))


def _difference(y_true: NDArray[Any], y_score: NDArray[Any]) -> NDArray[np.float64]:
    difference: NDArray[np.float64] = y_score.astype(np.float64).reshape(y_true.shape) - y_true.astype(np.float64)
    return difference
