"""Fully connected networks for tables of features.

A layer is dense -> normalisation -> activation -> dropout. With residual links, every layer but the first adds what it
was given to what it returns; where the widths differ, a linear projection without bias carries the link
(He et al. 2016, doi:10.1109/CVPR.2016.90, option B).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evonas.training.families.plan import ACTIVATIONS, NORMALISATIONS, Layer, Network, Plan
from evonas.training.families.protocol import PlannedFamily
from evonas.training.families.starts import adam
from evonas.training.genes import GeneReader
from evonas.training.heads import Heads
from evonas.training.learning import default_learning

__all__ = ["DenseFamily", "add_dense_layers"]


class DenseFamily(PlannedFamily):
    """Fully connected networks; inputs of more than one dimension are flattened.

    >>> from evonas.training.heads import classifier
    >>> genome = {
    ...     "layers": [{"units": 100, "activation": "relu"}],
    ...     "learning": {"optimizer": {"type": "adam", "learning_rate": 1e-3}, "batch_size": 64},
    ... }
    >>> DenseFamily().costs(genome, (20,), classifier(2))
    {'parameters': 2302, 'operations': 2200}
    """

    name = "dense"

    def default_space(self) -> dict[str, Any]:
        """Return a fresh space: 1 to 6 layers of 8 to 512 units."""
        return {
            "layers": {
                "repeat": {
                    "units": {"int": [8, 512], "log": True},
                    "activation": {"choice": ["relu", "elu", "silu", "gelu", "tanh"]},
                    "normalisation": {"choice": ["none", "batch", "layer"]},
                    "dropout": {"float": [0.0, 0.5], "step": 0.05},
                },
                "length": [1, 6],
            },
            "residual": {"bool": True},
            "learning": default_learning(),
        }

    def starting_points(self) -> dict[str, dict[str, Any]]:
        """Return ordinary networks, fresh: two layers, three with normalisation, one."""
        return {
            "plain": {**_stack((128, 64), "none"), "learning": adam(2e-3, 32)},
            "deep": {**_stack((128, 128, 128), "batch"), "learning": adam(3e-3, 64)},
            "small": {**_stack((64,), "none"), "learning": adam(3e-3, 32)},
        }

    def draw(self, genome: Mapping[str, Any], input_shape: tuple[int, ...], heads: Heads) -> Plan:
        """Return the layers."""
        genes = GeneReader(genome)
        network = Network(input_shape)
        x = network.flatten(network.input, "flatten")
        residual = genes.flag("residual", False)
        x = add_dense_layers(network, x, genes.groups("layers", at_least=1), "layer", residual=residual)
        genes.finish(besides=("learning",))
        network.outputs(x, heads)
        return network.plan()


def _stack(units: tuple[int, ...], normalisation: str) -> dict[str, Any]:
    layer = {"activation": "relu", "normalisation": normalisation, "dropout": 0.0}
    return {"layers": [{"units": count, **layer} for count in units], "residual": False}


def add_dense_layers(
    network: Network, x: Layer, layers: list[GeneReader], prefix: str, *, residual: bool = False
) -> Layer:
    """Draw a stack of dense layers, each from its genes, and return the last.

    Args:
        network: the drawing.
        x: a flat layer.
        layers: the genes of each layer: units, activation, normalisation, dropout.
        prefix: names are made of it and the layer's number, counted from 1.
        residual: whether every layer but the first adds its input.
    """
    for number, genes in enumerate(layers, start=1):
        name = f"{prefix}{number}"
        given = x
        units = genes.whole("units")
        activation = genes.choice("activation", ACTIVATIONS)
        normalisation = genes.choice("normalisation", NORMALISATIONS, "none")
        rate = genes.number("dropout", 0.0, below=1.0)
        genes.finish()
        x = network.dense(x, units, f"{name}_dense", bias=normalisation != "batch", activation=activation)
        x = network.normalise(x, normalisation, f"{name}_normalisation")
        x = network.activation(x, activation, f"{name}_activation")
        x = network.dropout(x, rate, f"{name}_dropout")
        if residual and number > 1:
            if given.shape != x.shape:
                given = network.dense(given, units, f"{name}_projection", bias=False)
            x = network.add(x, given, f"{name}_add")
    return x
