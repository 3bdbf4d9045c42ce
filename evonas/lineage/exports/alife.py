"""The phylogeny CSV of the ALife data standards.

Source: https://alife-data-standards.github.io/alife-data-standards/phylogeny.html

Required columns are ``id`` and ``ancestor_list``, conventional ones ``origin_time`` and ``destruction_time``; the rest
are ours, and :func:`evonas.lineage.imports.read_alife` reads them back. Time is counted in completed evaluations. An
ancestor must be a row of the same file: a parent from another run is no row, and stands in ``foreign_ancestors``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from evonas.lineage.codec import to_json

if TYPE_CHECKING:
    import networkx as nx

    from evonas.genome import Genome

__all__ = ["write_alife"]

_FIRST = ("id", "ancestor_list", "origin_time", "destruction_time", "foreign_ancestors")
_SAID_ALREADY = {"birth_order", "born_at", "died_at", "foreign"}


def write_alife(graph: nx.DiGraph, stream: TextIO, genomes: Mapping[int, Genome] | None = None) -> None:
    """Write a lineage graph as a phylogeny; who is alive has the destruction time ``inf``.

    Args:
        graph: of :func:`evonas.lineage.lineage_graph`.
        stream: where to write.
        genomes: the genome of each individual; its genes, and the marks of their lists, become columns of JSON.
    """
    own = sorted(node for node in graph if isinstance(node, int))
    names = dict.fromkeys(name for node in own for name in graph.nodes[node] if name not in _SAID_ALREADY)
    genes = ("genes", "marks") if genomes else ()
    columns = [*_FIRST, *(name for name in names if name not in (*_FIRST, *genes)), *genes]
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
        if genomes:
            attributes |= _genes(genomes[node])
        writer.writerow(attributes)


def _genes(genome: Genome) -> dict[str, str]:
    marks = genome.marks
    return {"genes": to_json(genome.genes), "marks": "" if marks is None else to_json(marks)}
