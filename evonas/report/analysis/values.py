"""One figure an individual: what a heatmap, an importance or a winner is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from evonas.directions import more_is_better
from evonas.errors import LineageError
from evonas.records import FAILURES
from evonas.report.analysis.genes import Floats, Ints
from evonas.report.history import Evaluation, Goal, RunHistory

__all__ = ["Values", "curve_columns", "failed_values", "goal_of", "reached_rungs", "values_at_epoch", "values_at_rung"]


@dataclass(frozen=True)
class Values:
    """A figure for each of some individuals.

    Attributes:
        numbers: of the individuals, ascending, shape (n,).
        values: shape (n,); the mean over an individual's trainings.
        goal: what it is, and whether more is better.
        words: the same in words, such as ``accuracy at epoch 3``.
    """

    numbers: Ints
    values: Floats
    goal: Goal
    words: str


def goal_of(history: RunHistory, metric: str | None = None) -> Goal | None:
    """Return an objective by its metric, the first one for None; None where the run has no objective.

    A metric that is no objective is judged by its name: losses, errors, sizes and times are better when less.
    """
    if metric is None:
        return history.goals[0] if history.goals else None
    known = next((goal for goal in history.goals if goal.metric == metric), None)
    return known or Goal(metric, more_is_better(metric.removeprefix("val_")))


def reached_rungs(history: RunHistory) -> dict[int, int]:
    """Return how many individuals completed each rung that was reached, the first rung first."""
    who: dict[int, set[int]] = {}
    for one in history.evaluations:
        if one.result.completed:
            who.setdefault(one.result.rung, set()).add(one.individual.number)
    return {rung: len(who[rung]) for rung in sorted(who)}


def values_at_rung(history: RunHistory, goal: Goal, rung: int | None = None) -> Values:
    """Return the mean value of each individual's completed trainings at a rung, its own and its repeats.

    Args:
        history: the run.
        goal: the metric.
        rung: None for the highest that was reached.

    Raises:
        LineageError: if no individual completed an evaluation at that rung.
    """
    reached = reached_rungs(history)
    chosen = max(reached, default=0) if rung is None else rung
    if rung is not None and rung not in reached:
        known = ", ".join(str(one) for one in reached) or "none: nothing has completed"
        raise LineageError("no individual completed this rung", key="rung", got=rung, expected=f"one of {known}")
    pairs = (
        (one.individual.number, goal.value(one.individual, one.result))
        for one in history.evaluations
        if one.result.completed and one.result.rung == chosen
    )
    words = goal.metric if len(reached) < 2 else f"{goal.metric} at rung {chosen}"
    return _values(((number, value) for number, value in pairs if value is not None), goal, words)


def failed_values(history: RunHistory) -> Values:
    """Return 1 for each individual of which an evaluation failed, 0 for one that only completed; lost ones are out."""
    goal = Goal("failures", False)
    worst: dict[int, float] = {}
    for one in history.evaluations:
        if one.result.completed or one.result.status in FAILURES:
            number = one.individual.number
            worst[number] = max(worst.get(number, 0.0), float(not one.result.completed))
    return _values(worst.items(), goal, "share of failures")


def curve_columns(history: RunHistory) -> dict[str, int]:
    """Return the columns of the learning curves, each with its last epoch."""
    last: dict[str, int] = {}
    for one in history.evaluations:
        for row in one.result.curve[-1:]:
            epoch = int(row.get("epoch", len(one.result.curve)))
            for name in row:
                last[name] = max(epoch, last.get(name, 0))
    return {name: epoch for name, epoch in last.items() if name not in ("epoch", "seconds")}


def values_at_epoch(history: RunHistory, column: str, epoch: int) -> Values:
    """Return a column of each individual's learning curve at an epoch, counted from its first one.

    Raises:
        LineageError: if no curve has such a column or epoch.
    """
    known = curve_columns(history)
    if column not in known:
        expected = f"one of {', '.join(known)}" if known else "a run with learning curves"
        raise LineageError("no learning curve has this column", key="metric", got=column, expected=expected)
    if not 1 <= epoch <= known[column]:
        raise LineageError("no learning curve has this epoch", key="epoch", got=epoch, expected=f"1 to {known[column]}")
    goal = goal_of(history, column) or Goal(column)
    answers = {one.result.number: one for one in history.evaluations}
    found = ((one.individual.number, _at(_source(one, answers), column, epoch)) for one in history.evaluations)
    return _values(((number, value) for number, value in found if value is not None), goal, f"{column}, epoch {epoch}")


def _source(one: Evaluation, answers: Mapping[int, Evaluation]) -> Evaluation:
    """Return the evaluation that was really run: the memo's answer has no curve of its own."""
    answered = one.result.answered_by
    return one if answered is None else answers.get(answered, one)


def _at(one: Evaluation, column: str, epoch: int) -> float | None:
    curve = one.result.curve
    if not curve:
        return None
    first = int(curve[0].get("epoch", 1))
    place = epoch - first
    row = curve[place] if 0 <= place < len(curve) else None
    return None if row is None else row.get(column)


def _values(pairs: Iterable[tuple[int, float]], goal: Goal, words: str) -> Values:
    """Return the mean of each individual's figures."""
    rows = list(pairs)
    numbers = np.array([number for number, _ in rows], dtype=np.int64)
    figures = np.array([value for _, value in rows], dtype=np.float64)
    who, place = np.unique(numbers, return_inverse=True)
    means = np.bincount(place, figures, len(who)) / np.maximum(np.bincount(place, minlength=len(who)), 1)
    return Values(who, means, goal, words)
