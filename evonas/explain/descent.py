"""The line of a winner: from founder to winner, the fitness step at each birth, and what became of each change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from evonas.directions import more_is_better
from evonas.errors import LineageError, SpaceError, nearest
from evonas.explain.changes import Inherited, inherited_changes
from evonas.explain.noise import Estimate, Noise, difference, estimate, measure_noise
from evonas.explain.worth import SIGNIFICANT
from evonas.records import Individual
from evonas.report.analysis.corrections import holm
from evonas.report.ancestry import line_of_descent
from evonas.report.history import Goal, RunHistory, standings
from evonas.space import Space

__all__ = ["Descent", "Step", "explain", "goal_of", "run_space", "winner_of"]


@dataclass(frozen=True)
class Step:
    """An individual of the line, and the step from its primary parent to it.

    Attributes:
        individual: who was born.
        fitness: at the highest rung that it reached; None where nothing completed.
        before: the parent's fitness, and ``after`` its own, at the highest rung that both reached; None for the first
            of the line and where they share no rung.
        after: see ``before``.
        error: standard error of the step; None where it is not known.
        p: two-sided p-value of the step, corrected for the number of steps in the line (Holm); None where not known.
        changes: what this birth changed, each with its fate; empty for the first of the line.
    """

    individual: Individual
    fitness: Estimate | None
    before: Estimate | None = None
    after: Estimate | None = None
    error: float | None = None
    p: float | None = None
    changes: tuple[Inherited, ...] = ()

    @property
    def size(self) -> float | None:
        """The step: own fitness less the parent's, in units of the metric; None where it is not known."""
        return None if self.before is None or self.after is None else self.after.value - self.before.value

    @property
    def telling(self) -> list[Inherited]:
        """Its changes without those that follow others, those that are still there first."""
        own = [change for change in self.changes if change.kind != "tied"]
        return sorted(own, key=lambda change: not change.present)

    @property
    def significant(self) -> bool | None:
        """Whether the step is larger than the noise explains; None where that cannot be told."""
        return None if self.p is None else self.p < SIGNIFICANT


@dataclass(frozen=True)
class Descent:
    """A line of births from a founder to an individual.

    Attributes:
        history: the run.
        goal: the metric that is followed.
        noise: of one training.
        steps: founder first, the individual itself last.
        space: where its genomes live; None if the run does not say.
    """

    history: RunHistory
    goal: Goal
    noise: Noise
    steps: tuple[Step, ...]
    space: Space | None

    @property
    def winner(self) -> Individual:
        """The individual whose line it is."""
        return self.steps[-1].individual

    @property
    def founder(self) -> Individual:
        """The first of the line."""
        return self.steps[0].individual

    @property
    def changes(self) -> list[Inherited]:
        """All changes of the line, oldest first."""
        return [change for step in self.steps for change in step.changes]

    def step_of(self, number: int) -> Step:
        """Return the step of an individual of the line."""
        return next(step for step in self.steps if step.individual.number == number)

    def parent_of(self, number: int) -> Individual:
        """Return the primary parent of an individual of the line that is not its first."""
        numbers = [step.individual.number for step in self.steps]
        return self.steps[numbers.index(number) - 1].individual


def winner_of(history: RunHistory, number: int | None) -> int:
    """Return the number of the individual to explain: the one asked for, else the best.

    Raises:
        LineageError: if there is no such individual, or nothing has completed yet.
    """
    if number is not None and number not in history.individuals:
        highest = max(history.individuals, default=None)
        raise LineageError(
            f"there is no individual {number} in this run",
            got=number,
            expected="a run with individuals" if highest is None else f"a number from 0 to {highest}",
        )
    if number is not None:
        return number
    best = standings(history)
    if not best:
        raise LineageError(
            "there is no best individual yet: no evaluation has completed", hint="name an individual, or wait"
        )
    return best[0].individual.number


def goal_of(history: RunHistory, metric: str | None) -> Goal:
    """Return the metric to follow with its direction: the one asked for, else the run's first objective.

    Raises:
        LineageError: if no evaluation reports it, with the nearest that is there; or there is no objective to take.
    """
    if metric is None and history.goals:
        return history.goals[0]
    if metric is None:
        raise LineageError("this run has no objective", hint="name the metric to follow with `--metric`")
    known = {name for one in history.evaluations if one.result.completed for name in one.result.metrics}
    known |= {name for individual in history.individuals.values() for name in individual.costs}
    if known and metric not in known:
        close = nearest(metric, known)
        raise LineageError(
            "no evaluation of this run reports such a metric",
            got=metric,
            expected=f"one of {', '.join(sorted(known))}",
            hint=f"did you mean `{close}`?" if close else None,
        )
    directions = {goal.metric: goal.maximise for goal in history.goals}
    return Goal(metric, directions.get(metric, more_is_better(metric)))


def run_space(history: RunHistory) -> Space | None:
    """Return the space of a run as the lineage keeps it; None if it is none that this version of evonas reads."""
    family = next((one.genome.family for one in history.individuals.values()), "")
    try:
        return Space.from_dict(history.run.space, family=family)
    except SpaceError:
        return None


def explain(history: RunHistory, number: int | None = None, metric: str | None = None) -> Descent:
    """Return the line of an individual with the fitness step and its standard error at each birth.

    A step is the difference to the primary parent at the highest rung that both reached, so that figures after equal
    training are compared. Its p-value is corrected for the number of steps (Holm).

    Args:
        history: of the run.
        number: the individual; None for the best.
        metric: what is followed; None for the first objective.

    Raises:
        LineageError: if there is no such individual or metric, or nothing has completed yet.
    """
    winner, goal = winner_of(history, number), goal_of(history, metric)
    line = line_of_descent(history.individuals, winner)
    noise = measure_noise(history, goal)
    space = run_space(history)
    changes = inherited_changes(line, space)
    fitness = _fitness(history, goal, noise, {one.number for one in line})
    steps: list[Step] = []
    for individual in line:
        own = fitness.get(individual.number, {})
        step = Step(individual, own[max(own)] if own else None, changes=changes.get(individual.number, ()))
        if steps:
            step = _compared(step, fitness.get(steps[-1].individual.number, {}), own)
        steps.append(step)
    corrected = holm([step.p for step in steps])
    steps = [replace(step, p=p) for step, p in zip(steps, corrected, strict=True)]
    return Descent(history, goal, noise, tuple(steps), space)


def _compared(step: Step, parent: Mapping[int, Estimate], own: Mapping[int, Estimate]) -> Step:
    shared = parent.keys() & own.keys()
    if not shared:
        return step
    before, after = parent[max(shared)], own[max(shared)]
    error, p = difference(before, after)
    return replace(step, before=before, after=after, error=error, p=p)


def _fitness(history: RunHistory, goal: Goal, noise: Noise, numbers: set[int]) -> dict[int, dict[int, Estimate]]:
    """Return the fitness of individuals, by number and rung."""
    values: dict[int, dict[int, list[float]]] = {}
    measured: dict[int, bool] = {}
    for one in history.evaluations:
        who = one.individual.number
        value = goal.value(one.individual, one.result) if who in numbers else None
        if value is not None:
            values.setdefault(who, {}).setdefault(one.result.rung, []).append(value)
            measured[who] = goal.metric in one.result.metrics
    cost = Noise(0.0, 0, 0, "", exact=True)  # what is known of a genome without any training has no noise
    return {
        who: {rung: estimate(own, rung, noise if measured[who] else cost) for rung, own in rungs.items()}
        for who, rungs in values.items()
    }
