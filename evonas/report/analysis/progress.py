"""The best so far, over evaluations, epochs and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from evonas.report.analysis.genes import Floats, Ints
from evonas.report.analysis.table import Table
from evonas.report.history import Evaluation, Goal, RunHistory, comparable

__all__ = ["BestTrace", "best_over_time", "best_so_far", "epochs_spent"]


@dataclass(frozen=True)
class BestTrace:
    """The best value over the run: a row for each improvement, and one for the last evaluation.

    Attributes:
        goal: the objective.
        evaluations: completed by then, failures included, shape (k,).
        epochs: trained by then, by all evaluations together, shape (k,).
        seconds: wall time of the sessions by then, s, shape (k,); NaN where it is unknown.
        values: the best, shape (k,).
        individuals: number of the best, shape (k,).
    """

    goal: Goal
    evaluations: Ints
    epochs: Ints
    seconds: Floats
    values: Floats
    individuals: Ints

    def table(self) -> Table:
        """Return a row for each improvement, and one for the end."""
        return Table(
            "best",
            {
                "evaluations": self.evaluations,
                "epochs": self.epochs,
                "wall time (s)": self.seconds,
                f"best {self.goal.metric}": self.values,
                "individual": self.individuals,
            },
        )


def best_over_time(history: RunHistory, goal: Goal | None = None) -> BestTrace | None:
    """Return the best value over evaluations, epochs and time; None before any evaluation has one.

    Only own trainings at the highest rung count, see :func:`evonas.report.history.comparable`.

    Args:
        history: the run.
        goal: the objective; None for the first one.
    """
    goal = goal or (history.goals[0] if history.goals else None)
    if goal is None or not history.evaluations:
        return None
    spent, compared = epochs_spent(history.evaluations), {one.order for one in comparable(history.evaluations)}
    rows: list[tuple[int, float, int]] = []
    for at, one in enumerate(history.evaluations):
        value = goal.value(one.individual, one.result) if one.order in compared else None
        if value is not None and (not rows or goal.better(value, rows[-1][1])):
            rows.append((at, value, one.individual.number))
    if not rows:
        return None
    if rows[-1][0] + 1 < len(history.evaluations):
        rows.append((len(history.evaluations) - 1, *rows[-1][1:]))
    places = np.array([at for at, _, _ in rows], dtype=np.int64)
    return BestTrace(
        goal,
        places + 1,
        np.array(spent, dtype=np.int64)[places],
        _wall_time(history, places),
        np.array([value for _, value, _ in rows], dtype=np.float64),
        np.array([number for _, _, number in rows], dtype=np.int64),
    )


def _wall_time(history: RunHistory, places: Ints) -> Floats:
    """Return how long sessions had worked when evaluations ended, s; pauses between sessions do not count."""
    finished = np.array([history.evaluations[at].finished for at in places], dtype=np.float64)
    if not history.sessions or not finished.any():
        return np.full(len(places), np.nan)
    passed = np.zeros(len(places))
    for session in history.sessions:
        passed += np.clip(finished - session.started_at, 0.0, session.seconds)
    return passed


def best_so_far(evaluations: Sequence[Evaluation], goal: Goal) -> list[float | None]:
    """Return the best value after each evaluation; None before the first one that has a value.

    Only evaluations at the highest rung count, see :func:`evonas.report.history.comparable`.
    """
    compared = {id(found) for found in comparable(evaluations)}
    best: float | None = None
    trace: list[float | None] = []
    for evaluation in evaluations:
        value = goal.value(evaluation.individual, evaluation.result) if id(evaluation) in compared else None
        if value is not None and (best is None or goal.better(value, best)):
            best = value
        trace.append(best)
    return trace


def epochs_spent(evaluations: Sequence[Evaluation]) -> list[int]:
    """Return the epochs trained until the end of each evaluation; one that the memo answered costs nothing."""
    return list(accumulate(0 if one.result.answered_by is not None else one.result.epochs for one in evaluations))
