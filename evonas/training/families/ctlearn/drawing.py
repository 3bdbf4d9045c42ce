"""Drawings of networks in CTLearn's form: a backbone that ends in features, and fully connected heads behind it.

Layers, their order and their names are those of CTLearn 0.10.2 (``ctlearn.core.model`` and ``ctlearn.core.attention``):
activations belong to their convolution or dense layer, kernels are drawn as Glorot & Bengio (2010) have it, the
backbone is a model within the model, whose name ends in ``_block``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evonas.errors import GenomeError
from evonas.training.families.ctlearn.genes import Attention, HeadGenes, Pooling
from evonas.training.families.plan import Kind, Layer, Network, Padding, Plan
from evonas.training.heads import Head, Heads

__all__ = ["CTLEARN_OUTPUTS", "Drawing", "DrawingNetwork"]

CTLEARN_OUTPUTS: Mapping[str, int] = {"type": 2, "energy": 1, "cameradirection": 2, "skydirection": 2}
"""CTLearn's tasks in its order, and the outputs of each."""

_INITIALISER = "glorot_uniform"  # Keras's own, which CTLearn leaves as it is


@dataclass(frozen=True)
class Drawing:
    """A network before it is built.

    Attributes:
        plan: all layers, from the input to the answers.
        name: of the backbone, without ``_block``.
        features: name of the layer that ends the backbone.
        answers: name of the layer that answers, by the name of its head.
        bare: whether the network answers with the tensor of its one head instead of a mapping.
    """

    plan: Plan
    name: str
    features: str
    answers: Mapping[str, str]
    bare: bool


class DrawingNetwork(Network):
    """Draws CTLearn's layers.

    Args:
        input_shape: shape of one example.
        name: of the backbone; all of its layers' names begin with it and ``_block``.

    Attributes:
        block: name of the backbone model.
        copies: examples that each layer sees for one example of the input; the number of telescopes within a network
            that all telescopes share. Operations are multiplied by it.
    """

    def __init__(self, input_shape: Sequence[int], name: str) -> None:
        super().__init__(input_shape)
        self._backbone = name
        self.block = f"{name}_block"
        self.copies = 1

    def convolve(
        self,
        x: Layer,
        filters: int,
        kernel: int,
        name: str,
        *,
        stride: int = 1,
        padding: Padding = "same",
        activation: str = "linear",
        at: str | None = None,
    ) -> Layer:
        """Add a convolution with bias and activation."""
        height, width = self._slide(x, kernel, stride, padding, f"a {kernel}x{kernel} convolution", at)
        weights = kernel * kernel * x.shape[-1] * filters
        settings = {
            "filters": filters,
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "activation": activation,
            "initialiser": _INITIALISER,
        }
        return self.put(
            name,
            "convolution",
            (x,),
            (height, width, filters),
            settings,
            parameters=weights + filters,
            operations=height * width * weights,
        )

    def connect(self, x: Layer, units: int, name: str, *, activation: str = "linear") -> Layer:
        """Add a dense layer on the last axis, with bias and activation."""
        weights = x.shape[-1] * units
        settings = {"units": units, "activation": activation, "initialiser": _INITIALISER}
        shape = (*x.shape[:-1], units)
        return self.put(name, "dense", (x,), shape, settings, parameters=weights + units, operations=weights)

    def pool_with(self, x: Layer, pooling: Pooling | None, name: str) -> Layer:
        """Add pooling, or nothing for None; what is left over at the edges is dropped."""
        if pooling is None:
            return x
        size, stride = pooling.size, pooling.stride
        height, width = self._slide(x, size, stride, "valid", f"{size}x{size} pooling", pooling.gene)
        kind: Kind = "pool_max" if pooling.type == "max" else "pool_average"
        return self.put(name, kind, (x,), (height, width, x.shape[-1]), {"size": size, "stride": stride})

    def attend(self, x: Layer, attention: Attention | None, name: str) -> Layer:
        """Add squeeze-and-excitation, or nothing for None; names are those of ``ctlearn.core.attention``."""
        if attention is None:
            return x
        if attention.type == "channel":
            return self._attend_channels(x, attention.ratio, f"{name}_cse")
        if attention.type == "spatial":
            return self._attend_pixels(x, f"{name}_sse")
        channels = self._attend_channels(x, attention.ratio, f"{name}_dse_cse")
        return self.add(channels, self._attend_pixels(x, f"{name}_dse_sse"), f"{name}_dse_add")

    def average(self, x: Layer) -> Layer:
        """Add the average of each channel over the map: the features that end CTLearn's backbones."""
        return self.put(f"{self.block}_global_avgpool", "global_average", (x,), (x.shape[-1],), {"keep": False})

    def finish(self, features: Layer, genes: HeadGenes, heads: Heads) -> Drawing:
        """Add the heads and return the drawing.

        Args:
            features: the layer that ends the backbone.
            genes: the hidden layers of each head.
            heads: what to answer.

        Raises:
            GenomeError: if there is no head.
        """
        if not heads:
            raise GenomeError("a network needs at least one output", got="no head", expected="1 or more")
        alone = len(heads) == 1
        answers = {head.name: self._head(features, genes, head, alone=alone).name for head in heads}
        regresses_for_ctlearn = heads[0].name in CTLEARN_OUTPUTS and not heads[0].classes
        return Drawing(self.plan(), self._backbone, features.name, answers, alone and not regresses_for_ctlearn)

    def put(
        self,
        name: str,
        kind: Kind,
        inputs: Sequence[Layer],
        shape: tuple[int, ...],
        settings: Mapping[str, Any] | None = None,
        *,
        parameters: int = 0,
        operations: int = 0,
    ) -> Layer:
        """Add any layer; ``operations`` are those of one copy."""
        names = tuple(layer.name for layer in inputs)
        return self._add(Layer(name, kind, names, shape, settings or {}, parameters, operations * self.copies))

    def _attend_channels(self, x: Layer, ratio: int, name: str) -> Layer:
        channels = x.shape[-1]
        gate = self.put(f"{name}_avgpool", "global_average", (x,), (1, 1, channels), {"keep": True})
        gate = self.connect(gate, max(1, channels // ratio), f"{name}_1_dense", activation="relu")
        gate = self.connect(gate, channels, f"{name}_2_dense", activation="sigmoid")
        return self.multiply(x, gate, f"{name}_mult")

    def _attend_pixels(self, x: Layer, name: str) -> Layer:
        gate = self.convolve(x, 1, 1, f"{name}_spatial_conv", padding="valid", activation="sigmoid")
        return self.multiply(x, gate, f"{name}_mult")

    def _head(self, x: Layer, genes: HeadGenes, head: Head, *, alone: bool) -> Layer:
        """Add one head: dense layers, and a softmax behind a classification.

        ``ctlearn-predict-*`` takes the name of a network's last layer for its task: the softmax of a particle type
        alone is therefore called ``type``, and beside other heads it must not be.
        """
        for number, units in enumerate(genes.units, start=1):
            name = f"fc_{head.name}_{number}"
            x = self.connect(x, units, name, activation=genes.activation_of(head.name))
            x = self.dropout(x, genes.dropout, f"{name}_dropout")
        if not head.classes:
            return self.connect(x, head.outputs, head.name)
        logits, softmax = (f"{head.name}_logits", head.name) if alone else (head.name, f"{head.name}_softmax")
        x = self.connect(x, head.outputs, logits)
        return self.put(softmax, "softmax", (x,), x.shape)
