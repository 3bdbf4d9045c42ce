"""Newick: the tree of primary parents, for the tools of phylogenetics (FigTree, iTOL, Bio.Phylo, dendropy, ape).

Source: https://phylipweb.github.io/phylip/newick_doc.html; annotations ``[&name=value]`` as
FigTree and BEAST write them.

Newick holds a tree, and a lineage with crossover is none: only the primary parent of each individual is kept, which the
file says in a comment at its head. Founders, and individuals whose primary parent was born elsewhere, hang from one
root. The length of a branch is the number of evaluations completed between the two births, so the distance from the
root is the run's own clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["write_newick"]

_ROOT = "root"
_SAID = (
    "Only primary parents are kept: mates of a crossover are left out. i12 is individual 12. The length of a branch is "
    "the number of evaluations completed between the births of parent and child."
)
_FOREST = " The run has several founders: the node called root joins them, and is no individual."


def write_newick(graph: nx.DiGraph, stream: TextIO, objectives: Sequence[str] = ()) -> None:
    """Write the primary parents of a lineage graph as one tree.

    Args:
        graph: of :func:`evonas.lineage.lineage_graph`.
        stream: where to write.
        objectives: metrics that stand as annotations at each node that has them.
    """
    children, founders = _primary(graph)
    forest = len(founders) != 1
    stream.write(f"[evonas lineage of run {graph.graph['run']}. {_SAID}{_FOREST if founders[1:] else ''}]\n")
    if forest:
        stream.write("(" if founders else "")
    for place, founder in enumerate(founders):
        stream.write("," if place else "")
        _write_tree(graph, children, founder, stream, objectives)
    if forest:
        stream.write(f"{')' if founders else ''}{_ROOT}:0")
    stream.write(";\n")


def _primary(graph: nx.DiGraph) -> tuple[dict[int, list[int]], list[int]]:
    """Return the children of each individual, and the individuals without a primary parent in this run."""
    own = sorted(node for node in graph if isinstance(node, int))
    children: dict[int, list[int]] = {node: [] for node in own}
    founders: list[int] = []
    for node in own:
        parents = (parent for parent in graph.predecessors(node) if graph.edges[parent, node]["position"] == 0)
        primary = next(parents, None)
        (children[primary] if isinstance(primary, int) else founders).append(node)
    return children, founders


def _write_tree(
    graph: nx.DiGraph, children: Mapping[int, list[int]], founder: int, stream: TextIO, objectives: Sequence[str]
) -> None:
    """Write a founder with all below it; a line of a thousand births is no deeper for Python than one of ten."""
    stack: list[tuple[int, int, int]] = [(founder, 0, 0)]  # node, the clock at its parent, children written
    while stack:
        node, before, done = stack.pop()
        below = children[node]
        born = int(graph.nodes[node]["born_at"])
        if done < len(below):
            stream.write("," if done else "(")
            stack += [(node, before, done + 1), (below[done], born, 0)]
            continue
        annotation = _annotation(graph.nodes[node], objectives)
        stream.write(f"{')' if below else ''}i{node}{annotation}:{max(0, born - before)}")


def _annotation(attributes: Mapping[str, object], objectives: Sequence[str]) -> str:
    known = {name: attributes.get(f"metric_{name}", attributes.get(name)) for name in objectives}
    shown = ",".join(
        f"{re.sub(r'[^A-Za-z0-9_.]', '_', name)}={value}" for name, value in known.items() if value is not None
    )
    return f"[&{shown}]" if shown else ""
