"""NAS-Bench-Macro: all 6,561 networks of 8 layers with 3 choices each on CIFAR-10, trained with 3 seeds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.search.tables.protocol import data_file

__all__ = ["Macro"]

_LAYERS = 8


class Macro:
    """Test accuracy in percent; nothing is known of fewer epochs, so that a training is one epoch long.

    Args:
        what: ``mean`` over the seeds, or ``noisy``: the seed of the evaluation chooses one of the three trainings, and
            the search is judged by their mean.

    Raises:
        FileNotFoundError: if its file is not there.
        ValueError: if ``what`` is neither.
    """

    objective = "accuracy"
    maximise = True
    ceiling = 100.0
    epochs = 1

    def __init__(self, what: str = "mean") -> None:
        if what not in ("mean", "noisy"):
            raise ValueError(f"NAS-Bench-Macro: got {what}, expected mean or noisy")
        path = data_file("nas_bench_macro/nas-bench-macro_cifar10.json")
        self._networks = json.loads(path.read_text(encoding="utf-8"))
        self._noisy = what == "noisy"
        self.judged = "mean_accuracy"
        self.best: float = max(network["mean_acc"] for network in self._networks.values())
        self.space = {f"layer_{place}": {"choice": ["identity", "mb3_k3", "mb6_k5"]} for place in range(_LAYERS)}

    def evaluate(self, genes: Mapping[str, Any], epochs: int) -> dict[str, float]:
        """Return the mean accuracy over the seeds, and the network's costs."""
        return self.evaluate_seed(genes, epochs, 0)

    def evaluate_seed(self, genes: Mapping[str, Any], epochs: int, seed: int) -> dict[str, float]:
        """Return the accuracy of one training, and the network's costs."""
        options = self.space["layer_0"]["choice"]
        network = self._networks["".join(str(options.index(genes[f"layer_{place}"])) for place in range(_LAYERS))]
        return {
            "accuracy": network["test_acc"][seed % 3] if self._noisy else network["mean_acc"],
            "mean_accuracy": network["mean_acc"],
            "parameters": float(network["params"]),
            "operations": float(network["flops"]),
        }
