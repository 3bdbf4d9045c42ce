"""`evonas explain` on finished, older, broken and empty runs."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from evonas.lineage import LineageStore, RunRecord

SAMPLES = Path(__file__).parents[1] / "compatibility" / "samples"


def test_the_best_is_explained(evonas, toy_run):
    (best,) = json.loads(evonas("best", toy_run, "--top", 1, "--format", "json").worked().out)
    told = json.loads(evonas("explain", toy_run, "--format", "json").worked().out)
    assert told["individual"] == best["individual"] and told["ablation"] is None
    line = json.loads(evonas("lineage", "ancestors", toy_run, "--format", "json").worked().out)
    assert [birth["individual"] for birth in told["births"]] == [row["individual"] for row in line][::-1]
    rows = list(csv.DictReader(evonas("explain", toy_run, "--format", "csv").worked().out.splitlines()))
    assert [row["individual"] for row in rows] == [str(birth["individual"]) for birth in told["births"]]
    evonas("explain", toy_run, told["individual"]).worked("verdict", "changed")


def test_another_metric(evonas, toy_run):
    told = json.loads(evonas("explain", toy_run, "--metric", "loss", "--format", "json").worked().out)
    assert (told["metric"], told["maximise"]) == ("loss", False)
    evonas("explain", toy_run, "--metric", "los").refused(15, "did you mean `loss`?", "lineage.sqlite")


def test_wrong_usage(evonas, toy_run, here):
    assert evonas("explain", toy_run, "--seeds", 3).code == 2
    assert evonas("explain", toy_run, "--ablate", "--seeds", 1).code == 2
    evonas("explain", toy_run, 99).refused(15, "no individual 99", "expected: a number from 0 to 13")
    evonas("explain", toy_run, "--figure", "a.docx").refused(18, ".docx", ".html, .pdf")
    evonas("explain", here / "nowhere").refused(16, "nowhere")
    assert list(here.iterdir()) == []


def test_figures(evonas, toy_run, here):
    evonas("explain", toy_run, "--figure", "page.html").worked("page.html")
    assert "<html" in (here / "page.html").read_text(encoding="utf-8")
    pytest.importorskip("matplotlib", reason="figures for print need Matplotlib")
    told = evonas("explain", toy_run, "--figure", "figure.pdf", "--format", "json").worked()
    assert json.loads(told.out) and "figure.pdf" in told.err
    assert (here / "figure.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("version", [1, 2])
def test_lineages_of_older_schemas_are_read_and_left_alone(evonas, tmp_path, version):
    (tmp_path / "run").mkdir()
    file = tmp_path / "run" / "lineage.sqlite"
    shutil.copy(SAMPLES / f"lineage-{version}.sqlite", file)
    before = file.read_bytes()
    with LineageStore.open(file, read_only=True) as store:
        number = max(one.number for one in store.individuals() if one.birth.primary is not None)
    told = json.loads(evonas("explain", tmp_path / "run", number, "--format", "json").worked().out)
    assert len(told["births"]) > 1
    evonas("explain", tmp_path / "run", number).worked(f"Individual {number} descends from founder")
    assert file.read_bytes() == before


def test_an_empty_run(evonas, tmp_path):
    LineageStore.create(
        tmp_path / "run", RunRecord.new("new", config={}, space={}, objectives=[{"metric": "a"}])
    ).close()
    evonas("explain", tmp_path / "run").refused(15, "no evaluation has completed", "next:")
    evonas("explain", tmp_path / "run", 0).refused(15, "no individual 0", "a run with individuals")


def test_a_run_without_its_configuration(evonas, toy_run, tmp_path):
    """The line needs the lineage alone; an ablation says what it lacks."""
    run = shutil.copytree(toy_run, tmp_path / "run")
    (run / "config.yaml").unlink()
    evonas("explain", run).worked()
    evonas("explain", run, "--ablate").refused(11, "config.yaml")


@pytest.mark.parametrize("key", ["model", "source"])
def test_a_family_or_a_source_that_is_gone(evonas, toy_run, dense, tmp_path, write, key):
    run = shutil.copytree(toy_run, tmp_path / "run")
    changes = {"model": "vanished"} if key == "model" else {"data": {"source": "vanished"}}
    write(dense(**changes), run / "config.yaml")
    evonas("explain", run, "--ablate").refused(11, "vanished", "config.yaml")
    evonas("explain", run).worked()


def test_data_that_are_gone(evonas, toy_run, dense, tmp_path, write):
    run = shutil.copytree(toy_run, tmp_path / "run")
    write(dense(data={"source": "npz", "options": {"file": "gone.npz"}}), run / "config.yaml")
    evonas("explain", run, "--ablate").refused(14, "gone.npz")
