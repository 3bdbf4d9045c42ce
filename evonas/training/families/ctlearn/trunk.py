"""The convolutional network of CTLearn's ``SingleCNN``, which a stereo network shares between its telescopes.

::

    image -> (normalisation) -> [ convolutions -> pooling -> (normalisation) -> (dropout) ] x layers
          -> (bottleneck -> (normalisation)) -> (attention)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evonas.training.families.ctlearn.drawing import DrawingNetwork
from evonas.training.families.ctlearn.genes import (
    FUSED_ACTIVATIONS,
    Attention,
    Pooling,
    attention_space,
    pooling_space,
    read_attention,
    read_pooling,
)
from evonas.training.families.plan import Layer
from evonas.training.genes import GeneReader

__all__ = ["ConvolutionGenes", "TrunkGenes", "draw_trunk", "ordinary_trunk", "read_trunk", "trunk_space"]


@dataclass(frozen=True)
class ConvolutionGenes:
    """One layer of CTLearn's ``architecture``: equal convolutions, then pooling.

    Attributes:
        filters, kernel: of each convolution.
        number: convolutions.
    """

    filters: int
    kernel: int
    number: int


@dataclass(frozen=True)
class TrunkGenes:
    """A convolutional network up to its last map.

    Attributes:
        layers: its layers.
        pooling: after the convolutions of each layer; None for none.
        activation: of each convolution.
        normalisation: after each pooling and the bottleneck; ``batch`` also on the input, as in CTLearn.
        dropout: rate at the end of each layer.
        bottleneck: filters of a last 1x1 convolution; None for none.
        attention: on the last map; None for none.
    """

    layers: tuple[ConvolutionGenes, ...]
    pooling: Pooling | None
    activation: str = "relu"
    normalisation: str = "none"
    dropout: float = 0.0
    bottleneck: int | None = None
    attention: Attention | None = None


def read_trunk(genes: GeneReader, normalisations: Sequence[str]) -> TrunkGenes:
    """Return the genes of the network.

    Args:
        genes: the genome; what else it holds stays unread.
        normalisations: those to choose from.
    """
    return TrunkGenes(
        tuple(_read_layer(layer) for layer in genes.groups("layers", at_least=1)),
        read_pooling(genes.group("pooling", {"type": "max", "size": 2, "stride": 2})),
        genes.choice("activation", FUSED_ACTIVATIONS, "relu"),
        genes.choice("normalisation", normalisations, "none"),
        genes.number("dropout", 0.0, below=1.0),
        _read_bottleneck(genes.group("bottleneck", {"type": "none"})),
        read_attention(genes.group("attention", {"type": "none"})),
    )


def draw_trunk(network: DrawingNetwork, x: Layer, trunk: TrunkGenes) -> Layer:
    """Draw the network behind a layer of images, and return its last map."""
    block, style = network.block, trunk.normalisation
    if style == "batch":  # over channels, `layer` would take away how bright an image is
        x = network.normalise(x, style, f"{block}_normalisation_0")
    for index, layer in enumerate(trunk.layers, start=1):
        for number in range(1, layer.number + 1):
            name = f"{block}_conv_{index}_{number}"
            x = network.convolve(x, layer.filters, layer.kernel, name, activation=trunk.activation)
        x = network.pool_with(x, trunk.pooling, f"{block}_pool_{index}")
        x = network.normalise(x, style, f"{block}_normalisation_{index}")
        x = network.dropout(x, trunk.dropout, f"{block}_dropout_{index}")
    if trunk.bottleneck is not None:
        x = network.convolve(x, trunk.bottleneck, 1, f"{block}_bottleneck", activation=trunk.activation)
        x = network.normalise(x, style, f"{block}_normalisation_bottleneck")
    return network.attend(x, trunk.attention, block)


def ordinary_trunk(filters: Sequence[int], normalisation: str) -> dict[str, Any]:
    """Return the genes of a plain trunk, fresh: layers of one 3x3 convolution, max pooling, no attention.

    Args:
        filters: of each layer.
        normalisation: one that the family has.
    """
    return {
        "layers": [{"filters": count, "kernel": 3, "number": 1} for count in filters],
        "pooling": {"type": "max", "size": 2, "stride": 2},
        "activation": "relu",
        "normalisation": normalisation,
        "dropout": 0.0,
        "bottleneck": {"type": "none"},
        "attention": {"type": "none"},
    }


def trunk_space(normalisations: Sequence[str]) -> dict[str, Any]:
    """Return a fresh space: 1 to 6 layers of 8 to 256 filters."""
    return {
        "layers": {
            "repeat": {
                "filters": {"int": [8, 256], "log": True},
                "kernel": {"int": [3, 7], "step": 2},
                "number": {"int": [1, 2]},
            },
            "length": [1, 6],
        },
        "pooling": pooling_space(),
        "activation": {"choice": ["relu", "elu", "silu", "gelu", "tanh"]},
        "normalisation": {"choice": list(normalisations)},
        "dropout": {"float": [0.0, 0.5], "step": 0.05},
        "bottleneck": {"select": {"none": {}, "convolution": {"filters": {"int": [8, 256], "log": True}}}},
        "attention": attention_space(),
    }


def _read_layer(genes: GeneReader) -> ConvolutionGenes:
    layer = ConvolutionGenes(genes.whole("filters"), genes.whole("kernel"), genes.whole("number", 1))
    genes.finish()
    return layer


def _read_bottleneck(genes: GeneReader) -> int | None:
    filters = genes.whole("filters") if genes.choice("type", ("none", "convolution")) == "convolution" else None
    genes.finish()
    return filters
