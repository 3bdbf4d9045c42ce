"""Rungs: how many individuals went on, and their values after a short and after a full training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evonas.report.history import Evaluation, Goal

__all__ = ["Rung", "rung_pairs", "rungs"]


@dataclass(frozen=True)
class Rung:
    """A step of the training budget.

    Attributes:
        rung: its number, 0 the first.
        epochs: epochs behind an individual at its end, at most.
        individuals: that were trained there.
        completed: that ended well.
    """

    rung: int
    epochs: int
    individuals: int
    completed: int


def rungs(evaluations: Sequence[Evaluation]) -> list[Rung]:
    """Return the rungs that were reached, the first one first; repeats do not count."""
    found: dict[int, list[Evaluation]] = {}
    for one in evaluations:
        if one.repeat == 0:
            found.setdefault(one.result.rung, []).append(one)
    return [
        Rung(
            rung,
            max(one.trained + one.result.epochs for one in own),
            len({one.individual.number for one in own}),
            len({one.individual.number for one in own if one.result.completed}),
        )
        for rung, own in sorted(found.items())
    ]


def rung_pairs(evaluations: Sequence[Evaluation], goal: Goal, low: int, high: int) -> list[tuple[int, float, float]]:
    """Return individual, value at the lower rung and value at the higher one, of all that have both."""
    values: dict[int, dict[int, float]] = {}
    for one in evaluations:
        value = goal.value(one.individual, one.result)
        if value is not None and one.repeat == 0:
            values.setdefault(one.individual.number, {})[one.result.rung] = value
    return [(number_, own[low], own[high]) for number_, own in sorted(values.items()) if low in own and high in own]
