"""The genes that the CTLearn families share, read into plain records; and the spaces they are searched in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evonas.training.families.plan import ACTIVATIONS
from evonas.training.families.starts import adam
from evonas.training.genes import GeneReader
from evonas.training.learning import default_learning

__all__ = [
    "FUSED_ACTIVATIONS",
    "Attention",
    "HeadGenes",
    "Pooling",
    "attention_space",
    "head_space",
    "learning_space",
    "ordinary_head",
    "ordinary_learning",
    "pooling_space",
    "read_attention",
    "read_head",
    "read_pooling",
]

FUSED_ACTIVATIONS = tuple(name for name in ACTIVATIONS if name != "leaky_relu")
"""Activations that every supported Keras takes as a layer's argument, which is where CTLearn has them."""

_POOLINGS = ("none", "max", "average")
_ATTENTIONS = ("none", "dual", "channel", "spatial")
_HEAD_ACTIVATIONS = ("ctlearn", *FUSED_ACTIVATIONS)
_DIRECTIONS = ("cameradirection", "skydirection")


@dataclass(frozen=True)
class Pooling:
    """Pooling without padding.

    Attributes:
        type: ``max`` or ``average``.
        size: pixels along the side of the window.
        stride: pixels from one window to the next.
        gene: dotted name of the gene, for errors.
    """

    type: str
    size: int
    stride: int
    gene: str


@dataclass(frozen=True)
class Attention:
    """Squeeze-and-excitation as CTLearn has it.

    Attributes:
        type: ``channel`` (Hu et al. 2018, doi:10.1109/CVPR.2018.00745), ``spatial`` or ``dual``, the sum of both (Roy
            et al. 2018, arXiv:1803.02579).
        ratio: the channels' hidden layer has this many times fewer units than there are channels, and at least 1.
    """

    type: str
    ratio: int = 16


@dataclass(frozen=True)
class HeadGenes:
    """The fully connected layers of each head.

    Attributes:
        units: units of each hidden layer.
        activation: ``ctlearn`` for relu, and tanh for the two directions; or one activation for all heads.
        dropout: rate after each hidden layer.
    """

    units: tuple[int, ...]
    activation: str = "ctlearn"
    dropout: float = 0.0

    def activation_of(self, head: str) -> str:
        """Return the activation of the hidden layers of a head, by its name."""
        if self.activation != "ctlearn":
            return self.activation
        return "tanh" if head in _DIRECTIONS else "relu"


def read_pooling(genes: GeneReader, *, average: bool = True) -> Pooling | None:
    """Return the pooling, None without any; ``average=False`` allows ``max`` only."""
    kind = genes.choice("type", _POOLINGS if average else _POOLINGS[:2])
    pooling = None
    if kind != "none":
        size = genes.whole("size")
        pooling = Pooling(kind, size, genes.whole("stride", size), genes.key("size"))
    genes.finish()
    return pooling


def read_attention(genes: GeneReader) -> Attention | None:
    """Return the attention, None without any."""
    kind = genes.choice("type", _ATTENTIONS)
    ratio = genes.whole("ratio", 16) if kind in ("dual", "channel") else 16
    genes.finish()
    return None if kind == "none" else Attention(kind, ratio)


def read_head(genes: GeneReader) -> HeadGenes:
    """Return the head's genes."""
    units = []
    for layer in genes.groups("layers"):
        units.append(layer.whole("units"))
        layer.finish()
    head = HeadGenes(
        tuple(units),
        genes.choice("activation", _HEAD_ACTIVATIONS, "ctlearn"),
        genes.number("dropout", 0.0, below=1.0),
    )
    genes.finish()
    return head


def pooling_space() -> dict[str, Any]:
    """Return a fresh space of the pooling."""
    sizes = {"size": {"choice": [2, 3]}, "stride": 2}
    return {"select": {"max": dict(sizes), "average": dict(sizes), "none": {}}}


def attention_space() -> dict[str, Any]:
    """Return a fresh space of the attention."""
    ratio: Mapping[str, Any] = {"ratio": {"choice": [2, 4, 8, 16, 32]}}
    return {"select": {"none": {}, "dual": dict(ratio), "channel": dict(ratio), "spatial": {}}}


def head_space(largest: int = 1024) -> dict[str, Any]:
    """Return a fresh space of the head, with up to 3 hidden layers of up to ``largest`` units."""
    return {
        "layers": {"repeat": {"units": {"int": [16, largest], "log": True}}, "length": [0, 3]},
        "activation": {"choice": ["ctlearn", "relu", "elu", "silu", "gelu", "tanh"]},
        "dropout": {"float": [0.0, 0.6], "step": 0.05},
    }


def ordinary_head(*units: int) -> dict[str, Any]:
    """Return the genes of a head without dropout, fresh."""
    return {"layers": [{"units": count} for count in units], "activation": "ctlearn", "dropout": 0.0}


def ordinary_learning(rate: float, batch_size: int = 32) -> dict[str, Any]:
    """Return the learning genes of a starting point, fresh."""
    return adam(rate, batch_size, epsilon=1e-7)


def learning_space() -> dict[str, Any]:
    """Return a fresh space of the learning genes: the usual one, with epsilon and with CTLearn's lower rates.

    The schedule ``plateau`` has the thresholds of ``ctlearn-train-model``.
    """
    space = default_learning()
    kinds = space["optimizer"]["select"]
    for kind in ("adam", "adamw", "rmsprop"):
        kinds[kind]["learning_rate"] = {"float": [1e-5, 1e-2], "log": True}
        kinds[kind]["epsilon"] = {"float": [1e-8, 1e-2], "log": True}
    space["schedule"]["select"]["plateau"] |= {"min_delta": 0.01, "min_rate": 1e-6}
    return space
