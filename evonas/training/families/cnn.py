"""Convolutional networks for images: stem, stages of blocks, bottleneck, head.

::

    image -> stem -> [ blocks -> pooling -> dropout ] x stages -> bottleneck -> head -> output

A convolution is always convolution -> normalisation -> activation. The blocks of a stage are one of

* ``plain``: one convolution;
* ``residual``: two convolutions and a link around them, added before the last activation; a 1x1 convolution carries
  the link where the channels differ (He et al. 2016, doi:10.1109/CVPR.2016.90);
* ``separable``: a depthwise and a 1x1 convolution, each with normalisation and activation (Howard et al. 2017,
  arXiv:1704.04861).

Attention is squeeze-and-excitation after each block, in a residual block before the sum (Hu et al. 2018,
doi:10.1109/CVPR.2018.00745). The bottleneck is a 1x1 convolution that reduces the channels before the head, as in
CTLearn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from evonas.errors import GenomeError
from evonas.training.families.dense import add_dense_layers
from evonas.training.families.plan import ACTIVATIONS, NORMALISATIONS, Layer, Network, Padding, Plan
from evonas.training.families.protocol import PlannedFamily
from evonas.training.families.starts import adam
from evonas.training.genes import GeneReader
from evonas.training.heads import Heads
from evonas.training.learning import default_learning

__all__ = ["BLOCKS", "POOLINGS", "CnnFamily"]

BLOCKS = ("plain", "residual", "separable")
"""What the blocks of a stage are."""

POOLINGS = ("none", "max", "average")
"""What halves the map at the end of a stage."""

_PADDINGS = ("same", "valid")


class CnnFamily(PlannedFamily):
    """Convolutional networks on ``(height, width, channels)``; ``(height, width)`` gets one channel.

    >>> from evonas.training.heads import classifier
    >>> genome = {
    ...     "stages": [{"filters": 8, "kernel": 3, "blocks": 1, "activation": "relu", "pooling": "max"}],
    ...     "head": {"pooling": "flatten", "layers": []},
    ...     "learning": {"optimizer": {"type": "adam", "learning_rate": 1e-3}, "batch_size": 64},
    ... }
    >>> CnnFamily().costs(genome, (8, 8, 1), classifier(10))
    {'parameters': 1370, 'operations': 5888}
    """

    name = "cnn"

    def default_space(self) -> dict[str, Any]:
        """Return a fresh space: 1 to 4 stages of 1 to 3 blocks with 8 to 128 filters."""
        activation = {"choice": ["relu", "elu", "silu", "gelu", "tanh"]}
        normalisation = {"choice": ["none", "batch", "layer"]}
        return {
            "stem": {
                "select": {
                    "none": {},
                    "convolution": {
                        "filters": {"int": [8, 64], "log": True},
                        "kernel": {"int": [3, 7], "step": 2},
                        "stride": {"choice": [1, 2]},
                        "activation": dict(activation),
                        "normalisation": dict(normalisation),
                        "padding": "same",
                    },
                }
            },
            "stages": {
                "repeat": {
                    "filters": {"int": [8, 128], "log": True},
                    "kernel": {"int": [3, 7], "step": 2},
                    "blocks": {"int": [1, 3]},
                    "block": {"choice": list(BLOCKS)},
                    "activation": dict(activation),
                    "normalisation": dict(normalisation),
                    "pooling": {"choice": list(POOLINGS)},
                    "attention": {"select": {"none": {}, "squeeze_excite": {"ratio": {"choice": [2, 4, 8, 16]}}}},
                    "dropout": {"float": [0.0, 0.5], "step": 0.05},
                    "padding": "same",
                },
                "length": [1, 4],
            },
            "bottleneck": {
                "select": {
                    "none": {},
                    "convolution": {
                        "filters": {"int": [8, 128], "log": True},
                        "activation": dict(activation),
                        "normalisation": dict(normalisation),
                    },
                }
            },
            "head": {
                "pooling": {"choice": ["average", "max", "flatten"]},
                "layers": {
                    "repeat": {
                        "units": {"int": [8, 256], "log": True},
                        "activation": dict(activation),
                        "normalisation": "none",
                        "dropout": {"float": [0.0, 0.5], "step": 0.05},
                    },
                    "length": [0, 2],
                },
            },
            "learning": default_learning(),
        }

    def starting_points(self) -> dict[str, dict[str, Any]]:
        """Return ordinary networks of plain convolutions, fresh."""
        dense = {"units": 64, "activation": "relu", "normalisation": "none", "dropout": 0.0}
        return {
            "plain": {**_ordinary((32, 64), "none", "flatten", [dense]), "learning": adam(2e-3, 32)},
            "deep": {**_ordinary((16, 32, 64), "batch", "average", []), "learning": adam(3e-3, 64)},
            "small": {**_ordinary((16, 32), "none", "flatten", []), "learning": adam(3e-3, 32)},
        }

    def draw(self, genome: Mapping[str, Any], input_shape: tuple[int, ...], heads: Heads) -> Plan:
        """Return the layers."""
        if len(input_shape) not in (2, 3):
            raise GenomeError(
                "a convolutional network needs images",
                got=list(input_shape),
                expected="an input of shape (height, width, channels) or (height, width)",
                hint="take the model family `dense` for tables of features",
            )
        genes = GeneReader(genome)
        network = Network(input_shape)
        x = network.input
        if len(input_shape) == 2:
            x = network.reshape(x, (*input_shape, 1), "channel")
        x = _stem(network, x, genes.group("stem", {"type": "none"}))
        for number, stage in enumerate(genes.groups("stages", at_least=1), start=1):
            x = _stage(network, x, stage, f"stage{number}")
        x = _bottleneck(network, x, genes.group("bottleneck", {"type": "none"}))
        x = _head(network, x, genes.group("head"))
        genes.finish(besides=("learning",))
        network.outputs(x, heads)
        return network.plan()


@dataclass(frozen=True)
class _Style:
    """What all convolutions of one place have in common.

    Attributes:
        activation, normalisation: what follows a convolution.
        padding: of convolutions larger than 1x1.
        genes: where it was read, to name a gene in an error.
    """

    activation: str
    normalisation: str
    padding: Padding
    genes: GeneReader

    @classmethod
    def read(cls, genes: GeneReader, *, padded: bool = True) -> _Style:
        valid = padded and genes.choice("padding", _PADDINGS, "same") == "valid"
        return cls(
            genes.choice("activation", ACTIVATIONS),
            genes.choice("normalisation", NORMALISATIONS, "none"),
            "valid" if valid else "same",
            genes,
        )

    @property
    def bias(self) -> bool:
        """Batch normalisation shifts every channel itself, so that a bias before it does nothing."""
        return self.normalisation != "batch"


_Block: TypeAlias = Callable[[Network, Layer, int, int, _Style, "int | None", str], Layer]


def _ordinary(
    filters: tuple[int, ...], normalisation: str, pooling: str, layers: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the genes of stages of one 3x3 convolution each, with max pooling, and of a head."""
    stage = {
        "kernel": 3,
        "blocks": 1,
        "block": "plain",
        "activation": "relu",
        "normalisation": normalisation,
        "pooling": "max",
        "attention": {"type": "none"},
        "dropout": 0.0,
        "padding": "same",
    }
    return {
        "stem": {"type": "none"},
        "stages": [{"filters": count, **stage} for count in filters],
        "bottleneck": {"type": "none"},
        "head": {"pooling": pooling, "layers": layers},
    }


def _stem(network: Network, x: Layer, genes: GeneReader) -> Layer:
    kind = genes.choice("type", ("none", "convolution"))
    if kind == "convolution":
        style = _Style.read(genes)
        x = _convolution(
            network, x, genes.whole("filters"), genes.whole("kernel"), style, "stem", stride=genes.whole("stride", 1)
        )
    genes.finish()
    return x


def _stage(network: Network, x: Layer, genes: GeneReader, name: str) -> Layer:
    style = _Style.read(genes)
    filters, kernel, blocks = genes.whole("filters"), genes.whole("kernel"), genes.whole("blocks", 1)
    block = _BLOCKS[genes.choice("block", BLOCKS, "plain")]
    pooling = genes.choice("pooling", POOLINGS, "none")
    rate = genes.number("dropout", 0.0, below=1.0)
    ratio = _attention(genes.group("attention", {"type": "none"}))
    genes.finish()
    for number in range(1, blocks + 1):
        x = block(network, x, filters, kernel, style, ratio, f"{name}_block{number}")
    x = network.pool(x, pooling, f"{name}_pooling", at=genes.key("pooling"))
    return network.dropout(x, rate, f"{name}_dropout")


def _bottleneck(network: Network, x: Layer, genes: GeneReader) -> Layer:
    if genes.choice("type", ("none", "convolution")) == "convolution":
        x = _convolution(network, x, genes.whole("filters"), 1, _Style.read(genes, padded=False), "bottleneck")
    genes.finish()
    return x


def _head(network: Network, x: Layer, genes: GeneReader) -> Layer:
    pooling = genes.choice("pooling", ("average", "max", "flatten"))
    x = network.flatten(x, "flatten") if pooling == "flatten" else network.global_pool(x, pooling, "global_pooling")
    x = add_dense_layers(network, x, genes.groups("layers"), "head")
    genes.finish()
    return x


def _attention(genes: GeneReader) -> int | None:
    """Return the reduction ratio of squeeze-and-excitation, None without attention."""
    kind = genes.choice("type", ("none", "squeeze_excite"))
    ratio = genes.whole("ratio", 16) if kind == "squeeze_excite" else None
    genes.finish()
    return ratio


def _plain(network: Network, x: Layer, filters: int, kernel: int, style: _Style, ratio: int | None, name: str) -> Layer:
    x = _convolution(network, x, filters, kernel, style, name)
    return _squeeze_excite(network, x, ratio, name)


def _residual(
    network: Network, x: Layer, filters: int, kernel: int, style: _Style, ratio: int | None, name: str
) -> Layer:
    if style.padding != "same":
        raise GenomeError(
            "a residual block needs padding, because a map is only added to one of its own size",
            key=style.genes.key("padding"),
            got=style.padding,
            expected="same",
        )
    given = x
    x = _convolution(network, x, filters, kernel, style, f"{name}_first")
    x = network.convolution(
        x,
        filters,
        kernel,
        f"{name}_second_convolution",
        bias=style.bias,
        activation=style.activation,
        at=style.genes.key("kernel"),
    )
    x = network.normalise(x, style.normalisation, f"{name}_second_normalisation")
    x = _squeeze_excite(network, x, ratio, name)
    if given.shape[-1] != filters:
        given = network.convolution(given, filters, 1, f"{name}_projection", bias=style.bias)
        given = network.normalise(given, style.normalisation, f"{name}_projection_normalisation")
    x = network.add(x, given, f"{name}_add")
    return network.activation(x, style.activation, f"{name}_activation")


def _separable(
    network: Network, x: Layer, filters: int, kernel: int, style: _Style, ratio: int | None, name: str
) -> Layer:
    depth = f"{name}_depthwise"
    x = network.depthwise_convolution(
        x,
        kernel,
        f"{depth}_convolution",
        padding=style.padding,
        bias=style.bias,
        activation=style.activation,
        at=style.genes.key("kernel"),
    )
    x = network.normalise(x, style.normalisation, f"{depth}_normalisation")
    x = network.activation(x, style.activation, f"{depth}_activation")
    x = _convolution(network, x, filters, 1, style, f"{name}_pointwise")
    return _squeeze_excite(network, x, ratio, name)


_BLOCKS: dict[str, _Block] = {"plain": _plain, "residual": _residual, "separable": _separable}


def _convolution(
    network: Network, x: Layer, filters: int, kernel: int, style: _Style, name: str, *, stride: int = 1
) -> Layer:
    x = network.convolution(
        x,
        filters,
        kernel,
        f"{name}_convolution",
        stride=stride,
        padding=style.padding,
        bias=style.bias,
        activation=style.activation,
        at=style.genes.key("kernel"),
    )
    x = network.normalise(x, style.normalisation, f"{name}_normalisation")
    return network.activation(x, style.activation, f"{name}_activation")


def _squeeze_excite(network: Network, x: Layer, ratio: int | None, name: str) -> Layer:
    """Weigh every channel by a gate between 0 and 1 that is computed from the averages of all channels."""
    if ratio is None:
        return x
    channels = x.shape[-1]
    gate = network.global_pool(x, "average", f"{name}_squeeze")
    gate = network.dense(gate, max(1, channels // ratio), f"{name}_reduce", activation="relu")
    gate = network.activation(gate, "relu", f"{name}_reduce_activation")
    gate = network.dense(gate, channels, f"{name}_excite", activation="sigmoid")
    gate = network.activation(gate, "sigmoid", f"{name}_excite_activation")
    gate = network.reshape(gate, (1, 1, channels), f"{name}_gate")
    return network.multiply(x, gate, f"{name}_scale")
