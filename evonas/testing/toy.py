"""A toy search: a small space with every kind of gene, and an evaluator that costs microseconds instead of a training.

The score has one best region (four layers that widen, a learning rate near 0.01, little dropout), grows with the
epochs as a learning curve does, and carries a little noise that depends on the seed. It is deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from evonas.genome import Genome
from evonas.space import Space

__all__ = ["ToyBudget", "toy_callable", "toy_evaluate", "toy_space"]

_NOISE = 0.002  # standard deviation of the accuracy over seeds


class ToyBudget(Protocol):
    """What :func:`toy_callable` reads from the budget of an evaluation."""

    @property
    def epochs(self) -> int:
        """Training budget, epochs."""

    @property
    def seed(self) -> int:
        """Seed of the evaluation."""


def toy_space(*, family: str = "") -> Space:
    """Return a space of up to about 25 genes with every kind of node."""
    return Space.from_dict(
        {
            "layers": {
                "repeat": {
                    "units": {
                        "scales": "previous",
                        "by": 1.5,
                        "first": {"int": [8, 256], "log": True},
                        "max": 1024,
                    },
                    "activation": {"choice": ["relu", "gelu", "tanh"]},
                    "dropout": {"float": [0.0, 0.5], "step": 0.05},
                },
                "length": [1, 6],
            },
            "head": {"units": {"int": [16, 128], "step": 16}, "bottleneck": {"scales": "units", "by": 0.5}},
            "residual": "bool",
            "optimizer": {
                "select": {
                    "adam": {"learning_rate": {"float": [1e-5, 1e-1], "log": True}},
                    "sgd": {
                        "learning_rate": {"float": [1e-4, 1.0], "log": True},
                        "momentum": {"float": [0.0, 0.99]},
                    },
                }
            },
            "batch_size": {"choice": [32, 64, 128]},
            "loss": "cross_entropy",
        },
        family=family,
    )


def toy_evaluate(genome: Mapping[str, Any], epochs: int, seed: int = 0) -> dict[str, float]:
    """Score a genome of :func:`toy_space`.

    Args:
        genome: the genome, or its genes.
        epochs: training budget; the score grows with it and saturates.
        seed: seed of the noise.

    Returns:
        ``accuracy`` in [0, 1] and ``loss``, its negative logarithm.
    """
    layers = genome["layers"]
    optimizer = genome["optimizer"]
    best_rate = 1e-2 if optimizer["type"] == "adam" else 1e-1
    distance = (
        0.15 * ((len(layers) - 4) / 3) ** 2
        + 0.10 * (math.log2(layers[0]["units"] / 64) / 3) ** 2
        + 0.10 * (math.log10(optimizer["learning_rate"] / best_rate) / 2) ** 2
        + 0.30 * sum(layer["dropout"] for layer in layers) / len(layers)
        + 0.05 * sum(layer["activation"] == "tanh" for layer in layers) / len(layers)
        + 0.02 * (not genome["residual"])
        + 0.02 * abs(math.log2(genome["head"]["units"] / 64)) / 2
        + 0.01 * (genome["batch_size"] != 64)
    )
    learnt = 1.0 - 0.5 * math.exp(-epochs / 3.0)
    identity = int(_id_of(genome), 16)
    noise = _NOISE * float(np.random.default_rng([identity, epochs, seed]).standard_normal())
    accuracy = min(max(0.99 * math.exp(-distance) * learnt + noise, 1e-3), 1.0)
    return {"accuracy": accuracy, "loss": -math.log(accuracy)}


def toy_callable(genome: Genome, budget: ToyBudget) -> dict[str, float]:
    """Score a genome as a user's own callable does: genome and budget in, metrics out."""
    return toy_evaluate(genome, budget.epochs, budget.seed)


def _id_of(genome: Mapping[str, Any]) -> str:
    return genome.id if isinstance(genome, Genome) else Genome(genome).id
