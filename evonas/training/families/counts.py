"""Counting a built Keras model, layer by layer, by one rule that knows nothing of genomes.

This is the reference that the counts of plans are tested against, and a way for families that draw no plan to count.
"""

from __future__ import annotations

from math import prod
from typing import Any

__all__ = ["model_costs"]

_EVERY_OUTPUT = frozenset(
    {"Dense", "BaseConv", "Conv", "BaseDepthwiseConv", "DepthwiseConv", "BaseSeparableConv", "SeparableConv"}
)
_EVERY_INPUT = frozenset({"BaseConvTranspose", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"})
_NORMALISATION = frozenset(
    {"BatchNormalization", "BatchNormalizationBase", "GroupNormalization", "LayerNormalization", "Normalization"}
)


def model_costs(model: Any) -> dict[str, int]:
    """Return ``parameters`` and ``operations`` of a built functional or sequential model with channels last.

    The rule: every number of a kernel is multiplied once at each position of the layer's output (of its input, for
    transposed convolutions). Layers without kernels cost nothing.

    Raises:
        TypeError: for a layer with weights that the rule does not cover, such as attention or a recurrent one.
    """
    return {"parameters": int(model.count_params()), "operations": sum(_operations(layer) for layer in model.layers)}


def _operations(layer: Any) -> int:
    if getattr(layer, "layers", None):  # a model within the model
        return sum(_operations(part) for part in layer.layers)
    kinds = {kind.__name__ for kind in type(layer).__mro__}
    if not layer.weights or kinds & _NORMALISATION:
        return 0
    kernels = sum(prod(int(size) for size in weight.shape) for weight in layer.weights if len(weight.shape) > 1)
    if kinds & _EVERY_INPUT:
        return _positions(layer.input) * kernels
    if kinds & _EVERY_OUTPUT:
        return _positions(layer.output) * kernels
    raise TypeError(f"no rule to count the operations of layer {layer.name!r}, a {type(layer).__name__}")


def _positions(tensor: Any) -> int:
    return prod(int(size) for size in tensor.shape[1:-1])
