"""`evonas runs` and `status`."""

import json
import shutil
from pathlib import Path

import pytest

from evonas.lineage import LineageStore
from evonas.records import EvaluationRequest
from evonas.testing.stores import bear, new_run


def listed(ran):
    return json.loads(ran.worked().out)


def test_runs(here, evonas, toy_run):
    assert "no runs in runs" in evonas("runs").worked().out
    assert listed(evonas("runs", "--format", "json")) == []
    shutil.copytree(toy_run, "runs/one")
    Path("runs/not-a-run").mkdir()
    evonas("runs").worked("one", "toy", "finished", "14")
    (row,) = listed(evonas("runs", "runs", "--format", "json"))
    assert (row["run"], row["status"], row["evaluations"], row["failed"]) == ("runs/one", "finished", 14, 0)
    assert (row["objective"], row["individuals"]) == ("accuracy", 14)


def test_a_broken_run_does_not_hide_the_others(here, evonas, toy_run):
    shutil.copytree(toy_run, "runs/one")
    Path("runs/broken").mkdir()
    Path("runs/broken/lineage.sqlite").write_text("not a database, and longer than a header" * 10)
    ran = evonas("runs").worked("one")
    assert "broken" in ran.err and "Traceback" not in ran.err


def test_status(evonas, toy_run):
    evonas("status", toy_run).worked("status", "finished", "all 14 evaluations are used", "completed")
    (row,) = listed(evonas("status", toy_run, "--format", "json"))
    assert row["completed"] == row["evaluations"] == 14
    assert row["seed"] == 3


def test_status_of_a_run_whose_process_is_gone(here, evonas, toy_run):
    shutil.copytree(toy_run, "run")
    with LineageStore.open("run") as store:
        store.set_run_status("running")
    evonas("status", "run").worked("killed", "go on with: evonas resume run")


@pytest.mark.parametrize("command", ["status", "best", "report", "resume"])
def test_unknown_run(here, evonas, command):
    evonas(command, "nowhere").refused(16, "nowhere: there is no such run directory", "`evonas runs` lists")
    Path("empty").mkdir()
    evonas(command, "empty").refused(16, "empty: this is not a run directory of evonas", "got:      []")


def test_status_tells_rungs_repeats_and_epochs(here, evonas):
    with LineageStore.create("run", new_run(objectives=[{"metric": "accuracy"}])) as store:
        for number in range(3):
            individual, request = bear(number)
            store.add_individual(individual, request)
            store.add_result(request.result({"accuracy": 0.1 * number}, epochs=3))
        for at, more in enumerate(({"rung": 1, "trained": 3, "epochs": 6}, {"rung": 1, "repeat": 1, "epochs": 9})):
            request = EvaluationRequest(3 + at, 2, individual.genome, seed=at, **more)
            store.add_request(request)
            store.add_result(request.result({"accuracy": 0.5}))
    (row,) = listed(evonas("status", "run", "--format", "json"))
    assert (row["epochs"], row["rung_0"], row["rung_1"], row["repeats"]) == (24, 3, 1, 1)
    evonas("status", "run").worked("rung_1", "repeats")
