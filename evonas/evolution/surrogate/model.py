"""The surrogate: one model a figure, learned from the run's own observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.surrogate.ensemble import Mixture, Model
from evonas.evolution.surrogate.lessons import Kind, Lessons
from evonas.evolution.surrogate.observations import Observations
from evonas.evolution.surrogate.prior import Prior
from evonas.evolution.surrogate.targets import BENDS, Scale

__all__ = ["Prediction", "Surrogate"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """What the surrogate says of some points; all in scaled units, more is better.

    Attributes:
        mean: shape (points, figures).
        deviation: standard deviation, shape (points, figures).
    """

    mean: Floats
    deviation: Floats


class Surrogate:
    """Models of all figures. What it is after n observations depends on those alone.

    Args:
        observations: what is known; it grows.
        one_sided: for each figure whether only high values matter.
        prior: what earlier runs measured.
        kind: of the models.
        bends: how strongly low values may be bent.
    """

    def __init__(
        self,
        observations: Observations,
        one_sided: Sequence[bool],
        prior: Prior | None = None,
        kind: Kind = "gaussian",
        bends: tuple[float, ...] = BENDS,
    ) -> None:
        self._observations = observations
        self._kind = kind
        self._lessons = Lessons(observations, one_sided, prior, kind, bends)
        self._models: list[Model] = []
        self._figures = len(one_sided)
        self.scales: list[Scale] = []
        self.found: Floats = np.empty((0, self._figures))
        """What those that were trained in full are worth without their noise, shape (individuals, figures)."""

    def fit(self, pending: Floats | None = None) -> None:
        """Fit all models to what is known now.

        Args:
            pending: points that are being evaluated; they are believed to come out as predicted, so that the models
                are no longer curious about them.
        """
        count = len(self._observations)
        fitted = [self._lessons.model(figure, count) for figure in range(self._figures)]
        self.scales = [scale for _, scale in fitted]
        self._models = [model for model, _ in fitted]
        if pending is not None and len(pending):
            self._models = [model.believing(pending) for model in self._models]
        chosen = self._lessons.chosen(count)
        smoothed = np.stack([model.smoothed[: len(chosen)] for model, _ in fitted], axis=1)
        full = self._observations.depth[chosen] == 1.0
        # Before anyone was trained in full, those who were not are what there is to improve on.
        self.found = smoothed[full if full.any() else slice(None)]

    def reflect(self) -> bool:
        """Learn a little ahead of the next fit; False when there is nothing to learn from what is known now."""
        return self._lessons.reflect(len(self._observations))

    def predict(self, points: Floats) -> Prediction:
        """Return mean and deviation of every figure at points."""
        both = [model.predict(points) for model in self._models]
        return Prediction(np.stack([mean for mean, _ in both], axis=1), np.stack([sd for _, sd in both], axis=1))

    def means(self, points: Floats) -> Floats:
        """Return the means alone, shape (points, figures)."""
        return np.stack([model.mean(points) for model in self._models], axis=1)

    def left_out(self) -> tuple[NDArray[np.intp], list[float]]:
        """Return what some observations of the first figure would have been predicted to be from all others.

        Returns:
            Their places, and the means in units of the figure.
        """
        return self._lessons.left_out(0, len(self._observations))

    def sample(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return the values of functions drawn from the models, shape (points, figures)."""
        return np.stack([model.sample(points, rng) for model in self._models], axis=1)

    def report(self) -> dict[str, Any]:
        """Return which models these are, as JSON values; of an ensemble the share of the trees for each figure."""
        shares = [model.share for model in self._models if isinstance(model, Mixture)]
        return {"kind": self._kind} | ({"trees": shares} if shares else {})
