"""How promising a candidate is: what it may add to what is found, given how unsure the surrogate is of it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr, ndtr

from evonas.evolution.surrogate.model import Prediction

__all__ = ["bounds", "expected_improvement", "feasibility", "hypervolume_improvement", "upper_bound"]

Floats = NDArray[np.float64]

_DIRECTIONS = 32
_DRAWS = 12


def expected_improvement(mean: Floats, deviation: Floats, best: float) -> Floats:
    """Return the logarithm of how much a candidate is expected to be better than the best (Jones et al. 1998).

    The logarithm still tells candidates apart that have no real chance (Ament et al. 2023, arXiv:2310.20708).

    Args:
        mean: of each candidate.
        deviation: of each candidate, positive.
        best: what is to be beaten.
    """
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    near = np.maximum(density + z * ndtr(z), 1e-300)
    # For z << 0: h(z) = density (1 - |z| sqrt(pi/2) erfcx(|z|/sqrt 2)), the bracket being 1/z^2 or so.
    far = -np.minimum(z, -1.0)
    bracket = np.maximum(1 - far * math.sqrt(math.pi / 2) * erfcx(far / math.sqrt(2)), 1e-3 / far**2)
    tail = -0.5 * far**2 - 0.5 * math.log(2 * math.pi) + np.log(bracket)
    improvement: Floats = np.where(z > -4, np.log(near), tail) + np.log(deviation)
    return improvement


def upper_bound(mean: Floats, deviation: Floats, width: float) -> Floats:
    """Return how good a candidate is if it lies ``width`` deviations above what is expected (Srinivas et al. 2010)."""
    return mean + width * deviation


def hypervolume_improvement(prediction: Prediction, found: Floats, front: Floats, rng: np.random.Generator) -> Floats:
    """Return how much hypervolume each candidate is expected to add.

    The hypervolume is the mean, over random directions, of the best point's reach in that direction to the power of the
    number of objectives (Zhang & Golovin 2020, arXiv:2006.04655, lemma 5); that over draws from the prediction gives
    the expected improvement for any number of objectives at the same cost.

    Args:
        prediction: of the candidates, more is better; one figure an objective.
        found: all points so far, shape (points, objectives), same units; they tell where the reference point lies.
        front: those of them that are to be improved on.
        rng: source of randomness.

    Returns:
        Shape (candidates,).
    """
    low, high = bounds(found, front)
    objectives = front.shape[1]
    directions = np.abs(rng.standard_normal((_DIRECTIONS, objectives)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)

    def reach(points: Floats) -> Floats:
        """Return how far each point reaches in each direction, shape (..., directions)."""
        unit = np.maximum((points - low) / (high - low), 0.0)
        scaled: Floats = (unit[..., None, :] / np.maximum(directions, 1e-9)).min(axis=-1) ** objectives
        return scaled

    before = reach(front).max(axis=0)
    gained = np.zeros(len(prediction.mean))
    for _ in range(_DRAWS):
        draw = prediction.mean + prediction.deviation * rng.standard_normal(prediction.mean.shape)
        gained += np.maximum(reach(draw) - before, 0.0).mean(axis=1)
    # Where no draw gains anything, how far the mean falls short tells the candidates apart.
    short = (reach(prediction.mean + prediction.deviation) - before).max(axis=1)
    return np.asarray(gained / _DRAWS + 1e-9 * np.tanh(short), dtype=np.float64)


def bounds(found: Floats, front: Floats) -> tuple[Floats, Floats]:
    """Return the reference point and the ideal one.

    The reference point is a tenth beyond the worst of the front, or where a quarter of all lies, if that is further: a
    front of few points must not hide that there is something to gain beyond its ends.
    """
    low, high = front.min(axis=0), front.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    return np.minimum(low - 0.1 * width, np.quantile(found, 0.25, axis=0)), low + width


def feasibility(prediction: Prediction, least: Floats, most: Floats) -> Floats:
    """Return the logarithm of the probability that a candidate keeps all constraints.

    Args:
        prediction: of the constrained figures.
        least: scaled lower limits, minus infinity where there is none.
        most: scaled upper limits, infinity where there is none.
    """
    above = log_ndtr((prediction.mean - least) / prediction.deviation)
    below = log_ndtr((most - prediction.mean) / prediction.deviation)
    return np.asarray((above + below).sum(axis=1), dtype=np.float64)
