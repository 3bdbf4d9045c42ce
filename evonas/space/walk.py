"""Walking the genes of a genome: its free genes, its lists, and any place by its path."""

from __future__ import annotations

from typing import Any, NamedTuple

from evonas.errors import SpaceError
from evonas.space.leaves import Leaf
from evonas.space.nodes import Group, Node, Repeat, Select, Tied
from evonas.space.ties import Prior, Scope, Trail, reference
from evonas.space.words import Path, dotted

__all__ = ["GeneSite", "ListSite", "get_at", "list_sites", "node_at", "set_at", "sites"]


class GeneSite(NamedTuple):
    """A free gene that is active in a genome.

    Attributes:
        path: names of groups and places in lists, such as ``("layers", 2, "units")``.
        gene: the gene with its range; of a select, the choice of its branch (its path ends in the select's ``by``); of
            a tied gene without anything to scale, its ``first``.
        value: its value in the genome.
    """

    path: Path
    gene: Leaf
    value: Any


class ListSite(NamedTuple):
    """A list that is active in a genome.

    Attributes:
        path: the way to it.
        repeat: its node, with the limits of its length.
        length: how many items it has in the genome.
    """

    path: Path
    repeat: Repeat
    length: int


def sites(
    node: Node,
    genes: Any,
    out: list[GeneSite],
    path: Path = (),
    scope: Scope = None,
    prior: Prior = None,
    trail: Trail = (),
) -> None:
    """Append the free genes of a genome to ``out``, in order; constants are not free."""
    if isinstance(node, Group):
        _group_sites(node, genes, out, path, scope, prior, trail)
    elif isinstance(node, Repeat):
        if node.item.unit_width:
            for place, item in enumerate(genes):
                sites(node.item, item, out, (*path, place), scope, (genes, place), ())
    elif isinstance(node, Select):
        branch = genes[node.by]
        if node.branch.unit_width:
            out.append(GeneSite((*path, node.by), node.branch, branch))
        _group_sites(node.branches[branch], genes, out, path, scope, prior, trail)
    elif isinstance(node, Tied):
        if node.first is not None and node.unit_width and reference(node, scope, prior, trail) is None:
            out.append(GeneSite(path, node.first, genes))
    elif node.unit_width:
        out.append(GeneSite(path, node, genes))


def _group_sites(
    group: Group, genes: Any, out: list[GeneSite], path: Path, scope: Scope, prior: Prior, trail: Trail
) -> None:
    inner = (genes, scope)
    for name, child, is_leaf, _ in group.plan:
        if not child.unit_width:
            continue
        if is_leaf:
            out.append(GeneSite((*path, name), child, genes[name]))
        else:
            sites(child, genes[name], out, (*path, name), inner, prior, (*trail, name))


def list_sites(node: Node, genes: Any, out: list[ListSite], path: Path = ()) -> None:
    """Append the lists of a genome to ``out``, outer ones before inner ones."""
    if isinstance(node, Repeat):
        out.append(ListSite(path, node, len(genes)))
        for place, item in enumerate(genes):
            list_sites(node.item, item, out, (*path, place))
        return
    if isinstance(node, Select):
        node = node.branches[genes[node.by]]
    elif not isinstance(node, Group):
        return
    if node.has_lists:
        for name, child, is_leaf, _ in node.plan:
            if not is_leaf:
                list_sites(child, genes[name], out, (*path, name))


def node_at(root: Node, path: Path, genes: Any) -> Node:
    """Return the node that a path leads to; at the ``by`` of a select, the choice of its branch.

    Args:
        root: where the path starts.
        path: names of groups and places in lists.
        genes: the genes, which tell the active branch of each select on the way; the place itself need not be there.

    Raises:
        SpaceError: if the path leads nowhere.
    """
    node: Node | None = root
    for depth, name in enumerate(path):
        if isinstance(node, Repeat):
            node = node.item if isinstance(name, int) else None
        elif isinstance(node, Select) and name == node.by:
            node = node.branch
        else:
            if isinstance(node, Select):
                node = node.branches.get(get_at(genes, (*path[:depth], node.by)))
            node = node.children.get(name) if isinstance(node, Group) and isinstance(name, str) else None
        if node is None:
            raise SpaceError("no such place in the space", key=dotted(path[: depth + 1]), got=name)
    return root if node is None else node


def get_at(genes: Any, path: Path) -> Any:
    """Return the value at a path of genes.

    >>> get_at({"layers": [{"units": 8}]}, ("layers", 0, "units"))
    8
    """
    for name in path:
        genes = genes[name]
    return genes


def set_at(genes: Any, path: Path, value: Any) -> None:
    """Set the value at a path of mutable genes, in place.

    >>> genes = {"layers": [{"units": 8}]}
    >>> set_at(genes, ("layers", 0, "units"), 16)
    >>> genes
    {'layers': [{'units': 16}]}
    """
    get_at(genes, path[:-1])[path[-1]] = value
