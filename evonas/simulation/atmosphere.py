"""An isothermal atmosphere: heights, depths, and how much later light arrives than in a vacuum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIGHT_SPEED", "depth_at", "height_of", "optical_excess"]

LIGHT_SPEED = 0.299792458
"""In m / ns."""

_SCALE = 8400.0  # m
_GROUND_DEPTH = 1030.0  # g/cm2 at sea level
_REFRACTIVITY = 2.8e-4  # n - 1 at sea level

Array = NDArray[np.float64]


def depth_at(height: Array | float) -> Array:
    """Return the vertical depth in g/cm2 above a height in m above sea level.

    >>> float(depth_at(0.0))
    1030.0
    """
    return np.asarray(_GROUND_DEPTH * np.exp(-np.asarray(height) / _SCALE))


def height_of(depth: Array) -> Array:
    """Return the height in m above sea level of a vertical depth in g/cm2, which must be above 0.

    >>> round(float(height_of(np.array(1030.0))), 6)
    0.0
    """
    return np.asarray(_SCALE * np.log(_GROUND_DEPTH / depth))


def optical_excess(height: Array, ground: float) -> Array:
    """Return by how many metres the optical path is longer than the straight one, on the vertical from a height down.

    Args:
        height: height of emission above sea level in m.
        ground: height of the telescope above sea level in m.
    """
    return np.asarray(_REFRACTIVITY * _SCALE * (np.exp(-ground / _SCALE) - np.exp(-height / _SCALE)))
