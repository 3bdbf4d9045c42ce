"""CTLearn's ``ResNet`` as a family: residual networks with squeeze-and-excitation in each block.

A block is two 3x3 convolutions (``basic``), or a 1x1, a 3x3 and a 1x1 convolution of which the last has four times the
filters (``bottleneck``), around which a link is added (He et al. 2016, doi:10.1109/CVPR.2016.90). A 1x1 convolution
carries the link of a stage's first block; every stage but the first halves the map in it. There is no normalisation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from evonas.training.families.ctlearn import published
from evonas.training.families.ctlearn.drawing import Drawing, DrawingNetwork
from evonas.training.families.ctlearn.family import CtlearnFamily, check_images
from evonas.training.families.ctlearn.genes import (
    FUSED_ACTIVATIONS,
    Attention,
    HeadGenes,
    Pooling,
    attention_space,
    head_space,
    learning_space,
    ordinary_head,
    ordinary_learning,
    read_attention,
    read_head,
    read_pooling,
)
from evonas.training.families.plan import Layer
from evonas.training.genes import GeneReader
from evonas.training.heads import Heads

__all__ = ["CtlearnResnetFamily", "ResnetGenes", "read_resnet"]

BLOCKS = ("basic", "bottleneck")
"""Kinds of residual block."""


@dataclass(frozen=True)
class _Init:
    """The convolution before the residual blocks, without padding and activation."""

    filters: int
    kernel: int
    stride: int
    gene: str


@dataclass(frozen=True)
class ResnetGenes:
    """A residual network.

    Attributes:
        init: the convolution before the blocks; None for none.
        init_pool: max pooling after it; None for none.
        stages: filters and blocks of each stage.
        block: one of :data:`BLOCKS`.
        activation: of the convolutions, and after each sum.
        attention: at the end of each block, before the sum; None for none.
        head: the fully connected layers of each head.
    """

    init: _Init | None
    init_pool: Pooling | None
    stages: tuple[tuple[int, int], ...]
    block: str
    activation: str
    attention: Attention | None
    head: HeadGenes


class CtlearnResnetFamily(CtlearnFamily):
    """Residual networks on ``(rows, columns, channels)``; with its default genes, CTLearn's ``ThinResNet``.

    >>> from evonas.training.heads import Head
    >>> head = Head("type", "classification", 2, "cross_entropy", class_names=("background", "signal"))
    >>> family = CtlearnResnetFamily()
    >>> family.costs(family.baselines()["ThinResNet"], (110, 110, 2), [head])["parameters"]
    6582957
    """

    name = "ctlearn_resnet"

    def default_space(self) -> dict[str, Any]:
        """Return a fresh space: 2 to 4 stages of 1 to 3 blocks with 8 to 256 filters."""
        return {
            "init": {
                "select": {
                    "none": {},
                    "convolution": {
                        "filters": {"int": [8, 64], "log": True},
                        "kernel": {"int": [3, 7], "step": 2},
                        "stride": {"choice": [1, 2]},
                    },
                }
            },
            "init_pool": {"select": {"none": {}, "max": {"size": {"choice": [2, 3]}, "stride": 2}}},
            "stages": {
                "repeat": {"filters": {"int": [8, 256], "log": True}, "blocks": {"int": [1, 3]}},
                "length": [2, 4],
            },
            "block": {"choice": list(BLOCKS)},
            "activation": {"choice": ["relu", "elu", "silu", "gelu"]},
            "attention": attention_space(),
            "head": head_space(),
            "learning": learning_space(),
        }

    def baselines(self) -> dict[str, dict[str, Any]]:
        """Return the genes of CTLearn's default ``ResNet``, which it calls ThinResNet."""
        return {"ThinResNet": published.thin_resnet()}

    def starting_points(self) -> dict[str, dict[str, Any]]:
        """Return ordinary networks, fresh: blocks of two convolutions behind a first one, two or three stages."""
        shared = {
            "init": {"type": "convolution", "filters": 16, "kernel": 3, "stride": 1},
            "init_pool": {"type": "max", "size": 2, "stride": 2},
            "block": "basic",
            "activation": "relu",
            "attention": {"type": "none"},
            "head": ordinary_head(),
        }
        small = [{"filters": 16, "blocks": 1}, {"filters": 32, "blocks": 1}]
        return {
            "small": {**shared, "stages": small, "learning": ordinary_learning(1e-3)},
            "deep": {**shared, "stages": [*small, {"filters": 64, "blocks": 1}], "learning": ordinary_learning(1e-3)},
        }

    def sketch(self, genome: Mapping[str, Any], input_shape: tuple[int, ...], heads: Heads) -> Drawing:
        """Return the drawing."""
        check_images(input_shape, "rows, columns, channels")
        genes = read_resnet(genome)
        network = DrawingNetwork(input_shape, "ThinResNet")
        x = _draw_init(network, network.input, genes)
        for index, (filters, blocks) in enumerate(genes.stages):
            for number in range(1, blocks + 1):
                place = _Place(
                    f"{network.block}_conv{index + 2}_block{number}",
                    filters,
                    stride=2 if index and number == 1 else 1,
                    projects=number == 1,
                )
                x = _draw_block(network, x, genes, place)
        return network.finish(network.average(x), genes.head, heads)


def read_resnet(genome: Mapping[str, Any]) -> ResnetGenes:
    """Return the genes.

    Raises:
        GenomeError: if a gene is missing, unknown or impossible.
    """
    genes = GeneReader(genome)
    read = ResnetGenes(
        _read_init(genes.group("init", {"type": "none"})),
        read_pooling(genes.group("init_pool", {"type": "none"}), average=False),
        tuple(_read_stage(stage) for stage in genes.groups("stages", at_least=1)),
        genes.choice("block", BLOCKS, "bottleneck"),
        genes.choice("activation", FUSED_ACTIVATIONS, "relu"),
        read_attention(genes.group("attention", {"type": "none"})),
        read_head(genes.group("head")),
    )
    genes.finish(besides=("learning",))
    return read


@dataclass(frozen=True)
class _Place:
    """Where a block stands.

    Attributes:
        name: of the block.
        filters: of its inner convolutions.
        stride: of its first convolution and of its link.
        projects: whether a convolution carries its link.
    """

    name: str
    filters: int
    stride: int
    projects: bool


def _read_init(genes: GeneReader) -> _Init | None:
    init = None
    if genes.choice("type", ("none", "convolution")) == "convolution":
        init = _Init(genes.whole("filters"), genes.whole("kernel"), genes.whole("stride", 1), genes.key("kernel"))
    genes.finish()
    return init


def _read_stage(genes: GeneReader) -> tuple[int, int]:
    stage = genes.whole("filters"), genes.whole("blocks")
    genes.finish()
    return stage


def _draw_init(network: DrawingNetwork, x: Layer, genes: ResnetGenes) -> Layer:
    if init := genes.init:
        name = f"{network.block}_conv1_conv"
        x = network.convolve(x, init.filters, init.kernel, name, stride=init.stride, padding="valid", at=init.gene)
    return network.pool_with(x, genes.init_pool, f"{network.block}_pool1_pool")


def _draw_block(network: DrawingNetwork, x: Layer, genes: ResnetGenes, place: _Place) -> Layer:
    inner, widening = _INNER[genes.block]
    link = x
    if place.projects:
        filters = widening * place.filters
        link = network.convolve(x, filters, 1, f"{place.name}_0_conv", stride=place.stride, padding="valid")
    x = inner(network, x, genes.activation, place)
    x = network.attend(x, genes.attention, place.name)
    x = network.add(link, x, f"{place.name}_add")
    return network.activation(x, genes.activation, f"{place.name}_out")


def _basic(network: DrawingNetwork, x: Layer, activation: str, place: _Place) -> Layer:
    x = network.convolve(x, place.filters, 3, f"{place.name}_1_conv", stride=place.stride, activation=activation)
    return network.convolve(x, place.filters, 3, f"{place.name}_2_conv", activation=activation)


def _bottleneck(network: DrawingNetwork, x: Layer, activation: str, place: _Place) -> Layer:
    stride = place.stride
    x = network.convolve(
        x, place.filters, 1, f"{place.name}_1_conv", stride=stride, padding="valid", activation=activation
    )
    x = network.convolve(x, place.filters, 3, f"{place.name}_2_conv", activation=activation)
    return network.convolve(x, 4 * place.filters, 1, f"{place.name}_3_conv", padding="valid")


_Inner: TypeAlias = Callable[[DrawingNetwork, Layer, str, _Place], Layer]

_INNER: dict[str, tuple[_Inner, int]] = {"basic": (_basic, 1), "bottleneck": (_bottleneck, 4)}
