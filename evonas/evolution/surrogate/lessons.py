"""What a model learns from the first so many observations, anew whenever there are a 16th more.

Everything here is a function of the number of observations, so that a resumed run learns the same. A model rests on all
observations, but goes by what was learned without the newest one: it can be learned before the newest one is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.surrogate.ensemble import Mixture, Model, log_density, share
from evonas.evolution.surrogate.gaussian import GaussianProcess, Hyperparameters, learn
from evonas.evolution.surrogate.observations import Observations
from evonas.evolution.surrogate.prior import Prior
from evonas.evolution.surrogate.targets import BENDS, Scale
from evonas.evolution.surrogate.trees import Forest, Trees, bags, grow

__all__ = ["Kind", "Lessons"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

Kind: TypeAlias = Literal["gaussian", "trees", "ensemble"]
"""Which model: a Gaussian process, trees, or both with shares that follow from how well they predict."""

_LEAST = 3  # observations before anything is learned
_LEARNED = 100  # observations that hyperparameters are learned from
_FITTED = 256  # observations that a model rests on: its cost grows with their cube
_EVERY = 16  # models learn anew whenever there are a 16th more observations
_BEHIND = 1  # observations that are not waited for: while they are made, there is time to learn from those before
_AFRESH = 4  # and one time in so many not from what they had learned before
_JUDGED = 0.5  # of the observations, the newest ones, on which models are compared


@dataclass(frozen=True)
class _Known:
    """What a model is fitted to: points, values, and the variance of each value beyond the model's noise.

    Attributes:
        places: of this run's own observations among all; the others are of earlier runs.
    """

    points: Floats
    values: Floats
    spread: Floats
    places: Places

    @property
    def weights(self) -> Floats:
        """How much each value counts for trees."""
        return np.asarray(1 / (1 + self.spread), dtype=np.float64)

    @property
    def bag(self) -> Floats:
        """How often each tree sees each value, shape (trees, values)."""
        return np.concatenate([bags(self.places), bags(np.arange(len(self.values) - len(self.places)), kind=1)], axis=1)


@dataclass(frozen=True)
class _Lesson:
    """What was learned from some observations.

    Attributes:
        bend: how strongly low values are bent.
        hyperparameters: of the Gaussian process; None where trees are alone.
        trees: None where the Gaussian process is alone.
    """

    bend: float
    hyperparameters: Hyperparameters | None
    trees: Trees | None


class Lessons:
    """Learns from observations, and makes models of what it learned.

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
        prior: Prior | None,
        kind: Kind,
        bends: tuple[float, ...] = BENDS,
    ) -> None:
        self._bends = bends
        self._observations = observations
        self._one_sided = one_sided
        self._prior = prior
        self._kind = kind
        self._learned: dict[tuple[int, int], _Lesson] = {}
        self._judged: dict[tuple[int, int], tuple[Floats, Floats]] = {}
        self._processes: dict[int, tuple[Hyperparameters, GaussianProcess]] = {}  # the last one of each figure

    def reflect(self, count: int) -> bool:
        """Learn what the models after one more observation will go by; one lesson a call, False if there is none."""
        if count < _LEAST:
            return False
        course = _course(count)
        return any(self._go_on(figure, course) for figure in range(len(self._one_sided)))

    def chosen(self, count: int, most: int = _FITTED) -> Places:
        """Return which of the first observations models rest on: all, or half of them the best, half the newest."""
        if count <= most:
            return np.arange(count)
        levelled = [self._observations.levelled(figure, count) for figure, sided in enumerate(self._one_sided) if sided]
        worth = np.sum([Scale.of(values)(values) for values in levelled], axis=0) if levelled else np.zeros(count)
        newest = most // 2
        best = np.argsort(-worth[: count - newest], kind="stable")[: most - newest]
        return np.concatenate([np.sort(best), np.arange(count - newest, count)])

    def model(self, figure: int, count: int) -> tuple[Model, Scale]:
        """Return the model of a figure after some observations, and the scale of its values."""
        (first, *others), scale = self._models(figure, count)
        return (Mixture(first, others[0], self.share(figure, count)) if others else first), scale

    def share(self, figure: int, count: int) -> float:
        """Return the share of the trees in an ensemble.

        They and the Gaussian process are judged by what either said of each of the newest observations at the lesson
        before it.
        """
        steps = _steps(count)
        pairs = [self._judge(figure, *pair) for pair in pairwise(steps) if pair[1] > _JUDGED * steps[-1]]
        one, other = (np.concatenate([np.empty(0), *(pair[model] for pair in pairs)]) for model in (0, 1))
        return share(one, other)

    def left_out(self, figure: int, count: int) -> tuple[Places, list[float]]:
        """Return what those observations that the model rests on would have been predicted to be from all others.

        Returns:
            Their places among the first ``count``, and the means in units of the figure.
        """
        model, scale = self.model(figure, count)
        places = self.chosen(count)
        means = model.left_out()[0][: len(places)]  # earlier runs' come after them
        return places, [scale.value(float(mean)) for mean in means]

    def _judge(self, figure: int, count: int, then: int) -> tuple[Floats, Floats]:
        """Return the log densities that two models of the first observations gave to those that came then."""
        key = (figure, then)
        if key not in self._judged:
            models, scale = self._models(figure, count)
            came = self._observations.levelled(figure, then)[count:]
            told = ~np.isnan(came)
            points = self._observations.points(np.arange(count, then)[told])
            one, other = (log_density(scale(came[told]), *model.expect(points)) for model in models)
            self._judged[key] = (one, other)
        return self._judged[key]

    def _models(self, figure: int, count: int) -> tuple[list[Model], Scale]:
        lesson = self._lesson(figure, count)
        scale = self._scale(figure, count, lesson.bend)
        known = self._known(figure, count, self.chosen(count), scale)
        models: list[Model] = []
        if lesson.hyperparameters is not None:
            models.append(self._process(figure, count, lesson.hyperparameters, known))
        if lesson.trees is not None:
            models.append(_forest(lesson.trees, known))
        return models, scale

    def _process(self, figure: int, count: int, learned: Hyperparameters, known: _Known) -> GaussianProcess:
        """Return the process after some observations.

        One that rests on all of them grows by one at a time from the first that goes by the same lesson: a resumed run
        takes the same steps and comes to the same last digit.
        """
        parts = self._observations.parts
        if len(known.values) != count:  # there are earlier runs' observations among them, or not all of its own
            return GaussianProcess(learned, known.points, known.values, parts, known.spread)
        first = min(count, _course(_taught(count))[-1] + _BEHIND)
        kept, process = self._processes.get(figure, (None, None))
        if process is None or kept is not learned or not first <= len(process.values) <= count:
            process = GaussianProcess(learned, known.points[:first], known.values[:first], parts)
        for size in range(len(process.values) + 1, count + 1):
            process = GaussianProcess(learned, known.points[:size], known.values[:size], parts, before=process)
        self._processes[figure] = (learned, process)
        return process

    def _scale(self, figure: int, count: int, bend: float) -> Scale:
        return Scale.of(self._observations.levelled(figure, count), one_sided=self._one_sided[figure], bend=bend)

    def _known(self, figure: int, count: int, chosen: Places, scale: Scale) -> _Known:
        """Return what a model of a figure is fitted to after some observations."""
        values, points = scale(self._observations.levelled(figure, count))[chosen], self._observations.points(chosen)
        if self._prior is None or not len(self._prior):
            return _Known(points, values, np.zeros(len(chosen)), chosen)
        further = self._prior.values(figure)
        spread = np.concatenate([np.zeros(len(chosen)), np.full(len(further), self._prior.spread(count))])
        points = np.concatenate([points, self._prior.points[: len(further)]])
        return _Known(points, np.concatenate([values, further]), spread, chosen)

    def _lesson(self, figure: int, count: int) -> _Lesson:
        """Return what a model after some observations goes by."""
        course = _course(_taught(count))
        while self._go_on(figure, course):
            pass
        return self._learned[figure, course[-1]]

    def _go_on(self, figure: int, course: Sequence[int]) -> bool:
        """Learn the first lesson of a course that is missing; False if there is none."""
        before: _Lesson | None = None
        for step in course:
            if (figure, step) not in self._learned:
                self._learned[figure, step] = self._learn(figure, step, before)
                return True
            before = self._learned[figure, step]
        return False

    def _learn(self, figure: int, count: int, before: _Lesson | None) -> _Lesson:
        """Return what some observations teach; afresh, they also say how strongly low values are to be bent."""
        trees = None if self._kind == "gaussian" else self._grown(figure, count)
        bends = self._bends if self._one_sided[figure] else self._bends[:1]
        first, *others = bends if before is None else (before.bend,)
        lessons = [self._bent(figure, count, first, before, trees)]
        lessons += [self._bent(figure, count, bend, lessons[0][1], trees) for bend in others]  # it is not far off
        return max(lessons, key=lambda pair: pair[0])[1]

    def _bent(
        self, figure: int, count: int, bend: float, before: _Lesson | None, trees: Trees | None
    ) -> tuple[float, _Lesson]:
        """Return what is learned if low values are bent so strongly, behind the evidence for it."""
        chosen = self.chosen(count, _LEARNED)
        scale = self._scale(figure, count, bend)
        known = self._known(figure, count, chosen, scale)
        slopes = scale.evidence(self._observations.levelled(figure, count)[chosen])
        if self._kind == "trees":
            assert trees is not None
            evidence = float(log_density(known.values, *_forest(trees, known).left_out()).sum())
            return evidence + slopes, _Lesson(bend, None, trees)
        start = None if before is None else before.hyperparameters
        parts, noisy = self._observations.parts, self._observations.noisy
        found = learn(known.points, known.values, parts, known.spread, start=start, noisy=noisy)
        return found.evidence + slopes, _Lesson(bend, found, trees)

    def _grown(self, figure: int, count: int) -> Trees:
        """Return trees that are grown on some observations."""
        known = self._known(figure, count, self.chosen(count), self._scale(figure, count, self._bends[0]))
        rng = np.random.default_rng((figure, count))
        return grow(known.points, known.values, known.bag * known.weights, self._observations.shares, rng)


def _forest(trees: Trees, known: _Known) -> Forest:
    return Forest(trees, known.points, known.values, known.bag, known.weights)


def _taught(count: int) -> int:
    """Return the number of observations that are there to learn from for a model of so many."""
    return max(min(_LEAST, count), count - _BEHIND)


def _steps(count: int) -> list[int]:
    """Return the numbers of observations, up to ``count``, at which models learn."""
    steps = [min(count, _LEAST)]
    while (following := steps[-1] + max(1, steps[-1] // _EVERY)) <= count:
        steps.append(following)
    return steps


def _course(count: int) -> list[int]:
    """Return those of these numbers that the newest lesson follows from: it, and those since it was begun afresh."""
    steps = _steps(count)
    return steps[(len(steps) - 1) // _AFRESH * _AFRESH :]
