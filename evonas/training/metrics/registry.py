"""Metrics by name: what each is, its direction, unit and range, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evonas.config.schema import MINIMISED, TrainingConfig
from evonas.errors import ConfigError, DataError, nearest
from evonas.training.metrics import classification, regression

__all__ = ["METRICS", "Metric", "MetricSettings", "always", "check_metrics", "compute", "defaults", "monitor_direction"]

Kind = Literal["classification", "regression", "any", "cost", "measured"]


@dataclass(frozen=True)
class MetricSettings:
    """What metrics can be told.

    Attributes:
        signal_efficiency: signal efficiency at which ``background_rejection`` is taken, in (0, 1].
        signal_class: the class that is the signal, for two-class metrics.
    """

    signal_efficiency: float = 0.5
    signal_class: int = 1

    @classmethod
    def of(cls, training: TrainingConfig) -> MetricSettings:
        """Take them from the training section of a configuration."""
        return cls(training.signal_efficiency, training.signal_class)


_Function = Callable[[NDArray[Any], NDArray[Any], MetricSettings], float]


@dataclass(frozen=True)
class Metric:
    """A figure of merit.

    Attributes:
        name: as in a configuration.
        kind: the task it is for (``any`` for both), ``cost`` (exact, from the genome alone), or ``measured`` (taken
            while the network is trained or used).
        description: its definition, in a sentence.
        unit: its unit; empty for a pure number.
        range: the values it can have.
        two_classes: whether it needs exactly two classes.
        function: labels, scores and settings to value; None for a cost or a measured one.
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    range: str = "[0, inf)"
    two_classes: bool = False
    function: _Function | None = None

    @property
    def direction(self) -> str:
        """``min`` or ``max``: which is better."""
        return "min" if self.name in MINIMISED else "max"


def _loss(y_true: NDArray[Any], y_score: NDArray[Any], settings: MetricSettings) -> float:
    if y_true.ndim == 1:
        return classification.cross_entropy(y_true, y_score)
    return regression.mse(y_true, y_score)


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "accuracy",
            "classification",
            "fraction of events whose most probable class is the true one",
            range="[0, 1]",
            function=lambda y, s, _: classification.accuracy(y, s),
        ),
        Metric(
            "auc",
            "classification",
            "area under the ROC curve; with several classes the mean of one against the rest",
            range="[0, 1], 0.5 for guessing",
            function=lambda y, s, o: classification.auc(y, s, o.signal_class),
        ),
        Metric(
            "cross_entropy",
            "classification",
            "mean of -ln(probability of the true class), without label smoothing or class weights",
            unit="nat",
            range="[0, 16.2]",
            function=lambda y, s, _: classification.cross_entropy(y, s),
        ),
        Metric(
            "f1",
            "classification",
            "2 TP / (2 TP + FP + FN) of the signal class; with several classes the mean over them",
            range="[0, 1]",
            function=lambda y, s, o: classification.f1(y, s, o.signal_class),
        ),
        Metric(
            "background_rejection",
            "classification",
            "1/FPR at training.signal_efficiency, FPR interpolated linearly on the ROC curve; at most the number of "
            "background events",
            range="[1, background events]",
            two_classes=True,
            function=lambda y, s, o: classification.background_rejection(y, s, o.signal_efficiency, o.signal_class),
        ),
        Metric(
            "mae",
            "regression",
            "mean absolute error over events and quantities",
            unit="that of the targets",
            function=lambda y, s, _: regression.mae(y, s),
        ),
        Metric(
            "rmse",
            "regression",
            "root of the mean squared error over events and quantities",
            unit="that of the targets",
            function=lambda y, s, _: regression.rmse(y, s),
        ),
        Metric(
            "loss",
            "any",
            "cross-entropy of a classification, mean squared error of a regression; without label smoothing, class "
            "weights or weight decay, so that it compares between genomes",
            unit="nat, or that of the targets squared",
            function=_loss,
        ),
        Metric("parameters", "cost", "parameters of the network, trainable or not", range="[1, inf)"),
        Metric("operations", "cost", "multiply-accumulates of one inference of one event", range="[1, inf)"),
        Metric(
            "seconds_per_inference",
            "measured",
            "wall time of one inference: median over repeated batches after a warm-up, divided by their events",
            unit="s",
            range="(0, inf)",
        ),
        Metric("seconds", "measured", "wall time of the training, without start-up and scoring", unit="s"),
        Metric("epochs", "measured", "epochs trained by this evaluation; early stopping ends sooner"),
    )
}
"""All metrics by name."""


def always(task: str) -> tuple[str, ...]:
    """Return the metrics that every evaluation reports, asked or not."""
    return ("loss", "accuracy") if task == "classification" else ("loss", "rmse")


def defaults(task: str, outputs: int) -> tuple[str, ...]:
    """Return all metrics that labels and scores of a task allow, for reports."""
    return tuple(
        name
        for name, metric in METRICS.items()
        if metric.function is not None and metric.kind in (task, "any") and (outputs == 2 or not metric.two_classes)
    )


def check_metrics(
    names: Iterable[str], task: str, outputs: int, *, signal_class: int = 1, key: str = "evolution.objectives"
) -> None:
    """Check that metrics exist and fit the task.

    Args:
        names: names of metrics.
        task: ``classification`` or ``regression``.
        outputs: number of classes, or of regressed quantities.
        signal_class: the class that is the signal.
        key: the configuration's key, for the error.

    Raises:
        ConfigError: for an unknown name (with the nearest), a metric of the other task, a two-class metric where there
            are more classes, or a signal class that is not there.
    """
    fitting = ", ".join(name for name, metric in METRICS.items() if metric.kind in (task, "any", "cost", "measured"))
    for name in names:
        metric = METRICS.get(name)
        if metric is None:
            close = nearest(name, METRICS)
            hint = f"did you mean `{close}`?" if close else None
            raise ConfigError("there is no such metric", key=key, got=name, expected=f"one of {fitting}", hint=hint)
        if metric.kind in ("classification", "regression") and metric.kind != task:
            raise ConfigError(
                f"`{name}` is a metric of a {metric.kind}, and the data are a {task}",
                key=key,
                got=name,
                expected=f"one of {fitting}",
                hint="data.task says what the targets are",
            )
        if metric.two_classes and outputs != 2:
            raise ConfigError(
                f"`{name}` needs two classes, signal and background; the data have {outputs}",
                key=key,
                got=name,
                expected="a metric for several classes, such as accuracy or auc",
            )
    if task == "classification" and outputs == 2 and signal_class >= outputs:
        raise ConfigError("there is no such class", key="training.signal_class", got=signal_class, expected="0 or 1")


def compute(
    names: Iterable[str], y_true: NDArray[Any], y_score: NDArray[Any], settings: MetricSettings | None = None
) -> dict[str, float]:
    """Compute metrics from labels and scores.

    Args:
        names: names of metrics; costs and measured ones are left out.
        y_true: (events,) classes from 0, or (events, quantities).
        y_score: (events, classes) probabilities, or (events, quantities).
        settings: signal class and efficiency.

    Raises:
        FloatingPointError: if a score is not finite: the network has diverged.
        DataError: if a metric is not defined, because the events are all of one class.
    """
    settings = settings or MetricSettings()
    if not np.isfinite(y_score).all():
        raise FloatingPointError(f"{int((~np.isfinite(y_score)).any(axis=-1).sum())} predictions are not finite")
    values = {}
    for name in names:
        function = METRICS[name].function
        if function is None:
            continue
        values[name] = function(y_true, y_score, settings)
        if np.isnan(values[name]):
            raise DataError(f"the metric `{name}` is not defined: the {len(y_true)} events are all of one class")
    return values


def monitor_direction(monitor: str) -> str:
    """Return ``max`` for a column of the learning curve of which more is better, else ``min``."""
    return "max" if monitor.removeprefix("val_") == "accuracy" else "min"
