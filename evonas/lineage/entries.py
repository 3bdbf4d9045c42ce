"""What the lineage holds beside individuals and results: runs, sessions, events, artifacts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from evonas.directions import more_is_better
from evonas.records import EvaluationRequest, EvaluationResult, Individual

__all__ = ["RUN_STATUSES", "Artifact", "Event", "Replay", "RunRecord", "Session", "StoredResult"]

RUN_STATUSES = ("running", "finished", "interrupted", "failed")
"""``running`` (or killed: no process holds its lock), ``finished`` (a stop of the configuration was reached),
``interrupted`` (a person or a batch system ended it; it can be resumed), ``failed`` (an error ended it)."""


@dataclass(frozen=True)
class RunRecord:
    """A run: its question and how it was asked.

    Attributes:
        id: unique in the world, 32 hex digits.
        name: as in the configuration.
        created: when, ISO 8601, UTC.
        config: the whole configuration as JSON values.
        space: the search space as JSON values.
        objectives: ``{"metric": ..., "direction": "max" | "min" | "auto"}`` each, the first one first.
        versions: of evonas, Python and the libraries.
        command: the command line that started it.
        seed: root of all random numbers.
        environment: what else matters to repeat it, such as the devices; nothing that names the machine.
        status: one of :data:`RUN_STATUSES`.
        reason: why it ended, in words; empty while it runs.
    """

    id: str
    name: str
    created: str
    config: Mapping[str, Any]
    space: Mapping[str, Any]
    objectives: Sequence[Mapping[str, Any]]
    versions: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    seed: int = 0
    environment: Mapping[str, Any] = field(default_factory=dict)
    status: str = "running"
    reason: str = ""

    @classmethod
    def new(cls, name: str, **fields: Any) -> RunRecord:
        """Return a record with a fresh id, created now."""
        created = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return cls(id=uuid.uuid4().hex, name=name, created=created, **fields)

    @property
    def directions(self) -> tuple[tuple[str, bool], ...]:
        """Each objective's metric, and whether more of it is better."""
        return tuple(
            (one["metric"], more_is_better(one["metric"], one.get("direction", "auto"))) for one in self.objectives
        )

    @property
    def allowed(self) -> dict[str, tuple[float | None, float | None]]:
        """Least and greatest allowed value of each constrained metric; None where there is no such limit."""
        constraints = dict(self.config.get("evolution") or {}).get("constraints") or {}
        return {metric: (limit.get("min"), limit.get("max")) for metric, limit in constraints.items()}


@dataclass(frozen=True)
class StoredResult:
    """A final result and its place in the run.

    Attributes:
        result: what came back.
        completion: 0, 1, 2, ... in order of completion.
        completed_at: when it was stored, Unix s.
        epochs_asked: training budget of the request, epochs; ``result.epochs`` are those trained.
        trained: epochs that the individual was trained before, at lower rungs.
        repeat: 0 for the individual's own training; 1, 2, ... for trainings afresh that measure its noise.
    """

    result: EvaluationResult
    completion: int
    completed_at: float
    epochs_asked: int
    trained: int = 0
    repeat: int = 0

    @property
    def total_epochs(self) -> int:
        """Epochs that the individual was trained in all by then, those at lower rungs included."""
        result = self.result
        if result.curve:
            return int(result.curve[-1].get("epoch", len(result.curve)))
        if result.answered_by is not None:
            return self.trained + self.epochs_asked
        afresh = result.epochs > self.epochs_asked  # the weights of the rung below were not kept
        return result.epochs if afresh else self.trained + result.epochs


@dataclass(frozen=True)
class Artifact:
    """A file that an evaluation left.

    Attributes:
        individual: number of the individual.
        kind: such as ``weights``.
        path: relative to the run directory.
        evaluation: number of the evaluation; None if no single one made it.
        sha256: hex digest of the content; None if the file was not there to be read.
        bytes: its size; None likewise.
        deleted_at: when it was pruned, Unix s; None while it is there.
    """

    individual: int
    kind: str
    path: str
    evaluation: int | None = None
    sha256: str | None = None
    bytes: int | None = None
    deleted_at: float | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened in a run and is no birth and no final result.

    Attributes:
        time: when, Unix s.
        kind: one word, such as ``cancelled`` or ``resumed``.
        message: one sentence for people.
        data: JSON values.
    """

    time: float
    kind: str
    message: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """One process that worked on the run, from its start to its end.

    Attributes:
        number: 0, 1, 2, ... in the run.
        started_at: when, Unix s.
        ended_at: when, Unix s; None while it runs, and for ever if it was killed.
        seconds: how long, s; up to its last result if it was killed.
        reason: why it ended, in words.
        versions: of evonas, Python and the libraries.
        environment: what else matters to repeat it; nothing that names the machine.
    """

    number: int
    started_at: float
    ended_at: float | None
    seconds: float
    reason: str
    versions: Mapping[str, str]
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class Replay:
    """What an engine needs to be where it was when the run stopped.

    Iterating gives the steps in the order in which they happened: an individual before the results that came back
    after its birth. Requests without a result are :meth:`LineageStore.pending_requests`.

    Attributes:
        individuals: by number.
        requests: all that were ever asked for, by number, those without a result among them.
        results: in order of completion, with their learning curves, and those of their files that are still there.
        born: for each individual, evaluations completed before its birth.
        deaths: number of an individual to the evaluations completed when it left the population.
    """

    individuals: Sequence[Individual]
    requests: Sequence[EvaluationRequest] = field(repr=False)
    results: Sequence[EvaluationResult]
    born: Sequence[int] = field(repr=False)
    deaths: Mapping[int, int] = field(repr=False)

    def __iter__(self) -> Iterator[Individual | EvaluationResult]:
        individual = 0
        for completed in range(len(self.results) + 1):
            while individual < len(self.individuals) and self.born[individual] <= completed:
                yield self.individuals[individual]
                individual += 1
            if completed < len(self.results):
                yield self.results[completed]
