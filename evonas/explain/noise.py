"""How sure a fitness is: the spread over its own trainings where it was repeated, else that of the whole run."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evonas.records import EvaluationResult
from evonas.report.analysis.noise import Repeated, pooled_deviation, repeated
from evonas.report.formats import count, number
from evonas.report.history import Goal, RunHistory, comparable

__all__ = ["Estimate", "Noise", "difference", "estimate", "measure_noise", "two_sided"]

FROM_REPEATS, FROM_RUN, EXACT = "repeats", "run", "exact"
"""Where a standard error comes from: the individual's own repeats, the noise of the whole run, or there is no noise."""


@dataclass(frozen=True)
class Noise:
    """What a run knows of the noise of one training.

    Attributes:
        deviation: standard deviation of one training over seeds, pooled over individuals; NaN where it is not known.
        freedom: degrees of freedom in it.
        individuals: that it was measured with.
        source: ``repeats`` of the search, ``finals`` after it, or empty where nothing was trained twice.
        exact: whether repeats never differed in any figure: the evaluator has no noise.
    """

    deviation: float = math.nan
    freedom: int = 0
    individuals: int = 0
    source: str = ""
    exact: bool = False

    @property
    def known(self) -> bool:
        """Whether there is an estimate."""
        return math.isfinite(self.deviation)

    @property
    def words(self) -> str:
        """Where it comes from, as the end of a sentence."""
        if self.exact:
            return "repeats of the same individual gave the same figures: the evaluator has no noise"
        if not self.known:
            return "nothing in this run was trained twice, so its noise is not known"
        what = "repeats" if self.source == FROM_REPEATS else "retrainings after the search"
        return (
            f"one training has a standard deviation of {number(self.deviation, 2)}, from the {what} of "
            f"{count(self.individuals, 'individual')}"
        )


@dataclass(frozen=True)
class Estimate:
    """A fitness with its standard error.

    Attributes:
        value: mean over the trainings.
        error: its standard error; None where it is not known.
        freedom: degrees of freedom of the error; infinite for an exact value.
        source: ``repeats``, ``run`` or ``exact``; empty where the error is not known.
        trainings: completed ones behind it.
        rung: at which they were.
    """

    value: float
    error: float | None
    freedom: float
    source: str
    trainings: int
    rung: int


def measure_noise(history: RunHistory, goal: Goal) -> Noise:
    """Return the noise of one training: from repeats of the search, else from retrainings after it."""
    found = repeated(history.evaluations, goal)
    rung = max((one.result.rung for one in comparable(history.evaluations)), default=0)
    figures: dict[int, list[Mapping[str, float]]] = {}
    for one in history.evaluations:
        if one.result.completed and one.result.rung == rung:
            figures.setdefault(one.individual.number, []).append(one.result.metrics)
    source = FROM_REPEATS
    if not found:
        found, figures, source = *_finals(history, goal), "finals"
    deviation = pooled_deviation(found)
    if not found or not math.isfinite(deviation):
        return Noise()
    freedom = sum(len(one.values) - 1 for one in found)
    exact = all(own == figures[one.individual][0] for one in found for own in figures[one.individual])
    if deviation == 0 and not exact:  # a coarse objective ties by chance
        return Noise()
    return Noise(deviation, freedom, len(found), source, exact)


def estimate(values: Sequence[float], rung: int, noise: Noise) -> Estimate:
    """Return the mean of trainings with its standard error.

    Args:
        values: of one individual at one rung, at least one.
        rung: that rung.
        noise: of the run.
    """
    mean, trainings = statistics.fmean(values), len(values)
    if noise.exact:
        return Estimate(mean, 0.0, math.inf, EXACT, trainings, rung)
    deviation = statistics.stdev(values) if trainings > 1 else 0.0
    if deviation > 0:  # zero is a tie of few trainings, and no measure of the noise
        return Estimate(mean, deviation / math.sqrt(trainings), trainings - 1, FROM_REPEATS, trainings, rung)
    if noise.known:
        return Estimate(mean, noise.deviation / math.sqrt(trainings), noise.freedom, FROM_RUN, trainings, rung)
    return Estimate(mean, None, 0, "", trainings, rung)


def difference(before: Estimate, after: Estimate) -> tuple[float | None, float | None]:
    """Return the standard error of the difference of two independent fitnesses and its p-value; None if not known.

    The p-value is two-sided, of Student's t with the degrees of freedom of Welch (1947, doi:10.1093/biomet/34.1-2.28)
    and Satterthwaite (1946, doi:10.2307/3002019). Errors that both come from the run's noise are one estimate.
    """
    if before.error is None or after.error is None:
        return None, None
    error = math.hypot(before.error, after.error)
    step = after.value - before.value
    parts: dict[object, tuple[float, float]] = {}
    for place, one in enumerate((before, after)):
        key = FROM_RUN if one.source == FROM_RUN else place
        parts[key] = (parts.get(key, (0.0, 0.0))[0] + one.error**2, one.freedom)  # type: ignore[operator] # not None
    spread = sum(variance**2 / freedom for variance, freedom in parts.values() if freedom and variance)
    freedom = error**4 / spread if spread else math.inf
    return error, two_sided(step, error, freedom)


def two_sided(step: float, error: float, freedom: float) -> float:
    """Return the p-value of a difference that is zero in truth, by Student's t; 0 or 1 where there is no noise."""
    if error == 0:
        return 1.0 if step == 0 else 0.0
    from scipy.special import ndtr, stdtr

    size = abs(step) / error
    return float(2 * ndtr(-size) if math.isinf(freedom) else 2 * stdtr(freedom, -size))


def _finals(history: RunHistory, goal: Goal) -> tuple[list[Repeated], dict[int, list[Mapping[str, float]]]]:
    """Return what individuals that were retrained after the search reached on the validation part."""
    found: list[Repeated] = []
    figures: dict[int, list[Mapping[str, float]]] = {}
    latest: dict[int, Mapping[str, Any]] = {
        event.data["individual"]: event.data for event in history.events if event.kind == "final"
    }
    for number_, data in latest.items():
        results = [EvaluationResult.from_dict(one) for one in data["results"]]
        own = [one.metrics for one in results if one.completed and goal.metric in one.metrics]
        if len(own) > 1:
            figures[number_] = own
            found.append(Repeated(number_, tuple(one[goal.metric] for one in own)))
    return found, figures
