"""From a drawing to a Keras model, with layers that any Keras loads without evonas: no custom layer, no Lambda."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from evonas.training import keras_compat
from evonas.training.families.ctlearn import stereo_layers
from evonas.training.families.ctlearn.drawing import Drawing
from evonas.training.families.plan import Kind, Layer

__all__ = ["build_drawing"]

_IMAGES = {"data_format": "channels_last"}


def build_drawing(drawing: Drawing) -> Any:
    """Return the functional ``keras.Model``, not compiled: input, backbone model, heads.

    It answers with a tensor, or with a mapping from the heads' names, see :class:`Drawing`.
    """
    keras_compat.mend_backend()
    first = drawing.plan.layers[0]
    entry = keras.Input(shape=first.shape, name=first.name)
    tensors = {first.name: entry}
    for layer in drawing.plan.layers[1:]:
        tensors[layer.name] = _MAKERS[layer.kind](layer, [tensors[name] for name in layer.inputs])
        if layer.name == drawing.features:
            backbone = keras.Model(entry, tensors[layer.name], name=f"{drawing.name}_block")
            tensors[layer.name] = backbone(entry)
    answers = {head: tensors[name] for head, name in drawing.answers.items()}
    return keras.Model(entry, next(iter(answers.values())) if drawing.bare else answers, name="CTLearn_model")


def _keras_name(activation: str) -> str:
    return "swish" if activation == "silu" else activation  # Keras 2.14 does not know "silu"


def _activation(layer: Layer) -> Any:
    activation = layer.settings["activation"]
    if activation == "relu":  # as in CTLearn
        return keras.layers.ReLU(name=layer.name)
    return keras.layers.Activation(_keras_name(activation), name=layer.name)


def _convolution(layer: Layer) -> Any:
    settings = layer.settings
    return keras.layers.Conv2D(
        settings["filters"],
        settings["kernel"],
        strides=settings["stride"],
        padding=settings["padding"],
        activation=_keras_name(settings["activation"]),
        kernel_initializer=settings["initialiser"],
        name=layer.name,
        **_IMAGES,
    )


def _dense(layer: Layer) -> Any:
    return keras.layers.Dense(
        layer.settings["units"],
        activation=_keras_name(layer.settings["activation"]),
        kernel_initializer=layer.settings["initialiser"],
        name=layer.name,
    )


def _pool(kind: Any) -> Callable[[Layer], Any]:
    return lambda layer: kind(layer.settings["size"], strides=layer.settings["stride"], name=layer.name, **_IMAGES)


def _global_average(layer: Layer) -> Any:
    return keras.layers.GlobalAveragePooling2D(keepdims=layer.settings["keep"], name=layer.name, **_IMAGES)


def _called(make: Callable[[Layer], Any]) -> Callable[[Layer, Sequence[Any]], Any]:
    """Return what makes a layer and calls it on one tensor, or on several as a list."""
    return lambda layer, inputs: make(layer)(inputs[0] if len(inputs) == 1 else list(inputs))


_MAKERS: dict[Kind, Callable[[Layer, Sequence[Any]], Any]] = {
    "activation": _called(_activation),
    "add": _called(lambda layer: keras.layers.Add(name=layer.name)),
    "batch_normalisation": _called(lambda layer: keras.layers.BatchNormalization(momentum=0.99, name=layer.name)),
    "convolution": _called(_convolution),
    "dense": _called(_dense),
    "dropout": _called(lambda layer: keras.layers.Dropout(layer.settings["rate"], name=layer.name)),
    "flatten": _called(lambda layer: keras.layers.Flatten(name=layer.name, **_IMAGES)),
    "global_average": _called(_global_average),
    "layer_normalisation": _called(lambda layer: keras.layers.LayerNormalization(name=layer.name)),
    "multiply": _called(lambda layer: keras.layers.Multiply(name=layer.name)),
    "pool_average": _called(_pool(keras.layers.AveragePooling2D)),
    "pool_max": _called(_pool(keras.layers.MaxPooling2D)),
    "softmax": _called(lambda layer: keras.layers.Softmax(name=layer.name)),
    **stereo_layers.MAKERS,
}
