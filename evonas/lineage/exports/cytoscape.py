"""Cytoscape JSON: the ``elements`` of Cytoscape.js (https://js.cytoscape.org/#notation/elements-json)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["write_cytoscape"]


def write_cytoscape(graph: nx.DiGraph, stream: TextIO) -> None:
    """Write a lineage graph as Cytoscape JSON; ids are strings, as Cytoscape wants them."""
    import networkx as nx

    named = nx.relabel_nodes(graph, {node: str(node) for node in graph})
    json.dump(nx.cytoscape_data(named), stream, indent=1, ensure_ascii=False)
    stream.write("\n")
