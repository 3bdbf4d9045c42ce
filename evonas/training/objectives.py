"""What a training minimises: the loss of each head, its targets as the loss takes them, and the weights of events.

A network answers with a tensor, or with a mapping of head names to tensors; targets, losses and weights are laid out in
the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from evonas.errors import ConfigError
from evonas.training.heads import Head, Heads, columns_of

__all__ = ["event_weights", "keras_targets", "keras_weights", "losses_and_metrics"]


def losses_and_metrics(heads: Heads, smoothing: float, structured: bool) -> tuple[Any, Any]:
    """Return losses and metrics for ``compile``.

    Args:
        heads: what the network answers.
        smoothing: label smoothing of classifications; above 0 their targets are one-hot rows.
        structured: whether the network answers with a mapping.
    """
    losses = {head.name: _loss(head, smoothing) for head in heads}
    metrics = {head.name: [_metric(head, smoothing)] for head in heads}
    return (losses, metrics) if structured else (losses[heads[0].name], metrics[heads[0].name])


def keras_targets(heads: Heads, targets: NDArray[Any], smoothing: float | None, structured: bool) -> Any:
    """Return targets as the losses take them: classes, one-hot rows where labels are smoothed, or quantities.

    Labels are smoothed here and not in the loss, so that the validation loss is that of the true labels and compares
    between genomes (Szegedy et al. 2016, doi:10.1109/CVPR.2016.308, section 7).

    Args:
        heads: what the network answers.
        targets: targets of a part.
        smoothing: probability that is spread over all classes; None keeps whole numbers, 0 gives one-hot rows.
        structured: whether the network answers with a mapping.
    """
    if not structured:
        return _smoothed(targets, heads[0], smoothing)
    return {
        head.name: _smoothed(column, head, smoothing)
        for head, column in zip(heads, columns_of(heads, targets).values(), strict=True)
    }


def keras_weights(
    heads: Heads, targets: NDArray[Any], class_weights: str | Mapping[int, float], structured: bool
) -> Any:
    """Return the weights of events in the loss, laid out as the targets; None where all weigh the same.

    Class weights are those of the classification; the other heads' events all weigh the same, as in CTLearn.

    Raises:
        ConfigError: if a weight is of no class, or is not positive, or nothing is classified.
    """
    head = next((head for head in heads if head.classes), None)
    classes = None if head is None else columns_of(heads, targets)[head.name]
    weights = event_weights(
        targets if classes is None else classes, class_weights, None if head is None else head.classes
    )
    if weights is None or head is None or not structured:
        return weights
    even = np.ones(len(targets), np.float32)
    return {one.name: weights if one is head else even for one in heads}


def event_weights(
    targets: NDArray[Any], class_weights: str | Mapping[int, float], classes: int | None
) -> NDArray[np.float32] | None:
    """Return the weight of each event in the loss, (events,); None where all weigh the same.

    Args:
        targets: (events,) classes.
        class_weights: ``none``; ``balanced``, events / (classes x events of the class); or weights by class, where a
            class that is not named weighs 1.
        classes: number of classes; None for a regression, which has no class weights.

    Raises:
        ConfigError: if a weight is of no class, or is not positive, or the task is a regression.
    """
    if class_weights == "none":
        return None
    if classes is None:
        raise ConfigError("a regression has no classes to weigh", key="training.class_weights", got=class_weights)
    if isinstance(class_weights, str):
        counts = np.bincount(targets, minlength=classes)
        weights = len(targets) / (classes * np.maximum(counts, 1))
    else:
        weights = np.ones(classes)
        for number, weight in class_weights.items():
            if not 0 <= int(number) < classes or not weight > 0:
                raise ConfigError(
                    "a class weight is of no class, or is not positive",
                    key=f"training.class_weights.{number}",
                    got=weight,
                    expected=f"a positive weight of a class from 0 to {classes - 1}",
                )
            weights[int(number)] = weight
    chosen: NDArray[np.float32] = weights[targets].astype(np.float32)
    return chosen


def _loss(head: Head, smoothing: float) -> str:
    if head.task == "classification":
        return "categorical_crossentropy" if smoothing else "sparse_categorical_crossentropy"
    return head.loss


def _metric(head: Head, smoothing: float) -> Any:
    if head.task == "regression":
        return keras.metrics.MeanAbsoluteError(name="mae")
    if smoothing:
        return keras.metrics.CategoricalAccuracy(name="accuracy")
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


def _smoothed(targets: NDArray[Any], head: Head, smoothing: float | None) -> NDArray[Any]:
    if head.classes is None or smoothing is None:
        return targets
    hot = np.full((len(targets), head.classes), smoothing / head.classes, np.float32)
    hot[np.arange(len(targets)), targets] += 1.0 - smoothing
    return hot
