"""LCBench: dense networks on tables of OpenML, 7 hyperparameters, up to 52 epochs (YAHPO's surrogate)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.search.tables.protocol import data_file
from benchmarks.search.tables.surrogate import Surrogate

__all__ = ["TASKS", "LcBench"]

TASKS = (
    *("167168", "189906", "3945", "7593", "34539", "126025"),
    *("126026", "146212", "167149", "167152", "168329", "168868"),
)
"""The tasks that may be developed on; the other ones are for checking."""

_METRICS = {
    "accuracy": "val_accuracy (%)",
    "cross_entropy": "val_cross_entropy",
    "balanced_accuracy": "val_balanced_accuracy",
}


class LcBench(Surrogate):
    """One task; validation accuracy in percent.

    Args:
        task: number of the OpenML task.

    Raises:
        FileNotFoundError: if its files are not there.
        ValueError: if there is no such task.
    """

    def __init__(self, task: str) -> None:
        super().__init__("lcbench/model.onnx")
        columns = json.loads(data_file("lcbench/columns.json").read_text(encoding="utf-8"))
        codes = json.loads(data_file("lcbench/encoding.json").read_text(encoding="utf-8"))["OpenML_task_id"]
        space = json.loads(data_file("lcbench/config_space.json").read_text(encoding="utf-8"))
        if task not in codes or task == "#na#":
            raise ValueError(f"LCBench has no task {task}; expected one of {', '.join(sorted(codes))}")
        ranges = {one["name"]: one for one in space["hyperparameters"]}
        self._code = codes[task]
        self._columns = columns["continuous"]
        self._outputs = columns["outputs"]
        self.epochs = ranges["epoch"]["upper"]
        names = [name for name in self._columns if name != "epoch"]
        self.space = {name: _gene(ranges[name]) for name in names}

    def seconds(self, genes: Mapping[str, Any]) -> float:
        """Return the wall time of a full training, s."""
        return max(float(self._full(genes)[self._outputs.index("time (s)")]), 1.0)

    def _ask(self, genes: Mapping[str, Any], epochs: Sequence[int]) -> Any:
        rows = [[{**genes, "epoch": epoch}[name] for name in self._columns] for epoch in epochs]
        values = np.asarray(rows, dtype=np.float32)
        return self._session.run(
            None, {"x_cat": np.full((len(rows), 1), self._code, dtype=np.int32), "x_cont": values}
        )[0]

    def _metrics(self, row: Any) -> dict[str, float]:
        return {name: float(row[self._outputs.index(column)]) for name, column in _METRICS.items()}


def _gene(one: Mapping[str, Any]) -> dict[str, Any]:
    kind = "int" if one["type"] == "uniform_int" else "float"
    gene: dict[str, Any] = {kind: [one["lower"], one["upper"]]}
    return {**gene, "log": True} if one["log"] else gene
