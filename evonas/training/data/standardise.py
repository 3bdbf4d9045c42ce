"""Inputs of mean 0 and standard deviation 1, fitted on the training part alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHUNK_BYTES", "Standardisation", "chunks", "fit"]

CHUNK_BYTES = 32 * 2**20
"""Inputs are read, fitted and written in pieces of about this size, bytes: memory stays flat for large files."""


@dataclass(frozen=True)
class Standardisation:
    """``(x - shift) / scale``, along the last axis: per feature for vectors, per channel for images.

    Attributes:
        shift: mean of each feature or channel over the training part, in its unit; 0 for a constant one.
        scale: standard deviation likewise; 1 for a constant one, which is so left alone.
    """

    shift: tuple[float, ...]
    scale: tuple[float, ...]

    def apply(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return standardised inputs, float32."""
        result: NDArray[np.float32] = ((inputs - np.asarray(self.shift)) / np.asarray(self.scale)).astype(np.float32)
        return result


def fit(inputs: NDArray[Any], events: NDArray[np.intp]) -> Standardisation:
    """Fit a standardisation.

    Args:
        inputs: (all events, ..., features or channels).
        events: indices of the training part; no other event is looked at.
    """
    width = inputs.shape[-1]
    count = 0
    mean, squares = np.zeros(width), np.zeros(width)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    for rows in chunks(inputs, events):
        values = inputs[rows].reshape(-1, width).astype(np.float64)
        low, high = np.minimum(low, values.min(axis=0)), np.maximum(high, values.max(axis=0))
        # Chan, Golub & LeVeque 1979, updating formulae for variances, eq. 2.1: stable where a sum of squares is not
        change = values.mean(axis=0) - mean
        total = count + len(values)
        squares += ((values - values.mean(axis=0)) ** 2).sum(axis=0) + change**2 * count * len(values) / total
        mean += change * len(values) / total
        count = total
    deviation = np.sqrt(squares / count)
    varies = (high > low) & (deviation > 0)
    shift, scale = np.where(varies, mean, 0.0), np.where(varies, deviation, 1.0)
    return Standardisation(tuple(shift.tolist()), tuple(scale.tolist()))


def chunks(inputs: NDArray[Any], events: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield the events in pieces of about :data:`CHUNK_BYTES` of float64."""
    per_event = max(1, int(np.prod(inputs.shape[1:], dtype=np.int64)) * 8)
    step = max(1, CHUNK_BYTES // per_event)
    for start in range(0, len(events), step):
        yield events[start : start + step]
