"""What the tables of YAHPO have in common: a network learned their trainings, and answers for those never done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.search.tables.protocol import data_file

__all__ = ["Surrogate"]


class Surrogate:
    """Validation accuracy in percent, as a network of the ONNX kind tells it.

    A table says what the network is asked, `_ask`, and what its answers are, `_metrics`.

    Args:
        name: the network's file.

    Attributes:
        epochs: epochs of a full training; a table sets it.

    Raises:
        FileNotFoundError: if it is not there.
    """

    objective = "accuracy"
    maximise = True
    ceiling = 100.0
    epochs: int

    def __init__(self, name: str) -> None:
        import onnxruntime  # not needed by the tables without a network

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(data_file(name)), options, providers=["CPUExecutionProvider"])

    def evaluate(self, genes: Mapping[str, Any], epochs: int) -> dict[str, float]:
        """Return the validation metrics after a number of epochs."""
        return self._metrics(self._ask(genes, [epochs])[0])

    def curve(self, genes: Mapping[str, Any], epochs: int) -> list[dict[str, float]]:
        """Return them after each epoch."""
        return [self._metrics(row) for row in self._ask(genes, range(1, epochs + 1))]

    def _full(self, genes: Mapping[str, Any]) -> Any:
        """Return the network's answer for a full training."""
        return self._ask(genes, [self.epochs])[0]

    def _ask(self, genes: Mapping[str, Any], epochs: Sequence[int]) -> Any:
        """Return its answers after each of these epochs, shape (epochs, outputs)."""
        raise NotImplementedError

    def _metrics(self, row: Any) -> dict[str, float]:
        raise NotImplementedError
