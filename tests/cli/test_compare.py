"""`evonas compare`."""

import csv
import json
from pathlib import Path

import pytest

from evonas.testing.runs import write_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    for seed in range(2):
        write_run(folder / f"ours-{seed}", [0.5, 0.90 + seed / 100], name="ours", seed=seed)
        write_run(folder / f"random-{seed}", [0.7, None], name="random", seed=seed, search={"algorithm": "random"})
    write_run(folder / "empty", [], name="empty", status="running")
    return folder


@pytest.fixture
def runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return ["ours-0", "ours-1", "random-0", "random-1"]


def test_side_by_side(evonas, runs):
    shown = evonas("compare", *runs).worked().out
    for words in (
        "search.algorithm",
        "best accuracy, search",
        "accuracy reached",
        "Tested: accuracy (search)",
        "no significant difference; ours is ahead of random by 0.205",
        "p cannot fall below 0.33",
    ):
        assert words in shown
    assert "0.9050 +- 0.0050 (2)" in shown  # mean of ours over its runs
    assert "seed  " in shown and "setting" in shown and "evaluation.devices" not in shown


def test_for_programs(evonas, runs):
    told = json.loads(evonas("compare", *runs, "--format", "json", "--target", 0.6).worked().out)
    assert [group["runs"] for group in told["groups"]] == [["ours-0", "ours-1"], ["random-0", "random-1"]]
    assert [row["evaluations"] for row in told["targets"]] == [2, 2, 1, 1]
    assert [(row["best_accuracy"], row["failed"]) for row in told["runs"]] == [(0.9, 0), (0.91, 0), (0.7, 1), (0.7, 1)]
    (test,) = told["tests"]
    assert (test["one"], test["better"], test["method"], test["significant"]) == (
        "ours",
        "ours",
        "Mann-Whitney, over runs",
        False,
    )
    rows = list(csv.DictReader(evonas("compare", *runs, "--format", "csv").worked().out.splitlines()))
    assert [row["run"] for row in rows] == runs and rows[0]["group"] == "ours"
    (row,) = csv.DictReader(evonas("compare", *runs, "--only", "tests", "--format", "csv").worked().out.splitlines())
    assert row["difference"] == str(test["difference"])
    settings = json.loads(evonas("compare", *runs, "--only", "settings", "--format", "json").worked().out)
    assert settings[1]["setting"] == "search.algorithm" and settings[1]["random-0"] == "random"


def test_single_runs(evonas, runs):
    shown = evonas("compare", "ours-0", "random-0", "--only", "tests").worked("No test is possible").out
    assert "  evonas evolve ours-0/config.yaml --set seed=1\n" in shown
    assert "  evonas evaluate random-0:best --seeds 5\n" in shown
    evonas("compare", "ours-0", "ours-1", "--only", "tests").worked("One configuration with seeds 0, 1")
    evonas("compare", "ours-0", "empty").worked("Note: empty has no completed evaluation yet")


def test_figure(evonas, runs, tmp_path):
    ran = evonas("compare", *runs, "--figure", tmp_path / "way.html").worked()
    assert str(tmp_path / "way.html") in ran.err and (tmp_path / "way.csv").exists()
    evonas("compare", *runs, "--figure", tmp_path / "way.doc").refused(18, "no figure that can be written", ".pdf")


def test_what_cannot_be_compared(evonas, runs):
    evonas("compare", "ours-0").refused(16, "two runs or more", "evonas report ours-0")
    evonas("compare", "ours-0", "nowhere").refused(16, "nowhere: there is no such run directory")
    evonas("compare", "ours-0", "ours-0").refused(16, "named twice")
    evonas("compare", *runs, "--metric", "acuracy").refused(15, "no evaluation of ours-0 reports", "`accuracy`")
    assert evonas("compare").code == 2
    assert Path("empty").is_dir()
