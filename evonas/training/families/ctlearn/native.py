"""Which networks CTLearn's own classes build, and with which traits."""

from __future__ import annotations

from typing import Any

from evonas.genome import Genome
from evonas.training.ctlearn.compat import single_cnn_squeezes
from evonas.training.families.ctlearn.cnn import read_cnn
from evonas.training.families.ctlearn.drawing import CTLEARN_OUTPUTS
from evonas.training.families.ctlearn.genes import Attention, HeadGenes
from evonas.training.families.ctlearn.resnet import read_resnet
from evonas.training.families.ctlearn.trunk import TrunkGenes
from evonas.training.heads import Heads

__all__ = ["native_component"]

_MECHANISMS = {"dual": "Dual-SE", "channel": "Channel-SE", "spatial": "Spatial-SE"}


def native_component(genome: Genome, heads: Heads) -> tuple[str, dict[str, Any]] | None:
    """Return CTLearn's own class and the traits with which it builds the network of a genome.

    Networks that CTLearn cannot build: activations other than relu in the backbone, dropout, a ``ResNet`` with initial
    layers (its model then begins behind them), attention whose ratio leaves no hidden unit, stereo networks, and heads
    that are not CTLearn's tasks. CTLearn 0.10.2 cannot build a ``SingleCNN`` with channel or dual attention either (it
    fails by ``KeyError: 'ratio'``), newer versions can; what is installed decides.

    Args:
        genome: a genome of a CTLearn family.
        heads: what the network answers.

    Returns:
        ``SingleCNN`` or ``ResNet`` and its traits by name, JSON-able; None if neither can.

    Raises:
        GenomeError: if a gene is missing, unknown or impossible.
    """
    if not heads or any(CTLEARN_OUTPUTS.get(head.name) != head.outputs for head in heads):
        return None
    if any((head.classes is not None) != (head.name == "type") for head in heads):
        return None
    if genome.family == "ctlearn_cnn":
        return _single_cnn(genome, heads)
    return _resnet(genome, heads) if genome.family == "ctlearn_resnet" else None


def _single_cnn(genome: Genome, heads: Heads) -> tuple[str, dict[str, Any]] | None:
    trunk, head = read_cnn(genome)
    if trunk.activation != "relu" or trunk.dropout or head.dropout or not _single_cnn_attends(trunk):
        return None
    traits = {
        "architecture": [
            {"filters": layer.filters, "kernel_size": layer.kernel, "number": layer.number} for layer in trunk.layers
        ],
        "pooling_type": trunk.pooling.type if trunk.pooling else None,
        "batchnorm": trunk.normalisation == "batch",
        "bottleneck_filters": trunk.bottleneck,
        **_attention_traits(trunk.attention),
        **_head_traits(head, heads),
    }
    if trunk.pooling:
        traits["pooling_parameters"] = {"size": trunk.pooling.size, "strides": trunk.pooling.stride}
    return "SingleCNN", traits


def _resnet(genome: Genome, heads: Heads) -> tuple[str, dict[str, Any]] | None:
    genes = read_resnet(genome)
    if genes.init or genes.init_pool or genes.activation != "relu" or genes.head.dropout:
        return None
    widening = 4 if genes.block == "bottleneck" else 1
    if _vanishes(genes.attention, widening * min(filters for filters, _ in genes.stages)):
        return None
    traits = {
        "architecture": [{"filters": filters, "blocks": blocks} for filters, blocks in genes.stages],
        "residual_block_type": genes.block,
        **_attention_traits(genes.attention),
        **_head_traits(genes.head, heads),
    }
    return "ResNet", traits


def _single_cnn_attends(trunk: TrunkGenes) -> bool:
    """Whether CTLearn's class can have the attention, and makes the same of it."""
    attention = trunk.attention
    if attention is None or attention.type == "spatial":
        return True
    channels = trunk.bottleneck or trunk.layers[-1].filters
    return not _vanishes(attention, channels) and single_cnn_squeezes()


def _attention_traits(attention: Attention | None) -> dict[str, Any]:
    if attention is None:
        return {"attention_mechanism": None}
    ratio = {} if attention.type == "spatial" else {"attention_reduction_ratio": attention.ratio}
    return {"attention_mechanism": _MECHANISMS[attention.type], **ratio}


def _vanishes(attention: Attention | None, channels: int) -> bool:
    return attention is not None and attention.type != "spatial" and attention.ratio > channels


def _head_traits(head: HeadGenes, heads: Heads) -> dict[str, Any]:
    return {
        "head_layers": {task.name: [*head.units, task.outputs] for task in heads},
        "head_activation_function": {task.name: _name(head.activation_of(task.name)) for task in heads},
    }


def _name(activation: str) -> str:
    return "swish" if activation == "silu" else activation  # Keras 2.14 does not know "silu"
