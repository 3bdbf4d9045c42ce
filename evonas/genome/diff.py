"""The difference of two genomes, gene by gene, with list items aligned by their historical marks.

An item keeps its mark for life (NEAT's innovation numbers, Stanley & Miikkulainen 2002,
doi:10.1162/106365602320169811). So an item inserted at the front is one addition, not a change of every item behind it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from evonas.genome.value import Genome, thaw

__all__ = ["GeneChange", "gene_diff"]


@dataclass(frozen=True)
class GeneChange:
    """One difference between a child and its primary parent.

    Attributes:
        gene: path such as ``stages[3].filters``; the number in brackets is the item's historical mark, not its index.
        kind: ``changed``, ``added`` or ``removed`` (``moved`` for an item whose place in its list changed).
        before: value in the parent; None where added; for ``moved`` the index in the parent's list, from 0.
        after: value in the child; None where removed; for ``moved`` the index in the child's list, from 0.
    """

    gene: str
    kind: str
    before: Any = None
    after: Any = None


def gene_diff(before: Genome, after: Genome) -> tuple[GeneChange, ...]:
    """Return what turns the genes of ``before`` into those of ``after``, in the order of the genes.

    Items of a list are the same item when they carry the same historical mark; a list without marks numbers its items
    by position. An item counts as moved only when its order among the shared items changed, and as few items as
    possible are called moved. Equal numbers of different types (1, 1.0, true) are a change, as in the genome's id.
    The family and the marks themselves are not compared.

    >>> parent = Genome({"layers": [{"units": 64}, {"units": 32}], "dropout": 0.1})
    >>> child = Genome({"layers": [{"units": 64}], "dropout": 0.2})
    >>> [(change.gene, change.kind) for change in gene_diff(parent, child)]
    [('layers[1]', 'removed'), ('dropout', 'changed')]
    """
    changes: list[GeneChange] = []
    # The frozen values are read in place: `Genome.genes` would copy both trees.
    _compare(before._genes, after._genes, before._marks, after._marks, "", changes)
    return tuple(changes)


def _compare(
    before: Any, after: Any, marks_before: Any, marks_after: Any, path: str, changes: list[GeneChange]
) -> None:
    if type(before) is MappingProxyType and type(after) is MappingProxyType:  # as Genome freezes them
        _compare_groups(before, after, marks_before, marks_after, path, changes)
    elif isinstance(before, tuple) and isinstance(after, tuple):
        _compare_lists(before, after, marks_before, marks_after, path, changes)
    elif type(before) is not type(after) or before != after:
        changes.append(GeneChange(path, "changed", thaw(before), thaw(after)))


def _compare_groups(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    marks_before: Any,
    marks_after: Any,
    path: str,
    changes: list[GeneChange],
) -> None:
    below_before = {} if marks_before is None else marks_before
    below_after = {} if marks_after is None else marks_after
    prefix = f"{path}." if path else ""
    for name, value in before.items():
        if name not in after:
            changes.append(GeneChange(prefix + name, "removed", before=thaw(value)))
            continue
        other = after[name]
        if type(value) is type(other) and not isinstance(value, (Mapping, tuple)):  # the common case, without a call
            if value != other:
                changes.append(GeneChange(prefix + name, "changed", value, other))
        else:
            _compare(value, other, below_before.get(name), below_after.get(name), prefix + name, changes)
    for name, value in after.items():
        if name not in before:
            changes.append(GeneChange(prefix + name, "added", after=thaw(value)))


def _compare_lists(
    before: tuple[Any, ...],
    after: tuple[Any, ...],
    marks_before: Any,
    marks_after: Any,
    path: str,
    changes: list[GeneChange],
) -> None:
    items_before = _by_mark(before, marks_before)
    items_after = _by_mark(after, marks_after)
    if items_before is None or items_after is None:
        items_before = {index: (index, item, None) for index, item in enumerate(before)}
        items_after = {index: (index, item, None) for index, item in enumerate(after)}
    shared: list[int] = []
    for mark, (_, item, marks) in items_before.items():
        if mark not in items_after:
            changes.append(GeneChange(f"{path}[{mark}]", "removed", before=thaw(item)))
            continue
        _, other, other_marks = items_after[mark]
        _compare(item, other, marks, other_marks, f"{path}[{mark}]", changes)
        shared.append(mark)
    for mark, (_, item, _) in items_after.items():
        if mark not in items_before:
            changes.append(GeneChange(f"{path}[{mark}]", "added", after=thaw(item)))
    places = [items_after[mark][0] for mark in shared]
    changes.extend(
        GeneChange(f"{path}[{shared[index]}]", "moved", items_before[shared[index]][0], places[index])
        for index in _out_of_order(places)
    )


def _by_mark(items: tuple[Any, ...], marks: Any) -> dict[int, tuple[int, Any, Any]] | None:
    """Return mark -> (index, item, marks of the item); None when the marks do not fit the items."""
    if marks is None:
        return {index: (index, item, None) for index, item in enumerate(items)}
    if not isinstance(marks, tuple) or len(marks) != len(items):
        return None
    by_mark = {pair[0]: (index, item, pair[1]) for index, (item, pair) in enumerate(zip(items, marks, strict=True))}
    return by_mark if len(by_mark) == len(items) else None


def _out_of_order(places: Sequence[int]) -> list[int]:
    """Return the fewest indices without which ``places`` ascends: all but a longest increasing subsequence."""
    if all(left < right for left, right in pairwise(places)):
        return []
    tails: list[int] = []  # the smallest last place of an increasing run of each length
    ends: list[int] = []  # the index of that last place
    previous: list[int] = []
    for index, place in enumerate(places):
        length = bisect_left(tails, place)
        previous.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [place]
        ends[length : length + 1] = [index]
    kept = set()
    index = ends[-1]
    while index >= 0:
        kept.add(index)
        index = previous[index]
    return [index for index in range(len(places)) if index not in kept]
