"""GraphML (http://graphml.graphdrawing.org): nodes and edges with scalar attributes, for Gephi, yEd and networkx."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

from evonas.lineage.exports.markup import element, kinds, literal

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["write_graphml"]

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_KINDS = {bool: "boolean", int: "long", float: "double", str: "string"}


def write_graphml(graph: nx.DiGraph, stream: TextIO) -> None:
    """Write a lineage graph as GraphML; the stream should encode as UTF-8, which the head says."""
    of_nodes = _keys("node", (attributes for _, attributes in graph.nodes(data=True)))
    of_edges = _keys("edge", (attributes for _, _, attributes in graph.edges(data=True)))
    of_graph = _keys("graph", [graph.graph])
    stream.write(_HEAD)
    for domain, keys in (("node", of_nodes), ("edge", of_edges), ("graph", of_graph)):
        for name, (key, kind) in keys.items():
            described = {"id": key, "for": domain, "attr.name": name, "attr.type": kind}
            stream.write(f"  {element('key', described)}\n")
    stream.write(f"  {element('graph', {'edgedefault': 'directed'}, closed=False)}\n")
    stream.write(_data(graph.graph, of_graph, "    "))
    for node, attributes in graph.nodes(data=True):
        stream.write(f"    {element('node', {'id': node}, closed=False)}\n")
        stream.write(f"{_data(attributes, of_nodes)}    </node>\n")
    for parent, child, attributes in graph.edges(data=True):
        stream.write(f"    {element('edge', {'source': parent, 'target': child}, closed=False)}\n")
        stream.write(f"{_data(attributes, of_edges)}    </edge>\n")
    stream.write("  </graph>\n</graphml>\n")


def _keys(domain: str, items: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Return name to id and type of each attribute."""
    found = kinds(items, _KINDS)
    return {name: (f"{domain}-{place}", kind) for place, (name, kind) in enumerate(found.items())}


def _data(attributes: Mapping[str, Any], keys: Mapping[str, tuple[str, str]], indent: str = "      ") -> str:
    return "".join(
        f"{indent}{element('data', {'key': keys[name][0]}, literal(value))}\n" for name, value in attributes.items()
    )
