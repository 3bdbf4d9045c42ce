"""Crossover of parents of unequal depth, aligned by historical marks."""

from __future__ import annotations

from typing import Any

import numpy as np

from evonas.genome import Genome, Marks
from evonas.space import Group, Repeat, Select, Space

__all__ = ["crossover"]

_MIX = 0.3  # how often a list takes unmatched items from both parents; otherwise it keeps the primary parent's


def crossover(space: Space, primary: Genome, mate: Genome, rng: np.random.Generator) -> Genome:
    """Return a child of two parents.

    Genes that both parents have are taken from either with probability 1/2. List items are the same item when they
    carry the same historical mark, wherever they stand (NEAT, Stanley & Miikkulainen 2002, section 3.2,
    doi:10.1162/106365602320169811); an item that only one parent has is kept from the primary, fitter parent, or, three
    times in ten, taken from either parent with probability 1/2, so that depth can change. A crossover of equals is the
    identity.

    Args:
        space: the space of both parents.
        primary: the parent that the child is a variation of.
        mate: the parent that gives genes.
        rng: source of randomness.
    """
    genes, marks = _cross(space.root, (primary.genes, primary.marks), (mate.genes, mate.marks), rng)
    return space.complete(genes, marks)


_Part = tuple[Any, Marks]  # genes with the marks that mirror them


def _cross(node: Any, ours: _Part, theirs: _Part, rng: np.random.Generator) -> _Part:
    if isinstance(node, Group):
        return _cross_group(node, ours, theirs, rng)
    if isinstance(node, Select):
        if ours[0][node.by] != theirs[0][node.by]:
            return ours if rng.random() < 0.5 else theirs
        branch = ours[0][node.by]
        genes, marks = _cross_group(node.branches[branch], ours, theirs, rng)
        return {node.by: branch, **genes}, marks
    if isinstance(node, Repeat):
        return _cross_list(node, ours, theirs, rng)
    return ours if rng.random() < 0.5 else theirs


def _cross_group(node: Group, ours: _Part, theirs: _Part, rng: np.random.Generator) -> _Part:
    genes: dict[str, Any] = {}
    marks: dict[str, Marks] = {}
    for name, child in node.children.items():
        genes[name], below = _cross(
            child, (ours[0][name], _below(ours[1], name)), (theirs[0][name], _below(theirs[1], name)), rng
        )
        if below is not None:
            marks[name] = below
    return genes, marks or None


def _cross_list(node: Repeat, ours: _Part, theirs: _Part, rng: np.random.Generator) -> _Part:
    mates = {int(mark): (item, below) for item, (mark, below) in zip(theirs[0], theirs[1], strict=True)}
    own_marks = {int(mark) for mark, _ in ours[1]}
    order = _merged_order(ours[1], theirs[1])
    items = {int(mark): (item, below) for item, (mark, below) in zip(ours[0], ours[1], strict=True)}
    unmatched = [mark for mark in order if (mark in items) != (mark in mates)]
    if rng.random() < _MIX:
        kept = {mark for mark in unmatched if rng.random() < 0.5}
    else:
        kept = {mark for mark in unmatched if mark in own_marks}
    matched = len(order) - len(unmatched)
    kept = _within_length(node, kept, unmatched, matched, own_marks, rng)
    genes: list[Any] = []
    pairs: list[Any] = []
    for mark in order:
        if mark in items and mark in mates:
            item, below = _cross(node.item, items[mark], mates[mark], rng)
        elif mark in kept:
            item, below = items[mark] if mark in items else mates[mark]
        else:
            continue
        genes.append(item)
        pairs.append([mark, below])
    return genes, pairs


def _within_length(
    node: Repeat, kept: set[int], unmatched: list[int], matched: int, own: set[int], rng: np.random.Generator
) -> set[int]:
    """Drop or add unmatched items, the primary parent's own first, until the list's length is allowed."""
    spare = [mark for mark in unmatched if mark not in kept]
    spare.sort(key=lambda mark: mark not in own)
    while matched + len(kept) < node.min and spare:
        kept = kept | {spare.pop(0)}
    while matched + len(kept) > node.max:
        ordered = sorted(kept)
        kept = kept - {ordered[int(rng.integers(len(ordered)))]}
    return kept


def _merged_order(ours: list[Any], theirs: list[Any]) -> list[int]:
    """Return all marks: ours in our order, each of theirs that we lack right behind the one that precedes it there."""
    order = [int(mark) for mark, _ in ours]
    known = set(order)
    previous: int | None = None
    for mark, _ in theirs:
        if mark not in known:
            place = 0 if previous is None else order.index(previous) + 1
            order.insert(place, int(mark))
            known.add(mark)
        previous = mark
    return order


def _below(marks: Marks, name: str) -> Marks:
    return marks.get(name) if isinstance(marks, dict) else None
