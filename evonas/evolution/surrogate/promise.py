"""What makes a candidate worth its training: one objective or several, with or without constraints."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evonas.config.schema import EvolutionConfig
from evonas.evolution.member import Member
from evonas.evolution.surrogate.acquisition import (
    expected_improvement,
    feasibility,
    hypervolume_improvement,
    upper_bound,
)
from evonas.evolution.surrogate.model import Prediction, Surrogate
from evonas.evolution.surrogate.observations import Observations
from evonas.evolution.surrogate.targets import Scale
from evonas.frontier import non_dominated

__all__ = ["Promise"]

Floats = NDArray[np.float64]
Judge = Callable[[Floats], Floats]

_EXPECT = 0.65  # of births go by expected improvement while the search gets on; the others dare more
_DRAWN = 0.5  # of those by Thompson sampling, else by an upper bound
_WIDTH = 2.0  # of the upper bound, deviations
_CAUTION = 0.6  # what deviations count for in expected improvement where results depend on chance
_ENDS = 0.2  # of births with several objectives go for the best in a single one
_MARGIN = 0.01  # less than this part of the deviation of all values is no improvement worth a training
_PATIENCE = 25.0  # births without one, after which half as many births go by expected improvement


class Promise:
    """Judges candidates by the surrogate.

    With one objective two births in three go by expected improvement, the others by an upper bound or by a function
    drawn from the model (Thompson sampling): an acquisition of one kind can stay at a local optimum for long. The
    longer nothing worth mentioning was gained, the fewer go by expected improvement, the higher the bound, and the more
    an improvement has to be. Where results depend on chance a model is unsure of everything that is unlike what it
    knows, and a search that is drawn to that does not get to improve what it has found: there deviations count for less
    (compare De Ath, Everson, Rahat & Fieldsend 2021, "Greed is Good", arXiv:1911.12809).

    Args:
        config: objectives and constraints.
        noisy: whether results depend on chance.
        dares: whether some births go by other criteria than expected improvement.
    """

    def __init__(self, config: EvolutionConfig, *, noisy: bool = False, dares: bool = True) -> None:
        self._noisy = noisy
        self._expect = _EXPECT if dares else math.inf
        self._objectives = len(config.objectives)
        self._weights = np.array([objective.weight for objective in config.objectives])
        self._limits = list(config.allowed.values())
        self.gauges_gains = self._objectives == 1 and not self._limits
        """Whether what an individual promises is a single figure, its expected improvement over the best."""

    def stale(self, known: Observations) -> int:
        """Return how many results ago the best last improved noticeably; 0 with several objectives."""
        if self._objectives > 1 or not len(known):
            return 0
        values = known.levelled(0, len(known))
        values = values[~np.isnan(values)]
        if len(values) < 2:
            return 0
        least = _MARGIN * Scale.of(values).width
        best, since = values[0], 0
        for value in values[1:]:
            since += 1
            if value > best + least:
                best, since = value, 0
        return since

    def order(self, members: Sequence[Member], means: Floats) -> list[int]:
        """Return the places of members, the most desirable parent first.

        Args:
            members: the population.
            means: what the surrogate takes their figures to be, shape (members, figures).
        """
        if self._objectives == 1 and not self._limits:
            return [int(index) for index in np.argsort(-means[:, 0], kind="stable")]
        ranked = range(len(members))
        if self._objectives > 1:
            return sorted(ranked, key=lambda index: members[index].rank, reverse=True)
        return sorted(ranked, key=lambda index: members[index].standing, reverse=True)

    def judge(
        self, surrogate: Surrogate, factor: float, stale: int, rng: np.random.Generator, timed: bool = False
    ) -> Judge:
        """Return the function that scores points; one for a whole birth, so that its rounds can be compared.

        Functions drawn from the model alone are drawn anew for the points of each round.

        Args:
            surrogate: fitted.
            factor: what its deviations are multiplied with.
            stale: results since the last improvement worth mentioning.
            rng: source of randomness.
            timed: whether scores are gains, which will be divided by the time they take; see :meth:`Clock.hurried`.
        """
        means = surrogate.found
        kept = self._keeps(means[:, self._objectives :], surrogate)
        if self._limits and not kept.any():
            return lambda points: self._chance(surrogate, _predicted(surrogate, points, factor))
        if self._objectives > 1:
            found = means[kept, : self._objectives]
            if rng.random() < _ENDS:
                return self._end(surrogate, found, factor, int(rng.integers(self._objectives)))
            return lambda points: self._several(surrogate, _predicted(surrogate, points, factor), found, rng)
        patience = 1.0 + stale / _PATIENCE
        best = float(means[kept, 0].max()) + _MARGIN * patience
        expects = rng.random() < self._expect / patience or bool(self._limits)
        draws = rng.random() < _DRAWN

        def single(points: Floats) -> Floats:
            if not expects and draws and not timed:
                return surrogate.sample(points, rng)[:, 0]
            prediction = _predicted(surrogate, points, factor)
            mean, deviation = prediction.mean[:, 0], prediction.deviation[:, 0]
            if not expects and not timed:
                return upper_bound(mean, deviation, _WIDTH * patience**0.5)
            # Bounds and drawn functions are no gain, which has its time: births that dare take deviations for larger.
            if expects:
                deviation = (_CAUTION if self._noisy else 1.0) * deviation
            elif not self._noisy:
                deviation = _WIDTH * patience**0.5 * deviation
            return expected_improvement(mean, deviation, best) + self._chance(surrogate, prediction)

        return single

    def gains(self, surrogate: Surrogate, points: Floats, factor: float) -> Floats | None:
        """Return how much better than the best each point is expected to be, in units of the first objective.

        None with several objectives, where that is no single figure.
        """
        if not self.gauges_gains:
            return None
        return _gains(surrogate, surrogate.predict(points), factor)

    def forecast(self, surrogate: Surrogate, point: Floats, factor: float) -> dict[str, float]:
        """Return what the surrogate says of one point, in units of the first objective.

        Returns:
            ``mean``; ``sd``, after calibration; ``raw_sd``, before; with one objective ``gain``, the expected
            improvement over the best.
        """
        prediction = surrogate.predict(point)
        scale = surrogate.scales[0]
        raw = float(prediction.deviation[0, 0]) * scale.width
        mean = scale.value(float(prediction.mean[0, 0])) * float(self._weights[0])
        forecast = {"mean": mean, "sd": raw * factor, "raw_sd": raw}
        return forecast | {"gain": float(_gains(surrogate, prediction, factor)[0])} if self.gauges_gains else forecast

    def _end(self, surrogate: Surrogate, found: Floats, factor: float, objective: int) -> Judge:
        """Return the judge of a birth that goes for one end of the front, the best in one of several objectives."""
        best = float(found[:, objective].max())

        def judge(points: Floats) -> Floats:
            prediction = _predicted(surrogate, points, factor)
            mean, deviation = prediction.mean[:, objective], prediction.deviation[:, objective]
            return expected_improvement(mean, deviation, best) + self._chance(surrogate, prediction)

        return judge

    def _several(self, surrogate: Surrogate, prediction: Prediction, found: Floats, rng: np.random.Generator) -> Floats:
        own = Prediction(prediction.mean[:, : self._objectives], prediction.deviation[:, : self._objectives])
        gain = hypervolume_improvement(own, found, _front(found), rng)
        return np.log(np.maximum(gain, 1e-300)) + self._chance(surrogate, prediction)

    def _chance(self, surrogate: Surrogate, prediction: Prediction) -> Floats:
        if not self._limits:
            return np.zeros(len(prediction.mean))
        own = Prediction(prediction.mean[:, self._objectives :], prediction.deviation[:, self._objectives :])
        return feasibility(own, *self._scaled(surrogate))

    def _keeps(self, means: Floats, surrogate: Surrogate) -> NDArray[np.bool_]:
        if not self._limits:
            return np.ones(len(means), dtype=np.bool_)
        least, most = self._scaled(surrogate)
        inside: NDArray[np.bool_] = np.logical_and(means >= least, means <= most)
        return np.asarray(inside.all(axis=1), dtype=np.bool_)

    def _scaled(self, surrogate: Surrogate) -> tuple[Floats, Floats]:
        scales = surrogate.scales[self._objectives :]
        pairs = list(zip(self._limits, scales, strict=True))
        least = [-np.inf if low is None else (low - scale.centre) / scale.width for (low, _), scale in pairs]
        most = [np.inf if high is None else (high - scale.centre) / scale.width for (_, high), scale in pairs]
        return np.array(least), np.array(most)


def _gains(surrogate: Surrogate, prediction: Prediction, factor: float) -> Floats:
    """Return the expected improvement over the best, in units of the first objective."""
    best = float(surrogate.found[:, 0].max())
    logarithms = expected_improvement(prediction.mean[:, 0], prediction.deviation[:, 0] * factor, best)
    return np.exp(logarithms) * surrogate.scales[0].width


def _predicted(surrogate: Surrogate, points: Floats, factor: float) -> Prediction:
    prediction = surrogate.predict(points)
    return Prediction(prediction.mean, prediction.deviation * factor)


def _front(values: Floats) -> Floats:
    """Return the points that no other dominates; more is better."""
    kept = non_dominated(-values)
    return values[kept]
