"""Figures of merit: definition, direction, unit and range of each, and their standard errors; no Keras."""

from evonas.training.metrics.bootstrap import bootstrap_error
from evonas.training.metrics.classification import accuracy, auc, background_rejection, cross_entropy, f1
from evonas.training.metrics.registry import (
    METRICS,
    Metric,
    MetricSettings,
    always,
    check_metrics,
    compute,
    defaults,
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
    "check_metrics",
    "compute",
    "cross_entropy",
    "defaults",
    "f1",
    "mae",
    "monitor_direction",
    "mse",
    "rmse",
]
