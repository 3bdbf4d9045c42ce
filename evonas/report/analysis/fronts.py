"""Hypervolume: how much of what several objectives allow the front covers, one figure for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evonas.frontier import Frame, dominated_shares, violation
from evonas.report.history import Evaluation, Goal, comparable

__all__ = ["hypervolume_trace"]


def hypervolume_trace(
    evaluations: Sequence[Evaluation],
    goals: Sequence[Goal],
    allowed: Mapping[str, tuple[float | None, float | None]] | None = None,
) -> list[float]:
    """Return the share of the objectives' box that is dominated after each evaluation; empty if nobody has values.

    The box and its scale are those of the last front, see :class:`evonas.frontier.Frame`. Only own trainings at the
    highest rung count, and those that keep the constraints.

    Args:
        evaluations: those that ended, in order of completion.
        goals: the objectives.
        allowed: least and greatest allowed value of each constrained metric.
    """
    compared = {id(found) for found in comparable(evaluations)}
    points: dict[int, list[float]] = {}
    for at, found in enumerate(evaluations):
        values = [goal.value(found.individual, found.result) for goal in goals]
        known = [value for value in values if value is not None]
        if id(found) in compared and len(known) == len(goals) and _keeps(found, allowed or {}):
            points[at] = known
    if not points:
        return []
    maximise = [goal.maximise for goal in goals]
    shares = dominated_shares(Frame.of([*points.values()], maximise).scaled([*points.values()]))
    trace, reached = [], dict(zip(points, shares, strict=True))
    share = 0.0
    for at in range(len(evaluations)):
        share = reached.get(at, share)
        trace.append(share)
    return trace


def _keeps(found: Evaluation, allowed: Mapping[str, tuple[float | None, float | None]]) -> bool:
    figures = {**found.individual.costs, **found.result.metrics}
    return all(name in figures for name in allowed) and violation(figures, allowed) == 0
