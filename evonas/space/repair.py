"""Repair: the nearest genes that belong to a space, with every change in words; and the marks of lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from evonas.genome import Genome, Marks
from evonas.space.build import fresh
from evonas.space.nodes import Group, Node, Repeat, Select, Tied, has_lists
from evonas.space.ties import Prior, Scope, Trail, reference
from evonas.space.words import Path, dotted, show

__all__ = ["Repaired", "fill_marks", "mend"]

_MISSING: Any = object()


class Repaired(NamedTuple):
    """A genome brought into a space.

    Attributes:
        genome: the genome nearest to the given one that the space contains.
        changes: what was changed, one line each, such as ``layers.2.units: 700 -> 512 (700 is above 512)``; empty
            when nothing was.
    """

    genome: Genome
    changes: tuple[str, ...]


def mend(
    node: Node,
    genes: Any,
    notes: list[str] | None = None,
    rng: np.random.Generator | None = None,
    path: Path = (),
    scope: Scope = None,
    prior: Prior = None,
    trail: Trail = (),
) -> Any:
    """Return genes of the node that differ from the given ones only where those do not belong to it.

    Args:
        node: the part of the space.
        genes: any value; it is not changed.
        notes: receives a line for every change; None to keep silent.
        rng: where missing genes are drawn from; None for the middle ones.
        path: the way from the root to the node, for the notes.
        scope: values of the groups around the node.
        prior: the list around the node.
        trail: the way from that list's item to the node.
    """
    if isinstance(node, Tied):
        value = reference(node, scope, prior, trail)
        if value is None:
            return _mend_leaf(node.first, genes, notes, rng, path)
        expected = node.value(value)
        if node.agrees(genes, expected):
            return genes
        _note(notes, path, genes, expected, f"that is {node.rule}")
        return expected
    if isinstance(node, Repeat):
        if isinstance(genes, (list, tuple)):
            return _mend_list(node, genes, notes, rng, path, scope)
    elif isinstance(node, Select):
        if isinstance(genes, str):  # `optimizer: adam` for `optimizer: {type: adam}`
            _note(notes, path, genes, {node.by: genes}, "a mapping is meant")
            genes = {node.by: genes}
        if type(genes) is dict or isinstance(genes, Mapping):
            branch = _mend_leaf(node.branch, genes.get(node.by, _MISSING), notes, rng, (*path, node.by))
            out = {node.by: branch}
            return _mend_group(node.branches[branch], genes, out, notes, rng, path, scope, prior, trail)
    elif isinstance(node, Group):
        if type(genes) is dict or isinstance(genes, Mapping):
            return _mend_group(node, genes, {}, notes, rng, path, scope, prior, trail)
    else:
        return _mend_leaf(node, genes, notes, rng, path)
    made = fresh(node, rng, scope, prior, trail)
    _note(
        notes, path, genes, made, f"{show(genes)} is not a {'list' if isinstance(node, Repeat) else 'mapping of genes'}"
    )
    return made


def _mend_leaf(leaf: Any, value: Any, notes: list[str] | None, rng: np.random.Generator | None, path: Path) -> Any:
    if value is _MISSING:
        made = leaf.from_unit(0.5) if rng is None else leaf.sample(rng)
        _note(notes, path, value, made, "")
        return made
    reason = leaf.why_not(value)
    if reason is None:
        return value
    near = leaf.nearest(value)
    _note(notes, path, value, near, reason)
    return near


def _mend_group(
    group: Group,
    genes: Mapping[str, Any],
    out: dict[str, Any],
    notes: list[str] | None,
    rng: np.random.Generator | None,
    path: Path,
    scope: Scope,
    prior: Prior,
    trail: Trail,
) -> dict[str, Any]:
    count = len(out) + len(group.plan)
    by = tuple(out)
    inner = (out, scope)
    for name, child, is_leaf, _ in group.plan:
        value = genes.get(name, _MISSING)
        if is_leaf:
            if value is _MISSING or child.why_not(value) is not None:
                value = _mend_leaf(child, value, notes, rng, (*path, name))
            out[name] = value
        else:
            out[name] = mend(child, value, notes, rng, (*path, name), inner, prior, (*trail, name))
    if notes is not None and (len(genes) != count or any(name not in genes for name in out)):
        for name in genes:
            if name not in group.children and name not in by:
                notes.append(f"{dotted((*path, name))}: dropped, no such gene")
    return out


def _mend_list(
    node: Repeat, genes: Any, notes: list[str] | None, rng: np.random.Generator | None, path: Path, scope: Scope
) -> list[Any]:
    count = min(max(len(genes), node.min), node.max)
    items: list[Any] = []
    for place in range(count):
        prior = (items, place)
        if place < len(genes):
            items.append(mend(node.item, genes[place], notes, rng, (*path, place), scope, prior))
        elif items:
            # the same genes again; only those tied to the item before may differ
            items.append(mend(node.item, items[-1], None, rng, path, scope, prior))
        else:
            items.append(fresh(node.item, rng, scope, prior))
    if notes is not None and len(genes) != count:
        cut = len(genes) > count
        limit = f"at most {node.max}" if cut else f"at least {node.min}"
        notes.append(
            f"{dotted(path)}: {len(genes)} -> {count} items ({limit}; {'cut' if cut else 'padded'} at the end)"
        )
    return items


def _note(notes: list[str] | None, path: Path, before: Any, after: Any, reason: str) -> None:
    if notes is None:
        return
    if before is _MISSING:
        notes.append(f"{dotted(path)}: missing, set to {show(after)}")
    else:
        notes.append(f"{dotted(path)}: {show(before)} -> {show(after)} ({reason})")


def fill_marks(node: Node, genes: Any, marks: Marks) -> Marks:
    """Return the historical marks of genes: those given, and new ones for list items that have none.

    An item without a mark gets its place in the list, or where another item has that mark the next one above all.

    Args:
        node: the part of the space.
        genes: its genes.
        marks: marks as in :data:`evonas.genome.Marks`; what does not mirror the genes is left out.
    """
    if isinstance(node, Repeat):
        given = list(marks) if isinstance(marks, (list, tuple)) else []
        taken = {pair[0] for pair in given[: len(genes)] if _is_pair(pair)}
        below = has_lists(node.item)
        filled: list[Any] = []
        seen: set[int] = set()
        for place, item in enumerate(genes):
            pair = given[place] if place < len(given) and _is_pair(given[place]) else None
            if pair is not None and pair[0] not in seen:
                mark = pair[0]
            else:
                mark = place if place not in taken else max(taken) + 1
                taken.add(mark)
            seen.add(mark)
            inner = None if pair is None else pair[1]
            filled.append([mark, fill_marks(node.item, item, inner) if below else None])
        return filled
    if isinstance(node, Select):
        node = node.branches[genes[node.by]]
    elif not isinstance(node, Group):
        return None
    if not node.has_lists:
        return None
    known = marks if type(marks) is dict or isinstance(marks, Mapping) else {}
    found = {}
    for name, child, is_leaf, _ in node.plan:
        if not is_leaf and has_lists(child):
            inner = fill_marks(child, genes[name], known.get(name))
            if inner is not None:
                found[name] = inner
    return found or None


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, (list, tuple)) and len(pair) == 2 and type(pair[0]) is int
