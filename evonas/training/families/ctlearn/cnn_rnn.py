"""Stereo networks: one convolutional network for all telescopes of an event, and a combination of what they saw.

::

    images -> [ network shared by all telescopes -> features ] -> absent telescopes masked -> combination -> heads

A telescope is absent where its image is 0 throughout. Its features are set to 0 behind the shared network, whose biases
would otherwise speak for it, and the combination leaves it out: an event with two of four telescopes gives what a
network for two telescopes would give, in training as in prediction. An event without any telescope gives the answer to
features of 0.

The combination is one of

* ``lstm``, ``gru``: a recurrent network over the telescopes in their order, whose state an absent one leaves as it is;
* ``attention``: a weighted mean; the weights come from a layer of tanh units and are normalised over the telescopes
  that are present (Ilse et al. 2018, arXiv:1802.04712, without gates);
* ``mean``: the mean over the telescopes that are present.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evonas.genome import Genome
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
from evonas.training.families.plan import Layer
from evonas.training.genes import GeneReader
from evonas.training.heads import Heads

__all__ = ["CombineGenes", "CtlearnCnnRnnFamily", "read_cnn_rnn"]

_NORMALISATIONS = ("none", "layer")  # in the averages of `batch`, absent telescopes would count
_COMBINATIONS = ("lstm", "gru", "attention", "mean")
_FEATURES = ("average", "flatten")
_SHARED = ("layers", "pooling", "activation", "dropout", "bottleneck", "attention", "head", "learning")


@dataclass(frozen=True)
class CombineGenes:
    """How the telescopes of an event are combined.

    Attributes:
        type: ``lstm``, ``gru``, ``attention`` or ``mean``.
        units: of each recurrent layer, or of the layer that the attention's weights come from.
        layers: recurrent layers.
        heads: weighted means, side by side, of ``attention``.
        dropout: rate after the combination.
    """

    type: str
    units: int = 0
    layers: int = 1
    heads: int = 1
    dropout: float = 0.0


class CtlearnCnnRnnFamily(CtlearnFamily):
    """Networks on stereo events with their telescopes apart: ``(telescopes, rows, columns, channels)``.

    The parameters do not depend on the number of telescopes.

    >>> from evonas.training.heads import classifier
    >>> genome = {
    ...     "layers": [{"filters": 8, "kernel": 3}],
    ...     "combine": {"type": "mean"},
    ...     "head": {"layers": []},
    ...     "learning": {"optimizer": {"type": "adam", "learning_rate": 1e-3}, "batch_size": 64},
    ... }
    >>> CtlearnCnnRnnFamily().costs(genome, (4, 8, 8, 2), classifier(2))
    {'parameters': 170, 'operations': 36880}
    """

    name = "ctlearn_cnn_rnn"

    def default_space(self) -> dict[str, Any]:
        """Return a fresh space: that of ``ctlearn_cnn``, and four combinations."""
        return {
            **trunk_space(_NORMALISATIONS),
            "features": {"choice": list(_FEATURES)},
            "combine": {"select": _combination_space()},
            "head": head_space(),
            "learning": learning_space(),
        }

    def baselines(self) -> dict[str, dict[str, Any]]:
        """Return the genes of the CNN-RNN that the 2019 study compares with."""
        return {"CNN-RNN": published.cnn_rnn()}

    def starting_points(self) -> dict[str, dict[str, Any]]:
        """Return ordinary networks, fresh: the mean over the telescopes, attention, and a recurrent network."""
        averaged = {"features": "average", "head": ordinary_head()}
        return {
            "mean": {
                **ordinary_trunk((16, 32), "none"),
                **averaged,
                "combine": {"type": "mean", "dropout": 0.0},
                "learning": ordinary_learning(2e-3),
            },
            "attention": {
                **ordinary_trunk((16, 32, 64), "layer"),
                **averaged,
                "combine": {"type": "attention", "units": 32, "heads": 1, "dropout": 0.0},
                "learning": ordinary_learning(2e-3),
            },
            "recurrent": {
                **ordinary_trunk((16, 32, 64), "none"),
                **averaged,
                "combine": {"type": "gru", "units": 64, "layers": 1, "dropout": 0.0},
                "learning": ordinary_learning(2e-3),
            },
        }

    def adopt(self, genome: Genome) -> Genome | None:
        """Return the stereo network that shares the backbone of a ``ctlearn_cnn`` genome; None for other families.

        Backbone, heads and learning are taken over, batch normalisation is left out, the combination is that of the
        baseline.
        """
        if genome.family != "ctlearn_cnn":
            return None
        taken = {gene: value for gene, value in genome.genes.items() if gene in _SHARED}
        marks = {gene: value for gene, value in (genome.marks or {}).items() if gene in _SHARED}
        genes = {**taken, "normalisation": "none", "features": "average", "combine": published.cnn_rnn()["combine"]}
        return Genome(genes, self.name, marks or None)

    def sketch(self, genome: Mapping[str, Any], input_shape: tuple[int, ...], heads: Heads) -> Drawing:
        """Return the drawing."""
        check_images(input_shape, "telescopes, rows, columns, channels")
        trunk, features, combine, head = read_cnn_rnn(genome)
        network = DrawingNetwork(input_shape, "CNNRNN")
        present, seen = _draw_telescopes(network, trunk, features)
        x = _draw_combination(network, seen, present, combine)
        network.copies = 1
        x = network.dropout(x, combine.dropout, f"{network.block}_combined_dropout")
        return network.finish(x, head, heads)


def read_cnn_rnn(genome: Mapping[str, Any]) -> tuple[TrunkGenes, str, CombineGenes, HeadGenes]:
    """Return the genes: the shared network, ``average`` or ``flatten`` of its last map, the combination, the heads.

    Raises:
        GenomeError: if a gene is missing, unknown or impossible.
    """
    genes = GeneReader(genome)
    trunk = read_trunk(genes, _NORMALISATIONS)
    features = genes.choice("features", _FEATURES, "average")
    combine = _read_combination(genes.group("combine"))
    head = read_head(genes.group("head"))
    genes.finish(besides=("learning",))
    return trunk, features, combine, head


def _combination_space() -> dict[str, Any]:
    spaces: dict[str, Any] = {
        "lstm": {"units": {"int": [16, 2048], "log": True}, "layers": {"int": [1, 2]}},
        "gru": {"units": {"int": [16, 2048], "log": True}, "layers": {"int": [1, 2]}},
        "attention": {"units": {"int": [8, 256], "log": True}, "heads": {"choice": [1, 2, 4]}},
        "mean": {},
    }
    return {kind: {**space, "dropout": {"float": [0.0, 0.6], "step": 0.05}} for kind, space in spaces.items()}


def _read_combination(genes: GeneReader) -> CombineGenes:
    kind = genes.choice("type", _COMBINATIONS)
    recurrent = kind in ("lstm", "gru")
    combine = CombineGenes(
        kind,
        units=genes.whole("units") if kind != "mean" else 0,
        layers=genes.whole("layers", 1) if recurrent else 1,
        heads=genes.whole("heads", 1) if kind == "attention" else 1,
        dropout=genes.number("dropout", 0.0, below=1.0),
    )
    genes.finish()
    return combine


def _draw_telescopes(network: DrawingNetwork, trunk: TrunkGenes, features: str) -> tuple[Layer, Layer]:
    """Draw the shared network; return which telescopes are present, and their features with 0 for absent ones."""
    images, block = network.input, network.block
    telescopes = images.shape[0]
    present = network.put(f"{block}_present", "present", (images,), (telescopes,))
    x = network.put(f"{block}_images", "fold", (images,), images.shape[1:])
    network.copies = telescopes
    x = draw_trunk(network, x, trunk)
    x = network.average(x) if features == "average" else network.flatten(x, f"{block}_flatten")
    x = network.put(f"{block}_telescopes", "unfold", (x,), (telescopes, *x.shape))
    return present, network.put(f"{block}_masked", "mask", (x, present), x.shape)


def _draw_combination(network: DrawingNetwork, x: Layer, present: Layer, combine: CombineGenes) -> Layer:
    if combine.type == "mean":
        return network.put(f"{network.block}_mean", "masked_mean", (x, present), x.shape[1:])
    if combine.type == "attention":
        return _draw_attention(network, x, present, combine)
    for number in range(1, combine.layers + 1):
        x = _draw_recurrent(network, x, present, combine, number)
    return x


def _draw_recurrent(network: DrawingNetwork, x: Layer, present: Layer, combine: CombineGenes, number: int) -> Layer:
    """Draw one recurrent layer; GRU with a second bias, which is what Keras has."""
    kind: Literal["gru", "lstm"] = "gru" if combine.type == "gru" else "lstm"
    units, sequences = combine.units, number < combine.layers
    gates, biases = (3, 2) if kind == "gru" else (4, 1)
    weights = gates * units * (x.shape[-1] + units)
    return network.put(
        f"{network.block}_{kind}_{number}",
        kind,
        (x, present),
        (x.shape[0], units) if sequences else (units,),
        {"units": units, "sequences": sequences},
        parameters=weights + gates * biases * units,
        operations=weights,
    )


def _draw_attention(network: DrawingNetwork, x: Layer, present: Layer, combine: CombineGenes) -> Layer:
    block = network.block
    scores = network.connect(x, combine.units, f"{block}_attention_hidden", activation="tanh")
    scores = network.connect(scores, combine.heads, f"{block}_attention_scores")
    weights = network.put(f"{block}_attention_weights", "masked_softmax", (scores, present), scores.shape)
    return network.put(f"{block}_attention", "weighted_sum", (weights, x), (combine.heads * x.shape[-1],))
