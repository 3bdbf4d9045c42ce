"""Figures of merit: definition, direction, unit and range of each, and their standard errors; no Keras."""

from evonas.training.metrics.bootstrap import bootstrap_error, bootstrap_errors
from evonas.training.metrics.catalogue import METRICS
from evonas.training.metrics.classification import (
    accuracy,
    auc,
    background_rejection,
    cross_entropy,
    f1,
    signal_efficiency,
)
from evonas.training.metrics.metric import Metric, MetricSettings
from evonas.training.metrics.registry import (
    always,
    check_metrics,
    check_objectives,
    compute,
    defaults,
    first_scored,
    monitor_direction,
)
from evonas.training.metrics.regression import mae, mse, rmse

__all__ = [
    "METRICS",
    "Metric",
    "MetricSettings",
    "accuracy",
    "always",
    "auc",
    "background_rejection",
    "bootstrap_error",
    "bootstrap_errors",
    "check_metrics",
    "check_objectives",
    "compute",
    "cross_entropy",
    "defaults",
    "f1",
    "first_scored",
    "mae",
    "monitor_direction",
    "mse",
    "rmse",
    "signal_efficiency",
]
