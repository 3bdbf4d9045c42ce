"""Founders: a space-filling design, so that the first individuals cover the range of every gene."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["latin_hypercube"]

_DESIGNS = 32


def latin_hypercube(count: int, dimension: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a maximin Latin hypercube.

    Every one of the ``count`` strata of every coordinate holds exactly one point; of a few such designs the one with
    the largest least distance between two points is taken (McKay, Beckman & Conover 1979,
    doi:10.1080/00401706.1979.10489755; Johnson, Moore & Ylvisaker 1990, doi:10.1016/0378-3758(90)90122-B).

    Args:
        count: number of points, n >= 1.
        dimension: number of coordinates, d >= 0.
        rng: source of randomness.

    Returns:
        Points in the unit cube, shape (n, d).
    """
    best = np.empty((count, dimension))
    best_distance = -1.0
    for _ in range(_DESIGNS if count > 1 else 1):
        strata = rng.permuted(np.tile(np.arange(count)[:, None], (1, dimension)), axis=0)
        design = (strata + rng.random((count, dimension))) / count
        squares = (design**2).sum(axis=1)
        distances = squares[:, None] + squares[None, :] - 2 * design @ design.T
        np.fill_diagonal(distances, np.inf)
        if distances.min() > best_distance:
            best, best_distance = design, float(distances.min())
    return best
