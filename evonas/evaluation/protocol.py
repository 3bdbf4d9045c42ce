"""The contract of a backend: requests in, exactly one result each out, and a snapshot to look at.

The trip of one request::

    submit -> waiting -> running -> wait() returns its result
                            |
                          LOST -> waiting again, attempt + 1, up to the configured retries

A backend never evaluates in the coordinator's own process, never raises for a failure of a candidate (that is a
status), and returns each request's number exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, runtime_checkable

from evonas.records import EvaluationRequest, EvaluationResult

__all__ = [
    "Backend",
    "BackendSnapshot",
    "Budget",
    "DeviceSnapshot",
    "EvaluationContext",
    "EvaluatorSpec",
    "RunningEvaluation",
]


@dataclass(frozen=True)
class EvaluatorSpec:
    """What a worker calls, as a name: no code travels, so nothing is pickled.

    Attributes:
        target: ``package.module:function``.
        settings: JSON values handed to the function as ``context.settings``; unused by a callable.
        preload: further modules that are imported once, before the first evaluation, such as ``keras``.
        kind: ``evaluator`` for ``function(request, context) -> EvaluationResult``; ``callable`` for a user's
            ``function(genome, budget) -> mapping of metric names to numbers``.
        path: folders put in front of ``sys.path``, the first one first.
        environment: variables set before anything is imported, such as ``KERAS_BACKEND``.
    """

    target: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    preload: tuple[str, ...] = ()
    kind: Literal["evaluator", "callable"] = "evaluator"
    path: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "target": self.target,
            "settings": dict(self.settings),
            "preload": list(self.preload),
            "kind": self.kind,
            "path": list(self.path),
            "environment": dict(self.environment),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EvaluatorSpec:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            target=values["target"],
            settings=values["settings"],
            preload=tuple(values["preload"]),
            kind=values["kind"],
            path=tuple(values["path"]),
            environment=values["environment"],
        )


@dataclass(frozen=True)
class EvaluationContext:
    """What an evaluator knows beside its request.

    Attributes:
        settings: the settings of the :class:`EvaluatorSpec`.
        run_dir: the run directory, absolute.
        device: name of the device, such as ``gpu:0``; the process sees no other.
        threads: CPU threads that this evaluation may use.
        report: call it with a row of the learning curve for live views; the last row is shown.
    """

    settings: dict[str, Any]
    run_dir: Path
    device: str
    threads: int
    report: Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Budget:
    """What a user's callable may spend, and where.

    Attributes:
        epochs: epochs that this individual is to have behind it at the end, those of lower rungs included; or whatever
            unit the callable counts in.
        seed: seed of everything random; ``random`` and NumPy's global generator are already seeded with it.
        directory: a folder for files of this individual, the same at every rung, so that a training can go on from the
            files of the last one; a repeat has a folder of its own. Removed if left empty.
        device: name of the device, such as ``gpu:0``.
        threads: CPU threads to use.
        trained: epochs that this individual was trained before; 0 the first time.
        fraction: part of the training data to learn from.
        repeat: 0 for the individual's own training; 1, 2, ... for trainings afresh that measure the noise.
    """

    epochs: int
    seed: int
    directory: Path
    device: str
    threads: int
    trained: int = 0
    fraction: float = 1.0
    repeat: int = 0


@dataclass(frozen=True)
class RunningEvaluation:
    """An evaluation that runs now.

    Attributes:
        number: number of the request.
        individual: number of the individual.
        attempt: 1 for the first try.
        seconds: wall time since its start, s.
        row: the last row that the evaluator reported; None before the first.
    """

    number: int
    individual: int
    attempt: int
    seconds: float
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class DeviceSnapshot:
    """A device at one moment.

    Attributes:
        name: such as ``gpu:0``.
        slots: evaluations at once.
        running: what runs now, in order of start.
        busy_seconds: wall time of all evaluations on this device so far, ended and running, s; divided by
            ``slots`` and the time since the backend started it is the busy fraction.
    """

    name: str
    slots: int
    running: tuple[RunningEvaluation, ...] = ()
    busy_seconds: float = 0.0


@dataclass(frozen=True)
class BackendSnapshot:
    """All devices of a backend at one moment.

    Attributes:
        devices: in the order of the configuration.
        seconds: wall time since the backend started, s.
    """

    devices: tuple[DeviceSnapshot, ...]
    seconds: float = 0.0


@runtime_checkable
class Backend(Protocol):
    """Where evaluations run. Used by one thread of the coordinator; a context manager that closes itself.

    `evonas.testing.backends.BackendContract` is the test suite of this contract.
    """

    @property
    def capacity(self) -> int:
        """Evaluations in flight at most: submitted, and not yet returned by :meth:`wait` or :meth:`cancel`."""

    def submit(self, request: EvaluationRequest) -> None:
        """Take a request; return at once.

        Raises:
            ValueError: if the backend is full or closed, or this number is already in flight.
        """

    def wait(self, timeout: float | None = None) -> list[EvaluationResult]:
        """Return the results that are there, in order of completion; wait for the first if there is none.

        Args:
            timeout: the longest wait, s; None waits as long as it takes.

        Returns:
            At least one result; an empty list at the timeout, or at once if nothing is in flight.

        Raises:
            EvaluationError: if evaluations cannot be run at all any more.
        """

    def snapshot(self) -> BackendSnapshot:
        """Return what runs now; cheap enough to be called several times a second."""

    def cancel(self) -> list[EvaluationResult]:
        """Kill what runs; return one result for each request in flight, CANCELLED unless it had already ended."""

    def close(self) -> None:
        """Kill what runs and free everything; a second call does nothing."""

    def __enter__(self) -> Backend: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
