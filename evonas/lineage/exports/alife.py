"""The phylogeny CSV of the ALife data standards.

Source: https://alife-data-standards.github.io/alife-data-standards/phylogeny.html

Required columns are ``id`` and ``ancestor_list``, conventional ones ``origin_time`` and ``destruction_time``; the rest
are ours. Time is counted in completed evaluations. An ancestor must be a row of the same file: a parent from another
run is no row, and stands in ``foreign_ancestors`` instead.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["write_alife"]

_FIRST = ("id", "ancestor_list", "origin_time", "destruction_time", "foreign_ancestors")
_SAID_ALREADY = {"birth_order", "born_at", "died_at", "foreign"}


def write_alife(graph: nx.DiGraph, stream: TextIO) -> None:
    """Write a lineage graph as a phylogeny; who is alive has the destruction time ``inf``."""
    own = sorted(node for node in graph if isinstance(node, int))
    names = dict.fromkeys(name for node in own for name in graph.nodes[node] if name not in _SAID_ALREADY)
    columns = [*_FIRST, *(name for name in names if name not in _FIRST)]
    writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for node in own:
        attributes: dict[str, Any] = dict(graph.nodes[node])
        parents = sorted(graph.predecessors(node), key=lambda parent: graph.edges[parent, node]["position"])
        ancestors = [str(parent) for parent in parents if isinstance(parent, int)]
        attributes |= {
            "id": node,
            "ancestor_list": f"[{','.join(ancestors) or 'none'}]",
            "origin_time": attributes["born_at"],
            "destruction_time": attributes.get("died_at", "inf"),
            "foreign_ancestors": " ".join(parent for parent in parents if isinstance(parent, str)),
        }
        writer.writerow(attributes)
