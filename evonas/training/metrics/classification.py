"""Metrics of classifiers, from labels and class probabilities; NumPy alone.

All take ``y_true`` (events,), whole numbers from 0, and ``y_score`` (events, classes), probabilities that sum to 1.
A metric that is not defined, because a class has no event, is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.training.metrics.roc import Roc
from evonas.training.metrics.statistics import Counts, Statistic

__all__ = [
    "accuracy",
    "area",
    "auc",
    "background_rejection",
    "class_accuracy",
    "cross_entropy",
    "f1",
    "log_losses",
    "signal_efficiency",
]

_SMALLEST = 1e-7  # Keras clips probabilities there, too: the metric then equals Keras's loss


def accuracy(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the fraction of events whose most probable class is the true one."""
    return float(np.mean(y_score.argmax(axis=1) == y_true))


def class_accuracy(y_true: NDArray[Any], y_score: NDArray[Any], number: int) -> float:
    """Return the fraction of the events of one class whose most probable class is that one."""
    own = y_true == number
    return float(np.mean(y_score[own].argmax(axis=1) == number)) if own.any() else float("nan")


def cross_entropy(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the mean of -ln(probability of the true class), nat; probabilities below 1e-7 count as 1e-7."""
    return float(np.mean(log_losses(y_true, y_score)))


def log_losses(y_true: NDArray[Any], y_score: NDArray[Any]) -> NDArray[np.float64]:
    """Return -ln(probability of the true class) of each event, (events,) nat."""
    true = y_score[np.arange(len(y_true)), y_true].astype(np.float64)
    losses: NDArray[np.float64] = -np.log(np.clip(true, _SMALLEST, 1.0))
    return losses


def f1(y_true: NDArray[Any], y_score: NDArray[Any], signal_class: int = 1) -> float:
    """Return the F1 score, 2 TP / (2 TP + FP + FN).

    With two classes it is that of the signal class; with more, the mean over the classes that are there, among the
    labels or the predictions (macro average). It is 0 where there is neither a true positive.
    """
    predicted = y_score.argmax(axis=1)
    classes = [signal_class] if y_score.shape[1] == 2 else np.union1d(y_true, predicted).tolist()
    scores = []
    for number in classes:
        hits = np.sum((predicted == number) & (y_true == number))
        total = np.sum(predicted == number) + np.sum(y_true == number)
        scores.append(2 * hits / total if total else 0.0)
    return float(np.mean(scores))


def auc(y_true: NDArray[Any], y_score: NDArray[Any], signal_class: int = 1) -> float:
    """Return the area under the ROC curve: the probability that a signal event scores above a background event.

    Ties count one half (Mann & Whitney 1947, doi:10.1214/aoms/1177730491; Hanley & McNeil 1982,
    doi:10.1148/radiology.143.1.7063747). With more than two classes it is the mean of each class against all others,
    over the classes that are there.
    """
    return area(y_true, y_score, signal_class)(None)


def area(y_true: NDArray[Any], y_score: NDArray[Any], signal_class: int = 1) -> Statistic:
    """Return :func:`auc` as a statistic that sorts the events once."""
    if y_score.shape[1] == 2:
        return Roc(y_true == signal_class, y_score[:, signal_class]).area
    curves = {int(number): Roc(y_true == number, y_score[:, number]) for number in np.unique(y_true)}

    def statistic(counts: Counts) -> float:
        there = set(np.unique(y_true if counts is None else y_true[counts > 0]).tolist())
        areas = [curve.area(counts) for number, curve in curves.items() if number in there]
        return float(np.mean(areas)) if areas else float("nan")

    return statistic


def background_rejection(
    y_true: NDArray[Any], y_score: NDArray[Any], signal_efficiency: float = 0.5, signal_class: int = 1
) -> float:
    """Return 1/FPR at a chosen signal efficiency: of how many background events one is accepted.

    The threshold on the signal probability is lowered from 1; the points of the ROC curve are at each distinct score.
    FPR is interpolated linearly between the last point below ``signal_efficiency`` and the first at or above it. Where
    fewer than one background event is accepted, one is counted: the result is at most the number of background events,
    and finite.

    Args:
        y_true: (events,) classes.
        y_score: (events, 2) probabilities.
        signal_efficiency: true-positive rate at which the rejection is taken, 0 < signal_efficiency <= 1.
        signal_class: which class is the signal.
    """
    return Roc(y_true == signal_class, y_score[:, signal_class]).rejection(signal_efficiency)


def signal_efficiency(
    y_true: NDArray[Any], y_score: NDArray[Any], background_efficiency: float = 0.01, signal_class: int = 1
) -> float:
    """Return TPR at a chosen background efficiency: the fraction of the signal kept where that much background is.

    The threshold is lowered as for :func:`background_rejection`. TPR is interpolated linearly between the last point of
    the ROC curve at or below ``background_efficiency`` and the first above it.

    Args:
        y_true: (events,) classes.
        y_score: (events, 2) probabilities.
        background_efficiency: false-positive rate; 0.01 accepts one background event of 100.
        signal_class: which class is the signal.
    """
    return Roc(y_true == signal_class, y_score[:, signal_class]).efficiency(background_efficiency)
