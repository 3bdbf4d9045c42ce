"""Operators: which of them made the children, and how often a child was better than its primary parent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evonas.records import FINAL, Birth, EvaluationStatus
from evonas.report.analysis.table import Table
from evonas.report.history import Evaluation, Goal, RunHistory
from evonas.report.operators import in_order, operator_group

__all__ = [
    "Successes",
    "mix_over_births",
    "operator_successes",
    "success_table",
    "successes",
    "wilson_interval",
]


@dataclass(frozen=True)
class Successes:
    """How an operator's children did.

    Attributes:
        operator: its name.
        better: children that were better than their primary parent.
        children: all that could be compared, failures among them.
    """

    operator: str
    better: int
    children: int

    @property
    def share(self) -> float:
        """Part of the children that were better."""
        return self.better / self.children


def wilson_interval(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Return the confidence interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Args:
        successes: out of ``trials``.
        trials: at least 1.
        z: standard normal quantile; 1.96 for 95 %.

    >>> low, high = wilson_interval(5, 10)
    >>> round(low, 3), round(high, 3)
    (0.237, 0.763)
    """
    share, shrink = successes / trials, 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / shrink
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / shrink
    return max(0.0, middle - half), min(1.0, middle + half)


def successes(evaluations: Sequence[Evaluation], goal: Goal) -> list[Successes]:
    """Count for each operator how many of its children beat their primary parent in the first objective.

    A child of several operators counts for each of them. Both are compared by their own trainings at the highest rung
    that both completed. A child that failed is not better; one that was lost says nothing.

    Args:
        evaluations: those that ended.
        goal: the first objective.
    """
    values: dict[int, dict[int, float]] = {}
    individuals = {found.individual.number: found.individual for found in evaluations if found.result.status in FINAL}
    judged = {found.individual.number for found in evaluations if found.result.status is not EvaluationStatus.LOST}
    for found in evaluations:
        value = goal.value(found.individual, found.result)
        if value is not None and found.repeat == 0:
            values.setdefault(found.individual.number, {})[found.result.rung] = value
    counts: dict[str, list[int]] = {}
    for number in sorted(judged):
        birth = individuals[number].birth
        parent = birth.primary
        if parent is None or parent.run is not None or parent.number not in values:
            continue
        better = _beats(values.get(number, {}), values[parent.number], goal)
        if better is None:
            continue
        for operator in dict.fromkeys(birth.operators):
            row = counts.setdefault(operator, [0, 0])
            row[0] += better
            row[1] += 1
    return [Successes(name, *counts[name]) for name in in_order(counts)]


def operator_successes(history: RunHistory, goal: Goal | None = None) -> list[Successes]:
    """As :func:`successes`, of a run; for its first objective where ``goal`` is None."""
    goal = goal or (history.goals[0] if history.goals else None)
    return [] if goal is None else successes(history.evaluations, goal)


def success_table(rows: Sequence[Successes]) -> Table:
    """Return an operator a row, with its 95 % interval."""
    intervals = [wilson_interval(row.better, row.children) for row in rows]
    return Table(
        "operator-success",
        {
            "operator": [row.operator for row in rows],
            "better": [row.better for row in rows],
            "children": [row.children for row in rows],
            "share": [row.share for row in rows],
            "95 % from": [low for low, _ in intervals],
            "95 % to": [high for _, high in intervals],
        },
    )


def mix_over_births(births: Sequence[Birth], window: int) -> dict[str, list[float]]:
    """Return the share of each group of operators among the last ``window`` births, after every birth.

    Args:
        births: in order.
        window: births that are looked back on; fewer at the start.
    """
    groups = [operator_group(birth.operators) for birth in births]
    shares: dict[str, list[float]] = {name: [] for name in in_order(groups)}
    counts: Counter[str] = Counter()
    for at, group in enumerate(groups):
        counts[group] += 1
        if at >= window:
            counts[groups[at - window]] -= 1
        for name, trace in shares.items():
            trace.append(counts[name] / min(at + 1, window))
    return shares


def _beats(child: Mapping[int, float], parent: Mapping[int, float], goal: Goal) -> bool | None:
    """Return whether a child was better; None where the two cannot be compared."""
    if not child:
        return False  # it failed
    common = _common(child, parent)
    return None if common is None else goal.better(child[common], parent[common])


def _common(child: Iterable[int], parent: Iterable[int]) -> int | None:
    return max(set(child) & set(parent), default=None)
