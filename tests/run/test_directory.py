"""Run directories: made, opened, found, and never taken from another program."""

import os
import time
from pathlib import Path

import pytest

from evonas.config import load_config, parse_config
from evonas.errors import LineageError, RunError, StorageError
from evonas.run import RunDirectory, find_runs


@pytest.fixture
def config(toy):
    return parse_config(toy())


def test_a_new_folder_holds_the_configuration(here, config):
    run = RunDirectory.create(config, "deep/below/run")
    assert run.path == here / "deep/below/run"
    assert load_config(run.config_file).model_copy(update={"base": None}) == config
    assert [entry.name for entry in run.path.iterdir()] == ["config.yaml"]
    assert run.shown == str(Path("deep/below/run"))


def test_an_empty_folder_is_taken(here, config):
    Path("run").mkdir()
    assert RunDirectory.create(config, "run").config_file.is_file()


def test_default_names_never_clash(here, config):
    paths = {RunDirectory.create(config).path for _ in range(3)}
    assert len(paths) == 3
    assert all(path.parent == here / "runs" and path.name.startswith("toy-") for path in paths)


def test_a_folder_elsewhere_is_shown_whole(here, toy_run):
    assert RunDirectory.open(toy_run).shown == str(toy_run)


def test_what_is_no_run_is_refused(here, config):
    with pytest.raises(RunError, match="no such run directory"):
        RunDirectory.open("nowhere")
    Path("file").touch()
    with pytest.raises(RunError, match="not a run directory"):
        RunDirectory.open("file")
    Path("taken").mkdir()
    Path("taken/notes").touch()
    with pytest.raises(RunError, match="not empty"):
        RunDirectory.create(config, "taken")
    with pytest.raises(StorageError):
        RunDirectory.create(config, "file/below")


def test_check_reads_the_lineage(here, toy_run):
    RunDirectory.open(toy_run).check()
    Path("run").mkdir()
    Path("run/lineage.sqlite").touch()
    with pytest.raises(LineageError, match="empty"):
        RunDirectory.open("run").check()


def test_runs_are_found_the_newest_first(here):
    assert find_runs("nowhere") == []
    for age, name in enumerate(["new", "old"]):
        Path(name).mkdir()
        Path(name, "lineage.sqlite").touch()
        os.utime(Path(name, "lineage.sqlite"), (time.time() - age * 100,) * 2)
    Path("none").mkdir()
    assert [run.path.name for run in find_runs(".")] == ["new", "old"]


def test_logs_are_those_below_logs(here, toy_run):
    run = RunDirectory.open(toy_run)
    assert run.logs(str(toy_run / "logs" / "evaluation-000000.log"))
    assert not run.logs(str(toy_run / "lineage.sqlite"))
    assert not run.logs(None)
