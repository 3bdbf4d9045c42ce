"""What a run leaves behind, read once from the lineage: the values that tables and figures are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evonas.lineage.entries import StoredResult
from evonas.lineage.ranking import best_first, non_dominated, score_constrained
from evonas.records import EvaluationRequest, EvaluationResult, Individual

if TYPE_CHECKING:  # the store is imported by whoever opens one
    from evonas.lineage import Event, LineageStore, RunRecord, Scored, Session

__all__ = ["Evaluation", "Goal", "LiveHistory", "RunHistory", "comparable", "pareto_front", "read_history", "standings"]

_ONE_BY_ONE = 30  # individuals that are read one by one; of more, all are read again in one go


@dataclass(frozen=True)
class Goal:
    """An objective: a metric and whether more of it is better."""

    metric: str
    maximise: bool = True

    def value(self, individual: Individual, result: EvaluationResult) -> float | None:
        """Return the individual's value: measured by the evaluation, else known from its genome; None if neither."""
        if not result.completed:
            return None
        found = result.metrics.get(self.metric, individual.costs.get(self.metric))
        return None if found is None else float(found)

    def better(self, value: float, other: float) -> bool:
        """Whether a value is better than another."""
        return value > other if self.maximise else value < other

    def rank(self, value: float) -> float:
        """Return a figure that is less the better the value is."""
        return -value if self.maximise else value


@dataclass(frozen=True)
class Evaluation:
    """An evaluation that ended.

    Attributes:
        order: 1, 2, 3, ... in order of completion.
        individual: what was evaluated.
        result: how it ended.
        finished: when it was stored, Unix s.
        trained: epochs that the individual was trained before, at lower rungs.
        repeat: 0 for the individual's own training; 1, 2, ... for trainings afresh that measure its noise.
    """

    order: int
    individual: Individual
    result: EvaluationResult
    finished: float = 0.0
    trained: int = 0
    repeat: int = 0


@dataclass(frozen=True)
class RunHistory:
    """A run as the lineage knows it.

    Attributes:
        run: its question, and how it was asked.
        goals: the objectives, the first one first.
        individuals: by number.
        evaluations: those that ended for good, in order of completion.
        pending: requested and not yet ended.
        sessions: the processes that worked on the run, in order.
        events: what happened beside births and results, in order.
        lives: by number, when each entered and left the population, in completed evaluations; None: it is there. Empty
            where nobody recorded it.
    """

    run: RunRecord
    goals: tuple[Goal, ...]
    individuals: Mapping[int, Individual]
    evaluations: tuple[Evaluation, ...] = ()
    pending: tuple[EvaluationRequest, ...] = ()
    sessions: tuple[Session, ...] = ()
    events: tuple[Event, ...] = ()
    lives: Mapping[int, tuple[int, int | None]] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Wall time of all sessions, s."""
        return sum(session.seconds for session in self.sessions)


def read_history(store: LineageStore) -> RunHistory:
    """Read a run from its store, once.

    Raises:
        LineageError: if the store cannot be read.
    """
    return LiveHistory(store).update()


class LiveHistory:
    """A history that follows a run: each update reads what is new since the last one, and nothing twice.

    Not to be used by two threads at once.

    Args:
        store: the run's lineage; it may be written to by another process meanwhile.
    """

    def __init__(self, store: LineageStore) -> None:
        self._store = store
        self._history: RunHistory | None = None
        self._completion = -1

    def update(self) -> RunHistory:
        """Return the run as it is now; the same object as before if nothing has changed.

        Raises:
            LineageError: if the store cannot be read.
        """
        run = self._store.run
        # Results first: the individuals that are read after them then hold all that the results speak of.
        stored = self._store.results(after=self._completion)
        pending, lives = tuple(self._store.pending_requests()), self._store.lives()
        individuals = self._individuals(lives)
        before = self._history or RunHistory(
            run, tuple(Goal(metric, maximise) for metric, maximise in run.directions), individuals
        )
        following = len(before.evaluations) + 1
        added = tuple(_evaluation(order, item, individuals) for order, item in enumerate(stored, start=following))
        now = replace(
            before,
            run=run,
            individuals=individuals,
            evaluations=before.evaluations + added,
            pending=tuple(request for request in pending if request.individual in individuals),
            sessions=tuple(self._store.sessions()),
            events=tuple(self._store.events()),
            lives=lives,
        )
        if added:
            self._completion = stored[-1].completion
        if self._history is None or _changed(self._history, now):
            self._history = now
        return self._history

    def _individuals(self, lives: Mapping[int, object]) -> Mapping[int, Individual]:
        """Return all individuals by number, those that are known already as they are."""
        known = {} if self._history is None else self._history.individuals
        new = sorted(lives.keys() - known.keys())
        if not new:
            return known
        found = map(self._store.individual, new) if len(new) <= _ONE_BY_ONE and known else self._store.individuals()
        return {**known, **{individual.number: individual for individual in found}}


def _evaluation(order: int, item: StoredResult, individuals: Mapping[int, Individual]) -> Evaluation:
    return Evaluation(
        order,
        individuals[item.result.individual],
        item.result,
        item.completed_at,
        trained=item.trained,
        repeat=item.repeat,
    )


def _changed(before: RunHistory, now: RunHistory) -> bool:
    """Return whether something is new; running sessions grow with each result, and alone are no news."""
    counts = [
        (len(one.evaluations), len(one.individuals), len(one.events), len(one.sessions), len(one.pending))
        for one in (before, now)
    ]
    return counts[0] != counts[1] or before.run != now.run or before.lives != now.lives


def comparable(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Return the completed evaluations whose figures compare: own trainings at the highest rung that was reached.

    A figure after more training is not to be compared with one after less, and a repeat is no further individual.
    """
    highest = max((found.result.rung for found in evaluations if found.result.completed), default=0)
    return [
        found for found in evaluations if found.result.completed and found.result.rung == highest and found.repeat == 0
    ]


def standings(history: RunHistory) -> list[Scored]:
    """Return every individual with a value for each objective, the best by the first objective first."""
    results = [
        StoredResult(found.result, found.order - 1, found.finished, 0, found.trained, found.repeat)
        for found in history.evaluations
    ]
    metrics = [goal.metric for goal in history.goals]
    scored = score_constrained(history.individuals.values(), results, metrics, history.run.allowed)
    return best_first(scored, history.goals[0].maximise) if history.goals else []


def pareto_front(history: RunHistory, ordered: Sequence[Scored]) -> list[Scored]:
    """Return those that no other beats in one objective without losing in another; of equals the oldest alone."""
    front: dict[tuple[float, ...], Scored] = {}
    for one in non_dominated(ordered, [goal.maximise for goal in history.goals]):
        front.setdefault(one.values, one)
    return list(front.values())
