"""GraphML (http://graphml.graphdrawing.org): nodes and edges with scalar attributes, for Gephi, yEd and networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["write_graphml"]


def write_graphml(graph: nx.DiGraph, stream: TextIO) -> None:
    """Write a lineage graph as GraphML; the stream should encode as UTF-8, which the head says."""
    import networkx as nx

    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.writelines(f"{line}\n" for line in nx.generate_graphml(graph))
