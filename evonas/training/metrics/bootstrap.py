"""Standard errors of metrics from the finite number of events (B. Efron 1979, doi:10.1214/aos/1176344552)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.training.heads import Scored
from evonas.training.metrics.catalogue import METRICS
from evonas.training.metrics.metric import MetricSettings

__all__ = ["RESAMPLES", "bootstrap_error", "bootstrap_errors", "deviations", "draws", "showers"]

RESAMPLES = 200
"""Resamples of a bootstrap; they give an error to 5 %."""

_SHOWER = ("file_index", "obs_id", "event_id")


def bootstrap_error(
    metric: str,
    scored: Scored,
    settings: MetricSettings | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> float:
    """Return the standard error of a metric: its deviation over resamples of the events with replacement.

    It says how much the metric would vary with other events of the same kind; not how much it varies with the seed of
    the training, which retraining tells. All images of one shower, by ``obs_id`` and ``event_id`` where the events have
    them, are drawn together.

    Args:
        metric: name of a metric of answers.
        scored: as for :func:`evonas.training.metrics.compute`.
        settings: signal class and efficiencies.
        resamples: number of resamples.
        seed: the same seed gives the same error.

    Returns:
        The standard error, in the metric's unit; NaN where no resample has two classes.

    Raises:
        ValueError: if the metric is not computed from the answers of these heads.
    """
    return bootstrap_errors([metric], scored, settings, number=resamples, seed=seed)[metric]


def bootstrap_errors(
    metrics: Iterable[str],
    scored: Scored,
    settings: MetricSettings | None = None,
    *,
    number: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, float]:
    """Return the standard errors of several metrics over the same resamples; see :func:`bootstrap_error`."""
    settings = settings or MetricSettings()
    statistics = {name: METRICS[name].statistic(scored, settings) for name in metrics}
    found = deviations(statistics, scored, number=number, seed=seed)
    return {name: float(error) for name, error in found.items()}


def deviations(
    statistics: Mapping[str, Callable[[NDArray[np.int64]], Any]],
    scored: Scored,
    *,
    number: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """Return the deviation of statistics over resamples, those that are not finite left out.

    Args:
        statistics: name to a function of how often each event was drawn, (events,), to a value or an array.
        scored: the events.
        number: number of resamples.
        seed: the same seed gives the same resamples.

    Returns:
        Name to deviations, shaped as the values; NaN where fewer than two resamples are finite.
    """
    values: dict[str, list[Any]] = {name: [] for name in statistics}
    for counts in draws(scored, number, seed):
        for name, statistic in statistics.items():
            values[name].append(statistic(counts))
    return {name: _deviation(np.asarray(found, np.float64)) for name, found in values.items()}


def draws(scored: Scored, number: int, seed: int = 0) -> Iterator[NDArray[np.int64]]:
    """Yield, for each resample, how often each event was drawn; (events,)."""
    groups = showers(scored)
    drawn = len(scored) if groups is None else int(groups.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    for _ in range(number):
        counts = np.bincount(rng.integers(0, drawn, drawn), minlength=drawn)
        yield counts if groups is None else counts[groups]


def showers(scored: Scored) -> NDArray[np.int64] | None:
    """Return the number of the shower that each event is an image of, (events,); None where each is its own."""
    names = [name for name in _SHOWER if name in scored.events]
    if "event_id" not in names:
        return None
    columns = np.stack([np.asarray(scored.events[name], np.int64) for name in names], axis=1)
    unique, groups = np.unique(columns, axis=0, return_inverse=True)
    return None if len(unique) == len(columns) else groups.reshape(-1)


def _deviation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.isfinite(values)
    amount = finite.sum(axis=0)
    centre = np.where(finite, values, 0).sum(axis=0) / np.maximum(amount, 1)
    squares = (np.where(finite, values - centre, 0) ** 2).sum(axis=0)
    return np.where(amount > 1, np.sqrt(squares / np.maximum(amount - 1, 1)), np.nan)
