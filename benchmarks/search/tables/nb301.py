"""NAS-Bench-301: cells of DARTS on CIFAR-10, 34 categorical genes of which about 24 are active (YAHPO's surrogate)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.search.spaces import paths
from benchmarks.search.tables.protocol import data_file
from benchmarks.search.tables.surrogate import Surrogate

__all__ = ["NasBench301"]

_PREFIX = "NetworkSelectorDatasetInfo_COLON_darts_COLON_"


class NasBench301(Surrogate):
    """Two cells, each with two edges into its first node and pairs of edges into three more; accuracy in percent.

    Raises:
        FileNotFoundError: if its files are not there.
    """

    def __init__(self) -> None:
        super().__init__("nb301/model_v2.onnx")
        columns = json.loads(data_file("nb301/columns.json").read_text(encoding="utf-8"))
        self._codes = json.loads(data_file("nb301/encoding_v2.json").read_text(encoding="utf-8"))
        source = json.loads(data_file("nb301/config_space_v2.json").read_text(encoding="utf-8"))
        self._columns: list[str] = columns["x_cat"]
        choices = {one["name"]: one for one in source["hyperparameters"]}
        self.epochs = choices.pop("epoch")["upper"]
        self.space = _space(choices, source["conditions"])

    def seconds(self, genes: Mapping[str, Any]) -> float:
        """Return the wall time of a full training, s."""
        return float(self._full(genes)[2])

    def _ask(self, genes: Mapping[str, Any], epochs: Sequence[int]) -> Any:
        chosen = {_column(path): value for path, value in paths(genes)}
        row = [self._codes[column][chosen.get(column, "#na#")] for column in self._columns]
        inputs = {
            "x_cat": np.tile(np.asarray(row, dtype=np.int32), (len(epochs), 1)),
            "x_cont": np.asarray(epochs, dtype=np.float32)[:, None],
        }
        return self._session.run(None, inputs)[0]

    def _metrics(self, row: Any) -> dict[str, float]:
        return {"accuracy": 100.0 * float(row[0]), "cross_entropy": float(row[1])}


def _space(choices: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the space: an edge that depends on a node's inputs stands in the branches of that node's `select`."""
    depends = {one["child"]: one for one in conditions}
    space: dict[str, dict[str, Any]] = {"normal": {}, "reduce": {}}
    for name in sorted(choices, key=lambda name: ("inputs" in name, _number(name))):
        if name in depends:
            continue
        children = [child for child in sorted(depends, key=_number) if depends[child]["parent"] == name]
        options = choices[name]["choices"]
        cell = space["normal" if "normal" in name else "reduce"]
        if not children:
            cell[_short(name)] = {"choice": options}
            continue
        branches = {
            option: {
                _short(child): {"choice": choices[child]["choices"]}
                for child in children
                if option in depends[child]["values"]
            }
            for option in options
        }
        cell[_short(name)] = {"select": branches, "by": "inputs"}
    return space


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])


def _short(name: str) -> str:
    return f"{'node' if 'inputs' in name else 'edge'}_{_number(name)}"


def _column(path: str) -> str:
    """Return the table's column of a gene: ``normal.node_3.inputs``, ``normal.node_3.edge_2``, ``normal.edge_0``."""
    cell, *_, last = path.split(".")
    edge = re.fullmatch(r"edge_(\d+)", last)
    if edge:
        return f"{_PREFIX}edge_{cell}_{edge[1]}"
    return f"{_PREFIX}inputs_node_{cell}_{path.split('.')[1].removeprefix('node_')}"
