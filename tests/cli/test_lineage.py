"""`evonas lineage`."""

import csv
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from evonas.lineage import LineageStore


@pytest.fixture(scope="module")
def child(toy_run):
    """An individual with two parents."""
    with LineageStore.open(toy_run, read_only=True) as store:
        return next(one for one in store.individuals() if len(one.birth.parents) == 2)


def test_show_draws_the_parents(evonas, toy_run, child):
    shown = evonas("lineage", "show", toy_run, child.number).worked().out
    assert shown.startswith(f"{child.number} [")
    for parent in child.birth.parents:
        assert re.search(rf"[├└]── {parent.role} {parent.number} \[", shown)
    assert "founder" in shown


def test_the_best_is_shown_by_default(evonas, toy_run):
    (best,) = json.loads(evonas("best", toy_run, "--top", 1, "--format", "json").worked().out)
    assert evonas("lineage", "show", toy_run).worked().out.startswith(f"{best['individual']} [")
    rows = json.loads(evonas("lineage", "ancestors", toy_run, "--format", "json").worked().out)
    assert rows[0]["individual"] == best["individual"]


def test_ancestors_lead_to_a_founder(evonas, toy_run, child):
    evonas("lineage", "ancestors", toy_run, child.number).worked("individual", "changes", "founder")
    rows = json.loads(evonas("lineage", "ancestors", toy_run, child.number, "--format", "json").worked().out)
    assert rows[0]["individual"] == child.number
    assert rows[1]["individual"] == child.birth.primary.number
    assert rows[-1]["operators"] == "founder"
    assert all(isinstance(row["accuracy"], float) for row in rows)


def test_diff(evonas, toy_run):
    evonas("lineage", "diff", toy_run, 0, 1).worked("gene", "layers[0].units", "changed")
    table = list(csv.DictReader(evonas("lineage", "diff", toy_run, 0, 1, "--format", "csv").worked().out.splitlines()))
    assert {row["kind"] for row in table} <= {"changed", "added", "removed"}
    evonas("lineage", "diff", toy_run, 0, 0).worked("individuals 0 and 0 have equal genes")


@pytest.mark.parametrize("arguments", [("show", 99), ("ancestors", 99), ("diff", 0, 99)])
def test_unknown_individual(evonas, toy_run, arguments):
    command, *numbers = arguments
    evonas("lineage", command, toy_run, *numbers).refused(15, "no individual 99", "expected: a number from 0 to 13")


def test_number_that_is_none(evonas, toy_run):
    ran = evonas("lineage", "show", toy_run, "best")
    assert ran.code == 2 and "integer" in ran.err and "[ID]" in ran.err


def test_exports(here, evonas, toy_run):
    for kind in ("graphml", "dot", "cytoscape", "alife"):
        evonas("lineage", "export", toy_run, "--as", kind, "--to", kind).worked(kind)
    nodes = ElementTree.parse("graphml").getroot().iter("{http://graphml.graphdrawing.org/xmlns}node")
    assert len(list(nodes)) == 14
    assert Path("dot").read_text().lstrip().startswith(("digraph", "strict digraph"))
    assert len(json.loads(Path("cytoscape").read_text())["elements"]["nodes"]) == 14
    with Path("alife").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 14
    evonas("lineage", "export", toy_run, "--as", "newick", "--to", "tree").refused(18, "got:      'newick'", "graphml")
    assert not Path("tree").exists()
