"""Newick, read by the tools of phylogenetics."""

import io

import pytest

from evonas.lineage import LineageStore, export_lineage
from evonas.testing.stores import bear, new_run


def written(store):
    stream = io.StringIO()
    export_lineage(store, "newick", stream)
    return stream.getvalue()


def test_only_primary_parents_are_kept_and_the_file_says_so(store):
    text = written(store)
    assert text.startswith("[evonas lineage of run ") and "Only primary parents are kept" in text
    assert "joins them, and is no individual" in text
    tree = text.partition("]\n")[2]
    assert tree.startswith("((((i6[&parameters=106.0]:1)i4[&accuracy=0.54,parameters=104.0]:1,i5[&"), tree
    assert tree.endswith(",i1[&accuracy=0.51,parameters=101.0]:1,i2[&accuracy=0.52,parameters=102.0]:2)root:0;\n")


def test_it_is_read_by_bio_phylo(store):
    phylo = pytest.importorskip("Bio.Phylo")
    tree = phylo.read(io.StringIO(written(store)), "newick")
    names = {clade.name for clade in tree.find_clades()}
    assert names == {"root", *(f"i{number}" for number in range(7))}
    parents = {child.name: clade.name for clade in tree.find_clades() for child in clade}
    assert parents == {"i0": "root", "i1": "root", "i2": "root", "i3": "i0", "i4": "i3", "i5": "i3", "i6": "i4"}
    lives = store.lives()
    for number in range(7):
        assert tree.distance(f"i{number}") == lives[number][0], "the distance from the root is the run's clock"


def test_it_is_read_by_dendropy(store):
    dendropy = pytest.importorskip("dendropy")
    tree = dendropy.Tree.get(data=written(store), schema="newick", extract_comment_metadata=True)
    nodes = {node.taxon.label if node.taxon else node.label: node for node in tree.preorder_node_iter()}
    assert set(nodes) == {"root", *(f"i{number}" for number in range(7))}
    assert nodes["i6"].parent_node is nodes["i4"] and nodes["i3"].parent_node is nodes["i0"]
    assert float(nodes["i4"].annotations.get_value("accuracy")) == 0.54


@pytest.mark.parametrize(
    ("count", "tree"),
    [(0, "root:0;"), (1, "i0[&parameters=100.0]:0;"), (2, "(i0[&parameters=100.0]:0,i1[&parameters=101.0]:0)root:0;")],
)
def test_few_founders(tmp_path, count, tree):
    with LineageStore.create(tmp_path, new_run(), synchronous="off") as store:
        for number in range(count):
            store.add_individual(bear(number)[0])
        text = written(store)
    assert text.partition("]\n")[2] == f"{tree}\n"
    assert ("several founders" in text) == (count > 1)


def test_a_long_line_of_births_needs_no_deep_stack(tmp_path):
    networkx = pytest.importorskip("networkx")
    from evonas.lineage.exports import write_newick

    graph = networkx.DiGraph(run="x")
    graph.add_nodes_from((number, {"born_at": number}) for number in range(5000))
    graph.add_edges_from((number, number + 1, {"position": 0}) for number in range(4999))
    stream = io.StringIO()
    write_newick(graph, stream)
    assert stream.getvalue().count("(") == 4999
