"""What a GPU has to show. The same checks run on stand-ins for devices where there is none."""

import os
import stat

import pytest

FAKE_DAEMON = """#!/bin/sh
# Stands in for NVIDIA's control daemon: it keeps a file where the real one keeps its pipes.
state="$CUDA_MPS_PIPE_DIRECTORY/running"
case "$1" in
  -d) [ -e "$EVONAS_TEST_REFUSE" ] && { echo "no permission" >&2; exit 1; }; touch "$state"; exit 0 ;;
esac
read -r command
echo "$command" >> "$EVONAS_TEST_COMMANDS"
[ "$command" = get_server_list ] && [ -e "$state" ] && echo 4711
[ "$command" = quit ] && rm -f "$state"
exit 0
"""


@pytest.mark.gpu
def test_each_child_sees_its_one_gpu(gpu, real_gpus, options, tmp_path):
    figures, wrong = gpu.see(real_gpus, options, tmp_path)
    assert wrong == []
    assert {child["device"] for child in figures["children"]} == {device.name for device in real_gpus}
    assert all(len(child["gpus"]) == 1 for child in figures["children"])


@pytest.mark.gpu
def test_a_gpu_gets_its_memory_back(gpu, real_gpus, options, tmp_path):
    options.rounds, options.images, options.epochs = 2, 8192, 3  # long enough to be seen from outside
    figures, wrong = gpu.memory(real_gpus, options, tmp_path)
    assert wrong == []
    for device in real_gpus:
        assert figures[device.name]["peak"] > figures[device.name]["before"]  # it did compute there


@pytest.mark.gpu
def test_several_candidates_share_a_gpu(gpu, real_gpus, options, tmp_path):
    options.candidates = 4
    figures, wrong = gpu.throughput(real_gpus, options, tmp_path)
    assert wrong == []
    assert all(row["per_hour"] > 0 for row in figures["rows"])


def test_each_child_is_given_one_stand_in(gpu, stand_ins, options, tmp_path):
    figures, wrong = gpu.see(stand_ins, options, tmp_path)
    assert wrong == []
    seen = {(child["device"], child["visible"]) for child in figures["children"]}
    assert seen == {("fake:0", "0"), ("fake:1", "1")}


@pytest.mark.training
def test_the_memory_of_a_stand_in_is_looked_at(gpu, stand_ins, options, tmp_path):
    figures, wrong = gpu.memory(stand_ins, options, tmp_path)
    assert wrong == []
    for device in stand_ins:
        used = figures[device.name]
        assert used["forkserver"] == used["before"] == 0
        assert used["after"] == [0]
        assert used["peak"] > 50 * 2**20  # a child that trained


def test_memory_that_is_kept_is_found(gpu, stand_ins):
    before = 3 * 2**30
    used = {"the idle forkserver": before + gpu.TOLERANCE, "a candidate": before + 512 * 2**20}
    complaints = gpu.kept_memory(stand_ins[0], before, used)
    assert complaints == ["fake:0: a candidate keeps 512 MiB that were free before"]


@pytest.fixture
def daemon(tmp_path, monkeypatch):
    program = tmp_path / "bin" / "nvidia-cuda-mps-control"
    program.parent.mkdir()
    program.write_text(FAKE_DAEMON)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("EVONAS_TEST_COMMANDS", str(tmp_path / "commands"))
    monkeypatch.setenv("EVONAS_TEST_REFUSE", str(tmp_path / "refuse"))
    return tmp_path


def test_mps_is_started_and_stopped(gpu, daemon, monkeypatch):
    monkeypatch.delenv("CUDA_MPS_PIPE_DIRECTORY", raising=False)
    with gpu.mps() as why_not:
        assert why_not == ""
        assert gpu.mps_servers() == ["4711"]
        assert "CUDA_MPS_PIPE_DIRECTORY" in os.environ
    assert (daemon / "commands").read_text().split() == ["get_server_list", "quit"]
    assert "CUDA_MPS_PIPE_DIRECTORY" not in os.environ


def test_mps_that_does_not_start_is_said(gpu, daemon):
    (daemon / "refuse").touch()
    with gpu.mps() as why_not:
        assert why_not == "nvidia-cuda-mps-control does not start: exit code 1 no permission"


def test_mps_that_is_not_there_is_said(gpu, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with gpu.mps() as why_not:
        assert why_not == "nvidia-cuda-mps-control is not on the PATH"
    assert gpu.mps_servers() == []
