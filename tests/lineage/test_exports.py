"""Exports, each read back by a reader of its format."""

import csv
import io
import json
import re
import shutil
import subprocess

import jsonschema
import networkx as nx
import pytest

from evonas.errors import ExportError, StorageError
from evonas.lineage import FORMATS, LineageStore, export_lineage, lineage_graph
from evonas.testing.stores import new_run

CYTOSCAPE = {
    "type": "object",
    "required": ["elements"],
    "properties": {
        "directed": {"const": True},
        "elements": {
            "type": "object",
            "required": ["nodes", "edges"],
            "properties": {
                kind: {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["data"],
                        "properties": {
                            "data": {
                                "type": "object",
                                "required": required,
                                "properties": {name: {"type": "string"} for name in required},
                                "additionalProperties": {"type": ["string", "number", "boolean"]},
                            }
                        },
                    },
                }
                for kind, required in {"nodes": ["id"], "edges": ["source", "target"]}.items()
            },
        },
    },
}


def exported(store, format):
    stream = io.StringIO()
    export_lineage(store, format, stream)
    return stream.getvalue()


def test_graphml_is_read_by_networkx(family, tmp_path):
    export_lineage(family, "graphml", tmp_path / "a.graphml")
    graph, original = nx.read_graphml(tmp_path / "a.graphml"), lineage_graph(family)
    assert set(graph.edges) == {(str(parent), str(child)) for parent, child in original.edges}
    for node, attributes in original.nodes(data=True):
        assert graph.nodes[str(node)] == attributes
    for parent, child, attributes in original.edges(data=True):
        assert graph.edges[str(parent), str(child)] == attributes
    assert graph.graph["run"] == family.run_id


def test_cytoscape_json_has_its_shape(family):
    document = json.loads(exported(family, "cytoscape"))
    jsonschema.validate(document, CYTOSCAPE)
    graph = nx.cytoscape_graph(document)
    original = lineage_graph(family)
    assert set(graph) == {str(node) for node in original}
    assert graph.nodes["3"]["metric_accuracy"] == 0.53
    ids = {node["data"]["id"] for node in document["elements"]["nodes"]}
    for edge in document["elements"]["edges"]:
        assert {edge["data"]["source"], edge["data"]["target"]} <= ids


_STRING = r'"(?:[^"\\\n]|\\["\\n])*"'
_ATTRIBUTES = rf"\[\w+={_STRING}(?:, \w+={_STRING})*\]"
_DOT = re.compile(
    rf"digraph lineage \{{\n  rankdir={_STRING};\n  node {_ATTRIBUTES};\n  edge {_ATTRIBUTES};\n"
    rf"(?:  {_STRING} {_ATTRIBUTES};\n)*(?:  {_STRING} -> {_STRING} {_ATTRIBUTES};\n)*\}}\n"
)


def test_dot_is_what_graphviz_reads(family):
    text = exported(family, "dot")
    assert _DOT.fullmatch(text)
    assert text.count(" -> ") >= lineage_graph(family).number_of_edges()
    assert '"2" -> "4" [style="dashed"' in text
    assert re.search(r'"0" \[label="0\\n0.5", shape="box"', text)
    assert re.search(r'"6" \[label="6".*color="#b3261e"', text)
    assert r'"genomes/\"le net\".yaml" [' in text
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=text, text=True, capture_output=True, check=True)
        assert drawn.stdout.count('class="node"') == lineage_graph(family).number_of_nodes()


def test_alife_csv_keeps_the_standard(family):
    text = exported(family, "alife")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0])[:4] == ["id", "ancestor_list", "origin_time", "destruction_time"]
    assert len(set(rows[0])) == len(rows[0])
    ids = [int(row["id"]) for row in rows]
    assert ids == list(range(7))
    for row in rows:
        assert re.fullmatch(r"\[(none|\d+(,\d+)*)\]", row["ancestor_list"])
        for ancestor in re.findall(r"\d+", row["ancestor_list"]):
            assert int(ancestor) in ids
            assert int(ancestor) < int(row["id"])
        assert float(row["origin_time"]) <= float(row["destruction_time"])
    by_id = {int(row["id"]): row for row in rows}
    assert by_id[0]["ancestor_list"] == by_id[1]["ancestor_list"] == "[none]"
    assert by_id[4]["ancestor_list"] == "[3,2]"
    assert by_id[5]["ancestor_list"] == "[3]"
    assert by_id[1]["foreign_ancestors"] == f"{'ab' * 16}:7"
    assert (by_id[0]["destruction_time"], by_id[3]["destruction_time"]) == ("4", "inf")
    assert (by_id[3]["metric_accuracy"], by_id[5]["metric_accuracy"]) == ("0.53", "")
    assert by_id[6]["status"] == "diverged"


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_file_is_written_whole_under_its_name(family, tmp_path, format):
    target = tmp_path / "out" / f"lineage.{format}"
    export_lineage(family, format, target)
    export_lineage(family, format, str(target))
    assert target.read_text(encoding="utf-8") == exported(family, format)
    assert [path.name for path in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_run_without_individuals_can_be_exported(tmp_path, format):
    with LineageStore.create(tmp_path, new_run()) as store:
        assert exported(store, format)


def test_an_unknown_format(family, tmp_path):
    with pytest.raises(ExportError) as caught:
        export_lineage(family, "graphlm", tmp_path / "x")
    assert caught.value.hint == "did you mean `graphml`?"
    assert "alife, cytoscape, dot, gexf, graphml, newick, prov" in str(caught.value.expected)


def test_a_place_that_cannot_be_written(family, tmp_path):
    (tmp_path / "file").touch()
    for target in (tmp_path / "file" / "x.dot", tmp_path):
        with pytest.raises(StorageError, match="cannot be exported"):
            export_lineage(family, "dot", target)
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")]
