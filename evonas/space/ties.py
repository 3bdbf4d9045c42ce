"""Tied genes: which gene one of them scales, checked when a space is built, looked up when a genome is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from evonas.errors import SpaceError, nearest
from evonas.space.nodes import PREVIOUS, Group, Node, Repeat, Select, Tied, is_numeric

__all__ = ["Prior", "Scope", "Trail", "check_ties", "reference"]

_LOG_LARGEST = math.log(1e30)

Scope: TypeAlias = Any
"""The groups around a gene, innermost first: ``(values of the group, scope around it)``; None outside the root."""

Prior: TypeAlias = "tuple[Sequence[Any], int] | None"
"""The list around a gene and how many of its items stand before the gene's own; None outside a list."""

Trail: TypeAlias = tuple[str, ...]
"""The way from the item of the innermost list to a gene."""

_Levels: TypeAlias = list[tuple[Group, dict[str, Node]]]
"""The groups around a gene, outermost first, each with what is declared in it so far."""


def reference(tied: Tied, scope: Scope, prior: Prior, trail: Trail) -> int | float | None:
    """Return the value of the gene that a tied gene scales, None where it scales none and its ``first`` gene is free.

    Args:
        tied: the tied gene.
        scope: values of the groups around it, as far as they are known.
        prior: the list it stands in.
        trail: the way from the list's item to it.
    """
    if tied.scales == PREVIOUS:
        if prior is None:
            return None
        items, count = prior
        for place in range(count - 1, -1, -1):
            value = items[place]
            for name in trail:
                value = value.get(name) if isinstance(value, Mapping) else None
            if type(value) is int or type(value) is float:
                return value
        return None
    head, *rest = tied.scales.split(".")
    while scope is not None:
        values, scope = scope
        if head in values:
            found: Any = values[head]
            for name in rest:
                found = found.get(name) if isinstance(found, Mapping) else None
            return found if type(found) is int or type(found) is float else None
    return None


def check_ties(root: Group) -> None:
    """Check that every tied gene scales a number that is declared before it.

    Raises:
        SpaceError: with the key path of the first tied gene that does not.
    """
    _check(root, (), [], None)


def _check(node: Node, path: tuple[str, ...], levels: _Levels, longest: int | None) -> None:
    if isinstance(node, Tied):
        _check_tie(node, ".".join(path), levels, longest)
    elif isinstance(node, Repeat):
        _check(node.item, (*path, "repeat"), levels, node.max)
    elif isinstance(node, Select):
        for name, group in node.branches.items():
            _check_group(group, (*path, "select", name), levels, longest, node)
    elif isinstance(node, Group):
        _check_group(node, path, levels, longest, None)


def _check_group(
    group: Group, path: tuple[str, ...], levels: _Levels, longest: int | None, select: Select | None
) -> None:
    declared: dict[str, Node] = {} if select is None else {select.by: select.branch}
    inner: _Levels = [*levels, (group, declared)]
    for name, child in group.children.items():
        _check(child, (*path, name), inner, longest)
        declared[name] = child


def _check_tie(tied: Tied, key: str, levels: _Levels, longest: int | None) -> None:
    if tied.scales == PREVIOUS:
        if longest is None:
            raise SpaceError(
                "`previous` outside a list",
                key=key,
                got=tied.scales,
                expected="a place inside a `repeat`",
                hint="name the gene it scales, such as `scales: stem.filters`",
            )
        if tied.min is None and tied.max is None and longest * math.log(max(abs(tied.by), 1.0)) > _LOG_LARGEST:
            raise SpaceError(
                f"{tied.rule} grows beyond any number in a list of {longest} items",
                key=key,
                got=tied.by,
                expected="a limit",
                hint="give the gene a `max`",
            )
        return
    head, *rest = tied.scales.split(".")
    for group, declared in reversed(levels):
        if head in declared:
            node: Node | None = declared[head]
            for name in rest:
                node = _step(node, name)
            if node is None or not is_numeric(node):
                raise SpaceError(
                    "the gene it scales does not exist" if node is None else "the gene it scales holds no numbers",
                    key=key,
                    got=tied.scales,
                    expected="a numeric gene in groups, or in every branch of a select",
                    hint=_known(tied.scales, levels),
                )
            return
        if head in group.children:
            raise SpaceError(
                "the gene it scales is declared later",
                key=key,
                got=tied.scales,
                expected="a gene declared before it",
                hint=f"move `{head}` up",
            )
    raise SpaceError(
        "the gene it scales does not exist",
        key=key,
        got=tied.scales,
        expected="`previous`, or a gene declared before it in its own group or one around it",
        hint=_known(tied.scales, levels),
    )


def _step(node: Node | None, name: str) -> Node | None:
    if isinstance(node, Group):
        return node.children.get(name)
    if isinstance(node, Select):
        found = [group.children.get(name) for group in node.branches.values()]
        return found[0] if all(child is not None and is_numeric(child) for child in found) else None
    return None


def _known(name: str, levels: _Levels) -> str | None:
    known = [PREVIOUS]
    for _, declared in levels:
        for head, node in declared.items():
            known += _numeric_names(head, node)
    close = nearest(name, known)
    return None if close is None else f"did you mean `{close}`?"


def _numeric_names(name: str, node: Node) -> list[str]:
    if isinstance(node, Group):
        return [below for child, inner in node.children.items() for below in _numeric_names(f"{name}.{child}", inner)]
    return [name] if is_numeric(node) else []
