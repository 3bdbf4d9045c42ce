"""GEXF and ALife phylogenies, loaded by readers of other projects."""

import io
import re
import warnings
import xml.etree.ElementTree as ElementTree

import networkx as nx
import pytest

from evonas.lineage import export_lineage, lineage_graph
from evonas.lineage.exports import FORMATS, format_of

GEXF = "{http://gexf.net/1.3}"


def test_gexf_is_read_by_networkx(store, tmp_path):
    export_lineage(store, "gexf", tmp_path / "a.gexf")
    graph, original = nx.read_gexf(tmp_path / "a.gexf", version="1.3"), lineage_graph(store)
    assert graph.is_directed()
    assert set(graph.edges) == {(str(parent), str(child)) for parent, child in original.edges}
    for node, attributes in original.nodes(data=True):
        read = dict(graph.nodes[str(node)])
        lived = (read.pop("start", None), read.pop("end", None))
        assert lived == (attributes.get("born_at"), attributes.get("died_at"))
        assert read.pop("label") == str(node)
        assert read == attributes
    for parent, child, attributes in original.edges(data=True):
        read = dict(graph.edges[str(parent), str(child)])
        assert {name: read[name] for name in attributes} == attributes


def test_gexf_keeps_its_schema(store):
    """What https://gexf.net/1.3/gexf.xsd asks for: order, required attributes, known types, references that exist."""
    stream = io.StringIO()
    export_lineage(store, "gexf", stream)
    root = ElementTree.fromstring(stream.getvalue())
    assert root.attrib["version"] == "1.3"
    graph = root.find(f"{GEXF}graph")
    assert graph.attrib == {"defaultedgetype": "directed", "mode": "dynamic", "timeformat": "integer"}
    declared = {}
    for attributes in graph.findall(f"{GEXF}attributes"):
        assert attributes.attrib["class"] in ("node", "edge")
        for one in attributes:
            assert one.attrib["type"] in ("boolean", "long", "double", "string")
        declared[attributes.attrib["class"]] = {one.attrib["id"] for one in attributes}
    nodes = {node.attrib["id"] for node in graph.iter(f"{GEXF}node")}
    edges = list(graph.iter(f"{GEXF}edge"))
    assert len({edge.attrib["id"] for edge in edges}) == len(edges)
    assert all({edge.attrib["source"], edge.attrib["target"]} <= nodes for edge in edges)
    for kind in ("node", "edge"):
        for element in graph.iter(f"{GEXF}{kind}"):
            assert {value.attrib["for"] for value in element.iter(f"{GEXF}attvalue")} <= declared[kind]


def test_alife_is_read_by_its_reader(store, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of packages that the reader could use as well
        convert = pytest.importorskip("alifedata_phyloinformatics_convert")
        pandas = pytest.importorskip("pandas")
        export_lineage(store, "alife", tmp_path / "a.csv")
        table = pandas.read_csv(tmp_path / "a.csv")
        graph = convert.alife_dataframe_to_networkx_digraph(table)
    own = {(child, parent) for parent, child in lineage_graph(store).edges if isinstance(parent, int)}
    assert set(graph.edges) == own, "that reader's edges lead from a child to its parents"


def test_alife_keeps_the_standard_by_its_validator(store, tmp_path):
    """The validator stumbles over its own name for lists of several ancestors; it sees the primary ones alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("alifedata_phyloinformatics_convert")
        pandas = pytest.importorskip("pandas")
        from alifedata_phyloinformatics_convert._impl.alifestd_validate import alifestd_validate

    export_lineage(store, "alife", tmp_path / "a.csv")
    table = pandas.read_csv(tmp_path / "a.csv")
    table["ancestor_list"] = [re.sub(r",.*\]", "]", text) for text in table["ancestor_list"]]
    assert alifestd_validate(table)
    table.loc[3, "ancestor_list"] = "[99]"
    assert not alifestd_validate(table, diagnose=False)


def test_alife_holds_the_genomes(store):
    import csv
    import json

    stream = io.StringIO()
    export_lineage(store, "alife", stream)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))
    for row, individual in zip(rows, store.individuals(), strict=True):
        assert json.loads(row["genes"]) == individual.genome.genes
        assert json.loads(row["marks"]) == individual.genome.marks


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_the_ending_of_a_file_tells_the_format(format):
    for suffix in FORMATS[format].suffixes:
        assert format_of(f"some/Lineage{suffix.upper()}") == format
    assert format_of("lineage.json") is None
