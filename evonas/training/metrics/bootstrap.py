"""Standard errors of metrics from the finite number of events (B. Efron 1979, doi:10.1214/aos/1176344552)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.training.metrics.registry import METRICS, MetricSettings

__all__ = ["bootstrap_error"]


def bootstrap_error(
    metric: str,
    y_true: NDArray[Any],
    y_score: NDArray[Any],
    settings: MetricSettings | None = None,
    *,
    resamples: int = 200,
    seed: int = 0,
) -> float:
    """Return the standard error of a metric: its deviation over resamples of the events with replacement.

    It says how much the metric would vary with other events of the same kind; not how much it varies with the seed of
    the training, which retraining tells.

    Args:
        metric: name of a metric of labels and scores.
        y_true: as for :func:`evonas.training.metrics.compute`.
        y_score: likewise.
        settings: signal class and efficiency.
        resamples: number of resamples; 200 give the error to 5 %.
        seed: the same seed gives the same error.

    Returns:
        The standard error, in the metric's unit; NaN where no resample has two classes.

    Raises:
        ValueError: if the metric is not computed from labels and scores.
    """
    function = METRICS[metric].function
    if function is None:
        raise ValueError(f"{metric} is not computed from labels and scores")
    settings = settings or MetricSettings()
    rng = np.random.default_rng(seed)
    events = len(y_true)
    values = np.empty(resamples)
    for number in range(resamples):
        rows = rng.integers(0, events, events)
        values[number] = function(y_true[rows], y_score[rows], settings)
    defined = values[np.isfinite(values)]
    return float(defined.std(ddof=1)) if len(defined) > 1 else float("nan")
