"""Metrics of classifiers, from labels and class probabilities; NumPy alone.

All take ``y_true`` (events,), whole numbers from 0, and ``y_score`` (events, classes), probabilities that sum to 1.
A metric that is not defined, because a class has no event, is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["accuracy", "auc", "background_rejection", "cross_entropy", "f1"]

_SMALLEST = 1e-7  # Keras clips probabilities there, too: the metric then equals Keras's loss


def accuracy(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the fraction of events whose most probable class is the true one."""
    return float(np.mean(y_score.argmax(axis=1) == y_true))


def cross_entropy(y_true: NDArray[Any], y_score: NDArray[Any]) -> float:
    """Return the mean of -ln(probability of the true class), nat; probabilities below 1e-7 count as 1e-7."""
    true = y_score[np.arange(len(y_true)), y_true].astype(np.float64)
    return float(-np.mean(np.log(np.clip(true, _SMALLEST, 1.0))))


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
    if y_score.shape[1] == 2:
        return _area(y_true == signal_class, y_score[:, signal_class])
    areas = [_area(y_true == number, y_score[:, number]) for number in np.unique(y_true)]
    return float(np.mean(areas))


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
    signal = y_true == signal_class
    signals, backgrounds = int(signal.sum()), int((~signal).sum())
    if not signals or not backgrounds:
        return float("nan")
    order = np.argsort(-y_score[:, signal_class], kind="stable")
    scores = y_score[order, signal_class]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # the last event of each distinct score
    accepted = np.concatenate([[0], np.cumsum(signal[order])[last]])
    passed = np.concatenate([[0], np.cumsum(~signal[order])[last]])
    wanted = signal_efficiency * signals
    above = int(np.searchsorted(accepted, wanted - 1e-9 * signals))
    step = accepted[above] - accepted[above - 1]
    share = min(1.0, max(0.0, (wanted - accepted[above - 1]) / step))
    count = passed[above - 1] + share * (passed[above] - passed[above - 1])
    return float(backgrounds / max(1.0, count))


def _area(signal: NDArray[np.bool_], score: NDArray[Any]) -> float:
    signals, backgrounds = int(signal.sum()), int((~signal).sum())
    if not signals or not backgrounds:
        return float("nan")
    _, group, size = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(size) - (size - 1) / 2)[group.ravel()]  # tied scores share their mean rank
    return float((ranks[signal].sum() - signals * (signals + 1) / 2) / (signals * backgrounds))
