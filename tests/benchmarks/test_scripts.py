"""The benchmark scripts run, at sizes that say nothing about speed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def run(script, *arguments, **environment):
    return subprocess.run(
        [sys.executable, BENCHMARKS / script, *map(str, arguments)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=280,
    )


def figures(script, tmp_path, *arguments, **environment):
    file = tmp_path / "figures.json"
    done = run(script, *arguments, "--json", file, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(file.read_text()), done.stdout


def test_engine_resume_and_busy(tmp_path):
    parts = [option for part in ("engine", "resume", "busy") for option in ("--only", part)]
    found, table = figures(
        "engine.py", tmp_path, *parts, "--evaluations", 120, "--sleeps", 6, EVONAS_BENCHMARK_SLEEP="0.05"
    )
    assert set(found) == {"about", "engine", "resume", "busy"}
    for synchronous in ("normal", "full"):
        steps = found["engine"][synchronous]["100"]["steps_ms"]
        assert set(steps) == {"ask", "birth", "result", "tell", "deaths"}
        assert all(milliseconds >= 0 for milliseconds in steps.values())
    assert set(found["resume"]) == {"with the surrogate", "without surrogate"}
    assert all(resumed["best_s"] > 0 for resumed in found["resume"].values())
    assert 0 < found["busy"]["evaluator"] <= found["busy"]["busy"] <= 1
    assert "resume at 120" in table


def test_figures_name_no_machine(tmp_path):
    found, _ = figures("engine.py", tmp_path, "--only", "engine", "--evaluations", 3)
    text = json.dumps(found)
    assert os.uname().nodename not in text
    assert str(Path.home()) not in text
    assert {"cores", "python", "evonas", "numpy"} <= set(found["about"])


@pytest.mark.training
def test_setup_and_memory(tmp_path):
    arguments = ("--only", "setup", "--only", "memory", "--setups", 3, "--spawned", 0, "--candidates", 4)
    found, _ = figures("engine.py", tmp_path, *arguments)
    assert found["setup"]["forked_s"]["count"] == 3
    assert [count for count, _ in found["memory"]["coordinator"]["samples"]] == [1, 2, 3, 4]
    assert found["memory"]["forkserver"]["last_mb"] > 50


def test_without_a_gpu_nothing_is_measured():
    done = run("gpu.py", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("no GPU: not measured")


@pytest.mark.training
def test_candidates_an_hour_on_stand_ins(tmp_path):
    found, _ = figures(
        "gpu.py",
        tmp_path,
        *("--fake", 1, "--only", "throughput", "--workload", "small", "--candidates", 2, "--slots", 2),
        *("--images", 64, "--epochs", 1),
    )
    rows = found["throughput"]["rows"]
    assert [row["how"] for row in rows][:2] == ["one after the other, a fresh process each", "2 a device"]
    assert [row["candidates"] for row in rows][:2] == [1, 2], "of those in fresh processes a quarter"
    assert all(row["per_hour"] > 0 and not row["failures"] for row in rows)
    assert found["throughput"]["mps"]["why_not"] or found["throughput"]["mps"]["servers"]
    assert found["fake"] is True
