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

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack
from scipy.optimize import minimize

__all__ = ["GaussianProcess", "Hyperparameters", "learn"]

Floats = NDArray[np.float64]

_JITTER = 1e-6
_WEIGHT = (0.7, 1.5)  # mean and deviation of log(weight x parts)
_NOISE = (-6.0, 2.0)  # of the log of the noise's variance
_LUCK = (-3.0, 1.0)  # the same, of trainings, where seeds decide, too
_AMPLITUDE = (0.0, 1.0)  # of the log of the signal's variance
_STEPS = 40
_FURTHER_STEPS = 6
_ENOUGH = 1e-5  # a step that gains less than this part of the evidence is the last


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
        """Return the factor of each column of the points, with which distances are those that the kernel takes."""
        return _scales(np.exp(self.logarithms[:-2]), parts)

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
    options = {"maxiter": steps, "ftol": _ENOUGH}
    found = minimize(target, first, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return Hyperparameters(np.asarray(found.x, dtype=np.float64), -float(found.fun))


class GaussianProcess:
    """A fitted Gaussian process.

    Args:
        hyperparameters: see :func:`learn`.
        points: shape (n, columns).
        values: shape (n,).
        parts: the part of each column.
        spread: known variance of each value on top of the noise, shape (n,).
        before: a process of the same hyperparameters and of the first of the points, whatever their values, with the
            same spread: what it has worked out need not be worked out again.
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        points: Floats,
        values: Floats,
        parts: NDArray[np.intp],
        spread: Floats | None = None,
        before: GaussianProcess | None = None,
    ) -> None:
        self._given = (hyperparameters, points, parts)
        self._spread = np.zeros(len(values)) if spread is None else spread
        self._amplitude = hyperparameters.amplitude
        self._noise = hyperparameters.noise + _JITTER
        self._scales = hyperparameters.scales(parts)
        self.values: Floats = values
        known = 0 if before is None else len(before.values)
        framed = _framed(points[known:], self._scales)
        facing = _facing(framed)
        self._facing: Floats = facing if before is None else np.concatenate([before._facing, facing])
        noise = self._noise + self._spread
        kernel = self._covariance(framed)
        kernel[np.arange(len(kernel)), np.arange(known, len(values))] += noise[known:]
        self._factor: Floats = _root(kernel) if before is None else _extended(before._factor, kernel)
        self._alpha = _solution(self._factor, values)
        self.smoothed: Floats = values - noise * self._alpha  # the mean at the points, for nothing
        """Values without their noise, as far as it can be told from them, shape (n,)."""

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, without noise, at points of shape (m, columns)."""
        cross = self._covariance(_framed(points, self._scales))
        mean: Floats = cross @ self._alpha
        solved = self._solved(cross)
        variance = self._amplitude - np.einsum("ij,ij->j", solved, solved)
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
            before=self,
        )
        believing.smoothed = self.smoothed
        return believing

    def sample(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return the values at points of one function drawn from the process, shape (m,)."""
        framed = _framed(points, self._scales)
        cross = self._covariance(framed)
        mean: Floats = cross @ self._alpha
        solved = self._solved(cross)
        covariance = _matern(_squares(framed, _facing(framed)), self._amplitude)
        covariance -= solved.T @ solved
        noise = rng.standard_normal(len(points))
        covariance.flat[:: len(points) + 1] += 1e-5 * self._amplitude
        try:
            return mean + np.linalg.cholesky(covariance) @ noise
        except np.linalg.LinAlgError:  # rounding, where points nearly coincide
            return mean + np.sqrt(np.maximum(np.diag(covariance), 0.0)) * noise

    def mean(self, points: Floats) -> Floats:
        """Return the mean alone, which is much cheaper."""
        mean: Floats = self._covariance(_framed(points, self._scales)) @ self._alpha
        return mean

    def left_out(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, with noise, of each value as predicted from all the others."""
        inverse = np.diag(_inverse(self._factor))
        return self.values - self._alpha / inverse, np.sqrt(1.0 / inverse)

    def _covariance(self, framed: Floats) -> Floats:
        """Return the covariances of the signal between framed points and those that are known, shape (m, n)."""
        return _matern(_squares(framed, self._facing), self._amplitude)

    def _solved(self, cross: Floats) -> Floats:
        """Return the inverse of the factor times the transpose of covariances; these are lost."""
        solved: Floats = blas.dtrsm(1.0, self._factor, cross.T, lower=1, overwrite_b=1)
        return solved


def _evidence(
    logarithms: Floats, points: Floats, values: Floats, parts: NDArray[np.intp], spread: Floats | None
) -> tuple[float, Floats]:
    """Return the negative logarithm of the marginal likelihood and its gradient."""
    weights, noise, amplitude = np.exp(logarithms[:-2]), math.exp(logarithms[-2]), math.exp(logarithms[-1])
    framed = _framed(points, _scales(weights, parts))
    squares = _squares(framed, _facing(framed))
    distances = np.sqrt(squares)
    slope = 1.0 + distances
    falls = np.exp(np.negative(distances, out=distances), out=distances)
    squares /= 3.0
    squares += slope
    correlation = np.multiply(squares, falls, out=squares)
    slope *= falls  # times -5/6 it is the derivative of the correlation by the weighted squared distance
    kernel = amplitude * correlation
    kernel.flat[:: len(values) + 1] += noise + _JITTER + (0.0 if spread is None else spread)
    try:
        factor = _root(kernel)
    except np.linalg.LinAlgError:
        return 1e10, np.zeros_like(logarithms)
    alpha = _solution(factor, values)
    loss = 0.5 * float(values @ alpha) + float(np.log(factor.diagonal()).sum())
    outer = _inverse(factor)  # minus alpha alpha'; twice the derivative of the loss by the kernel
    outer -= alpha[:, None] * alpha
    slope *= outer
    # d loss / d weight = sum_ab pull_ab (x_a - x_b)^2, column by column without an array of n x n x columns
    pulled = slope @ points
    pulled -= slope.sum(axis=1)[:, None] * points
    columns = np.einsum("ij,ij->j", points, pulled)
    gradient = np.empty_like(logarithms)
    gradient[:-2] = np.bincount(parts, columns, minlength=len(weights)) * weights * (5 / 6 * amplitude)
    gradient[-2] = 0.5 * float(outer.trace()) * noise
    gradient[-1] = 0.5 * float(np.vdot(outer, correlation)) * amplitude
    return loss, gradient


def _root(kernel: Floats) -> Floats:
    """Return the lower Cholesky factor, in Fortran's order; the kernel is lost.

    Raises:
        LinAlgError: if the kernel is not positive definite.
    """
    factor, info = lapack.dpotrf(kernel.T, lower=1, clean=1, overwrite_a=1)
    if info:
        raise np.linalg.LinAlgError(f"not positive definite at {info}")
    return np.asarray(factor, dtype=np.float64)


def _extended(factor: Floats, kernel: Floats) -> Floats:
    """Return the lower Cholesky factor, in Fortran's order, of a matrix with further rows.

    Args:
        factor: that of the matrix without them, shape (n, n).
        kernel: the further rows, shape (m, n + m).

    Raises:
        LinAlgError: if the matrix is not positive definite.
    """
    known = len(factor)
    extended: Floats = np.zeros((known + len(kernel),) * 2, order="F")
    extended[:known, :known] = factor
    if len(kernel):
        solved = blas.dtrsm(1.0, factor, kernel[:, :known].T, lower=1)
        extended[known:, :known] = solved.T
        extended[known:, known:] = _root(kernel[:, known:] - solved.T @ solved)
    return extended


def _solution(factor: Floats, values: Floats) -> Floats:
    """Return the inverse of the matrix with a lower Cholesky factor times a vector."""
    solution: Floats = lapack.dpotrs(factor, values, lower=1)[0]
    return solution


def _inverse(factor: Floats) -> Floats:
    """Return the inverse of the matrix with a lower Cholesky factor."""
    inverse: Floats = lapack.dpotri(factor, lower=1)[0]  # its lower half
    inverse += inverse.T
    inverse.flat[:: len(inverse) + 1] *= 0.5
    return inverse


def _scales(weights: Floats, parts: NDArray[np.intp]) -> Floats:
    """Return the factor of each column, of which the weight of its part and the kernel's root of 5 are the factors."""
    scales: Floats = np.sqrt(5.0 * weights)[parts]
    return scales


def _framed(points: Floats, scales: Floats) -> Floats:
    """Return points times the scales, with two further columns: the squared length of each, and 1."""
    framed: Floats = np.empty((len(points), points.shape[1] + 2))
    scaled = np.multiply(points, scales, out=framed[:, :-2])
    np.einsum("ij,ij->i", scaled, scaled, out=framed[:, -2])
    framed[:, -1] = 1.0
    return framed


def _facing(framed: Floats) -> Floats:
    """Return framed points so that their products with others are squared distances."""
    facing: Floats = np.empty_like(framed)
    np.multiply(framed[:, :-2], -2.0, out=facing[:, :-2])
    facing[:, -2] = 1.0
    facing[:, -1] = framed[:, -2]
    return facing


def _squares(framed: Floats, facing: Floats) -> Floats:
    """Return squared distances between framed points and those that face them: one product of matrices."""
    squares: Floats = framed @ facing.T
    return np.maximum(squares, 0.0, out=squares)


def _matern(squares: Floats, amplitude: float) -> Floats:
    """Return Matern 5/2 covariances at 5 times squared distances, which are lost."""
    distances = np.sqrt(squares)
    squares /= 3.0
    squares += distances
    squares += 1.0
    np.exp(np.subtract(math.log(amplitude), distances, out=distances), out=distances)
    squares *= distances
    return squares
