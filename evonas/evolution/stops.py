"""When a search ends: one small predicate a stop, each with the sentence that a person reads."""

from __future__ import annotations

from dataclasses import dataclass

from evonas.config.schema import EvolutionConfig

__all__ = ["Progress", "budget", "closing", "stop_reason"]

_LAST_PART = 0.9  # of the wall time, after which a newborn would hardly be trained in full
_ROUNDING = 1e-6  # of a sum of thirds


@dataclass(frozen=True)
class Progress:
    """What the stops look at.

    Attributes:
        spent: full trainings asked for; an evaluation at a low rung is a part of one.
        ended: evaluations told.
        epochs: epochs trained so far.
        elapsed: wall time since the first request, s, earlier sessions of a resumed run included.
        since_improvement: evaluations told since the best last improved.
        best: value of the first objective of the best; None before one completed that keeps the constraints.
    """

    spent: float
    ended: int
    epochs: int
    elapsed: float
    since_improvement: int
    best: float | None


def stop_reason(config: EvolutionConfig, progress: Progress) -> str | None:
    """Return why no further evaluation may start, or None while the search goes on."""
    evaluations = budget(config)
    if evaluations is not None and progress.spent >= evaluations - _ROUNDING:
        return f"all {evaluations} evaluations are used"
    if config.total_epochs is not None and progress.epochs >= config.total_epochs:
        return f"{progress.epochs} epochs are trained, of {config.total_epochs} allowed"
    if config.wall_time is not None and progress.elapsed >= config.wall_time:
        return f"the wall time of {config.wall_time:g} s is over"
    if config.stagnation is not None and progress.since_improvement >= config.stagnation:
        return f"no improvement in {progress.since_improvement} evaluations"
    if config.target is not None and progress.best is not None:
        objective = config.objectives[0]
        if (progress.best - config.target) * objective.weight >= 0:
            return f"{objective.metric} = {progress.best:g} reached the target {config.target:g}"
    return None


def closing(config: EvolutionConfig, progress: Progress, full: int) -> bool:
    """Return whether the budget no longer suffices to train a newborn in full.

    Args:
        config: the stops.
        progress: how far the search is.
        full: epochs of a full training.
    """
    evaluations = budget(config)
    return (
        (evaluations is not None and evaluations - progress.spent < 1)
        or (config.total_epochs is not None and config.total_epochs - progress.epochs < full)
        or (config.wall_time is not None and progress.elapsed > _LAST_PART * config.wall_time)
    )


def budget(config: EvolutionConfig) -> int | None:
    """Return the number of evaluations after which the search ends, or None where it is not limited so."""
    budgets = [config.evaluations]
    if config.generations is not None:
        budgets.append(config.generations * config.population)
    return min((number for number in budgets if number is not None), default=None)
