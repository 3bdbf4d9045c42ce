"""GEXF 1.3 (https://gexf.net): the lineage for Gephi, with the time each individual lived in the population.

Gephi's timeline then plays the run: a node is there from ``start`` to ``end``, counted in completed evaluations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from evonas.lineage.exports.markup import element, kinds, literal

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["write_gexf"]

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://gexf.net/1.3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://gexf.net/1.3 http://gexf.net/1.3/gexf.xsd" version="1.3">
"""
_KINDS = {bool: "boolean", int: "long", float: "double", str: "string"}


def write_gexf(graph: nx.DiGraph, stream: TextIO) -> None:
    """Write a lineage graph as GEXF; edges run from parent to child."""
    nodes = dict(enumerate(kinds((attributes for _, attributes in graph.nodes(data=True)), _KINDS).items()))
    edges = dict(enumerate(kinds((attributes for _, _, attributes in graph.edges(data=True)), _KINDS).items()))
    stream.write(_HEAD)
    stream.write("  <meta>\n    <creator>evonas</creator>\n")
    about = f"lineage of run {graph.graph['run']}"
    stream.write(f"    {element('description', {}, about)}\n  </meta>\n")
    shape = {"defaultedgetype": "directed", "mode": "dynamic", "timeformat": "integer"}
    stream.write(f"  {element('graph', shape, closed=False)}\n")
    for domain, columns in (("node", nodes), ("edge", edges)):
        stream.write(f"    {element('attributes', {'class': domain, 'mode': 'static'}, closed=False)}\n")
        for key, (name, kind) in columns.items():
            stream.write(f"      {element('attribute', {'id': key, 'title': name, 'type': kind})}\n")
        stream.write("    </attributes>\n")
    keys = {name: key for key, (name, _) in nodes.items()}
    stream.write("    <nodes>\n")
    for node, attributes in graph.nodes(data=True):
        lived = {"start": attributes.get("born_at"), "end": attributes.get("died_at")}
        lived = {name: value for name, value in lived.items() if value is not None}
        _write(stream, "node", {"id": node, "label": node, **lived}, attributes, keys)
    keys = {name: key for key, (name, _) in edges.items()}
    stream.write("    </nodes>\n    <edges>\n")
    for number, (parent, child, attributes) in enumerate(graph.edges(data=True)):
        _write(stream, "edge", {"id": number, "source": parent, "target": child}, attributes, keys)
    stream.write("    </edges>\n  </graph>\n</gexf>\n")


def _write(
    stream: TextIO, name: str, head: Mapping[str, Any], attributes: Mapping[str, Any], keys: Mapping[str, int]
) -> None:
    stream.write(f"      {element(name, head, closed=False)}\n        <attvalues>\n")
    for key, value in attributes.items():
        stream.write(f"          {element('attvalue', {'for': keys[key], 'value': literal(value)})}\n")
    stream.write(f"        </attvalues>\n      </{name}>\n")
