"""What is counted of a network before any training, as further columns of its point."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["COUNTS", "counted"]

COUNTS = ("parameters", "operations")
"""Costs that a model family knows of every genome."""

_COMMON = 1e5  # counts of a network of common size: it lies at 0
_HEIGHT = 0.5  # distance of two networks one of which has e times as many


def counted(costs: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the counts among costs as coordinates, one each of :data:`COUNTS`: logarithms, 0 where unknown."""
    known = [costs.get(name, 0.0) for name in COUNTS]
    return np.array([_HEIGHT * math.log(count / _COMMON) if count > 0 else 0.0 for count in known])
