"""Changing a space gene by gene: how a configuration narrows or widens the default space of a model family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evonas.errors import SpaceError, nearest
from evonas.space.leaves import Bool, Choice, Float, Int
from evonas.space.nodes import Group, Node, Repeat, Select, Tied
from evonas.space.parse import inside, length_of, node_from

__all__ = ["merge"]

_ONE_VALUE = (Int, Float, Choice, Bool, Tied)


def merge(node: Node, change: Any, key: str = "") -> Node:
    """Return a node with a change applied.

    Args:
        node: the node.
        change: a specification. Groups, items of lists and branches of selects are changed from within; a single gene
            is replaced. ``{length: [1, 2]}`` changes a list's length alone, ``{only: [adam]}`` (or ``adam``) keeps
            those branches of a select.
        key: dotted path of the change, for messages.

    Raises:
        SpaceError: if it names a gene or branch that is not there, or does not fit the node.
    """
    if isinstance(node, Group):
        return _merge_group(node, change, key)
    if isinstance(node, Repeat):
        return _merge_list(node, change, key)
    if isinstance(node, Select):
        return _merge_select(node, change, key)
    new = node_from(change, key)
    if not isinstance(new, _ONE_VALUE):
        raise SpaceError(
            "a single gene cannot become a group or list",
            key=key,
            got=change,
            expected="int, float, choice, bool, scales or a constant",
            hint="write the whole gene, such as {int: [1, 8], log: true}",
        )
    return new


def _merge_group(node: Group, change: Any, key: str) -> Group:
    if isinstance(change, Mapping) and set(change) == {"group"} and "group" not in node.children:
        change, key = change["group"], inside(key, "group")
    if not isinstance(change, Mapping):
        raise SpaceError(
            "a group is changed by a mapping of its genes", key=key or None, got=change, expected="a mapping"
        )
    children: dict[str, Node] = dict(node.children)
    for name, inner in change.items():
        if name not in children:
            raise _unknown("gene", name, children, key)
        children[name] = merge(children[name], inner, inside(key, name))
    return Group(children)


def _merge_list(node: Repeat, change: Any, key: str) -> Repeat:
    forms = "{length: [min, max]}, {repeat: changes of the items}, or both"
    if not isinstance(change, Mapping) or not change or not set(change) <= {"repeat", "length"}:
        raise SpaceError("a list is changed by its length or its items", key=key, got=change, expected=forms)
    low, high = length_of(change, key) if "length" in change else (node.min, node.max)
    item = merge(node.item, change["repeat"], inside(key, "repeat")) if "repeat" in change else node.item
    try:
        return Repeat(item, low, high)
    except SpaceError as error:
        raise SpaceError(
            error.message, key=inside(key, "length"), got=error.got, expected=error.expected, hint=error.hint
        ) from None


def _merge_select(node: Select, change: Any, key: str) -> Select:
    if isinstance(change, str):
        change = {"only": [change]}
    if not isinstance(change, Mapping) or not change or not set(change) <= {"select", "only", "by"}:
        raise SpaceError(
            "a select is changed by its branches",
            key=key,
            got=change,
            expected="{only: [names]}, {select: {name: changes}}, or both",
        )
    if change.get("by", node.by) != node.by:
        raise SpaceError(
            "the key of a select is fixed", key=inside(key, "by"), got=change["by"], expected=f"`{node.by}`"
        )
    branches = dict(node.branches)
    changes = change.get("select", {})
    if not isinstance(changes, Mapping):
        raise SpaceError("the branches of a select", key=inside(key, "select"), got=changes, expected="a mapping")
    for name, inner in changes.items():
        at = inside(key, "select")
        if name not in branches:
            raise _unknown("branch", name, branches, at)
        branches[name] = _merge_group(branches[name], {} if inner is None else inner, inside(at, name))
    kept = change.get("only", list(branches))
    if not isinstance(kept, (list, tuple)) or not kept:
        raise SpaceError("no branch is kept", key=inside(key, "only"), got=kept, expected="a list of branch names")
    for name in kept:
        if name not in branches:
            raise _unknown("branch", name, branches, inside(key, "only"))
    return Select({name: group for name, group in branches.items() if name in kept}, node.by)


def _unknown(what: str, name: Any, known: Mapping[str, Any], key: str) -> SpaceError:
    close = nearest(str(name), known)
    return SpaceError(
        f"no such {what} in the space to change",
        key=inside(key, name),
        got=name,
        expected=f"one of {', '.join(known)}" if known else "nothing: there is none here",
        hint=f"did you mean `{close}`?" if close else None,
    )
