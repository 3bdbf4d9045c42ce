"""Variation of structure on rows of coordinates: the items of a list are blocks of places that move.

What was done is kept as edits, which the historical marks of the child that is born are made from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from evonas.evolution.layout import Layout, ListPlaces, Rows
from evonas.evolution.marks import MarkCounter, marks_at
from evonas.space import get_at
from evonas.space.words import Path

__all__ = ["LIST_OPERATORS", "Edit", "aligned", "edited", "take_list"]


class Edit(NamedTuple):
    """A change of a list.

    Attributes:
        kind: ``insert``, ``remove``, ``duplicate``, ``swap``, or ``take`` for a list taken from the mate.
        path: the way to the list.
        first: place of the item.
        second: of the other item of a swap.
    """

    kind: str
    path: Path
    first: int = 0
    second: int = 0


_Change = Callable[[ListPlaces, int, Rows, np.random.Generator], Edit]
_Operator = Callable[[Layout, Rows, np.random.Generator], "Edit | None"]


def _of_some_list(*, room: int = 0, spare: int = 0, least: int = 0) -> Callable[[_Change], _Operator]:
    """Turn a change of one list into an operator, which changes a random list that has what the change needs.

    Args:
        room: items that the list gets.
        spare: items that it loses.
        least: items that it has at the least.
    """

    def operator(change: _Change) -> _Operator:
        def change_some_list(layout: Layout, row: Rows, rng: np.random.Generator) -> Edit | None:
            site = _pick(layout, row, rng, room=room, spare=spare, least=least)
            return None if site is None else change(*site, row, rng)

        return change_some_list

    return operator


@_of_some_list(room=1)
def _insert(one: ListPlaces, length: int, row: Rows, rng: np.random.Generator) -> Edit:
    """Insert a random item at a random place."""
    at = int(rng.integers(length + 1))
    _moved_up(one, row, length, at)[at] = rng.random(one.width)
    return Edit("insert", one.path, at)


@_of_some_list(room=1, least=1)
def _duplicate(one: ListPlaces, length: int, row: Rows, rng: np.random.Generator) -> Edit:
    """Put a copy of an item right behind it."""
    at = int(rng.integers(length))
    _moved_up(one, row, length, at)
    return Edit("duplicate", one.path, at)


@_of_some_list(spare=1)
def _remove(one: ListPlaces, length: int, row: Rows, rng: np.random.Generator) -> Edit:
    """Remove a random item."""
    items = _items(one, row)
    at = int(rng.integers(length))
    head = items[0].copy()
    items[at : length - 1] = items[at + 1 : length].copy()
    _keep_first(items, head)
    _resize(one, row, length - 1)
    return Edit("remove", one.path, at)


@_of_some_list(least=2)
def _swap(one: ListPlaces, length: int, row: Rows, rng: np.random.Generator) -> Edit:
    """Exchange two items."""
    items = _items(one, row)
    first, second = (int(index) for index in rng.choice(length, 2, replace=False))
    head = items[0].copy()
    items[[first, second]] = items[[second, first]]
    _keep_first(items, head)
    return Edit("swap", one.path, first, second)


LIST_OPERATORS: dict[str, _Operator] = {
    "insert_item": _insert,
    "remove_item": _remove,
    "duplicate_item": _duplicate,
    "swap_items": _swap,
}
"""Operators that change a row in place and say what they did, by the name that the lineage uses.

They return None where no list has what they need: room for an item, an item to spare, two to exchange.
"""


def take_list(layout: Layout, row: Rows, mate: Rows, rng: np.random.Generator) -> tuple[Rows, tuple[Edit, ...]]:
    """Return the row with a whole list of the mate's, of those outermost lists that both have."""
    both = [one for one in _outermost(layout) if _length(one, row) is not None and _length(one, mate) is not None]
    if not both:
        return row, ()
    one = both[int(rng.integers(len(both)))]
    row = row.copy()
    row[one.first : one.stop] = mate[one.first : one.stop]
    if one.length is not None:
        row[one.length] = mate[one.length]
    return row, (Edit("take", one.path),)


def aligned(layout: Layout, mate: Rows, ours: Any, theirs: Any, edits: Sequence[Edit] = ()) -> Rows:
    """Return the mate's row with its list items where ours of the same historical mark stand.

    Items without a counterpart, and the lengths of lists, become gaps, so that a crossover keeps ours (NEAT, Stanley &
    Miikkulainen 2002, section 3.2, doi:10.1162/106365602320169811). Lists inside items go with them.

    Args:
        layout: the places of the space.
        mate: shape (places,).
        ours: marks of the genome that the child is a variation of.
        theirs: marks of the mate.
        edits: lists among them that were taken from the mate are as they are.
    """
    row: Rows = mate.copy()
    row[layout.lengths] = np.nan
    taken = {edit.path for edit in edits}
    for one in _outermost(layout):
        if one.path in taken:
            continue
        items = _items(one, mate)
        moved = np.full_like(items, np.nan)
        own, other = _marks(ours, one.path), _marks(theirs, one.path)
        places = {pair[0]: place for place, pair in enumerate(other)}
        for place, pair in enumerate(own[: one.most]):
            if pair[0] in places:
                moved[place] = items[places[pair[0]]]
        row[one.first : one.stop] = moved.ravel()
    return row


def edited(marks: Any, edits: Sequence[Edit], mate: Any, layout: Layout, genes: Any, counter: MarkCounter) -> Any:
    """Return the marks of a child.

    Args:
        marks: of its primary parent; changed in place.
        edits: what was done to its lists.
        mate: marks of its mate.
        layout: the places of the space.
        genes: of the child; items that it has beyond all edits get marks of their own.
        counter: gives new marks.
    """
    for edit in edits:
        pairs = _marks(marks, edit.path)
        if edit.kind == "take":
            pairs[:] = _marks(mate, edit.path)
        elif edit.kind == "swap" and max(edit.first, edit.second) < len(pairs):
            pairs[edit.first], pairs[edit.second] = pairs[edit.second], pairs[edit.first]
        elif edit.kind == "remove" and edit.first < len(pairs):
            del pairs[edit.first]
        elif edit.kind == "insert":
            pairs.insert(edit.first, [counter.fresh(), None])
        elif edit.kind == "duplicate" and edit.first < len(pairs):
            pairs.insert(edit.first + 1, [counter.fresh(), pairs[edit.first][1]])
    for one in layout.lists:
        items, pairs = _found(genes, one.path), _marks(marks, one.path)
        if isinstance(items, (list, tuple)):
            del pairs[len(items) :]
            pairs += [[counter.fresh(), None] for _ in range(len(items) - len(pairs))]
    return marks


def _outermost(layout: Layout) -> list[ListPlaces]:
    return [one for one in layout.lists if not any(isinstance(step, int) for step in one.path)]


def _length(one: ListPlaces, row: Rows) -> int | None:
    """Return how many items a list has in a row; None where the list is not there."""
    if one.length is None:
        return one.most if one.width and not np.isnan(row[one.first : one.stop]).all() else None
    if np.isnan(row[one.length]):
        return None
    return one.least + int(min(row[one.length] * (one.most - one.least + 1), one.most - one.least))


def _resize(one: ListPlaces, row: Rows, length: int) -> None:
    assert one.length is not None  # else there is no room
    row[one.length] = (length - one.least + 0.5) / (one.most - one.least + 1)
    _items(one, row)[length:] = np.nan


def _items(one: ListPlaces, row: Rows) -> Rows:
    """Return a view of a list's items, shape (most, width)."""
    return row[one.first : one.stop].reshape(one.most, one.width)


def _moved_up(one: ListPlaces, row: Rows, length: int, at: int) -> Rows:
    """Let a list grow by one: its items from a place on move up by one, a copy of the first of them stays there."""
    items = _items(one, row)
    items[at + 1 : length + 1] = items[at:length].copy()
    _resize(one, row, length + 1)
    return items


def _keep_first(items: Rows, head: Rows) -> None:
    """Give the first item the genes that only a first one has of its own."""
    gaps = np.isnan(items[0])
    items[0, gaps] = head[gaps]


def _pick(
    layout: Layout, row: Rows, rng: np.random.Generator, *, room: int, spare: int, least: int
) -> tuple[ListPlaces, int] | None:
    sites = []
    for one in layout.lists:
        length = _length(one, row)
        if length is None or not one.width:
            continue
        if length + room <= one.most and length - spare >= one.least and length >= least:
            sites.append((one, length))
    return sites[int(rng.integers(len(sites)))] if sites else None


def _marks(marks: Any, path: Path) -> list[Any]:
    """Return the marks of a list, to be edited in place; an empty list where there are none."""
    try:
        found = marks_at(marks, path)
    except (KeyError, IndexError, TypeError):
        return []
    return found if isinstance(found, list) else []


def _found(genes: Any, path: Path) -> Any:
    try:
        return get_at(genes, path)
    except (KeyError, IndexError, TypeError):
        return None
