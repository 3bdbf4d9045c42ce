"""From coordinates to genes and back: the fixed slots of a space, one coordinate each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from evonas.space.leaves import Leaf
from evonas.space.nodes import Group, Node, Repeat, Select, Tied
from evonas.space.ties import Prior, Scope, Trail, reference

__all__ = ["Slot", "build", "coordinates", "fresh", "slots"]


class Slot(NamedTuple):
    """A place for one free gene, taken or not.

    Attributes:
        name: such as ``layers.0.units``, ``layers.length``, ``optimizer.type`` or ``optimizer[adam].learning_rate``.
        leaf: the gene; of a list, its length; of a select, its branch.
    """

    name: str
    leaf: Leaf


def slots(node: Node, name: str = "") -> Iterator[Slot]:
    """Yield the slots of a node, in the order of its unit coordinates. Constants have none."""
    dot = f"{name}." if name else ""
    if isinstance(node, Group):
        for gene, child in node.children.items():
            yield from slots(child, dot + gene)
    elif isinstance(node, Repeat):
        yield from slots(node.length, f"{dot}length")
        for place in range(node.max):
            yield from slots(node.item, f"{dot}{place}")
    elif isinstance(node, Select):
        yield from slots(node.branch, dot + node.by)
        for branch, group in node.branches.items():
            yield from slots(group, f"{name}[{branch}]")
    elif isinstance(node, Tied):
        if node.first is not None:
            yield from slots(node.first, name)
    elif node.unit_width:
        yield Slot(name, node)


def build(
    node: Node, u: Sequence[float], at: int = 0, scope: Scope = None, prior: Prior = None, trail: Trail = ()
) -> Any:
    """Return the genes at a point of the unit cube.

    Args:
        node: what to build.
        u: coordinates of the whole space; only those of genes that turn out to be active are read, in order.
        at: place of the node's first coordinate.
        scope: values of the groups around the node.
        prior: the list around the node.
        trail: the way from that list's item to the node.
    """
    if isinstance(node, Group):
        return _build_group(node, {}, u, at, scope, prior, trail)
    if isinstance(node, Repeat):
        count = _value(node.length, u, at)
        at += node.length.unit_width
        item, width = node.item, node.item.unit_width
        items: list[Any] = []
        for place in range(count):
            items.append(build(item, u, at, scope, (items, place), ()))
            at += width
        return items
    if isinstance(node, Select):
        branch = _value(node.branch, u, at)
        return _build_group(node.branches[branch], {node.by: branch}, u, at + node.offsets[branch], scope, prior, trail)
    if isinstance(node, Tied):
        value = reference(node, scope, prior, trail)
        if value is not None:
            return node.value(value)
        assert node.first is not None  # what else would have nothing to scale
        return _value(node.first, u, at)
    return _value(node, u, at)


def _value(leaf: Leaf, u: Sequence[float], at: int) -> Any:
    """Return a leaf's value. A constant has no coordinate: the one at its place is another gene's."""
    return leaf.from_unit(u[at] if leaf.unit_width else 0.5)


def _build_group(
    group: Group, out: dict[str, Any], u: Sequence[float], at: int, scope: Scope, prior: Prior, trail: Trail
) -> dict[str, Any]:
    inner = (out, scope)
    for name, child, is_leaf, offset in group.plan:
        if is_leaf:
            out[name] = child.from_unit(u[at + offset] if child.unit_width else 0.5)
        else:
            out[name] = build(child, u, at + offset, inner, prior, (*trail, name))
    return out


def fresh(
    node: Node, rng: np.random.Generator | None, scope: Scope = None, prior: Prior = None, trail: Trail = ()
) -> Any:
    """Return new genes of a node: sampled, or without a generator the middle ones. See :func:`build`."""
    width = node.unit_width + 1
    u = [0.5] * width if rng is None else rng.random(width).tolist()
    return build(node, u, 0, scope, prior, trail)


def coordinates(
    node: Node,
    genes: Any,
    out: list[float],
    at: int = 0,
    scope: Scope = None,
    prior: Prior = None,
    trail: Trail = (),
) -> None:
    """Write the unit coordinates of genes into their slots of ``out``; slots of inactive genes are left as they are."""
    if isinstance(node, Group):
        _write_group(node, genes, out, at, scope, prior, trail)
    elif isinstance(node, Repeat):
        if node.length.unit_width:
            out[at] = node.length.to_unit(len(genes))
            at += 1
        for place, item in enumerate(genes):
            coordinates(node.item, item, out, at, scope, (genes, place), ())
            at += node.item.unit_width
    elif isinstance(node, Select):
        branch = genes[node.by]
        if node.branch.unit_width:
            out[at] = node.branch.to_unit(branch)
        _write_group(node.branches[branch], genes, out, at + node.offsets[branch], scope, prior, trail)
    elif isinstance(node, Tied):
        if node.first is not None and node.unit_width and reference(node, scope, prior, trail) is None:
            out[at] = node.first.to_unit(genes)
    elif node.unit_width:
        out[at] = node.to_unit(genes)


def _write_group(group: Group, genes: Any, out: list[float], at: int, scope: Scope, prior: Prior, trail: Trail) -> None:
    inner = (genes, scope)
    for name, child, is_leaf, offset in group.plan:
        if is_leaf:
            if child.unit_width:
                out[at + offset] = child.to_unit(genes[name])
        else:
            coordinates(child, genes[name], out, at + offset, inner, prior, (*trail, name))
