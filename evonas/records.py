"""WHAT CROSSES A PROCESS OR A FILE: frozen records, plain JSON on the wire.

An individual is born, one or more evaluations are requested for it, and each request ends in exactly one result::

    Individual -> EvaluationRequest -> EvaluationResult

The status of a result says how the evaluation ended. The happy path is ``COMPLETED``; every other status is a failure
with a cause, and is data: it is stored and counts against the genome. ``LOST`` and ``CANCELLED`` say nothing about
the genome: the infrastructure failed more often than the retries allow, or a person stopped the run. A lost evaluation
is given up (a genome that takes every worker down must not hold the run for ever); a cancelled one is run on resume.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from evonas.genome import GeneChange, Genome

__all__ = [
    "BASELINE",
    "FAILURES",
    "FINAL",
    "REPEATABLE",
    "Birth",
    "EvaluationRequest",
    "EvaluationResult",
    "EvaluationStatus",
    "GeneChange",
    "Individual",
    "Parent",
]


class EvaluationStatus(str, Enum):
    """How an evaluation ended."""

    COMPLETED = "completed"
    """The evaluator returned finite metrics."""
    DIVERGED = "diverged"
    """The loss or a metric became NaN or infinite."""
    OUT_OF_MEMORY = "out_of_memory"
    """The device or the memory limit of the evaluation was exhausted."""
    TIMED_OUT = "timed_out"
    """Killed at the time limit. Not CRASHED: the same genome with more time might be good."""
    CRASHED = "crashed"
    """The evaluator raised, or its process died by itself."""
    INVALID = "invalid"
    """The genome cannot be built, or breaks a hard limit; nothing was trained."""
    LOST = "lost"
    """The infrastructure failed (a worker, a node, a device) at every retry; not the candidate's fault."""
    CANCELLED = "cancelled"
    """Given up when the run was stopped; evaluated again on resume."""


FAILURES = frozenset(
    {
        EvaluationStatus.DIVERGED,
        EvaluationStatus.OUT_OF_MEMORY,
        EvaluationStatus.TIMED_OUT,
        EvaluationStatus.CRASHED,
        EvaluationStatus.INVALID,
    }
)
"""Failures that count against the genome."""

FINAL = FAILURES | {EvaluationStatus.COMPLETED, EvaluationStatus.LOST}
"""States that end an evaluation for good: the engine is told, the budget is spent."""

REPEATABLE = frozenset({EvaluationStatus.CANCELLED})
"""States after which the same request is run again when the run is resumed."""


BASELINE = "baseline "
"""How the source of a seed begins that is a published network, which a search starts with and is measured against."""

START = "starting point "
"""How the source of a seed begins that is an ordinary network of its model family."""


@dataclass(frozen=True)
class Parent:
    """A parent of an individual.

    Attributes:
        number: the parent's number in its run.
        run: id of the run it was born in; None for the same run.
        role: ``primary`` (the genome the child is a variation of), ``mate`` (gave genes in a crossover) or ``seed``
            (a winner of an earlier run or a genome file, repaired into this space).
        source: for a seed: the genome file or run it was read from, as given by the user.
    """

    number: int | None
    run: str | None = None
    role: str = "primary"
    source: str | None = None

    @property
    def baseline(self) -> str | None:
        """Name of the published network that it stands for; None for every other parent."""
        known = self.role == "seed" and self.source is not None and self.source.startswith(BASELINE)
        return (self.source or "").removeprefix(BASELINE) if known else None

    @property
    def is_starting_point(self) -> bool:
        """Whether it stands for an ordinary network of the model family."""
        return self.role == "seed" and self.source is not None and self.source.startswith(START)

    @property
    def is_of_the_family(self) -> bool:
        """Whether it stands for a network that the model family brings, not for anything found before."""
        return self.baseline is not None or self.is_starting_point


@dataclass(frozen=True)
class Birth:
    """How an individual came to be.

    Attributes:
        operators: names of the operators applied, in order, such as ``("crossover", "mutate_one")``; founders have
            ``("founder",)`` or ``("seed",)``.
        parents: its parents, the primary one first; empty for a founder.
        changes: gene-level difference to the primary parent; empty for a founder.
        generation: 0 for a founder, else one more than the oldest generation among its parents in this run.
        random_state: text from which the generator of this birth is made again, ``seed/number``.
        attempts: offspring bred for this birth, counting those rejected as duplicates or over a limit.
        forecast: what a surrogate predicted of it at its birth, such as ``mean`` and ``sd``; empty if none did.
    """

    operators: tuple[str, ...]
    parents: tuple[Parent, ...] = ()
    changes: tuple[GeneChange, ...] = ()
    generation: int = 0
    random_state: str = ""
    attempts: int = 1
    forecast: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "forecast", MappingProxyType(dict(self.forecast)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Birth.from_dict, (self.to_dict(),)  # read-only mappings do not pickle

    @property
    def primary(self) -> Parent | None:
        """The parent that the changes are relative to."""
        return self.parents[0] if self.parents else None

    @property
    def bypasses(self) -> bool:
        """Whether the individual is trained in full whatever low rungs say of it: its forecast has a ``bypass``."""
        return "bypass" in self.forecast

    @property
    def baseline(self) -> str | None:
        """Name of the published network that was born here; None for every other birth."""
        return next((parent.baseline for parent in self.parents if parent.baseline), None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "operators": self.operators,
            "parents": tuple(asdict(parent) for parent in self.parents),
            "changes": tuple(asdict(change) for change in self.changes),
            "generation": self.generation,
            "random_state": self.random_state,
            "attempts": self.attempts,
            "forecast": dict(self.forecast),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Birth:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            operators=tuple(values["operators"]),
            parents=tuple(Parent(**parent) for parent in values["parents"]),
            changes=tuple(GeneChange(**change) for change in values["changes"]),
            generation=values["generation"],
            random_state=values["random_state"],
            attempts=values["attempts"],
            forecast=values.get("forecast", {}),
        )


@dataclass(frozen=True)
class Individual:
    """A genome born in a run.

    Attributes:
        number: 0, 1, 2, ... in order of birth; unique in its run.
        genome: what it is.
        birth: where it came from.
        costs: exact figures known before training, such as ``parameters`` and ``operations``; empty if unknown.
    """

    number: int
    genome: Genome
    birth: Birth
    costs: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"an individual's number is not negative, got {self.number}")
        object.__setattr__(self, "costs", MappingProxyType(dict(self.costs)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Individual, (self.number, self.genome, self.birth, dict(self.costs))  # read-only mappings do not pickle


@dataclass(frozen=True)
class EvaluationRequest:
    """Work for a backend: train this genome for so long, from this seed.

    Attributes:
        number: the evaluation's number in its run; unique; a retry keeps it.
        individual: number of the individual.
        genome: the genome to evaluate.
        epochs: epochs to train now, on top of ``trained``.
        seed: seed of weights, shuffling and dropout.
        rung: step of the training budget, 0 the first.
        attempt: 1 for the first try, one more for each retry after LOST.
        resume_from: path, relative to the run directory, of weights to go on from; None to start afresh.
        trained: epochs that the individual was trained before, at lower rungs. Without weights to go on from, an
            evaluator trains ``trained + epochs`` afresh.
        fraction: part of the training events to learn from.
        repeat: 0 for an individual's own training; 1, 2, ... for trainings afresh with further seeds, which measure
            the noise of its fitness.
        floor: pairs of an epoch, counted from the individual's first, and the least value that the watched curve must
            have reached by then for the training to go on.
        pooling: images are averaged over squares of so many pixels a side before the training; 1: as they are.
    """

    number: int
    individual: int
    genome: Genome
    epochs: int
    seed: int
    rung: int = 0
    attempt: int = 1
    resume_from: str | None = None
    trained: int = 0
    fraction: float = 1.0
    repeat: int = 0
    floor: tuple[tuple[int, float], ...] = ()
    pooling: int = 1

    def __post_init__(self) -> None:
        if min(self.epochs, self.attempt, self.pooling) < 1 or min(self.rung, self.trained, self.repeat) < 0:
            raise ValueError(f"a request needs epochs, attempt, pooling >= 1, rung, trained, repeat >= 0, got {self}")
        if not 0 < self.fraction <= 1:
            raise ValueError(f"a request needs a fraction in (0, 1], got {self.fraction}")

    @property
    def total_epochs(self) -> int:
        """Epochs that the individual is trained after it, those at lower rungs included."""
        return self.trained + self.epochs

    def result(self, metrics: Mapping[str, float], **details: Any) -> EvaluationResult:
        """Return the COMPLETED result of this request, or a DIVERGED one when a metric is not finite.

        Args:
            metrics: name to value.
            details: further fields of :class:`EvaluationResult`.
        """
        wrong = [name for name, value in metrics.items() if not math.isfinite(value)]
        if wrong:
            finite = {name: value for name, value in metrics.items() if name not in wrong}
            error = f"not finite: {', '.join(f'{name} = {metrics[name]}' for name in wrong)}"
            return self.failure(EvaluationStatus.DIVERGED, error, metrics=finite, **details)
        return EvaluationResult(
            self.number,
            self.individual,
            EvaluationStatus.COMPLETED,
            **{"epochs": self.epochs, **self._own, **details},
            metrics=metrics,
        )

    def failure(self, status: EvaluationStatus, error: str, **details: Any) -> EvaluationResult:
        """Return a result that is not COMPLETED, with its cause."""
        return EvaluationResult(
            self.number, self.individual, status, **{"epochs": 0, **self._own, **details}, error=error
        )

    @property
    def _own(self) -> dict[str, Any]:
        return {"rung": self.rung, "seed": self.seed, "attempt": self.attempt}

    def retry(self) -> EvaluationRequest:
        """Return the same request as its next attempt."""
        return replace(self, attempt=self.attempt + 1)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "number": self.number,
            "individual": self.individual,
            "family": self.genome.family,
            "genes": self.genome.genes,
            "marks": self.genome.marks,
            "epochs": self.epochs,
            "seed": self.seed,
            "rung": self.rung,
            "attempt": self.attempt,
            "resume_from": self.resume_from,
            "trained": self.trained,
            "fraction": self.fraction,
            "repeat": self.repeat,
            "floor": [list(pair) for pair in self.floor],
            "pooling": self.pooling,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EvaluationRequest:
        """Read what :meth:`to_dict` wrote."""
        rest = {key: value for key, value in values.items() if key not in ("family", "genes", "marks")}
        rest["floor"] = tuple((int(epoch), float(value)) for epoch, value in rest.get("floor", ()))
        return cls(genome=Genome(values["genes"], values["family"], values["marks"]), **rest)


@dataclass(frozen=True)
class EvaluationResult:
    """How an evaluation ended, and what was measured.

    Attributes:
        number: number of the request.
        individual: number of the individual.
        status: how it ended.
        metrics: finite figures by name, measured on the validation part; empty or partial after a failure.
        curve: one mapping a trained epoch: ``epoch`` (from 1), ``loss``, ``val_loss``, ``learning_rate``, ...
        epochs: epochs really trained by this evaluation (early stopping ends sooner).
        rung, seed, attempt: as requested.
        seconds: wall time of the evaluation, s, from the start of its process to its end.
        setup_seconds: the part of it before the evaluator's first line, s.
        device: name of the device, such as ``gpu:0`` or ``cpu:0``; empty where unknown.
        peak_memory: highest resident memory of the process group, bytes; 0 where unknown.
        error: the cause in one line; empty when completed.
        log: path of the process's output and traceback, relative to the run directory; None if there is none.
        artifacts: name to path relative to the run directory, such as ``{"weights": "weights/12.weights.h5"}``.
        answered_by: number of the evaluation whose result answers this one (the memo); None if it was run.
    """

    number: int
    individual: int
    status: EvaluationStatus
    metrics: Mapping[str, float] = field(default_factory=dict)
    curve: Sequence[Mapping[str, float]] = ()
    epochs: int = 0
    rung: int = 0
    seed: int = 0
    attempt: int = 1
    seconds: float = 0.0
    setup_seconds: float = 0.0
    device: str = ""
    peak_memory: int = 0
    error: str = ""
    log: str | None = None
    artifacts: Mapping[str, str] = field(default_factory=dict)
    answered_by: int | None = None

    def __post_init__(self) -> None:
        status = EvaluationStatus(self.status)
        metrics = {name: float(value) for name, value in self.metrics.items()}
        if not all(math.isfinite(value) for value in metrics.values()):
            raise ValueError(f"metrics are finite; a DIVERGED result leaves the others out, got {metrics}")
        if (status is EvaluationStatus.COMPLETED) == bool(self.error):
            raise ValueError(f"a {status.value} result {'has no' if self.error else 'needs an'} error text")
        if status is EvaluationStatus.COMPLETED and not metrics:
            raise ValueError("a completed result has at least one metric")
        object.__setattr__(self, "status", status)
        object.__setattr__(self, "metrics", MappingProxyType(metrics))
        object.__setattr__(self, "curve", tuple(MappingProxyType(dict(row)) for row in self.curve))
        object.__setattr__(self, "artifacts", MappingProxyType(dict(self.artifacts)))

    def __reduce__(self) -> tuple[Any, ...]:
        return EvaluationResult.from_dict, (self.to_dict(),)  # read-only mappings do not pickle

    @property
    def completed(self) -> bool:
        """Whether the evaluation ended well."""
        return self.status is EvaluationStatus.COMPLETED

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values = dict(self.__dict__)
        values |= {
            "status": self.status.value,
            "metrics": dict(self.metrics),
            "curve": [dict(row) for row in self.curve],
            "artifacts": dict(self.artifacts),
        }
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EvaluationResult:
        """Read what :meth:`to_dict` wrote."""
        return cls(**values)
