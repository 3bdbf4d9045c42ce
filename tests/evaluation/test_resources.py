import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from evonas.evaluation import resources
from evonas.testing.backends import until


def test_the_limits_of_this_machine_are_sensible():
    assert 1 <= resources.available_cores() <= (os.cpu_count() or 1)
    assert 0 < resources.available_memory() <= resources.total_memory() <= psutil.virtual_memory().total
    assert resources.memory_kills() >= 0
    assert resources.peak_memory() >= psutil.Process().memory_info().rss // 2


def write(root: Path, **files: str) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text)


@pytest.fixture
def many_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(16)), raising=False)


@pytest.mark.parametrize(("quota", "cores"), [("250000 100000", 2), ("50000 100000", 1), ("max 100000", 16)])
def test_the_quota_of_a_container_limits_the_cores(tmp_path, many_cores, quota, cores):
    write(tmp_path / "groups" / "job" / "step", cpu__max="max 100000")
    write(tmp_path / "groups" / "job", cpu__max=quota)
    write(tmp_path, own="0::/job/step\n")
    assert resources.available_cores(tmp_path / "groups", tmp_path / "own") == cores


def test_the_quota_of_version_1_counts_too(tmp_path, many_cores):
    write(tmp_path / "groups" / "cpu,cpuacct", cpu__cfs_quota_us="400000", cpu__cfs_period_us="100000")
    write(tmp_path, own="3:cpu,cpuacct:/job\n0::/\n")
    assert resources.available_cores(tmp_path / "groups", tmp_path / "own") == 4


def test_without_control_groups_the_affinity_counts(tmp_path, many_cores):
    assert resources.available_cores(tmp_path, tmp_path / "none") == 16


def test_the_memory_limit_of_a_batch_job_is_read(tmp_path):
    write(tmp_path / "groups" / "job", memory__max="1073741824")
    write(tmp_path, own="0::/job\n")
    assert resources.total_memory(tmp_path / "groups", tmp_path / "own") == 2**30


@pytest.mark.parametrize(
    ("own", "folder", "files"),
    [
        ("0::/job\n", "job", {"memory__events": "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\n"}),
        ("4:memory:/job\n", "memory/job", {"memory__oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"}),
    ],
)
def test_the_kernels_kills_are_counted(tmp_path, own, folder, files):
    write(tmp_path / "groups" / folder, **files)
    write(tmp_path, own=own)
    assert resources.memory_kills(tmp_path / "groups", tmp_path / "own") == 2


@pytest.mark.skipif(not hasattr(os, "getpgid"), reason="no process groups here")
def test_the_memory_of_a_group_is_that_of_all_its_processes():
    code = "import subprocess, sys; subprocess.Popen(['sleep', '600']); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        process.stdout.readline()
        try:
            assert resources.group_memory(process.pid) > psutil.Process(process.pid).memory_info().rss
        finally:
            os.killpg(process.pid, 9)
    until(lambda: resources.group_memory(process.pid) == 0)
