"""What a table is: a space, and what a training of one of its genomes would have measured.

A table of your own is any object with these names, in a module without evonas's own imports (the peers' environments
have NumPy and ONNX Runtime only)::

    class Parabola:
        space = {"x": {"float": [0, 1]}, "units": {"int": [8, 256], "log": True}}
        epochs = 9
        objective = "score"
        maximise = True

        def evaluate(self, genes, epochs):
            return {"score": (1 - (genes["x"] - 0.3) ** 2) * (1 - 0.5**epochs)}

``python benchmarks/search run --table path/to/parabola.py:Parabola ...`` runs on it. These may be
missing: ``seconds(genes)`` (of a full training), ``curve(genes, epochs)`` (the metrics after each epoch), ``best`` (the
best value there is), ``ceiling`` (no value is above it; 1 where it is missing), ``evaluate_seed(genes, epochs, seed)``
and ``judged`` (a metric without noise, by which a search is judged).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

__all__ = ["DATA", "Table", "best_of", "curve_of", "data_file", "evaluate_at", "judged_of", "seconds_of"]

DATA = Path(os.environ.get("EVONAS_BENCHMARK_DATA", Path(__file__).resolve().parents[4] / "shared/data/benchmarks"))
"""Where the files of the tables lie; the variable EVONAS_BENCHMARK_DATA names another folder."""

_SECONDS_AN_EPOCH = 1.0  # of a table that knows no times, s


class Table(Protocol):
    """Trainings that were done before.

    Attributes:
        space: the space, as evonas's configuration describes it.
        epochs: epochs of a full training.
        objective: name of the metric that is sought.
        maximise: whether more of it is better.
    """

    space: Mapping[str, Any]
    epochs: int
    objective: str
    maximise: bool

    def evaluate(self, genes: Mapping[str, Any], epochs: int) -> Mapping[str, float]:
        """Return the metrics of a training from scratch.

        Args:
            genes: nested genes of the space; those of inactive branches are absent.
            epochs: from 1 to the table's.
        """


def curve_of(table: Table, genes: Mapping[str, Any], epochs: int) -> list[Mapping[str, float]]:
    """Return the metrics after each of the epochs 1 to ``epochs``, asked for at once where the table can."""
    curve = getattr(table, "curve", None)
    if curve is not None:
        rows: Sequence[Mapping[str, float]] = curve(genes, epochs)
        return list(rows)
    return [table.evaluate(genes, epoch) for epoch in range(1, epochs + 1)]


def seconds_of(table: Table, genes: Mapping[str, Any]) -> float:
    """Return the wall time of a full training, s; one second an epoch where the table knows no times."""
    seconds = getattr(table, "seconds", None)
    return float(seconds(genes)) if seconds is not None else table.epochs * _SECONDS_AN_EPOCH


def best_of(table: Table) -> float | None:
    """Return the best value there is, where the table knows it."""
    best: float | None = getattr(table, "best", None)
    return best


def judged_of(table: Table) -> str:
    """Return the metric that a search is judged by: without noise, where the objective has some."""
    judged: str = getattr(table, "judged", table.objective)
    return judged


def evaluate_at(table: Table, genes: Mapping[str, Any], epochs: int, seed: int = 0) -> Mapping[str, float]:
    """Return the metrics of a training from scratch with a seed, which a table without noise does not look at."""
    noisy = getattr(table, "evaluate_seed", None)
    metrics: Mapping[str, float] = noisy(genes, epochs, seed) if noisy is not None else table.evaluate(genes, epochs)
    return metrics


def data_file(name: str) -> Path:
    """Return a file of the tables.

    Raises:
        FileNotFoundError: if it is not there; the message names it.
    """
    path = DATA / name
    if not path.exists():
        raise FileNotFoundError(f"the table's file {name} is not in {DATA}; EVONAS_BENCHMARK_DATA names another folder")
    return path
