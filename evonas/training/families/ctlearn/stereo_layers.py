"""The Keras side of a network that all telescopes of an event share, and of what combines them.

An absent telescope is an image of zeros, as dl1_data_handler gives it. Its features are multiplied by 0 behind the
shared network, and every combination leaves it out, so that neither an answer nor a gradient depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from evonas.training import keras_compat
from evonas.training.families.plan import Kind, Layer

__all__ = ["MAKERS"]

_NEVER = 1e9  # below any score by so much that its exponential is exactly 0


def _present(layer: Layer, inputs: Sequence[Any]) -> Any:
    """Return (events, telescopes) of booleans: whether any pixel of an image differs from 0."""
    ops = keras_compat.operations()
    return ops.any(ops.not_equal(inputs[0], 0.0), axis=(2, 3, 4))


def _fold(layer: Layer, inputs: Sequence[Any]) -> Any:
    """Return (events * telescopes, rows, columns, channels): each image by itself."""
    return keras_compat.operations().reshape(inputs[0], (-1, *layer.shape))


def _unfold(layer: Layer, inputs: Sequence[Any]) -> Any:
    """Return (events, telescopes, features)."""
    return keras_compat.operations().reshape(inputs[0], (-1, *layer.shape))


def _mask(layer: Layer, inputs: Sequence[Any]) -> Any:
    """Return the features with 0 for absent telescopes."""
    features, present = inputs
    return keras.layers.Multiply(name=layer.name)([features, _weights(present, features)])


def _masked_mean(layer: Layer, inputs: Sequence[Any]) -> Any:
    """Return the mean over the telescopes that are present, 0 where none is."""
    features, present = inputs
    ops = keras_compat.operations()
    count = ops.maximum(ops.sum(_weights(present, features), axis=1), 1.0)
    return ops.divide(ops.sum(features, axis=1), count)


def _masked_softmax(layer: Layer, inputs: Sequence[Any]) -> Any:
    """Return weights that sum to 1 over the telescopes that are present; 0 where none is."""
    scores, present = inputs
    ops = keras_compat.operations()
    weights = _weights(present, scores)
    lowered = ops.add(scores, ops.multiply(ops.subtract(weights, 1.0), _NEVER))
    parts = ops.multiply(ops.exp(ops.subtract(lowered, ops.max(lowered, axis=1, keepdims=True))), weights)
    return ops.divide(parts, ops.maximum(ops.sum(parts, axis=1, keepdims=True), 1.0))  # the largest part is 1


def _weighted_sum(layer: Layer, inputs: Sequence[Any]) -> Any:
    """Return the sums over the telescopes of features times weights, one for each head, side by side."""
    sums = keras.layers.Dot(axes=1, name=f"{layer.name}_sums")(list(inputs))
    return keras.layers.Flatten(name=layer.name)(sums)


def _recurrent(layer: Layer, inputs: Sequence[Any]) -> Any:
    features, present = inputs
    made = keras_compat.recurrent(
        layer.kind, layer.settings["units"], sequences=layer.settings["sequences"], name=layer.name
    )
    return made(features, mask=present)


def _weights(present: Any, like: Any) -> Any:
    """Return (events, telescopes, 1) of 1 and 0 in the type of another tensor."""
    ops = keras_compat.operations()
    return ops.expand_dims(ops.cast(present, like.dtype), -1)


MAKERS: dict[Kind, Callable[[Layer, Sequence[Any]], Any]] = {
    "fold": _fold,
    "gru": _recurrent,
    "lstm": _recurrent,
    "mask": _mask,
    "masked_mean": _masked_mean,
    "masked_softmax": _masked_softmax,
    "present": _present,
    "unfold": _unfold,
    "weighted_sum": _weighted_sum,
}
"""By the kind of a layer: what makes it and calls it on its inputs."""
