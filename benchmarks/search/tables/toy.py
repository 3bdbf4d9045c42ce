"""A toy: six genes of every kind with a condition, a curve and times; it needs no file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = ["Toy"]


class Toy:
    """The accuracy has one best region, at 1, and grows with the epochs as a learning curve does."""

    objective = "accuracy"
    maximise = True
    epochs = 9
    best = 1.0
    space: ClassVar[Mapping[str, Any]] = {
        "units": {"int": [8, 512], "log": True},
        "dropout": {"float": [0.0, 0.5]},
        "residual": "bool",
        "activation": {"choice": ["relu", "tanh", "gelu"]},
        "optimizer": {
            "select": {
                "adam": {"learning_rate": {"float": [1e-5, 1e-1], "log": True}},
                "sgd": {
                    "learning_rate": {"float": [1e-5, 1e-1], "log": True},
                    "momentum": {"float": [0.0, 0.99]},
                },
            }
        },
    }

    def evaluate(self, genes: Mapping[str, Any], epochs: int) -> dict[str, float]:
        """Return the accuracy after a number of epochs."""
        optimizer = genes["optimizer"]
        distance = (
            (math.log2(genes["units"] / 64) / 6) ** 2
            + genes["dropout"] ** 2
            + 0.1 * (not genes["residual"])
            + 0.1 * (genes["activation"] != "gelu")
            + (math.log10(optimizer["learning_rate"] / 3e-3) / 4) ** 2
            + 0.3 * (0.9 - optimizer.get("momentum", 0.5)) ** 2
        )
        final = math.exp(-distance) if optimizer["type"] == "sgd" else 0.9 * math.exp(-distance)
        return {"accuracy": final * (1 - 0.5 * 0.6**epochs) / (1 - 0.5 * 0.6**self.epochs)}

    def seconds(self, genes: Mapping[str, Any]) -> float:
        """Return the wall time of a full training, s: 10 to 60."""
        return 10.0 + 50.0 * genes["units"] / 512
