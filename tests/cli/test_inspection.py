"""`evonas runs`, `status` and `best`."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from evonas.lineage import LineageStore


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


def test_best_as_table_json_and_csv(evonas, toy_run):
    evonas("best", toy_run, "--top", 3).worked("individual", "accuracy", "loss", "operators", "genome")
    rows = listed(evonas("best", toy_run, "--top", 3, "--format", "json"))
    assert len(rows) == 3
    assert [row["accuracy"] for row in rows] == sorted((row["accuracy"] for row in rows), reverse=True)
    table = list(csv.DictReader(evonas("best", toy_run, "-k", 3, "--format", "csv").worked().out.splitlines()))
    assert [float(row["accuracy"]) for row in table] == [row["accuracy"] for row in rows], "unrounded"
    assert [row["genome"] for row in table] == [row["genome"] for row in rows]


def test_best_by_another_metric_goes_in_that_metric_s_direction(here, evonas, write, toy):
    evonas("evolve", write(toy()), "--run-dir", "run").worked()  # loss is no objective of this run
    rows = listed(evonas("best", "run", "--metric", "loss", "--format", "json"))
    assert [row["loss"] for row in rows] == sorted(row["loss"] for row in rows)
    evonas("best", "run", "--metric", "los").refused(15, "no evaluation", "expected: one of accuracy, loss", "`loss`")


def test_best_of_the_pareto_front(evonas, toy_run):
    rows = listed(evonas("best", toy_run, "--pareto", "--format", "json"))
    everyone = listed(evonas("best", toy_run, "--top", 100, "--format", "json"))
    front = {row["individual"] for row in rows}
    assert front
    for row in everyone:
        beaten = any(
            other["accuracy"] >= row["accuracy"]
            and other["loss"] <= row["loss"]
            and (other["accuracy"], other["loss"]) != (row["accuracy"], row["loss"])
            for other in everyone
        )
        assert not (beaten and row["individual"] in front)


def test_how_many_is_at_least_one(evonas, toy_run):
    ran = evonas("best", toy_run, "--top", 0)
    assert ran.code == 2 and "--top" in ran.err
