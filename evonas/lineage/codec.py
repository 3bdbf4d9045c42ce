"""Records to rows and back; genomes and learning curves are parsed only when somebody looks at them."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from evonas.genome import Genome, Marks, freeze
from evonas.lineage.entries import Artifact, Event, RunRecord, Session
from evonas.records import (
    Birth,
    EvaluationRequest,
    EvaluationResult,
    EvaluationStatus,
    GeneChange,
    Individual,
    Parent,
)

if TYPE_CHECKING:
    from sqlalchemy import Row

__all__ = [
    "PENDING",
    "StoredGenome",
    "artifact_from_row",
    "birth_row",
    "collector_paused",
    "event_from_row",
    "files_by_evaluation",
    "individual_from_rows",
    "individual_row",
    "parent_from_row",
    "parent_rows",
    "request_from_row",
    "request_row",
    "result_from_row",
    "result_row",
    "run_from_row",
    "run_row",
    "session_from_row",
    "to_json",
]

PENDING = "pending"
"""Status of an evaluation without a final result."""

_RUN_JSON = ("config", "space", "objectives", "versions", "command", "environment")


class StoredGenome(Genome):
    """A genome of the store: its id is at hand, its genes are parsed at the first look.

    Reading 10,000 individuals to resume a run touches the genes of only the few that are still in the population.
    """

    __slots__ = ("_genes_text", "_marks_text")

    # Genome's own construction checks and freezes; what is stored went through that before.
    def __init__(self, genome_id: str, family: str, genes: str, marks: str | None) -> None:
        self._family = family
        self._id = genome_id
        self._json = None
        self._genes_text = genes
        self._marks_text = marks

    def __getattr__(self, name: str) -> Any:
        """Parse a part that is not there yet; Python asks here only for unset slots."""
        if name == "_genes":
            self._genes = freeze(json.loads(self._genes_text))
            return self._genes
        if name == "_marks":
            self._marks = None if self._marks_text is None else freeze(json.loads(self._marks_text))
            return self._marks
        raise AttributeError(name)

    @property
    def genes(self) -> dict[str, Any]:
        """A fresh, mutable copy of the genes as plain dicts and lists."""
        copy: dict[str, Any] = json.loads(self._genes_text)
        return copy

    @property
    def marks(self) -> Marks:
        """A fresh, mutable copy of the historical marks."""
        return None if self._marks_text is None else json.loads(self._marks_text)


def to_json(value: Any) -> str:
    """Write JSON values compactly, in their own order."""
    return _encode(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "item"):  # a NumPy scalar
        return value.item()
    return str(value)


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=_plain).encode


def run_row(run: RunRecord) -> dict[str, Any]:
    """Return the row of table ``runs``."""
    values = dict(run.__dict__)
    return values | {name: to_json(values[name]) for name in _RUN_JSON}


def run_from_row(row: Row[Any]) -> RunRecord:
    """Read what :func:`run_row` wrote."""
    values = dict(row._mapping)
    return RunRecord(**values | {name: json.loads(values[name]) for name in _RUN_JSON})


def individual_row(individual: Individual) -> dict[str, Any]:
    """Return the part of the row of table ``individuals`` that the record knows."""
    genome = individual.genome
    marks = genome._marks
    return {
        "number": individual.number,
        "genome_id": genome.id,
        "family": genome.family,
        # in the genome's own order, not sorted: a person reads it, and a resumed engine meets the genes in that order
        "genes": to_json(genome._genes),
        "marks": None if marks is None else to_json(marks),
        "costs": to_json(individual.costs),
    }


def birth_row(individual: Individual) -> dict[str, Any]:
    """Return the row of table ``births``."""
    birth = individual.birth
    changes = [[change.gene, change.kind, change.before, change.after] for change in birth.changes]
    return {
        "individual": individual.number,
        "generation": birth.generation,
        "operators": to_json(birth.operators),
        "changes": to_json(changes),
        "random_state": birth.random_state,
        "attempts": birth.attempts,
        "forecast": to_json(birth.forecast),
    }


def parent_rows(individual: Individual) -> list[dict[str, Any]]:
    """Return the rows of table ``parents``."""
    return [
        {
            "individual": individual.number,
            "position": position,
            "parent": parent.number,
            "parent_run": parent.run,
            "role": parent.role,
            "source": parent.source,
        }
        for position, parent in enumerate(individual.birth.parents)
    ]


def parent_from_row(number: int | None, run: str | None, role: str, source: str | None) -> Parent:
    """Read what :func:`parent_rows` wrote."""
    return Parent(number, run, role, source)


def individual_from_rows(row: Sequence[Any], parents: tuple[Parent, ...]) -> Individual:
    """Build an individual.

    Args:
        row: number, genome_id, family, genes, marks, costs, operators, changes, generation, random_state, attempts,
            forecast.
        parents: the primary one first.
    """
    number, genome_id, family, genes, marks, costs, operators, changes, generation, *rest = row
    random_state, attempts, forecast = rest
    birth = Birth(
        operators=_operators(operators),
        parents=parents,
        changes=tuple([GeneChange(*change) for change in json.loads(changes)]) if changes != "[]" else (),
        generation=generation,
        random_state=random_state,
        attempts=attempts,
        forecast=json.loads(forecast) if forecast != "{}" else {},
    )
    genome = StoredGenome(genome_id, family, genes, marks)
    return Individual(number, genome, birth, json.loads(costs) if costs != "{}" else {})


@lru_cache(maxsize=1024)
def _operators(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))  # the same few for thousands of births


def request_row(request: EvaluationRequest) -> dict[str, Any]:
    """Return the part of the row of table ``evaluations`` that the request knows."""
    return {
        "number": request.number,
        "individual": request.individual,
        "rung": request.rung,
        "epochs_asked": request.epochs,
        "seed": request.seed,
        "attempt": request.attempt,
        "resume_from": request.resume_from,
        "trained": request.trained,
        "fraction": request.fraction,
        "repeat": request.repeat,
        "floor": to_json(request.floor),
        "pooling": request.pooling,
        "status": PENDING,
    }


def request_from_row(row: Sequence[Any], genome: Genome) -> EvaluationRequest:
    """Build a request.

    Args:
        row: number, individual, epochs_asked, seed, rung, attempt, resume_from, trained, fraction, repeat, floor,
            pooling.
        genome: what is evaluated.
    """
    number, individual, epochs, seed, rung, attempt, resume_from, trained, fraction, repeat, floor, pooling = row
    pairs = () if floor == "[]" else tuple([(int(epoch), float(value)) for epoch, value in json.loads(floor)])
    return EvaluationRequest(
        number, individual, genome, epochs, seed, rung, attempt, resume_from, trained, fraction, repeat, pairs, pooling
    )


def result_row(result: EvaluationResult) -> dict[str, Any]:
    """Return the part of the row of table ``evaluations`` that the result knows, keys prefixed with ``new_``."""
    return {
        "new_status": result.status.value,
        "new_attempt": result.attempt,
        "new_epochs_trained": result.epochs,
        "new_metrics": to_json(result.metrics),
        "new_curve": to_json(result.curve),
        "new_seconds": result.seconds,
        "new_setup_seconds": result.setup_seconds,
        "new_device": result.device,
        "new_peak_memory": result.peak_memory,
        "new_error": result.error,
        "new_log": result.log,
        "new_answered_by": result.answered_by,
    }


def result_from_row(row: Sequence[Any], curve: str | None, files: Mapping[str, str]) -> EvaluationResult:
    """Build a result.

    Args:
        row: number, individual, status, metrics, epochs_trained, rung, seed, attempt, seconds, setup_seconds, device,
            peak_memory, error, log, answered_by.
        curve: the learning curve as JSON; None leaves it out.
        files: its artifacts, kind to path.
    """
    number, individual, status, metrics, epochs, rung, seed, attempt, seconds, *rest = row
    setup, device, memory, error, log, by = rest
    return EvaluationResult(
        number=number,
        individual=individual,
        status=EvaluationStatus(status),
        metrics=json.loads(metrics) if metrics != "{}" else {},
        curve=json.loads(curve) if curve is not None and curve != "[]" else (),
        epochs=epochs,
        rung=rung,
        seed=seed,
        attempt=attempt,
        seconds=seconds,
        setup_seconds=setup,
        device=device,
        peak_memory=memory,
        error=error,
        log=log,
        artifacts=files,
        answered_by=by,
    )


def artifact_from_row(row: Row[Any]) -> Artifact:
    """Build an artifact from a row of its table."""
    return Artifact(row.individual, row.kind, row.path, row.evaluation, row.sha256, row.bytes, row.deleted_time)


def event_from_row(row: Row[Any]) -> Event:
    """Build an event from a row of its table."""
    return Event(row.time, row.kind, row.message, json.loads(row.data))


def session_from_row(row: Row[Any]) -> Session:
    """Build a session from a row of its table."""
    return Session(
        number=row.number,
        started_at=row.started_time,
        ended_at=row.ended_time,
        seconds=row.seconds,
        reason=row.reason,
        versions=json.loads(row.versions),
        environment=json.loads(row.environment),
    )


def files_by_evaluation(rows: Iterable[Sequence[Any]]) -> dict[int, dict[str, str]]:
    """Group rows of evaluation, kind, path by evaluation."""
    files: dict[int, dict[str, str]] = {}
    for evaluation, kind, path in rows:
        files.setdefault(evaluation, {})[kind] = path
    return files


@contextmanager
def collector_paused() -> Iterator[None]:
    """Build many objects, none of them garbage: the collector would walk them again and again, at twice the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
