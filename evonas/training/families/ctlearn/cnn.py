"""CTLearn's ``SingleCNN`` as a family, with the genes that it lacks: activation and dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evonas.training.families.ctlearn import published
from evonas.training.families.ctlearn.drawing import Drawing, DrawingNetwork
from evonas.training.families.ctlearn.family import CtlearnFamily, check_images
from evonas.training.families.ctlearn.genes import (
    HeadGenes,
    head_space,
    learning_space,
    ordinary_head,
    ordinary_learning,
    read_head,
)
from evonas.training.families.ctlearn.trunk import TrunkGenes, draw_trunk, ordinary_trunk, read_trunk, trunk_space
from evonas.training.genes import GeneReader
from evonas.training.heads import Heads

__all__ = ["CtlearnCnnFamily", "read_cnn"]

_NORMALISATIONS = ("none", "batch")


class CtlearnCnnFamily(CtlearnFamily):
    """Convolutional networks on the images of one telescope, or on stacked ones: ``(rows, columns, channels)``.

    Layers, their order and their names are those of CTLearn's ``SingleCNN``; with its default genes the network is
    CTLearn's own, number for number.

    >>> from evonas.training.heads import Head
    >>> head = Head("type", "classification", 2, "cross_entropy", class_names=("background", "signal"))
    >>> family = CtlearnCnnFamily()
    >>> family.costs(family.baselines()["SingleCNN"], (110, 110, 2), [head])["parameters"]
    300098
    """

    name = "ctlearn_cnn"

    def default_space(self) -> dict[str, Any]:
        """Return a fresh space: 1 to 6 layers of 8 to 256 filters, and up to 3 hidden layers a head."""
        return {**trunk_space(_NORMALISATIONS), "head": head_space(), "learning": learning_space()}

    def baselines(self) -> dict[str, dict[str, Any]]:
        """Return the genes of CTLearn's default ``SingleCNN``."""
        return {"SingleCNN": published.single_cnn()}

    def starting_points(self) -> dict[str, dict[str, Any]]:
        """Return ordinary networks, fresh: two layers, three with normalisation, two thin ones."""
        return {
            "plain": {
                **ordinary_trunk((32, 64), "none"),
                "head": ordinary_head(64),
                "learning": ordinary_learning(2e-3),
            },
            "deep": {
                **ordinary_trunk((16, 32, 64), "batch"),
                "head": ordinary_head(),
                "learning": ordinary_learning(3e-3, 64),
            },
            "small": {**ordinary_trunk((16, 32), "none"), "head": ordinary_head(), "learning": ordinary_learning(3e-3)},
        }

    def sketch(self, genome: Mapping[str, Any], input_shape: tuple[int, ...], heads: Heads) -> Drawing:
        """Return the drawing."""
        check_images(input_shape, "rows, columns, channels")
        trunk, head = read_cnn(genome)
        network = DrawingNetwork(input_shape, "SingleCNN")
        features = network.average(draw_trunk(network, network.input, trunk))
        return network.finish(features, head, heads)


def read_cnn(genome: Mapping[str, Any]) -> tuple[TrunkGenes, HeadGenes]:
    """Return the genes of backbone and heads.

    Raises:
        GenomeError: if a gene is missing, unknown or impossible.
    """
    genes = GeneReader(genome)
    trunk = read_trunk(genes, _NORMALISATIONS)
    head = read_head(genes.group("head"))
    genes.finish(besides=("learning",))
    return trunk, head
