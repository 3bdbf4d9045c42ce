"""Runs that seeded one another: the tree, individuals of all of them in one graph, copies, genome files."""

import shutil
from pathlib import Path

import networkx as nx
import pytest

from evonas.compare.phylogeny import phylogeny_graph, read_phylogeny, write_phylogeny
from evonas.compare.winners import keep_winners
from evonas.errors import ExportError, RunError
from evonas.records import Parent
from evonas.testing.runs import write_run

SAMPLES = Path(__file__).parents[1] / "compatibility" / "samples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three generations of runs, all of the same name: `a` seeds `b`, `b` seeds `c`, and so do others."""
    folder = tmp_path_factory.mktemp("family")
    a = write_run(folder / "a", [0.5, 0.6, 0.7], name="same")
    (kept,) = keep_winners(str(folder / "a") + ":1", folder / "genomes")
    seeds = {0: Parent(2, a, "seed", "runs/a:best"), 1: Parent(1, a, "seed", "runs/a:1")}
    b = write_run(folder / "b", [0.71, 0.72, 0.8], name="same", seeds=seeds)
    seeds = {
        0: Parent(2, b, "seed", "runs/b"),
        1: Parent(5, "f" * 32, "seed", "runs/gone:5"),
        2: Parent(None, None, "seed", str(kept.file)),
        3: Parent(None, None, "seed", "baseline lenet5"),
    }
    write_run(folder / "c", [0.9, 0.6, None, 0.5], name="same", seeds=seeds)
    return folder


def test_who_seeded_whom_down_to_individuals(folder):
    phylogeny = read_phylogeny(folder)
    a, b, c = phylogeny.runs
    assert [one.label for one in phylogeny.runs.values()] == ["a", "b", "c"]
    assert (phylogeny.roots(), phylogeny.children(a), phylogeny.parents(c)) == ([a], [b], [b, a])
    first, second = phylogeny.runs[b].planted
    assert (first.parent_run, first.parent, first.child, first.parent_value, first.child_value) == (a, 2, 0, 0.7, 0.71)
    assert (first.founds_best, second.founds_best) == (False, True)  # 2, the best of b, is the child of 1
    seeds = {one.child: (one.parent_run, one.parent, one.child_value) for one in phylogeny.runs[c].planted}
    # the genome file tells which run it is from; a network that the family brings is no seed
    assert seeds == {0: (b, 2, 0.9), 1: ("f" * 32, 5, 0.6), 2: (a, 1, None)}


def test_the_graph_holds_everyone_under_run_and_number(folder, tmp_path):
    graph = phylogeny_graph(read_phylogeny(folder))
    assert {"a:0", "a:1", "a:2", "b:0", "b:2", "c:3", f"{'f' * 32}:5"} <= set(graph)
    assert graph.nodes["a:2"]["foreign"] is False and graph.nodes["a:2"]["metric_accuracy"] == 0.7
    assert graph.nodes["b:0"]["run_name"] == "same" and graph.nodes["b:0"]["number"] == 0
    across = {edge for edge in graph.edges if graph.edges[edge]["across"]}
    assert across >= {("a:2", "b:0"), ("a:1", "b:1"), ("b:2", "c:0"), ("a:1", "c:2")}
    assert nx.has_path(graph, "a:0", "c:0") and nx.is_directed_acyclic_graph(graph)
    read = nx.read_graphml(write_phylogeny(read_phylogeny(folder), tmp_path / "runs.graphml"))
    assert set(read) == set(graph) and set(read.edges) == set(graph.edges)
    dot = write_phylogeny(read_phylogeny(folder), tmp_path / "runs.dot").read_text(encoding="utf-8")
    assert '"a:2" -> "b:0"' in dot
    with pytest.raises(ExportError, match="cannot be written as this"):
        write_phylogeny(read_phylogeny(folder), tmp_path / "runs.newick")


def test_copies_broken_and_older_runs(folder, tmp_path):
    shutil.copytree(folder / "a", tmp_path / "a")
    shutil.copytree(folder / "a", tmp_path / "copy")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "lineage.sqlite").write_text("no database" * 20)
    (tmp_path / "old").mkdir()
    shutil.copy(SAMPLES / "lineage-1.sqlite", tmp_path / "old" / "lineage.sqlite")
    before = (tmp_path / "old" / "lineage.sqlite").read_bytes()
    phylogeny = read_phylogeny(tmp_path)
    assert sorted(one.record.name for one in phylogeny.runs.values()) == ["same", "sample"]
    assert len(phylogeny.runs) == 2
    notes = "; ".join(phylogeny.notes)
    assert "is a copy of" in notes and "broken is left out" in notes
    assert len(phylogeny_graph(phylogeny)) >= 9
    assert (tmp_path / "old" / "lineage.sqlite").read_bytes() == before  # read, not migrated


def test_folders_without_runs(tmp_path):
    with pytest.raises(RunError, match="there are no runs in this folder"):
        read_phylogeny(tmp_path)
    with pytest.raises(RunError, match="there is no such folder"):
        read_phylogeny(tmp_path / "nowhere")
