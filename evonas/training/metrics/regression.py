"""Metrics of regressions, in the targets' own unit; NumPy alone.

All take ``y_true`` and ``y_score`` of the same shape, (events, quantities).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["absolute_errors", "mae", "mse", "rmse", "squared_errors"]


def mae(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the mean absolute error, over all events and quantities."""
    return float(np.mean(absolute_errors(y_true, y_score)))


def mse(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the mean squared error, over all events and quantities; in the unit squared."""
    return float(np.mean(squared_errors(y_true, y_score)))


def rmse(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(mse(y_true, y_score)))


def absolute_errors(y_true: NDArray[Any], y_score: NDArray[Any]) -> NDArray[np.float64]:
    """Return the absolute error of each event, the mean over its quantities; (events,)."""
    return _means(np.abs(_difference(y_true, y_score)))


def squared_errors(y_true: NDArray[Any], y_score: NDArray[Any]) -> NDArray[np.float64]:
    """Return the squared error of each event, the mean over its quantities; (events,)."""
    return _means(_difference(y_true, y_score) ** 2)


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = values.reshape(len(values), -1).mean(axis=1)
    return means


def _difference(y_true: NDArray[Any], y_score: NDArray[Any]) -> NDArray[np.float64]:
    difference: NDArray[np.float64] = y_score.astype(np.float64).reshape(y_true.shape) - y_true.astype(np.float64)
    return difference
