"""Membership: the first reason why genes do not belong to a space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evonas.errors import nearest
from evonas.space.nodes import Group, Node, Repeat, Select, Tied
from evonas.space.ties import Prior, Scope, Trail, reference
from evonas.space.words import Path, show

__all__ = ["Reason", "first_reason"]

Reason = tuple[Path, str]
"""Where, and what is wrong there."""


def first_reason(node: Node, genes: Any, scope: Scope = None, prior: Prior = None, trail: Trail = ()) -> Reason | None:
    """Return the first thing wrong with genes, None where they are those of the node.

    Args:
        node: the part of the space.
        genes: its value, of plain or frozen mappings and lists.
        scope: values of the groups around the node.
        prior: the list around the node.
        trail: the way from that list's item to the node.
    """
    if isinstance(node, Group):
        if not isinstance(genes, Mapping):
            return (), f"{show(genes)} is not a mapping of genes"
        return _in_group(node, genes, len(node.plan), scope, prior, trail)
    if isinstance(node, Repeat):
        if not isinstance(genes, (list, tuple)):
            return (), f"{show(genes)} is not a list"
        if not node.min <= len(genes) <= node.max:
            few = len(genes) < node.min
            return (), f"{len(genes)} items are {'fewer' if few else 'more'} than {node.min if few else node.max}"
        for place, item in enumerate(genes):
            reason = first_reason(node.item, item, scope, (genes, place), ())
            if reason is not None:
                return (place, *reason[0]), reason[1]
        return None
    if isinstance(node, Select):
        if not isinstance(genes, Mapping):
            return (), f"{show(genes)} is not a mapping of genes"
        if node.by not in genes:
            return (node.by,), f"missing, one of {', '.join(node.branches)} is expected"
        branch = genes[node.by]
        wrong = node.branch.why_not(branch)
        if wrong is not None:
            return (node.by,), wrong
        group = node.branches[branch]
        return _in_group(group, genes, len(group.plan) + 1, scope, prior, trail, node.by)
    if isinstance(node, Tied):
        value = reference(node, scope, prior, trail)
        if value is None:
            wrong = "it scales nothing" if node.first is None else node.first.why_not(genes)
        else:
            expected = node.value(value)
            wrong = (
                None if node.agrees(genes, expected) else f"{show(genes)} is not {show(expected)}, that is {node.rule}"
            )
    else:
        wrong = node.why_not(genes)
    return None if wrong is None else ((), wrong)


def _in_group(
    group: Group, genes: Mapping[str, Any], count: int, scope: Scope, prior: Prior, trail: Trail, by: str | None = None
) -> Reason | None:
    inner = (genes, scope)
    for name, child, is_leaf, _ in group.plan:
        if name not in genes:
            return (name,), "missing"
        if is_leaf:
            wrong = child.why_not(genes[name])
            if wrong is not None:
                return (name,), wrong
        else:
            reason = first_reason(child, genes[name], inner, prior, (*trail, name))
            if reason is not None:
                return (name, *reason[0]), reason[1]
    if len(genes) != count:
        unknown = next(name for name in genes if name not in group.children and name != by)
        close = nearest(unknown, group.children)
        return (unknown,), "no such gene" + (f", the nearest is `{close}`" if close else "")
    return None
