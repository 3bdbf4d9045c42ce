"""The local backend: every evaluation in a fresh process of this machine, one queue a device, k slots each.

The life of one evaluation: `submit` puts it at the end of the least loaded device's queue; a free slot starts its
process; that process leaves an outcome file and ends, or is killed at its limits, or dies; the slot is freed, the
status is read from what was left, and a LOST one goes back to a queue as its next attempt.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evonas.config.schema import EvaluationConfig
from evonas.errors import EvaluationError, StorageError
from evonas.evaluation.devices import Device, child_environment, common_environment, find_devices, share_out
from evonas.evaluation.files import CANNOT_WRITE, AttemptFiles, clear_running
from evonas.evaluation.launchers import Ended, ForkserverLauncher, Launcher, SpawnLauncher, Started
from evonas.evaluation.protocol import BackendSnapshot, DeviceSnapshot, EvaluatorSpec, RunningEvaluation
from evonas.evaluation.queues import DeviceQueue, least_loaded
from evonas.evaluation.resources import (
    available_cores,
    available_memory,
    group_memory,
    memory_kills,
    total_memory,
)
from evonas.evaluation.statuses import exit_cause, exit_status
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus

__all__ = ["LocalBackend"]

_LOG = logging.getLogger(__name__)

_GRACE = 10.0  # how long killed processes may take to end, s
_SAMPLING = 0.2  # between two looks at the memory where it is limited, s
_SLOW_SAMPLING = 1.0  # where it is only recorded, s
_NEARLY_ALL = 0.9  # part of the machine's memory above which a SIGKILL is taken for the kernel's


@dataclass(eq=False)
class _Job:
    """One attempt at a request."""

    request: EvaluationRequest
    retries: int
    files: AttemptFiles
    ticket: int = -1
    pid: int | None = None
    started: float = 0.0
    peak_memory: int = 0
    memory_kills: int = 0
    killed: tuple[EvaluationStatus, str] | None = None


class LocalBackend:
    """Runs evaluations in processes of this machine; see :class:`evonas.evaluation.Backend`.

    Args:
        evaluator: what the processes call; imported once, now.
        config: devices, slots, threads, limits, retries, start method.
        run_dir: gets ``logs/`` (one file an evaluation) and, while they run, ``running/``.

    Raises:
        EvaluationError: if there is no such device, or the evaluator cannot be imported.
        StorageError: if the run directory cannot be written.
    """

    def __init__(self, evaluator: EvaluatorSpec, config: EvaluationConfig, run_dir: Path) -> None:
        devices = find_devices(config.devices, os.environ)
        shares = share_out(devices, config, available_cores(), available_memory())
        self.threads = shares.threads
        self._evaluator = evaluator
        self._config = config
        self._run_dir = Path(run_dir).absolute()
        self._queues = [DeviceQueue[_Job](device, slots) for device, slots in zip(devices, shares.slots, strict=True)]
        self._environments = {
            queue.device: {
                **child_environment(queue.device, queue.slots, shares.threads, os.environ),
                **evaluator.environment,
            }
            for queue in self._queues
        }
        self._jobs: dict[int, tuple[_Job, DeviceQueue[_Job]]] = {}  # by ticket: what runs
        self._in_flight: set[int] = set()
        self._finished: list[EvaluationResult] = []
        self._tickets = 0
        self._cancelling = False
        self._closed = False
        self._sampled = self._began = time.monotonic()
        self._prepare_folders()
        self._launcher = self._launch()

    @property
    def capacity(self) -> int:
        """Evaluations in flight at most: all slots of all devices."""
        return sum(queue.slots for queue in self._queues)

    @property
    def devices(self) -> tuple[Device, ...]:
        """The devices, in the order of the configuration."""
        return tuple(queue.device for queue in self._queues)

    def submit(self, request: EvaluationRequest) -> None:
        """See :class:`evonas.evaluation.Backend`."""
        if self._closed:
            raise ValueError("the backend is closed")
        if len(self._in_flight) >= self.capacity:
            raise ValueError(f"the backend is full: {self.capacity} evaluations are in flight; wait() for a result")
        if request.number in self._in_flight:
            raise ValueError(f"evaluation {request.number} is already in flight")
        self._in_flight.add(request.number)
        least_loaded(self._queues).put(self._job(request, self._config.retries))
        self._fill_slots()

    def wait(self, timeout: float | None = None) -> list[EvaluationResult]:
        """See :class:`evonas.evaluation.Backend`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._finished and self._in_flight:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            self._advance(left)
            if deadline is not None and time.monotonic() >= deadline:
                break
        return self._hand_over()

    def snapshot(self) -> BackendSnapshot:
        """See :class:`evonas.evaluation.Backend`."""
        now = time.monotonic()
        devices = []
        for queue in self._queues:
            running = tuple(
                RunningEvaluation(
                    number=job.request.number,
                    individual=job.request.individual,
                    attempt=job.request.attempt,
                    seconds=now - job.started,
                    row=job.files.last_row(),
                )
                for job in queue.running
            )
            busy = queue.busy_seconds + sum(evaluation.seconds for evaluation in running)
            devices.append(DeviceSnapshot(queue.device.name, queue.slots, running, busy))
        return BackendSnapshot(tuple(devices), now - self._began)

    def cancel(self) -> list[EvaluationResult]:
        """See :class:`evonas.evaluation.Backend`."""
        self._cancelling = True
        try:
            for queue in self._queues:
                while queue.waiting:
                    self._finish(queue.waiting.popleft().request.failure(EvaluationStatus.CANCELLED, "cancelled"))
            for job, _ in self._jobs.values():
                if job.killed is None:
                    self._kill(job, EvaluationStatus.CANCELLED, "cancelled while it ran")
            deadline = time.monotonic() + _GRACE
            while self._jobs and time.monotonic() < deadline:
                self._handle(self._launcher.poll(deadline - time.monotonic()))
            for ticket in list(self._jobs):
                self._end(Ended(ticket, None, error="its process does not end"))
        finally:
            self._cancelling = False
        return self._hand_over()

    def close(self) -> None:
        """See :class:`evonas.evaluation.Backend`."""
        if self._closed:
            return
        self._closed = True
        jobs = list(self._jobs.values())
        self._jobs.clear()
        self._launcher.close()
        self._in_flight.clear()
        for job, _ in jobs:
            job.files.clear()

    def __enter__(self) -> LocalBackend:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    # -- setting up

    def _prepare_folders(self) -> None:
        try:
            clear_running(self._run_dir)
        except OSError as cause:
            raise StorageError(f"the run directory cannot be written: {cause}", file=self._run_dir) from cause

    def _job(self, request: EvaluationRequest, retries: int) -> _Job:
        return _Job(request, retries, AttemptFiles(self._run_dir, request))

    def _launch(self) -> Launcher:
        method = self._config.start_method
        forking = platform.system() == "Linux"  # macOS has fork, but its frameworks do not survive it
        if method == "forkserver" and not forking:
            raise EvaluationError(
                "there is no forkserver on this system",
                key="evaluation.start_method",
                got=method,
                expected="auto or spawn",
            )
        common = common_environment(list(self._environments.values()))
        if method == "forkserver" or (method == "auto" and forking):
            return ForkserverLauncher(self._evaluator, common, self._run_dir / "logs")
        _LOG.warning(
            "evaluations are spawned, not forked (%s): each one takes seconds to start",
            "as configured" if method == "spawn" else f"no safe fork on {platform.system()}",
        )
        return SpawnLauncher(self._evaluator, common, self._run_dir / "running")

    # -- one step

    def _fill_slots(self) -> None:
        for queue in self._queues:
            while (job := queue.next()) is not None:
                self._start(job, queue)

    def _start(self, job: _Job, queue: DeviceQueue[_Job]) -> None:
        self._tickets += 1
        job.ticket = self._tickets
        job.memory_kills = memory_kills()
        job.started = time.monotonic()
        self._jobs[job.ticket] = job, queue
        self._launcher.start(
            job.ticket,
            {
                "request": job.request.to_dict(),
                "evaluator": self._evaluator.to_dict(),
                "run_dir": str(self._run_dir),
                "device": queue.device.name,
                "threads": self.threads,
                "environment": self._environments[queue.device],
                "log": str(job.files.log),
                "rows": str(job.files.rows),
                "outcome": str(job.files.outcome),
            },
        )

    def _advance(self, timeout: float | None) -> None:
        """Wait for an event or the next look at the limits, whichever is first."""
        steps = [_SAMPLING if self._config.memory_limit else _SLOW_SAMPLING]
        if timeout is not None:
            steps.append(timeout)
        if self._config.timeout is not None:
            now = time.monotonic()
            steps += [
                max(0.0, job.started + self._config.timeout - now)
                for job, _ in self._jobs.values()
                if job.killed is None and job.pid is not None
            ]
        self._handle(self._launcher.poll(min(steps)))
        self._check_limits()

    def _handle(self, events: list[Started | Ended]) -> None:
        for event in events:
            if isinstance(event, Ended):
                self._end(event)
            elif event.ticket in self._jobs:
                job = self._jobs[event.ticket][0]
                job.pid = event.pid
                job.started = max(job.started, event.ready_at)  # a forkserver that had to start again is not its time
        self._fill_slots()

    def _check_limits(self) -> None:
        now = time.monotonic()
        limit = self._config.memory_limit
        sample = now - self._sampled >= (_SAMPLING if limit else _SLOW_SAMPLING)
        if sample:
            self._sampled = now
        for job, _ in self._jobs.values():
            if job.killed is not None or job.pid is None:
                continue
            if self._config.timeout is not None and now - job.started >= self._config.timeout:
                self._kill(job, EvaluationStatus.TIMED_OUT, f"killed at the time limit of {self._config.timeout:g} s")
            elif sample:
                memory = group_memory(job.pid)
                job.peak_memory = max(job.peak_memory, memory)
                if limit is not None and memory > limit:
                    cause = f"killed at {memory / 2**20:.0f} MiB, above the memory limit of {limit / 2**20:.0f} MiB"
                    self._kill(job, EvaluationStatus.OUT_OF_MEMORY, cause)

    def _kill(self, job: _Job, status: EvaluationStatus, cause: str) -> None:
        job.killed = status, cause
        self._launcher.kill(job.ticket)

    # -- the end of one attempt

    def _end(self, event: Ended) -> None:
        if event.ticket not in self._jobs:
            return
        job, queue = self._jobs.pop(event.ticket)
        seconds = time.monotonic() - job.started
        queue.ended(job, seconds)
        outcome = job.files.read_outcome()
        begun = (outcome or {}).get("begun") or job.files.begun()
        result = self._result(job, event, outcome)
        job.files.clear()
        if result.status is EvaluationStatus.LOST and job.retries > 0 and not self._cancelling:
            _LOG.warning("evaluation %d was lost and is tried again: %s", result.number, result.error)
            least_loaded(self._queues, avoid=queue.device).put(self._job(job.request.retry(), job.retries - 1))
            return
        self._finish(
            replace(
                result,
                rung=job.request.rung,
                seed=job.request.seed,
                attempt=job.request.attempt,
                seconds=seconds,
                setup_seconds=max(0.0, begun - job.started) if begun is not None else 0.0,
                device=queue.device.name,
                peak_memory=max(job.peak_memory, event.peak_memory, (outcome or {}).get("peak_memory", 0)),
                log=job.files.log_name if job.files.log.exists() else None,
            )
        )

    def _result(self, job: _Job, event: Ended, outcome: Mapping[str, Any] | None) -> EvaluationResult:
        """Read how the attempt ended from what it left; an outcome counts, even if it was killed after that."""
        if outcome is not None:
            return EvaluationResult.from_dict(outcome["result"])
        if job.killed is not None:
            status, cause = job.killed
        elif event.code is None:
            status, cause = EvaluationStatus.LOST, event.error
        elif event.code == CANNOT_WRITE:
            status, cause = EvaluationStatus.LOST, "its outcome could not be written; see its log, and the disk's space"
        else:
            short_of_memory = memory_kills() > job.memory_kills or job.peak_memory > _NEARLY_ALL * total_memory()
            status = exit_status(event.code, kernel_out_of_memory=short_of_memory)
            cause = exit_cause(event.code)
            if status is EvaluationStatus.OUT_OF_MEMORY:
                cause += f" for want of memory, last seen with {job.peak_memory / 2**20:.0f} MiB"
        job.files.note(f"{status.value}: {cause}")
        return job.request.failure(status, cause)

    def _finish(self, result: EvaluationResult) -> None:
        self._finished.append(result)

    def _hand_over(self) -> list[EvaluationResult]:
        results, self._finished = self._finished, []
        self._in_flight.difference_update(result.number for result in results)
        return results
