"""The surrogate: one model a figure, learned from the run's own observations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.surrogate.gaussian import GaussianProcess, Hyperparameters, learn
from evonas.evolution.surrogate.observations import Observations
from evonas.evolution.surrogate.prior import Prior
from evonas.evolution.surrogate.targets import BENDS, Scale

__all__ = ["Prediction", "Surrogate"]

Floats = NDArray[np.float64]

_LEARNED = 100  # observations that hyperparameters are learned from
_FITTED = 256  # observations that a model rests on: its cost grows with their cube
_EVERY = 16  # hyperparameters are learned anew whenever there are a 16th more observations
_AFRESH = 4  # and one time in so many not from those before


@dataclass(frozen=True)
class Prediction:
    """What the surrogate says of some points; all in scaled units, more is better.

    Attributes:
        mean: shape (points, figures).
        deviation: standard deviation, shape (points, figures).
    """

    mean: Floats
    deviation: Floats


@dataclass(frozen=True)
class _Known:
    """What a model is fitted to: points, values, and the variance of each value beyond the model's noise."""

    points: Floats
    values: Floats
    spread: Floats

    def believing(self, points: Floats, values: Floats, spread: float = 0.0) -> _Known:
        """Return it with further points, taken to have these values."""
        return _Known(
            np.concatenate([self.points, points]),
            np.concatenate([self.values, values]),
            np.concatenate([self.spread, np.full(len(values), spread)]),
        )


@dataclass(frozen=True)
class _Lesson:
    """What was learned from some observations: the model's hyperparameters, and how strongly low values are bent."""

    hyperparameters: Hyperparameters
    bend: float


class Surrogate:
    """Models of all figures. What it is after n observations depends on those alone.

    Args:
        observations: what is known; it grows.
        one_sided: for each figure whether only high values matter.
        prior: what earlier runs measured.
    """

    def __init__(self, observations: Observations, one_sided: Sequence[bool], prior: Prior | None = None) -> None:
        self._observations = observations
        self._prior = prior
        self._one_sided = one_sided
        self._learned: dict[tuple[int, int], _Lesson] = {}
        self._processes: list[GaussianProcess] = []
        self.scales: list[Scale] = []
        self.found: Floats = np.empty((0, len(one_sided)))
        """What those that were trained in full are worth without their noise, shape (individuals, figures)."""

    def fit(self, pending: Floats | None = None) -> None:
        """Fit all models to what is known now.

        Args:
            pending: points that are being evaluated; they are believed to come out as predicted, so that the models
                are no longer curious about them.
        """
        count = len(self._observations)
        parts = self._observations.parts
        self._processes, self.scales = [], []
        chosen = self._chosen(count, _FITTED)
        smoothed = []
        for figure in range(len(self._one_sided)):
            lesson = self._lesson(figure, count)
            scale = self._scale(figure, count, lesson.bend)
            known = self._known(figure, count, chosen, scale)
            hyperparameters = lesson.hyperparameters
            process = GaussianProcess(hyperparameters, known.points, known.values, parts, known.spread)
            smoothed.append(process.smoothed[: len(chosen)])
            if pending is not None and len(pending):
                known = known.believing(pending, process.mean(pending))
                process = GaussianProcess(hyperparameters, known.points, known.values, parts, known.spread)
            self._processes.append(process)
            self.scales.append(scale)
        full = self._observations.depth[chosen] == 1.0
        # Before anyone was trained in full, those who were not are what there is to improve on.
        self.found = np.stack(smoothed, axis=1)[full if full.any() else slice(None)]

    def predict(self, points: Floats) -> Prediction:
        """Return mean and deviation of every figure at points."""
        both = [process.predict(points) for process in self._processes]
        return Prediction(np.stack([mean for mean, _ in both], axis=1), np.stack([sd for _, sd in both], axis=1))

    def means(self, points: Floats) -> Floats:
        """Return the means alone, shape (points, figures)."""
        return np.stack([process.mean(points) for process in self._processes], axis=1)

    def sample(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return the values of functions drawn from the models, shape (points, figures)."""
        return np.stack([process.sample(points, rng) for process in self._processes], axis=1)

    def _scale(self, figure: int, count: int, bend: float) -> Scale:
        return Scale.of(self._observations.levelled(figure, count), one_sided=self._one_sided[figure], bend=bend)

    def _chosen(self, count: int, most: int) -> NDArray[np.intp]:
        """Return which of the first observations models rest on: all, or half of them the best, half the newest."""
        if count <= most:
            return np.arange(count)
        levelled = [self._observations.levelled(figure, count) for figure, sided in enumerate(self._one_sided) if sided]
        worth = np.sum([Scale.of(values)(values) for values in levelled], axis=0) if levelled else np.zeros(count)
        newest = most // 2
        best = np.argsort(-worth[: count - newest], kind="stable")[: most - newest]
        return np.concatenate([np.sort(best), np.arange(count - newest, count)])

    def _known(self, figure: int, count: int, chosen: NDArray[np.intp], scale: Scale) -> _Known:
        """Return what a model of a figure is fitted to after some observations."""
        values = scale(self._observations.levelled(figure, count))
        known = _Known(self._observations.points(chosen), values[chosen], np.zeros(len(chosen)))
        if self._prior is not None and len(self._prior):
            further = self._prior.values(figure)
            known = known.believing(self._prior.points[: len(further)], further, self._prior.spread(count))
        return known

    def _lesson(self, figure: int, count: int) -> _Lesson:
        """Return what was learned last; a function of the count, so that a resumed run learns the same."""
        steps = _lessons(count)
        first = max(index for index in range(len(steps)) if index % _AFRESH == 0)
        found: _Lesson | None = None
        for step in steps[first:]:
            key = (figure, step)
            if key not in self._learned:
                self._learned[key] = self._learn(figure, step, found)
            found = self._learned[key]
        assert found is not None  # steps has one at least
        return found

    def _learn(self, figure: int, count: int, before: _Lesson | None) -> _Lesson:
        """Return what some observations teach; afresh, they also say how strongly low values are to be bent."""
        chosen = self._chosen(count, _LEARNED)
        values = self._observations.levelled(figure, count)[chosen]
        parts, start = self._observations.parts, None if before is None else before.hyperparameters
        bends = BENDS if before is None and self._one_sided[figure] else BENDS[:1] if before is None else (before.bend,)
        best, lesson = -math.inf, None
        for bend in bends:
            scale = self._scale(figure, count, bend)
            known = self._known(figure, count, chosen, scale)
            hyperparameters = learn(
                known.points, known.values, parts, known.spread, start=start, noisy=self._observations.noisy
            )
            evidence = hyperparameters.evidence + scale.evidence(values)
            if lesson is None or evidence > best:
                best, lesson = evidence, _Lesson(hyperparameters, bend)
        assert lesson is not None
        return lesson


def _lessons(count: int) -> list[int]:
    """Return the numbers of observations, up to ``count``, at which hyperparameters are learned."""
    steps = [min(count, 3)]
    while (following := steps[-1] + max(1, steps[-1] // _EVERY)) <= count:
        steps.append(following)
    return steps
