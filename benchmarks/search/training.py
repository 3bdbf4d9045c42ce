"""Trainings out of a table: what they measure, how many epochs they take, how long they last.

All methods are charged alike. A genome that was trained before, at a lower rung, goes on from there: only the epochs
on top are charged, whether or not the peer itself could resume a training.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.search.tables.protocol import Table, curve_of, evaluate_at, judged_of, seconds_of

__all__ = ["TIMES", "Outcome", "Trainings"]

TIMES = ("table", "even", "uneven")
"""How long a full training lasts: what the table says, always the same, or very different from genome to genome."""

_UNEVEN = 0.6  # standard deviation of the logarithm of an uneven time


@dataclass(frozen=True)
class Outcome:
    """What a training gave.

    Attributes:
        metrics: by name.
        value: the metric that the search is judged by.
        reached: epochs that the genome is trained now, from its first one.
        epochs: epochs that this training took.
        seconds: wall time that it would have taken, s.
        curve: a row for each of its epochs; empty unless asked for.
    """

    metrics: Mapping[str, float]
    value: float
    reached: int
    epochs: int
    seconds: float
    curve: Sequence[Mapping[str, float]] = field(default=(), repr=False)


class Trainings:
    """Trains genomes out of a table.

    Args:
        table: the table.
        times: one of `TIMES`.
        mean_seconds: wall time of a full training where ``times`` is not ``table``, s: the median of uneven ones.
    """

    def __init__(self, table: Table, times: str = "table", mean_seconds: float = 60.0) -> None:
        self.table = table
        self._times = times
        self._mean_seconds = mean_seconds
        self._trained: dict[str, int] = {}

    def trained(self, genes: Mapping[str, Any]) -> int:
        """Return the epochs that a genome was trained before."""
        return self._trained.get(_text(genes), 0)

    def train(
        self,
        genes: Mapping[str, Any],
        epochs: int,
        *,
        trained: int | None = None,
        seed: int = 0,
        curve: bool = False,
        floor: Sequence[tuple[int, float]] = (),
    ) -> Outcome:
        """Train a genome until it has had a number of epochs.

        Args:
            genes: nested genes.
            epochs: epochs it will have had, from its first one.
            trained: epochs that it had before, which are not charged; None for what is known of this genome. Where
                nothing is left to train, it is trained afresh.
            seed: seed of the training, for tables with noise.
            curve: whether the learning curve is wanted.
            floor: pairs of an epoch and the value below which the training ends there; it counts on the curve.
        """
        before = self.trained(genes) if trained is None else trained
        before = before if before < epochs else 0
        rows: list[dict[str, float]] = []
        if curve or floor:
            known = curve_of(self.table, genes, epochs)
            epochs = self._stopped(known, before, epochs, floor)
            rows = [_row(epoch, known[epoch - 1]) for epoch in range(before + 1, epochs + 1)]
        metrics = dict(evaluate_at(self.table, genes, epochs, seed))
        self._trained[_text(genes)] = max(epochs, self.trained(genes))
        taken = epochs - before
        seconds = self.full_seconds(genes) * taken / self.table.epochs
        return Outcome(metrics, metrics[judged_of(self.table)], epochs, taken, seconds, rows)

    def full_seconds(self, genes: Mapping[str, Any]) -> float:
        """Return how long a full training of a genome lasts, s."""
        if self._times == "table":
            return seconds_of(self.table, genes)
        if self._times == "even":
            return self._mean_seconds
        return self._mean_seconds * math.exp(_UNEVEN * random.Random(_text(genes)).gauss(0.0, 1.0))

    def _stopped(
        self, known: Sequence[Mapping[str, float]], before: int, epochs: int, floor: Sequence[tuple[int, float]]
    ) -> int:
        better = max if self.table.maximise else min
        best: float | None = None
        least = dict(floor)
        for epoch in range(before + 1, epochs + 1):
            value = known[epoch - 1][self.table.objective]
            best = value if best is None else better(best, value)
            if epoch in least and better(best, least[epoch]) != best:
                return epoch
        return epochs


def _row(epoch: int, metrics: Mapping[str, float]) -> dict[str, float]:
    """Return a row of a learning curve with the names of evonas's trainer."""
    return {"epoch": epoch, **{f"val_{name}": value for name, value in metrics.items()}}


def _text(genes: Mapping[str, Any]) -> str:
    return json.dumps(genes, sort_keys=True)
