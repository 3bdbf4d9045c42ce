"""The local backend with real processes: queues, slots, environments, seeds. Its contract is in tests/contracts."""

import json
import logging
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from evonas.config.schema import EvaluationConfig
from evonas.errors import EvaluationError, StorageError
from evonas.evaluation import EvaluatorSpec, LocalBackend
from evonas.genome import Genome
from evonas.records import EvaluationRequest

FOLDER = str(Path(__file__).parent)


def run(backend: LocalBackend, requests: list[EvaluationRequest]) -> list:
    results, waiting, in_flight = [], list(requests), 0
    while waiting or in_flight:
        while waiting and in_flight < backend.capacity:
            backend.submit(waiting.pop(0))
            in_flight += 1
        arrived = backend.wait()
        in_flight -= len(arrived)
        results += arrived
    return sorted(results, key=lambda result: result.number)


def requests(count: int, **genes) -> list[EvaluationRequest]:
    return [EvaluationRequest(number, number, Genome(genes), epochs=1, seed=5) for number in range(count)]


def spec(name: str, kind: str = "callable") -> EvaluatorSpec:
    return EvaluatorSpec(f"evaluators:{name}", kind=kind, path=(FOLDER,))


def test_a_device_is_never_used_more_than_its_slots_allow(tmp_path):
    config = EvaluationConfig(devices=["fake:0", "fake:1"], slots=2, threads=1)
    with LocalBackend(spec("enter_and_leave", "evaluator"), config, tmp_path) as backend:
        assert backend.capacity == 4
        results = run(backend, requests(24))
    assert all(result.completed for result in results)
    assert {result.device for result in results} == {"fake:0", "fake:1"}
    for device in ("fake:0", "fake:1"):
        inside, most = 0, 0
        for word in (tmp_path / f"{device}.crowd").read_text().split():
            inside += 1 if word == "in" else -1
            most = max(most, inside)
        assert inside == 0
        assert 1 <= most <= 2


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_the_evaluators_environment_is_set_before_anything_is_imported(tmp_path, method):
    config = EvaluationConfig(devices=["cpu"], slots=1, start_method=method)
    evaluator = EvaluatorSpec(
        "evaluators:backend", kind="callable", path=(FOLDER,), environment={"KERAS_BACKEND": "chosen"}
    )
    assert EvaluatorSpec.from_dict(json.loads(json.dumps(evaluator.to_dict()))) == evaluator
    with LocalBackend(evaluator, config, tmp_path) as backend:
        (result,) = run(backend, requests(1))
    assert result.metrics == {"accuracy": 1.0}


def test_each_child_sees_its_own_device_alone(tmp_path):
    config = EvaluationConfig(devices=["fake:0", "fake:7", "cpu"], slots=2, threads=3)
    with LocalBackend(spec("enter_and_leave", "evaluator"), config, tmp_path) as backend:
        results = run(backend, requests(12))
    assert {result.device for result in results} == {"fake:0", "fake:7", "cpu:0"}
    for result in results:
        device, environment = json.loads((tmp_path / f"environment-{result.number}.json").read_text())
        assert device == result.device
        assert environment == {
            "CUDA_VISIBLE_DEVICES": {"fake:0": "0", "fake:7": "7", "cpu:0": ""}[device],
            "XLA_PYTHON_CLIENT_MEM_FRACTION": None if device == "cpu:0" else "0.450",
            "OMP_NUM_THREADS": "3",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        }


def test_the_global_generators_are_seeded(tmp_path):
    with LocalBackend(spec("draw"), EvaluationConfig(devices=["cpu"], slots=2, threads=1), tmp_path) as backend:
        first, second, other = run(
            backend, [*requests(2), EvaluationRequest(2, 2, Genome({}), epochs=1, seed=2**33 + 6)]
        )
    assert first.metrics == second.metrics
    assert other.metrics["python"] != first.metrics["python"]
    assert other.metrics["numpy"] != first.metrics["numpy"]
    assert other.metrics["hash"] == first.metrics["hash"]


def test_an_import_error_comes_with_its_traceback(tmp_path):
    (tmp_path / "evonas_test_broken.py").write_text("import keras_of_tomorrow\n")
    evaluator = EvaluatorSpec("evonas_test_broken:train", path=(str(tmp_path),))
    with pytest.raises(EvaluationError) as error:
        LocalBackend(evaluator, EvaluationConfig(devices=["cpu"]), tmp_path / "run")
    text = str(error.value)
    assert "evonas_test_broken:train cannot be imported" in text
    assert "No module named 'keras_of_tomorrow'" in text
    assert "Traceback" in text
    assert error.value.exit_code == 17


def test_a_server_that_dies_while_it_imports_is_an_error(tmp_path):
    (tmp_path / "evonas_test_deadly.py").write_text("import os\nprint('last words', flush=True)\nos._exit(7)\n")
    evaluator = EvaluatorSpec("evonas_test_deadly:train", path=(str(tmp_path),))
    for method, words in (("forkserver", "exit code 7"), ("spawn", "exit code 7")):
        with pytest.raises(EvaluationError) as error:
            LocalBackend(evaluator, EvaluationConfig(devices=["cpu"], start_method=method), tmp_path / method)
        assert words in str(error.value)
        assert "last words" in str(error.value)


def test_spawning_is_said_in_the_log(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    caplog.set_level(logging.WARNING)
    with LocalBackend(spec("draw"), EvaluationConfig(devices=["cpu"]), tmp_path):
        pass
    assert "evaluations are spawned, not forked (no safe fork on Darwin)" in caplog.text
    with pytest.raises(EvaluationError, match="no forkserver on this system"):
        LocalBackend(spec("draw"), EvaluationConfig(devices=["cpu"], start_method="forkserver"), tmp_path)


def test_a_run_directory_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        LocalBackend(spec("draw"), EvaluationConfig(devices=["cpu"]), tmp_path / "file" / "run")


def test_a_result_is_noticed_without_asking_again(tmp_path, monkeypatch):
    # With looks at the limits an hour apart, only the end of the process itself can wake the backend.
    monkeypatch.setattr("evonas.evaluation.local._SLOW_SAMPLING", 3600.0)
    with LocalBackend(spec("draw"), EvaluationConfig(devices=["cpu"], slots=1), tmp_path) as backend:
        assert len(run(backend, requests(3))) == 3


def test_importing_the_room_loads_no_framework():
    code = "import sys, evonas.evaluation; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"keras", "tensorflow", "sklearn", "numpy"} & set(answer.stdout.split())
