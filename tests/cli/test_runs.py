"""`evonas runs` over made-up runs: where seeds came from, tags, equal names, the phylogeny; `evonas tag`."""

import csv
import json
import shutil
from pathlib import Path

import networkx as nx
import pytest

from evonas.records import Parent
from evonas.testing.runs import write_run

SAMPLES = Path(__file__).parents[1] / "compatibility" / "samples"


@pytest.fixture
def family(here):
    """Runs of the same name in `runs`: `old`, and `new`, which has a seed of `old` and one of a run that is gone."""
    old = write_run(Path("runs/old"), [0.5, 0.9, None], name="same")
    seeds = {0: Parent(1, old, "seed", "runs/old:best"), 1: Parent(7, "f" * 32, "seed", "runs/gone:7")}
    write_run(Path("runs/new"), [0.91, 0.4], name="same", seeds=seeds)
    return old


def listed(ran):
    return {row["run"]: row for row in json.loads(ran.worked().out)}


def test_more_of_each_run(evonas, family):
    rows = listed(evonas("runs", "--format", "json"))
    old, new = rows["runs/old"], rows["runs/new"]
    assert (old["name"], new["name"]) == ("same", "same") and old["id"] == family != new["id"]
    assert (old["best"], old["best_individual"], old["evaluations"], old["failed"]) == (0.9, 1, 3, 1)
    assert new["seeded_from"] == [
        {"run": family, "source": "runs/old:best", "seeds": 1},
        {"run": "f" * 32, "source": "runs/gone:7", "seeds": 1},
    ]
    assert (old["algorithm"], old["searched"], old["tags"]) == ("evolution", "evonas.testing.toy:toy_callable", [])
    shown = evonas("runs").worked("accuracy 0.91", "runs/old (1); runs/gone:7 (1)", "same").out
    assert "tags" not in shown
    (first, second) = csv.DictReader(evonas("runs", "--format", "csv").worked().out.splitlines())
    assert {first["seeded_from"], second["seeded_from"]} == {"", "runs/old (1); runs/gone:7 (1)"}


def test_copies_are_told(evonas, family):
    shutil.copytree("runs/old", "runs/again")
    ran = evonas("runs").worked("runs/again", "runs/old")
    assert "are copies of one run" in ran.err and family[:8] in ran.err


def test_tags(evonas, family):
    assert evonas("tag", "runs/old").worked().out == "runs/old: no tags\n"
    assert evonas("tag", "runs/old", "paper", "cnn").worked().out == "runs/old: paper cnn\n"
    evonas("tag", "runs/old", "paper", "--remove", "cnn").worked("runs/old: paper")
    evonas("runs").worked("tags", "paper")
    assert list(listed(evonas("runs", "--tag", "paper", "--format", "json"))) == ["runs/old"]
    evonas("runs", "--tag", "cnn").worked("no run in runs has the tag cnn")
    evonas("tag", "runs/old", "two words").refused(16, "not a tag", "two words")
    evonas("tag", "runs/old", "--remove", "cnn").refused(16, "does not have this tag", "paper")
    evonas("tag", "nowhere", "paper").refused(16, "no such run directory")


def test_the_phylogeny(evonas, family):
    drawn = evonas("runs", "--phylogeny").worked("old (same): finished, 3 evaluations, accuracy 0.9 (individual 1)").out
    lines = [line.strip(" │") for line in drawn.splitlines()]
    assert "└── new (same): finished, 2 evaluations, accuracy 0.91 (individual 0)" in lines
    assert "├── seed 1 [0.9] -> 0 [0.91], founder of the line of its best" in lines
    assert "└── seed runs/gone:7 -> 1 [0.4]" in lines
    rows = json.loads(evonas("runs", "--phylogeny", "--format", "json").worked().out)
    assert [(row["run"], row["individual"], row["parent_run"], row["parent"]) for row in rows] == [
        ("new", 0, "old", 1),
        ("new", 1, None, 7),
    ]
    evonas("runs", "--to", "all.graphml").worked("all.graphml")
    assert ("old:1", "new:0") in nx.read_graphml("all.graphml").edges
    evonas("runs", "--to", "all.pdf").refused(18, "cannot be written as this", ".graphml")
    evonas("runs", "nowhere", "--phylogeny").refused(16, "no such folder")


def test_runs_that_nobody_seeded(evonas, here):
    write_run(Path("runs/one"), [])
    Path("runs/old").mkdir()
    shutil.copy(SAMPLES / "lineage-1.sqlite", "runs/old/lineage.sqlite")
    evonas("runs", "--phylogeny").worked(
        "one (made): finished, 0 evaluations, nothing completed", "old (sample)", "runs/old:best"
    )
    shutil.rmtree("runs/old")
    evonas("runs", "--phylogeny").worked("no run here was seeded")
