"""Cytoscape JSON: the ``elements`` of Cytoscape.js (https://js.cytoscape.org/#notation/elements-json)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["write_cytoscape"]


def write_cytoscape(graph: nx.DiGraph, stream: TextIO) -> None:
    """Write a lineage graph as Cytoscape JSON, one element a line; ids are strings, as Cytoscape wants them."""
    head = {"data": list(graph.graph.items()), "directed": True, "multigraph": False}
    stream.write(f"{_json(head)[:-1]},\n")
    stream.write('"elements": {\n')
    _write(stream, "nodes", ({**attributes, **_named(node)} for node, attributes in graph.nodes(data=True)))
    stream.write(",\n")
    edges = graph.edges(data=True)
    _write(stream, "edges", ({**attributes, **_between(parent, child)} for parent, child, attributes in edges))
    stream.write("\n}}\n")


def _named(node: int | str) -> dict[str, str]:
    return {"id": str(node), "value": str(node), "name": str(node)}


def _between(parent: int | str, child: int | str) -> dict[str, str]:
    return {"id": f"{parent}->{child}", "source": str(parent), "target": str(child)}


def _write(stream: TextIO, kind: str, items: Iterable[Mapping[str, Any]]) -> None:
    stream.write(f'"{kind}": [')
    for place, data in enumerate(items):
        stream.write(f"{',' if place else ''}\n {_json({'data': data})}")
    stream.write("]")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
