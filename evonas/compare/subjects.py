"""The runs that are compared, each read once: its best, its retrained best, its way there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from evonas.compare.labels import run_labels
from evonas.compare.overview import status_of
from evonas.config.schema import Objective
from evonas.errors import LineageError, RunError, nearest
from evonas.frontier import violation
from evonas.lineage import LineageStore, RunRecord, Scored
from evonas.records import EvaluationResult, Individual
from evonas.report.analysis import BestTrace, best_over_time
from evonas.report.finals import finals
from evonas.report.history import Goal, RunHistory, read_history, standings
from evonas.run import Final, RunDirectory

__all__ = ["ComparedRun", "Retrained", "common_goal", "data_digest", "read_runs"]

_TEST = "test_"


@dataclass(frozen=True)
class Retrained:
    """The best of the individuals that were retrained from scratch, by their mean on the validation part.

    Attributes:
        individual: its number.
        final: its trainings.
    """

    individual: int
    final: Final

    def values(self, metric: str, *, test: bool) -> list[float]:
        """Return the metric after each training, on the test or the validation part; empty where it is unknown."""
        return self.final.values(f"{_TEST}{metric}" if test else metric)


@dataclass(frozen=True)
class _Kept(Goal):
    """An objective that counts only where the run's constraints are kept."""

    allowed: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)

    def value(self, individual: Individual, result: EvaluationResult) -> float | None:
        """Return the value; None where there is none, and where a constraint is broken or its figure missing."""
        figures = {**individual.costs, **result.metrics}
        kept = all(name in figures for name in self.allowed) and violation(figures, self.allowed) == 0
        return super().value(individual, result) if kept else None


@dataclass(frozen=True)
class ComparedRun:
    """A run among those that are compared.

    Attributes:
        label: a name that no other one of them has.
        directory: where it lies.
        status: as of :func:`evonas.compare.overview.status_of`.
        history: what happened.
        goal: the metric by which it is compared.
    """

    label: str
    directory: RunDirectory
    status: str
    history: RunHistory
    goal: Goal

    @property
    def record(self) -> RunRecord:
        """Its question."""
        return self.history.run

    @cached_property
    def ranked(self) -> list[Scored]:
        """Everyone with a value of the metric, the best first; those that break a constraint come last."""
        return standings(replace(self.history, goals=(self.goal,)))

    @property
    def best(self) -> Scored | None:
        """The best by the metric; None before the first success."""
        return self.ranked[0] if self.ranked else None

    @cached_property
    def trace(self) -> BestTrace | None:
        """The best so far over evaluations, epochs and time, of those that keep the constraints; None without any."""
        return best_over_time(self.history, _Kept(self.goal.metric, self.goal.maximise, self.record.allowed))

    @cached_property
    def retrained(self) -> Retrained | None:
        """The best after retraining; None where nobody was retrained, or the metric was not measured then."""
        chosen = finals(replace(self.history, goals=(self.goal,)))
        if not chosen or self.goal.metric not in chosen[0]["table"]:
            return None
        data = chosen[0]
        results = tuple(EvaluationResult.from_dict(result) for result in data["results"])
        return Retrained(data["individual"], Final(self.history.individuals[data["individual"]].genome, results))

    @property
    def epochs(self) -> int:
        """Epochs trained by all evaluations together."""
        own = (one.result for one in self.history.evaluations)
        return sum(result.epochs for result in own if result.answered_by is None)


def read_runs(paths: Sequence[Path], metric: str | None = None) -> list[ComparedRun]:
    """Read the runs to compare.

    Args:
        paths: of run directories, two or more; running and unfinished ones among them.
        metric: to compare them by; None: their first objective, which they must have in common.

    Raises:
        RunError: if a folder is no run directory, or a run is named twice, itself or as a copy.
        LineageError: if a lineage cannot be read, or they have no such metric in common.
    """
    directories = [RunDirectory.open(path) for path in paths]
    histories = []
    for directory in directories:
        with LineageStore.open(directory.lineage_file, read_only=True) as store:
            histories.append(read_history(store))
    _check_distinct(directories, histories)
    labels = run_labels([(one, history.run) for one, history in zip(directories, histories, strict=True)])
    goal = common_goal(dict(zip(labels, histories, strict=True)), metric)
    return [
        ComparedRun(label, directory, status_of(directory, history.run), history, goal)
        for label, directory, history in zip(labels, directories, histories, strict=True)
    ]


def common_goal(named: Mapping[str, RunHistory], metric: str | None) -> Goal:
    """Return the objective by which runs are compared.

    Raises:
        LineageError: if they have no such metric in common, or disagree whether more of it is better.
    """
    firsts = {label: history.goals[0] for label, history in named.items()}
    if metric is None and len({goal.metric for goal in firsts.values()}) > 1:
        raise LineageError(
            "the runs were not after the same metric",
            got=", ".join(f"{label}: {goal.metric}" for label, goal in firsts.items()),
            expected="one first objective",
            hint=f"say by which to compare: --metric {' or --metric '.join(_common(named) or ['NAME'])}",
        )
    metric = next(iter(firsts.values())).metric if metric is None else metric
    _check_measured(named, metric)
    ways = {goal.maximise for history in named.values() for goal in history.goals if goal.metric == metric}
    if len(ways) > 1:
        expected = "one direction"
        raise LineageError(f"some of the runs maximise {metric}, others minimise it", got=metric, expected=expected)
    return Goal(metric, ways.pop() if ways else Objective(metric=metric).maximise)


def data_digest(run: ComparedRun) -> str:
    """Return the digest of the events that a run saw; empty where they were not prepared, or are gone."""
    from evonas.errors import DataError
    from evonas.training.data import FOLDER, read_summary

    try:
        return read_summary(run.directory.path / FOLDER).digest
    except DataError:
        return ""


def _check_distinct(directories: Sequence[RunDirectory], histories: Sequence[RunHistory]) -> None:
    seen: dict[str, RunDirectory] = {}
    for directory, history in zip(directories, histories, strict=True):
        other = seen.setdefault(history.run.id, directory)
        if other is not directory:
            same = other.path == directory.path
            raise RunError(
                "this run is named twice" if same else f"this is a copy of {other.shown}: both are the same run",
                file=directory.shown,
                got=history.run.id,
                expected="different runs",
                hint="name each run once: a copy is no second measurement",
            )


def _measured(history: RunHistory) -> set[str]:
    """Return every figure that some individual of a run has."""
    completed = [one for one in history.evaluations if one.result.completed]
    names = {name for one in completed for name in one.result.metrics}
    return names | {name for one in completed for name in one.individual.costs}


def _common(named: Mapping[str, RunHistory]) -> list[str]:
    known = [found for history in named.values() if (found := _measured(history))]
    return sorted(set.intersection(*known)) if known else []


def _check_measured(named: Mapping[str, RunHistory], metric: str) -> None:
    for label, history in named.items():
        known = _measured(history)
        if known and metric not in known:
            common = _common(named)
            close = nearest(metric, common)
            raise LineageError(
                f"no evaluation of {label} reports such a metric",
                got=metric,
                expected=f"one that all runs have: {', '.join(common) or 'there is none'}",
                hint=f"did you mean `{close}`?" if close else "name another with --metric",
            )
