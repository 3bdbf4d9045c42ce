"""From a plan to a Keras model: one Keras layer a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from evonas.training import keras_compat
from evonas.training.families.plan import Kind, Layer, Plan

__all__ = ["build_model"]

_IMAGES = {"data_format": "channels_last"}  # plans are channels-last, whatever the user's keras.json says


def build_model(plan: Plan, name: str) -> Any:
    """Return the functional ``keras.Model`` of a plan, not compiled; several outputs are a mapping by their names.

    Args:
        plan: the layers.
        name: name of the model.
    """
    keras_compat.mend_backend()
    tensors: dict[str, Any] = {}
    for layer in plan.layers:
        if layer.kind == "input":
            tensors[layer.name] = keras.Input(shape=layer.shape, name=layer.name)
        elif layer.kind == "output":
            tensors[layer.name] = _dense(layer, layer.settings["activation"])(tensors[layer.inputs[0]])
        else:
            inputs = [tensors[given] for given in layer.inputs]
            tensors[layer.name] = _MAKERS[layer.kind](layer)(inputs[0] if len(inputs) == 1 else inputs)
    answers = {layer.name: tensors[layer.name] for layer in plan.layers if layer.kind == "output"}
    whole = answers if len(answers) > 1 else next(iter(answers.values()))
    return keras.Model(tensors[plan.layers[0].name], whole, name=name)


def _dense(layer: Layer, activation: str = "linear") -> Any:
    return keras.layers.Dense(
        layer.settings["units"],
        activation=activation,
        use_bias=layer.settings["bias"],
        kernel_initializer=layer.settings["initialiser"],
        name=layer.name,
    )


def _convolution(layer: Layer) -> Any:
    settings = layer.settings
    return keras.layers.Conv2D(
        settings["filters"],
        settings["kernel"],
        strides=settings["stride"],
        padding=settings["padding"],
        use_bias=settings["bias"],
        kernel_initializer=settings["initialiser"],
        name=layer.name,
        **_IMAGES,
    )


def _depthwise_convolution(layer: Layer) -> Any:
    settings = layer.settings
    return keras.layers.DepthwiseConv2D(
        settings["kernel"],
        padding=settings["padding"],
        use_bias=settings["bias"],
        depthwise_initializer=settings["initialiser"],
        name=layer.name,
        **_IMAGES,
    )


_MAKERS: dict[Kind, Callable[[Layer], Any]] = {
    "activation": lambda layer: keras_compat.activation(layer.settings["activation"], layer.name),
    "add": lambda layer: keras.layers.Add(name=layer.name),
    "batch_normalisation": lambda layer: keras.layers.BatchNormalization(name=layer.name),
    "convolution": _convolution,
    "dense": _dense,
    "depthwise_convolution": _depthwise_convolution,
    "dropout": lambda layer: keras.layers.Dropout(layer.settings["rate"], name=layer.name),
    "flatten": lambda layer: keras.layers.Flatten(name=layer.name, **_IMAGES),
    "global_average": lambda layer: keras.layers.GlobalAveragePooling2D(name=layer.name, **_IMAGES),
    "global_max": lambda layer: keras.layers.GlobalMaxPooling2D(name=layer.name, **_IMAGES),
    "layer_normalisation": lambda layer: keras.layers.LayerNormalization(name=layer.name),
    "multiply": lambda layer: keras.layers.Multiply(name=layer.name),
    "pool_average": lambda layer: keras.layers.AveragePooling2D(layer.settings["size"], name=layer.name, **_IMAGES),
    "pool_max": lambda layer: keras.layers.MaxPooling2D(layer.settings["size"], name=layer.name, **_IMAGES),
    "reshape": lambda layer: keras.layers.Reshape(layer.shape, name=layer.name),
}
