"""Two models as one: each has a share that follows from how well it had predicted what came out afterwards."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

__all__ = ["Mixture", "Model", "log_density", "share"]

Floats = NDArray[np.float64]

_BELIEVED = (2.0, 1.0)  # results that the first model, and the second, are taken to have predicted alone
_WORST = -8.0  # log density of a result that a model did not expect at all: one of them must not decide
_ROUNDS = 60


class Model(Protocol):
    """What a surrogate asks of a fitted model of one figure."""

    smoothed: Floats
    """Values it was fitted to without their noise, shape (n,)."""

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, without noise, at points of shape (m, columns)."""

    def expect(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of what would be measured at points of shape (m, columns)."""

    def mean(self, points: Floats) -> Floats:
        """Return the mean alone."""

    def sample(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return the values at points of one function drawn from the model, shape (m,)."""

    def left_out(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, with noise, of each value as predicted from all others."""

    def believing(self, points: Floats) -> Model:
        """Return the model as if points had been measured and had come out as predicted."""


class Mixture:
    """A mixture of two models; its mean and deviation are those of the mixed distributions.

    Args:
        one, other: the models.
        share: weight of the other, 0 to 1.
    """

    def __init__(self, one: Model, other: Model, share: float) -> None:
        self._one, self._other, self.share = one, other, share
        self.smoothed: Floats = (1 - share) * one.smoothed + share * other.smoothed

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """See :meth:`Model.predict`."""
        return self._mixed(self._one.predict(points), self._other.predict(points))

    def expect(self, points: Floats) -> tuple[Floats, Floats]:
        """See :meth:`Model.expect`."""
        return self._mixed(self._one.expect(points), self._other.expect(points))

    def mean(self, points: Floats) -> Floats:
        """See :meth:`Model.mean`."""
        return (1 - self.share) * self._one.mean(points) + self.share * self._other.mean(points)

    def sample(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return a function drawn from one of the models, which is drawn by its share."""
        model = self._other if rng.random() < self.share else self._one
        return model.sample(points, rng)

    def left_out(self) -> tuple[Floats, Floats]:
        """See :meth:`Model.left_out`."""
        return self._mixed(self._one.left_out(), self._other.left_out())

    def believing(self, points: Floats) -> Mixture:
        """See :meth:`Model.believing`; each model believes what it predicts itself."""
        return Mixture(self._one.believing(points), self._other.believing(points), self.share)

    def _mixed(self, one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        (mean, deviation), (other_mean, other_deviation) = one, other
        mixed = mean + self.share * (other_mean - mean)
        squares = (1 - self.share) * (deviation**2 + mean**2) + self.share * (other_deviation**2 + other_mean**2)
        return mixed, np.sqrt(np.maximum(squares - mixed**2, 1e-9))


def log_density(values: Floats, mean: Floats, deviation: Floats) -> Floats:
    """Return the logarithm of the density of values that were predicted so, cut off where they were not at all."""
    scores = (values - mean) / deviation
    density: Floats = -0.5 * scores**2 - np.log(deviation) - 0.5 * np.log(2 * np.pi)
    return np.maximum(density, _WORST)


def share(one: Floats, other: Floats) -> float:
    """Return the share of the other of two models under which their mixture predicted best.

    Stacking of predictive distributions (Yao, Vehtari, Simpson & Gelman 2018, doi:10.1214/17-BA1091) with a prior,
    found by expectation maximisation.

    Args:
        one: log density that one model gave each result before it was known, shape (n,).
        other: log density that the other gave it.
    """
    found = _BELIEVED[1] / sum(_BELIEVED)
    for _ in range(_ROUNDS):
        odds = np.log(found) - np.log1p(-found) + other - one
        found = (float(expit(odds).sum()) + _BELIEVED[1]) / (len(one) + sum(_BELIEVED))
    return found
