"""The contract of a backend as tests: a new backend inherits them with one class.

In a test file of the backend's own project::

    from evonas.testing.backends import BackendContract

    class TestMyBackend(BackendContract, make=MyBackend): ...

It is called as ``MyBackend(evaluator, config, run_dir)``; further keywords, such as ``devices=["cpu"]``, are keys of
its configuration. pytest collects the class. pytest itself is not imported here, because workers import this module,
too: :func:`act` is the evaluator that the tests run.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from evonas.config.schema import EvaluationConfig
from evonas.errors import EvaluationError, GenomeError
from evonas.evaluation import Backend, Budget, EvaluationContext, EvaluatorSpec
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus

__all__ = ["BackendContract", "act", "score"]

_PATIENCE = 60.0  # how long an actor waits for its cue before it gives up, s


def act(request: EvaluationRequest, context: EvaluationContext) -> EvaluationResult:
    """Do what the gene ``does`` says; the evaluator of the contract tests."""
    does = request.genome["does"]
    if does == "echo":
        text = json.dumps({"request": request.to_dict(), "settings": context.settings, "threads": context.threads})
        (context.run_dir / f"echo-{request.number}.json").write_text(text, encoding="utf-8")
    elif does == "wait":
        context.report({"epoch": 1, "loss": 0.5})
        (context.run_dir / f"waits-{request.number}").touch()
        until((context.run_dir / "cue").exists)
    elif does == "raise":
        raise RuntimeError("the lines\nof a broken candidate")
    elif does == "diverge":
        raise FloatingPointError("loss is NaN in epoch 3")
    elif does == "exhaust memory":
        raise RuntimeError("RESOURCE_EXHAUSTED: out of memory while allocating 17179869184 bytes")
    elif does == "refuse":
        raise GenomeError("more poolings than pixels", key="stages[2].pooling")
    elif does == "exit":
        sys.exit(3)
    elif does == "end its process":
        os._exit(3)
    elif does == "return nonsense":
        return {"accuracy": 1.0}  # type: ignore[return-value] # what the backend has to find out
    elif does == "be killed" and request.attempt <= request.genome["times"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return request.result({"score": float(request.number)}, curve=[{"epoch": 1, "loss": 0.25}])


def score(genome: Genome, budget: Budget) -> Mapping[str, float]:
    """Return metrics as a user's callable does."""
    (budget.directory / "seen").write_text(f"{budget.device} {budget.threads}", encoding="utf-8")
    return {"score": genome["x"] * budget.epochs, "seed": budget.seed}


def until(condition: Callable[[], bool], patience: float = _PATIENCE) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: if it does not in ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {patience:g} s in vain for {condition}")
        time.sleep(0.01)


class BackendContract:
    """The tests; a subclass says how its backend is made."""

    make: ClassVar[Callable[[EvaluatorSpec, EvaluationConfig, Path], Backend]]
    settings: ClassVar[Mapping[str, Any]]

    def __init_subclass__(
        cls, *, make: Callable[[EvaluatorSpec, EvaluationConfig, Path], Backend], **settings: Any
    ) -> None:
        """Say how the backend is made: called with the evaluator, the configuration and an existing run directory."""
        super().__init_subclass__()
        cls.make = staticmethod(make)
        cls.settings = settings

    def backend(self, run_dir: Path, evaluator: EvaluatorSpec | None = None, **limits: Any) -> Backend:
        """Return a backend with two slots on the CPU, unless the class's keywords say otherwise."""
        config = EvaluationConfig(**{"devices": ["cpu"], "slots": 2, "threads": 1, **self.settings, **limits})
        return type(self).make(
            evaluator or EvaluatorSpec(f"{__name__}:act", settings={"a": [1, {"b": None}]}), config, run_dir
        )

    def test_every_request_ends_in_one_result(self, tmp_path: Path) -> None:
        """More requests than slots: each number comes back once, its record filled in."""
        with self.backend(tmp_path) as backend:
            total = 2 * backend.capacity + 1
            devices = {device.name for device in backend.snapshot().devices}
            results = _run(backend, [_request(number, does="score") for number in range(total)])
        assert sorted(result.number for result in results) == list(range(total))
        for result in results:
            assert result.status is EvaluationStatus.COMPLETED
            assert result.metrics == {"score": result.number}
            assert (result.individual, result.rung, result.seed) == (100 + result.number, 2, 200 + result.number)
            assert (result.epochs, result.attempt, result.error) == (3, 1, "")
            assert [dict(row) for row in result.curve] == [{"epoch": 1, "loss": 0.25}]
            assert result.device in devices
            assert result.seconds >= result.setup_seconds > 0
            assert result.peak_memory > 0

    def test_a_request_arrives_whole(self, tmp_path: Path) -> None:
        """Genome, marks, budget, seed and settings reach the evaluator unchanged."""
        genome = Genome(
            {"does": "echo", "layers": [{"units": 8}, {"units": 4}]}, "toy", {"layers": [[7, None], [3, None]]}
        )
        request = EvaluationRequest(12, 34, genome, epochs=5, seed=2**40, rung=1, attempt=2, resume_from="weights/1.h5")
        with self.backend(tmp_path) as backend:
            (result,) = _run(backend, [request])
        echo = json.loads((tmp_path / "echo-12.json").read_text(encoding="utf-8"))
        assert echo == {"request": request.to_dict(), "settings": {"a": [1, {"b": None}]}, "threads": 1}
        assert result.attempt == 2

    def test_a_callable_gets_genome_and_budget(self, tmp_path: Path) -> None:
        """A user's callable gets a genome and a budget, and a folder that stays if it is used."""
        evaluator = EvaluatorSpec(f"{__name__}:score", kind="callable")
        with self.backend(tmp_path, evaluator) as backend:
            (result,) = _run(backend, [EvaluationRequest(0, 7, Genome({"x": 1.5}), epochs=4, seed=11)])
        assert result.metrics == {"score": 6.0, "seed": 11.0}
        assert (tmp_path / "work" / "000007" / "seen").read_text(encoding="utf-8") == f"{result.device} 1"

    def test_a_full_backend_takes_no_more(self, tmp_path: Path) -> None:
        """A request above the capacity is a ValueError until a result was taken."""
        with self.backend(tmp_path) as backend:
            for number in range(backend.capacity):
                backend.submit(_request(number, does="score"))
            assert _refuses(backend, _request(99, does="score"))
            backend.wait()
            backend.submit(_request(99, does="score"))

    def test_a_number_is_in_flight_once(self, tmp_path: Path) -> None:
        """A number that is in flight is a ValueError."""
        with self.backend(tmp_path) as backend:
            backend.submit(_request(5, does="score"))
            assert _refuses(backend, _request(5, does="score"))

    def test_waiting_for_nothing_returns_at_once(self, tmp_path: Path) -> None:
        """Nothing in flight, nothing to wait for."""
        with self.backend(tmp_path) as backend:
            assert backend.wait() == []

    def test_waiting_ends_at_the_timeout(self, tmp_path: Path) -> None:
        """No result by then is an empty list, and the result still comes later."""
        with self.backend(tmp_path) as backend:
            backend.submit(_request(0, does="wait"))
            assert backend.wait(0.05) == []
            (tmp_path / "cue").touch()
            (result,) = backend.wait()
            assert result.completed

    def test_failures_are_results_with_a_status_and_a_cause(self, tmp_path: Path) -> None:
        """A candidate's failure is a status and one line of cause; nothing is raised or tried again."""
        expected = {
            "raise": (EvaluationStatus.CRASHED, "RuntimeError: the lines of a broken candidate"),
            "diverge": (EvaluationStatus.DIVERGED, "FloatingPointError: loss is NaN in epoch 3"),
            "exhaust memory": (EvaluationStatus.OUT_OF_MEMORY, "RESOURCE_EXHAUSTED"),
            "refuse": (EvaluationStatus.INVALID, "more poolings than pixels"),
            "exit": (EvaluationStatus.CRASHED, "SystemExit: 3"),
            "end its process": (EvaluationStatus.CRASHED, "exit code 3"),
            "return nonsense": (EvaluationStatus.CRASHED, "expected the EvaluationResult"),
        }
        with self.backend(tmp_path) as backend:
            requests = [_request(number, does=does) for number, does in enumerate(expected)]
            results = sorted(_run(backend, requests), key=lambda result: result.number)
        for (status, cause), result in zip(expected.values(), results, strict=True):
            assert result.status is status
            assert cause in result.error
            assert "\n" not in result.error
            assert result.attempt == 1  # a candidate's failure is never tried again

    def test_the_traceback_is_in_the_log(self, tmp_path: Path) -> None:
        """The log that a result names holds the traceback."""
        with self.backend(tmp_path) as backend:
            (result,) = _run(backend, [_request(0, does="raise")])
        assert result.log is not None
        text = (tmp_path / result.log).read_text(encoding="utf-8")
        assert "Traceback (most recent call last)" in text
        assert "of a broken candidate" in text

    def test_the_time_limit_ends_an_evaluation(self, tmp_path: Path) -> None:
        """At the time limit an evaluation is TIMED_OUT, and its slot is free again."""
        with self.backend(tmp_path, timeout=0.5) as backend:
            (result,) = _run(backend, [_request(0, does="wait")])
            assert result.status is EvaluationStatus.TIMED_OUT
            assert "0.5 s" in result.error
            (after,) = _run(backend, [_request(1, does="score")], patience=30.0)
        assert after.number == 1  # its slot is free again

    def test_a_lost_evaluation_is_tried_again(self, tmp_path: Path) -> None:
        """An evaluation killed from outside is run again as the next attempt."""
        with self.backend(tmp_path, retries=2) as backend:
            (result,) = _run(backend, [_request(0, does="be killed", times=1)])
        assert result.completed
        assert result.attempt == 2

    def test_an_evaluation_that_is_always_lost_comes_back_as_lost(self, tmp_path: Path) -> None:
        """After the configured retries it is LOST."""
        with self.backend(tmp_path, retries=1) as backend:
            (result,) = _run(backend, [_request(0, does="be killed", times=99)])
        assert result.status is EvaluationStatus.LOST
        assert result.attempt == 2
        assert result.error

    def test_a_snapshot_shows_what_runs(self, tmp_path: Path) -> None:
        """A snapshot names what runs, for how long, and the last row it reported."""
        with self.backend(tmp_path) as backend:
            snapshot = backend.snapshot()
            assert sum(device.slots for device in snapshot.devices) == backend.capacity
            assert not any(device.running for device in snapshot.devices)
            backend.submit(_request(3, does="wait"))
            until((tmp_path / "waits-3").exists)
            snapshot = backend.snapshot()
            (running,) = [running for device in snapshot.devices for running in device.running]
            assert (running.number, running.individual, running.attempt) == (3, 103, 1)
            assert running.row == {"epoch": 1, "loss": 0.5}
            assert sum(device.busy_seconds for device in snapshot.devices) >= running.seconds > 0
            (tmp_path / "cue").touch()
            backend.wait()
            assert not any(device.running for device in backend.snapshot().devices)

    def test_cancelling_ends_what_runs(self, tmp_path: Path) -> None:
        """Cancelling returns a CANCELLED result for each, and the backend can be used again."""
        with self.backend(tmp_path) as backend:
            assert backend.cancel() == []
            numbers = list(range(backend.capacity))
            for number in numbers:
                backend.submit(_request(number, does="wait"))
            results = backend.cancel()
            assert sorted(result.number for result in results) == numbers
            assert {result.status for result in results} == {EvaluationStatus.CANCELLED}
            assert backend.wait() == []
            (again,) = _run(backend, [_request(0, does="score")])
            assert again.completed

    def test_a_closed_backend_takes_nothing(self, tmp_path: Path) -> None:
        """Closing while something runs is quiet, twice is once, and submitting then is a ValueError."""
        backend = self.backend(tmp_path)
        backend.submit(_request(0, does="wait"))
        backend.close()
        backend.close()
        assert _refuses(backend, _request(1, does="score"))

    def test_an_evaluator_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        """A name that leads to no function is an EvaluationError that says it."""
        for target in ("evonas_no_such_module:evaluate", f"{__name__}:scoer", "no_colon"):
            assert target.partition(":")[0] in self._startup_error(tmp_path, target)

    def _startup_error(self, run_dir: Path, target: str) -> str:
        try:
            self.backend(run_dir, EvaluatorSpec(target)).close()
        except EvaluationError as error:
            return str(error)
        raise AssertionError(f"{target} was taken for an evaluator")


def _request(number: int, **genes: Any) -> EvaluationRequest:
    return EvaluationRequest(number, 100 + number, Genome(genes), epochs=3, seed=200 + number, rung=2)


def _run(backend: Backend, requests: list[EvaluationRequest], patience: float = _PATIENCE) -> list[EvaluationResult]:
    """Keep the backend full until every request has its result."""
    waiting, results, in_flight = list(requests), [], 0
    deadline = time.monotonic() + patience
    while waiting or in_flight:
        while waiting and in_flight < backend.capacity:
            backend.submit(waiting.pop(0))
            in_flight += 1
        arrived = backend.wait(1.0)
        in_flight -= len(arrived)
        results += arrived
        if not arrived and time.monotonic() > deadline:
            raise TimeoutError(f"no result in {patience:g} s; {in_flight} evaluations are in flight")
    return results


def _refuses(backend: Backend, request: EvaluationRequest) -> bool:
    try:
        backend.submit(request)
    except ValueError:
        return True
    return False
