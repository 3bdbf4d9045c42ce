"""The layers of a network as plain records: shapes and counts without Keras, and the drawing Keras builds from.

A family turns a genome into a :class:`Plan`. The counts are read from the plan, and the Keras model is built from the
same plan, so that they agree by construction. Shapes leave out the batch: ``(features,)`` or ``(height, width,
channels)``.

What is counted:

* ``parameters``: all of them, as ``keras.Model.count_params()`` does, the moving averages of batch normalisation
  included;
* ``operations``: multiply-accumulates of one inference of one example, over the kernels of convolution, dense and
  recurrent layers. Biases, normalisation, activations, pooling and sums are left out. Twice this figure is the number
  of floating point operations that the TensorFlow profiler counts for these kernels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from evonas.errors import GenomeError
from evonas.training.heads import Heads

__all__ = ["ACTIVATIONS", "NORMALISATIONS", "Kind", "Layer", "Network", "Padding", "Plan"]

Kind: TypeAlias = Literal[
    "activation",
    "add",
    "batch_normalisation",
    "convolution",
    "dense",
    "depthwise_convolution",
    "dropout",
    "flatten",
    "fold",
    "global_average",
    "global_max",
    "gru",
    "input",
    "layer_normalisation",
    "lstm",
    "mask",
    "masked_mean",
    "masked_softmax",
    "multiply",
    "output",
    "pool_average",
    "pool_max",
    "present",
    "reshape",
    "softmax",
    "unfold",
    "weighted_sum",
]
"""What a layer does."""

Padding: TypeAlias = Literal["same", "valid"]
"""``same`` pads with zeros so that only the stride makes a map smaller; ``valid`` does not pad."""

ACTIVATIONS = ("relu", "leaky_relu", "elu", "selu", "silu", "gelu", "softplus", "tanh", "sigmoid")
"""Activations that every supported Keras has. ``silu`` is also known as swish."""

NORMALISATIONS = ("none", "batch", "layer")
"""``batch``: over the examples of a batch, each channel; ``layer``: over the channels of each example (and pixel)."""

_RECTIFIERS = frozenset({"relu", "leaky_relu", "elu", "silu", "gelu"})


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    Attributes:
        name: unique in its plan; the Keras layer has the same name.
        kind: what it does.
        inputs: names of the layers it reads.
        shape: shape of its output, without the batch.
        settings: what else Keras needs to know, such as ``units``, ``kernel`` and ``stride``.
        parameters: numbers it holds, trained or not.
        operations: multiply-accumulates of one inference of one example.
    """

    name: str
    kind: Kind
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: int = 0
    operations: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))


@dataclass(frozen=True)
class Plan:
    """A whole network: its layers in an order in which they can be built.

    Attributes:
        layers: the first is the input, the last ones are the outputs; each reads only layers before it.
    """

    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        """Numbers that the network holds, trained or not."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def operations(self) -> int:
        """Multiply-accumulates of one inference of one example."""
        return sum(layer.operations for layer in self.layers)

    def costs(self) -> dict[str, int]:
        """Return ``{"parameters": ..., "operations": ...}``."""
        return {"parameters": self.parameters, "operations": self.operations}

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a layer for a table: name, kind, shape, parameters, operations."""
        return [
            {
                "layer": layer.name,
                "kind": layer.kind,
                "shape": list(layer.shape),
                "parameters": layer.parameters,
                "operations": layer.operations,
            }
            for layer in self.layers
        ]


class Network:
    """Draws a plan layer by layer; every method adds layers behind the given one and returns the last.

    Args:
        input_shape: shape of one example.

    Raises:
        GenomeError: from any method, if a layer does not fit on the one before it; ``key`` is the gene given as ``at``.
    """

    def __init__(self, input_shape: Sequence[int]) -> None:
        shape = tuple(int(size) for size in input_shape)
        self._layers: list[Layer] = [Layer("input", "input", (), shape)]
        self._names = {"input"}

    @property
    def input(self) -> Layer:
        """The input."""
        return self._layers[0]

    def plan(self) -> Plan:
        """Return what has been drawn."""
        return Plan(tuple(self._layers))

    def dense(self, x: Layer, units: int, name: str, *, bias: bool = True, activation: str = "linear") -> Layer:
        """Add a fully connected layer; ``activation`` chooses the initialiser only."""
        settings = {"units": units, "bias": bias, "initialiser": _initialiser(activation)}
        return self._fully_connected(x, "dense", units, name, settings)

    def outputs(self, x: Layer, heads: Heads) -> list[Layer]:
        """Add one last layer for each head: softmax over classes, or linear values."""
        if not heads:
            raise GenomeError("a network needs at least one output", got="no head", expected="1 or more")
        layers = []
        for head in heads:
            activation = "softmax" if head.classes else "linear"
            settings = {"units": head.outputs, "bias": True, "initialiser": "glorot_uniform", "activation": activation}
            layers.append(self._fully_connected(x, "output", head.outputs, head.name, settings))
        return layers

    def convolution(
        self,
        x: Layer,
        filters: int,
        kernel: int,
        name: str,
        *,
        stride: int = 1,
        padding: Padding = "same",
        bias: bool = True,
        activation: str = "linear",
        at: str | None = None,
    ) -> Layer:
        """Add a convolution with square kernels; ``activation`` chooses the initialiser only."""
        height, width = self._slide(x, kernel, stride, padding, f"a {kernel}x{kernel} convolution", at)
        weights = kernel * kernel * x.shape[-1] * filters
        settings = {
            "filters": filters,
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "bias": bias,
            "initialiser": _initialiser(activation),
        }
        return self._add(
            Layer(
                name,
                "convolution",
                (x.name,),
                (height, width, filters),
                settings,
                parameters=weights + (filters if bias else 0),
                operations=height * width * weights,
            )
        )

    def depthwise_convolution(
        self,
        x: Layer,
        kernel: int,
        name: str,
        *,
        padding: Padding = "same",
        bias: bool = True,
        activation: str = "linear",
        at: str | None = None,
    ) -> Layer:
        """Add a convolution of each channel by itself."""
        height, width = self._slide(x, kernel, 1, padding, f"a {kernel}x{kernel} convolution", at)
        channels = x.shape[-1]
        weights = kernel * kernel * channels
        settings = {
            "kernel": kernel,
            "padding": padding,
            "bias": bias,
            "initialiser": _initialiser(activation),
        }
        return self._add(
            Layer(
                name,
                "depthwise_convolution",
                (x.name,),
                (height, width, channels),
                settings,
                parameters=weights + (channels if bias else 0),
                operations=height * width * weights,
            )
        )

    def normalise(self, x: Layer, normalisation: str, name: str) -> Layer:
        """Add batch or layer normalisation over the last axis, or nothing for ``none``."""
        channels = x.shape[-1]
        if normalisation == "batch":  # scale, shift, moving mean, moving variance
            return self._add(Layer(name, "batch_normalisation", (x.name,), x.shape, parameters=4 * channels))
        if normalisation == "layer":  # scale, shift
            return self._add(Layer(name, "layer_normalisation", (x.name,), x.shape, parameters=2 * channels))
        return x

    def activation(self, x: Layer, activation: str, name: str) -> Layer:
        """Add an activation of :data:`ACTIVATIONS`."""
        return self._add(Layer(name, "activation", (x.name,), x.shape, {"activation": activation}))

    def dropout(self, x: Layer, rate: float, name: str) -> Layer:
        """Add dropout, or nothing for a rate of 0."""
        return self._add(Layer(name, "dropout", (x.name,), x.shape, {"rate": rate})) if rate > 0 else x

    def pool(self, x: Layer, pooling: str, name: str, *, size: int = 2, at: str | None = None) -> Layer:
        """Add ``max`` or ``average`` pooling, or nothing for ``none``; what is left over at the edges is dropped."""
        if pooling == "none":
            return x
        height, width = self._slide(x, size, size, "valid", f"{size}x{size} pooling", at)
        kind: Kind = "pool_max" if pooling == "max" else "pool_average"
        return self._add(Layer(name, kind, (x.name,), (height, width, x.shape[-1]), {"size": size}))

    def global_pool(self, x: Layer, pooling: str, name: str) -> Layer:
        """Add the ``average`` or ``max`` of every channel over the whole map."""
        kind: Kind = "global_max" if pooling == "max" else "global_average"
        return self._add(Layer(name, kind, (x.name,), (x.shape[-1],)))

    def flatten(self, x: Layer, name: str) -> Layer:
        """Add flattening, or nothing where the shape is flat."""
        return x if len(x.shape) == 1 else self._add(Layer(name, "flatten", (x.name,), (prod(x.shape),)))

    def reshape(self, x: Layer, shape: Sequence[int], name: str) -> Layer:
        """Add another view of the same numbers."""
        return self._add(Layer(name, "reshape", (x.name,), tuple(shape)))

    def add(self, x: Layer, other: Layer, name: str) -> Layer:
        """Add the sum of two layers of one shape."""
        return self._add(Layer(name, "add", (x.name, other.name), x.shape))

    def multiply(self, x: Layer, gate: Layer, name: str) -> Layer:
        """Add the product of a map and a gate per channel."""
        return self._add(Layer(name, "multiply", (x.name, gate.name), x.shape))

    def _fully_connected(self, x: Layer, kind: Kind, units: int, name: str, settings: dict[str, Any]) -> Layer:
        weights = x.shape[-1] * units
        parameters = weights + (units if settings["bias"] else 0)
        return self._add(Layer(name, kind, (x.name,), (units,), settings, parameters=parameters, operations=weights))

    def _slide(
        self, x: Layer, kernel: int, stride: int, padding: Padding, what: str, at: str | None
    ) -> tuple[int, int]:
        """Return height and width of a map after a sliding window."""
        height, width = x.shape[0], x.shape[1]
        if padding == "same":
            return -(-height // stride), -(-width // stride)
        if min(height, width) < kernel:
            raise GenomeError(
                f"{what} does not fit on a map of {height}x{width} pixels",
                key=at,
                expected=f"a map of at least {kernel}x{kernel} pixels",
                hint="pool less often, use fewer stages, or give larger images",
            )
        return (height - kernel) // stride + 1, (width - kernel) // stride + 1

    def _add(self, layer: Layer) -> Layer:
        if layer.name in self._names:
            raise ValueError(f"two layers are called {layer.name!r}")
        self._names.add(layer.name)
        self._layers.append(layer)
        return layer


def _initialiser(activation: str) -> str:
    """Return the Keras initialiser that keeps the variance of the signal through an activation.

    He et al. 2015, doi:10.1109/ICCV.2015.123, for rectifiers; Klambauer et al. 2017, arXiv:1706.02515, for selu;
    Glorot & Bengio 2010 for the others.
    """
    if activation in _RECTIFIERS:
        return "he_normal"
    return "lecun_normal" if activation == "selu" else "glorot_uniform"
