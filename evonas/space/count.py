"""How many genomes a space holds, and all or some of them in order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from evonas.space.leaves import Choice, Float, Int
from evonas.space.nodes import Group, Node, Repeat, Select, Tied
from evonas.space.ties import Prior, Scope, Trail, reference
from evonas.space.words import is_number

__all__ = ["count", "grid"]

_Seen = frozenset[Trail]
"""Genes of a list's items that earlier items have, among those that a tied gene may scale."""


def count(node: Node) -> int | float:
    """Return the exact number of values of a node, ``math.inf`` where a reachable gene is continuous."""
    return math.inf if _is_continuous(node) else sum(_ways(node, (), frozenset(), frozenset()).values())


def _is_continuous(node: Node) -> bool:
    if isinstance(node, Group):
        return any(_is_continuous(child) for child in node.children.values())
    if isinstance(node, Select):
        return any(_is_continuous(group) for group in node.branches.values())
    if isinstance(node, Repeat):
        return _is_continuous(node.item)
    if isinstance(node, Tied):
        return node.first is not None and _is_continuous(node.first)
    return node.size() == math.inf


def _ways(node: Node, trail: Trail, tracked: _Seen, seen: _Seen) -> Counter[_Seen]:
    """Count the values of a node, apart for each set of genes that the next item may scale.

    A tied gene is free where no earlier item has a number at its place, so the number of values of an item depends
    on those before it: on ``seen``, that is.

    Args:
        node: the part of a list's item.
        trail: the way from the item to it.
        tracked: genes that a tied gene of this list scales.
        seen: those of them that earlier items have.

    Returns:
        number of values for each set of genes that this item adds.
    """
    if isinstance(node, Group):
        return _ways_of_group(node, trail, tracked, seen)
    if isinstance(node, Select):
        total: Counter[_Seen] = Counter()
        for group in node.branches.values():
            total.update(_ways_of_group(group, trail, tracked, seen))
        return total
    if isinstance(node, Repeat):
        return Counter({frozenset(): _ways_of_list(node)})
    if isinstance(node, Tied):
        free = node.first is not None and trail not in seen
        return Counter({_own(trail, tracked): _size(node.first) if free else 1})
    if isinstance(node, Choice) and trail in tracked:
        numbers = sum(is_number(option) for option in node.options)
        return +Counter({frozenset([trail]): numbers, frozenset(): len(node.options) - numbers})
    number = isinstance(node, (Int, Float))
    return Counter({_own(trail, tracked) if number else frozenset(): _size(node)})


def _ways_of_group(group: Group, trail: Trail, tracked: _Seen, seen: _Seen) -> Counter[_Seen]:
    total: Counter[_Seen] = Counter({frozenset(): 1})
    for name, child in group.children.items():
        ways = _ways(child, (*trail, name), tracked, seen)
        product: Counter[_Seen] = Counter()
        for before, number in total.items():
            for added, factor in ways.items():
                product[before | added] += number * factor
        total = product
    return total


def _ways_of_list(node: Repeat) -> int:
    tracked = frozenset(_tied_trails(node.item, ()))
    states: Counter[_Seen] = Counter({frozenset(): 1})  # number of lists so long, by what their items have
    total = 0
    for length in range(node.max + 1):
        if length >= node.min:
            total += sum(states.values())
        if length < node.max:
            following: Counter[_Seen] = Counter()
            for seen, number in states.items():
                for added, factor in _ways(node.item, (), tracked, seen).items():
                    following[seen | added] += number * factor
            states = following
    return total


def _tied_trails(node: Node, trail: Trail) -> Iterator[Trail]:
    if isinstance(node, Tied) and node.first is not None:
        yield trail
    elif isinstance(node, Group):
        for name, child in node.children.items():
            yield from _tied_trails(child, (*trail, name))
    elif isinstance(node, Select):
        for group in node.branches.values():
            yield from _tied_trails(group, trail)


def _own(trail: Trail, tracked: _Seen) -> _Seen:
    return frozenset([trail]) if trail in tracked else frozenset()


def _size(leaf: Any) -> int:
    return int(leaf.size())


def grid(node: Node, points: int, scope: Scope = None, prior: Prior = None, trail: Trail = ()) -> Iterator[Any]:
    """Yield the values of a node in order: all combinations of its genes, long genes thinned out to ``points``.

    Args:
        node: the part of the space.
        points: values of a continuous or long numeric gene, and lengths of a list.
        scope: values of the groups around the node.
        prior: the list around the node.
        trail: the way from that list's item to the node.
    """
    if isinstance(node, Group):
        yield from _grid_of_group(node, {}, points, scope, prior, trail)
    elif isinstance(node, Select):
        for branch, group in node.branches.items():
            yield from _grid_of_group(group, {node.by: branch}, points, scope, prior, trail)
    elif isinstance(node, Repeat):
        for length in node.length.grid(points):
            yield from _grid_of_list(node.item, [], length, points, scope)
    elif isinstance(node, Tied):
        value = reference(node, scope, prior, trail)
        if value is not None:
            yield node.value(value)
        elif node.first is not None:
            yield from node.first.grid(points)
    else:
        yield from node.grid(points)


def _grid_of_group(
    group: Group, start: dict[str, Any], points: int, scope: Scope, prior: Prior, trail: Trail
) -> Iterator[dict[str, Any]]:
    names = list(group.children)

    def extend(out: dict[str, Any], place: int) -> Iterator[dict[str, Any]]:
        if place == len(names):
            yield out
            return
        name = names[place]
        for value in grid(group.children[name], points, (out, scope), prior, (*trail, name)):
            yield from extend({**out, name: value}, place + 1)

    return extend(start, 0)


def _grid_of_list(item: Node, items: list[Any], length: int, points: int, scope: Scope) -> Iterator[list[Any]]:
    if len(items) == length:
        yield items
        return
    for value in grid(item, points, scope, (items, len(items)), ()):
        yield from _grid_of_list(item, [*items, value], length, points, scope)
