"""Workers that are slow, greedy, broken or killed: the run goes on, the status says why, and nothing is left behind."""

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from evonas.config.schema import EvaluationConfig
from evonas.evaluation import EvaluatorSpec, LocalBackend
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus
from evonas.testing.backends import until

EVALUATORS = str(Path(__file__).parents[1] / "evaluation")

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="signals and process groups as on Linux")


@pytest.fixture(params=["forkserver", "spawn"])
def start_method(request) -> str:
    return request.param


def backend(run_dir: Path, start_method: str = "forkserver", **limits) -> LocalBackend:
    evaluator = EvaluatorSpec("evaluators:misbehave", path=(EVALUATORS,))
    config = EvaluationConfig(**{"devices": ["cpu"], "slots": 2, "threads": 1, "start_method": start_method} | limits)
    return LocalBackend(evaluator, config, run_dir)


def ask_for(does: str, number: int = 0) -> EvaluationRequest:
    return EvaluationRequest(number, number, Genome({"does": does}), epochs=1, seed=0)


def only(backend: LocalBackend, does: str) -> EvaluationResult:
    backend.submit(ask_for(does))
    (result,) = backend.wait()
    return result


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pids_of(run_dir: Path, number: int = 0) -> list[int]:
    """Return the process ids of an evaluation, its grandchild and its parent."""
    file = run_dir / f"pids-{number}.json"
    until(file.exists)
    return json.loads(file.read_text())


def none_runs(*pids: int) -> bool:
    until(lambda: not any(runs(pid) for pid in pids), patience=30)
    return True


def test_the_time_limit_kills_the_whole_group(tmp_path: Path, start_method: str) -> None:
    with backend(tmp_path, start_method, timeout=2) as local:
        result = only(local, "wait with a grandchild")
        assert result.status is EvaluationStatus.TIMED_OUT
        assert result.error == "killed at the time limit of 2 s"
        assert "timed_out: killed at the time limit" in (tmp_path / result.log).read_text()
        assert result.setup_seconds > 0
        child, grandchild, _ = pids_of(tmp_path)
        assert none_runs(child, grandchild)


def test_a_grandchild_left_behind_is_killed(tmp_path: Path, start_method: str) -> None:
    with backend(tmp_path, start_method) as local:
        assert only(local, "leave a grandchild").completed
        child, grandchild, _ = pids_of(tmp_path)
        assert none_runs(child, grandchild)


@pytest.mark.parametrize("does", ["hoard", "let a grandchild hoard"])
def test_the_memory_limit_counts_the_whole_group(tmp_path: Path, does: str) -> None:
    limit = 250 * 2**20
    with backend(tmp_path, memory_limit=limit) as local:
        result = only(local, does)
    assert result.status is EvaluationStatus.OUT_OF_MEMORY
    assert "above the memory limit of 250 MiB" in result.error
    assert result.peak_memory > limit


def test_a_native_crash_is_a_crash_of_the_candidate(tmp_path: Path, start_method: str) -> None:
    with backend(tmp_path, start_method) as local:
        result = only(local, "segfault")
    assert result.status is EvaluationStatus.CRASHED
    assert result.error == "killed by SIGSEGV"
    assert result.attempt == 1
    assert "misbehave" in (tmp_path / result.log).read_text()  # where it crashed


def test_output_without_end_blocks_nobody(tmp_path: Path, start_method: str) -> None:
    with backend(tmp_path, start_method) as local:
        result = only(local, "chatter")
    assert result.completed
    assert (tmp_path / result.log).stat().st_size > 20_000_000


def test_a_full_disk_is_not_the_candidates_fault(tmp_path: Path) -> None:
    with backend(tmp_path, retries=1) as local:
        result = only(local, "fill the disk")
    assert result.status is EvaluationStatus.LOST
    assert result.attempt == 2
    assert "No space left on device" in result.error


def test_an_outcome_that_cannot_be_written_is_lost(tmp_path: Path) -> None:
    with backend(tmp_path, retries=0) as local:
        outcome = tmp_path / "running" / "000000-1.outcome.tmp"
        outcome.symlink_to("/dev/full")
        result = only(local, "nothing of the kind")
    assert result.status is EvaluationStatus.LOST
    assert "could not be written" in result.error


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_killed_from_outside_is_tried_again(tmp_path: Path, start_method: str, number: int) -> None:
    with backend(tmp_path, start_method) as local:
        local.submit(ask_for("wait with a grandchild"))
        child, grandchild, _ = pids_of(tmp_path)
        os.kill(child, number)
        assert none_runs(child)
        (tmp_path / "cue").touch()
        (result,) = local.wait()
        assert result.completed
        assert result.attempt == 2
        assert none_runs(child, grandchild)
    text = (tmp_path / result.log).read_text()
    assert f"lost: killed by {signal.Signals(number).name}" in text
    assert "attempt 2" in text


def test_a_killed_forkserver_is_started_again(tmp_path: Path) -> None:
    with backend(tmp_path) as local:
        for number in range(2):
            local.submit(ask_for("wait with a grandchild", number))
        pids = [*pids_of(tmp_path, 0), *pids_of(tmp_path, 1)]
        os.kill(pids[2], signal.SIGKILL)
        assert none_runs(pids[0], pids[2], pids[3])  # the children die with it; the grandchildren by our hand
        (tmp_path / "cue").touch()
        results = []
        while len(results) < 2:
            results += local.wait()
        assert [result.attempt for result in results] == [2, 2]
        assert all(result.completed for result in results)
        assert none_runs(*pids)


def test_no_process_survives_a_killed_coordinator(tmp_path: Path, start_method: str) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_workers import ask_for, backend
local = backend(Path({str(tmp_path)!r}), {start_method!r})
local.submit(ask_for("wait with a grandchild", 0))
local.submit(ask_for("wait with a grandchild", 1))
local.wait()
"""
    coordinator = subprocess.Popen([sys.executable, "-c", script])
    try:
        pids = [*pids_of(tmp_path, 0), *pids_of(tmp_path, 1)]
    finally:
        coordinator.kill()
        coordinator.wait()
    assert none_runs(*pids)


def test_what_a_killed_coordinator_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "000000-1.outcome.json").write_text("{}")
    with backend(tmp_path):
        assert not list((tmp_path / "running").iterdir())


def test_closing_leaves_no_process_and_no_file(tmp_path: Path, start_method: str) -> None:
    with backend(tmp_path, start_method) as local:
        local.submit(ask_for("wait with a grandchild", 0))
        local.submit(ask_for("wait with a grandchild", 1))
        pids = [*pids_of(tmp_path, 0), *pids_of(tmp_path, 1)]
    assert none_runs(*(pid for pid in pids if pid != os.getpid()))
    assert not [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]
    assert not list((tmp_path / "running").iterdir())


def test_ctrl_c_reaches_the_coordinator_alone(tmp_path: Path, start_method: str) -> None:
    with backend(tmp_path, start_method) as local:
        local.submit(ask_for("wait with a grandchild"))
        child, _, parent = pids_of(tmp_path)
        assert os.getpgid(child) == child != os.getpgid(0)
        if start_method == "forkserver":
            assert os.getsid(parent) != os.getsid(0)  # the terminal's signals do not reach the server
            os.kill(parent, signal.SIGINT)
        (tmp_path / "cue").touch()
        (result,) = local.wait()
    assert result.completed
    assert result.attempt == 1
