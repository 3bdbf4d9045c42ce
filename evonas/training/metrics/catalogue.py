"""The metrics by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evonas.training.heads import Head, Scored
from evonas.training.metrics import classification, regression
from evonas.training.metrics.metric import Metric, MetricSettings
from evonas.training.metrics.physics import PHYSICS
from evonas.training.metrics.roc import Roc
from evonas.training.metrics.statistics import Statistic, by_rows, mean, restricted, root

__all__ = ["METRICS"]


def _accuracy(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    return mean(scored.answers[head.name].argmax(axis=1) == scored.truth[head.name])


def _class_accuracy(scored: Scored, head: Head, number: int) -> Statistic:
    own = scored.truth[head.name] == number
    return restricted(own, mean(scored.answers[head.name][own].argmax(axis=1) == number))


def _auc(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    return classification.area(scored.truth[head.name], scored.answers[head.name], settings.signal_class)


def _cross_entropy(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    return mean(classification.log_losses(scored.truth[head.name], scored.answers[head.name]))


def _f1(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    return by_rows(
        lambda true, score: classification.f1(true, score, settings.signal_class),
        scored.truth[head.name],
        scored.answers[head.name],
    )


def _roc(scored: Scored, head: Head, settings: MetricSettings) -> Roc:
    signal = settings.signal_class
    return Roc(scored.truth[head.name] == signal, scored.answers[head.name][:, signal])


def _background_rejection(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    roc = _roc(scored, head, settings)
    return lambda counts: roc.rejection(settings.signal_efficiency, counts)


def _signal_efficiency(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    roc = _roc(scored, head, settings)
    return lambda counts: roc.efficiency(settings.background_efficiency, counts)


def _mae(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    return mean(regression.absolute_errors(scored.truth[head.name], scored.answers[head.name]))


def _rmse(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    return root(mean(regression.squared_errors(scored.truth[head.name], scored.answers[head.name])))


def _loss(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    of = {
        "cross_entropy": classification.log_losses,
        "mean_squared_error": regression.squared_errors,
        "mean_absolute_error": regression.absolute_errors,
    }
    losses = np.zeros(len(scored))
    for one in scored.heads:
        losses += of[one.loss](scored.truth[one.name], scored.answers[one.name])
    return mean(losses)


_CLASSIFICATION = (
    Metric(
        "accuracy",
        "classification",
        "fraction of events whose most probable class is the true one",
        range="[0, 1]",
        prepare=_accuracy,
    ),
    Metric(
        "accuracy_signal",
        "classification",
        "fraction of the signal events whose most probable class is signal",
        range="[0, 1]",
        two_classes=True,
        prepare=lambda scored, head, settings: _class_accuracy(scored, head, settings.signal_class),
    ),
    Metric(
        "accuracy_background",
        "classification",
        "fraction of the background events whose most probable class is background",
        range="[0, 1]",
        two_classes=True,
        prepare=lambda scored, head, settings: _class_accuracy(scored, head, 1 - settings.signal_class),
    ),
    Metric(
        "auc",
        "classification",
        "area under the ROC curve; with several classes the mean of one against the rest",
        range="[0, 1], 0.5 for guessing",
        prepare=_auc,
    ),
    Metric(
        "cross_entropy",
        "classification",
        "mean of -ln(probability of the true class), without label smoothing or class weights",
        unit="nat",
        range="[0, 16.2]",
        prepare=_cross_entropy,
    ),
    Metric(
        "f1",
        "classification",
        "2 TP / (2 TP + FP + FN) of the signal class; with several classes the mean over them",
        range="[0, 1]",
        prepare=_f1,
    ),
    Metric(
        "background_rejection",
        "classification",
        "1/FPR at training.signal_efficiency, FPR interpolated linearly on the ROC curve; at most the number of "
        "background events",
        range="[1, background events]",
        two_classes=True,
        prepare=_background_rejection,
    ),
    Metric(
        "signal_efficiency",
        "classification",
        "TPR where training.background_efficiency of the background is accepted, interpolated linearly on the ROC "
        "curve",
        range="[0, 1]",
        two_classes=True,
        prepare=_signal_efficiency,
    ),
)

_REGRESSION = (
    Metric(
        "mae",
        "regression",
        "mean absolute error over events and quantities",
        unit="that of the targets",
        prepare=_mae,
    ),
    Metric(
        "rmse",
        "regression",
        "root of the mean squared error over events and quantities",
        unit="that of the targets",
        prepare=_rmse,
    ),
)

_OTHERS = (
    Metric(
        "loss",
        "any",
        "sum over the heads of the cross-entropy of a classification, the mean squared or absolute error of a "
        "regression as the head minimises it; without label smoothing, class weights or weight decay, so that it "
        "compares between genomes",
        unit="nat, or that of the targets (squared)",
        prepare=_loss,
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

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in (*_CLASSIFICATION, *_REGRESSION, *PHYSICS, *_OTHERS)}
"""All metrics by name."""
