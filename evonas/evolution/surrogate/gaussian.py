"""A Gaussian process whose parts of the space count as much as the data say.

Matern 5/2 kernel of a weighted distance between embedded genomes (:mod:`evonas.evolution.surrogate.embedding`), one
weight a part (automatic relevance determination). The weights, the noise and the amplitude are the most probable ones
under log-normal priors; the prior of a weight falls with the number of parts, so that genomes of many genes are not all
equally unlike each other (Hvarfner, Hellsten & Nardi 2024, "Vanilla Bayesian Optimization Performs Great in High
Dimensions"). Rasmussen & Williams 2006, chapters 2, 5.4.1 and 5.4.2, has the formulas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, lapack, solve_triangular
from scipy.optimize import minimize

__all__ = ["GaussianProcess", "Hyperparameters", "learn"]

Floats = NDArray[np.float64]

_ROOT5 = math.sqrt(5.0)
_JITTER = 1e-6
_WEIGHT = (0.7, 1.5)  # mean and deviation of log(weight x parts)
_NOISE = (-6.0, 2.0)  # of the log of the noise's variance
_LUCK = (-3.0, 1.0)  # the same, of trainings, where seeds decide, too
_AMPLITUDE = (0.0, 1.0)  # of the log of the signal's variance
_STEPS = 40
_FURTHER_STEPS = 6


@dataclass(frozen=True)
class Hyperparameters:
    """What a Gaussian process was learned to be.

    Attributes:
        logarithms: natural logarithms of the weight of each part, the noise's and the signal's variance.
        evidence: logarithm of the marginal likelihood times the prior, up to a constant.
    """

    logarithms: Floats
    evidence: float = -math.inf

    def scales(self, parts: NDArray[np.intp]) -> Floats:
        """Return the factor of each column of the points."""
        scales: Floats = np.exp(0.5 * self.logarithms[:-2])[parts]
        return scales

    @property
    def noise(self) -> float:
        """Variance of the noise."""
        return float(np.exp(self.logarithms[-2]))

    @property
    def amplitude(self) -> float:
        """Variance of the signal."""
        return float(np.exp(self.logarithms[-1]))


def learn(
    points: Floats,
    values: Floats,
    parts: NDArray[np.intp],
    spread: Floats | None = None,
    start: Hyperparameters | None = None,
    *,
    noisy: bool = False,
) -> Hyperparameters:
    """Return the most probable hyperparameters.

    Args:
        points: shape (n, columns).
        values: shape (n,), of mean 0 and variance 1 or so.
        parts: the part of each column.
        start: where to start from, for a few steps only; None starts from the prior's means and goes further.
        spread: known variance of each value on top of the noise, shape (n,).
        noisy: whether the values are known to depend on chance. A few of them do not tell, and a model that takes
            luck for merit stays where it was lucky.
    """
    count = int(parts.max()) + 1
    luck = _LUCK if noisy else _NOISE
    means = np.array([_WEIGHT[0] - math.log(count)] * count + [luck[0], _AMPLITUDE[0]])
    deviations = np.array([_WEIGHT[1]] * count + [luck[1], _AMPLITUDE[1]])
    bounds = [(-12.0, 6.0)] * count + [(-14.0, 1.0), (-4.0, 4.0)]

    def target(logarithms: Floats) -> tuple[float, Floats]:
        loss, slope = _evidence(logarithms, points, values, parts, spread)
        off = (logarithms - means) / deviations
        return loss + 0.5 * float(off @ off), slope + off / deviations

    first, steps = (means, _STEPS) if start is None else (start.logarithms, _FURTHER_STEPS)
    found = minimize(target, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
    return Hyperparameters(np.asarray(found.x, dtype=np.float64), -float(found.fun))


class GaussianProcess:
    """A fitted Gaussian process.

    Args:
        hyperparameters: see :func:`learn`.
        points: shape (n, columns).
        values: shape (n,).
        parts: the part of each column.
        spread: known variance of each value on top of the noise, shape (n,).
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        points: Floats,
        values: Floats,
        parts: NDArray[np.intp],
        spread: Floats | None = None,
    ) -> None:
        self._given = (hyperparameters, points, parts)
        self._spread = np.zeros(len(values)) if spread is None else spread
        self._amplitude = hyperparameters.amplitude
        self._noise = hyperparameters.noise + _JITTER
        self._scales = hyperparameters.scales(parts)
        self._points = points * self._scales
        self.values = values
        kernel = self._amplitude * _matern(_squares(self._points, self._points))[0]
        noise = self._noise + self._spread
        kernel[np.diag_indices(len(values))] += noise
        self._factor: Floats = np.linalg.cholesky(kernel).astype(np.float64, copy=False)
        self._alpha = cho_solve((self._factor, True), values, check_finite=False)
        self.smoothed: Floats = values - noise * self._alpha  # the mean at the points, for nothing
        """Values without their noise, as far as it can be told from them, shape (n,)."""

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, without noise, at points of shape (m, columns)."""
        cross = self._amplitude * _matern(_squares(self._points, points * self._scales))[0]
        solved = solve_triangular(self._factor, cross, lower=True, check_finite=False)
        variance = self._amplitude - np.einsum("ij,ij->j", solved, solved)
        mean: Floats = cross.T @ self._alpha
        return mean, np.sqrt(np.maximum(variance, 1e-9))

    def expect(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of what would be measured at points of shape (m, columns)."""
        mean, deviation = self.predict(points)
        return mean, np.sqrt(deviation**2 + self._noise)

    def believing(self, points: Floats) -> GaussianProcess:
        """Return the process as if points had been measured and had come out as predicted."""
        hyperparameters, known, parts = self._given
        believing = GaussianProcess(
            hyperparameters,
            np.concatenate([known, points]),
            np.concatenate([self.values, self.mean(points)]),
            parts,
            np.concatenate([self._spread, np.zeros(len(points))]),
        )
        believing.smoothed = self.smoothed
        return believing

    def sample(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return the values at points of one function drawn from the process, shape (m,)."""
        scaled = points * self._scales
        cross = self._amplitude * _matern(_squares(self._points, scaled))[0]
        solved = solve_triangular(self._factor, cross, lower=True, check_finite=False)
        covariance = self._amplitude * _matern(_squares(scaled, scaled))[0] - solved.T @ solved
        mean: Floats = cross.T @ self._alpha
        noise = rng.standard_normal(len(points))
        covariance[np.diag_indices(len(points))] += 1e-5 * self._amplitude
        try:
            return mean + np.linalg.cholesky(covariance) @ noise
        except np.linalg.LinAlgError:  # rounding, where points nearly coincide
            return mean + np.sqrt(np.maximum(np.diag(covariance), 0.0)) * noise

    def mean(self, points: Floats) -> Floats:
        """Return the mean alone, which is much cheaper."""
        cross = _matern(_squares(self._points, points * self._scales))[0]
        mean: Floats = self._amplitude * (cross.T @ self._alpha)
        return mean

    def left_out(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, with noise, of each value as predicted from all the others."""
        inverse = np.diag(_inverse(self._factor))
        return self.values - self._alpha / inverse, np.sqrt(1.0 / inverse)


def _evidence(
    logarithms: Floats, points: Floats, values: Floats, parts: NDArray[np.intp], spread: Floats | None
) -> tuple[float, Floats]:
    """Return the negative logarithm of the marginal likelihood and its gradient."""
    weights, noise, amplitude = np.exp(logarithms[:-2]), math.exp(logarithms[-2]), math.exp(logarithms[-1])
    scaled = points * np.sqrt(weights)[parts]
    correlation, slope = _matern(_squares(scaled, scaled))
    kernel = amplitude * correlation
    kernel[np.diag_indices(len(values))] += noise + _JITTER + (0.0 if spread is None else spread)
    try:
        factor: Floats = np.linalg.cholesky(kernel).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        return 1e10, np.zeros_like(logarithms)
    alpha: Any = cho_solve((factor, True), values, check_finite=False)
    loss = 0.5 * float(values @ alpha) + float(np.log(np.diag(factor)).sum())
    outer = 0.5 * (_inverse(factor) - np.outer(alpha, alpha))
    pull = outer * slope * amplitude
    # d loss / d weight = sum_ab pull_ab (x_a - x_b)^2, column by column without an array of n x n x columns
    columns = 2 * (pull.sum(axis=1) @ (points * points) - np.einsum("ij,ij->j", points, pull @ points))
    gradient = np.empty_like(logarithms)
    gradient[:-2] = np.bincount(parts, columns, minlength=len(weights)) * weights
    gradient[-2] = float(np.trace(outer)) * noise
    gradient[-1] = float((outer * correlation).sum()) * amplitude
    return loss, gradient


def _inverse(factor: Floats) -> Floats:
    half, _ = lapack.dpotri(factor, lower=1)
    inverse: Floats = np.tril(half) + np.tril(half, -1).T
    return inverse


def _squares(one: Floats, other: Floats) -> Floats:
    squares: Floats = (one * one).sum(axis=1)[:, None] + (other * other).sum(axis=1) - 2 * (one @ other.T)
    np.maximum(squares, 0.0, out=squares)
    return squares


def _matern(squares: Floats) -> tuple[Floats, Floats]:
    """Return the Matern 5/2 correlation at squared distances, and its derivative by them."""
    distances = np.sqrt(squares)
    falls = np.exp(-_ROOT5 * distances)
    return (1 + _ROOT5 * distances + 5 / 3 * squares) * falls, -5 / 6 * (1 + _ROOT5 * distances) * falls
