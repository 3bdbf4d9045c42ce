"""Who descends from whom: the ancestors of an individual, each with a column (birth order) and a lane."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from evonas.records import GeneChange, Individual, Parent

__all__ = ["FamilyTree", "Kinship", "Member", "ancestry", "line_of_descent", "parent_key"]

_DRAWN = 120
_MATE = 3  # how much further a mate is than a primary parent, when not all ancestors can be drawn


@dataclass(frozen=True)
class Member:
    """An individual in the family tree.

    Attributes:
        key: its number, or ``run:number`` or the file's name for one from outside the run.
        individual: None for one from outside the run.
        column: place in birth order among those drawn, 0 the oldest.
        lane: 0 for the line of primary parents that leads to the winner, others above (negative) and below.
        parents_hidden: parents that are not drawn.
    """

    key: str
    individual: Individual | None
    column: int
    lane: int
    parents_hidden: int = 0


@dataclass(frozen=True)
class Kinship:
    """A parent and a child.

    Attributes:
        parent, child: their keys.
        role: ``primary``, ``mate`` or ``seed``.
        changes: what the child changed in its primary parent; empty for a mate.
        lane: where the line runs between the two columns.
    """

    parent: str
    child: str
    role: str
    changes: tuple[GeneChange, ...]
    lane: int


@dataclass(frozen=True)
class FamilyTree:
    """The ancestors of an individual, laid out.

    Attributes:
        winner: key of the individual.
        members: oldest first; the winner is the last.
        kinships: parents to children, both drawn.
        left_out: ancestors that were left out so that the drawing stays readable.
    """

    winner: str
    members: tuple[Member, ...]
    kinships: tuple[Kinship, ...]
    left_out: int


def parent_key(parent: Parent, individuals: Mapping[int, Individual]) -> str:
    """Return the key of a parent, see :class:`Member`."""
    if parent.run is None and parent.number is not None and parent.number in individuals:
        return str(parent.number)
    origin = parent.source or parent.run or "elsewhere"
    return origin if parent.number is None else f"{origin}:{parent.number}"


def line_of_descent(individuals: Mapping[int, Individual], number: int) -> list[Individual]:
    """Return the line of primary parents inside the run, founder first, the individual itself last."""
    line = [individuals[number]]
    while (parent := line[-1].birth.primary) is not None:
        older = individuals.get(parent.number) if parent.number is not None and parent.run is None else None
        if older is None or older.number >= line[-1].number:
            break
        line.append(older)
    return line[::-1]


def ancestry(individuals: Mapping[int, Individual], number: int, drawn: int = _DRAWN) -> FamilyTree:
    """Lay out the ancestors of an individual.

    The line of primary parents is straight; each further line gets the nearest lane that is free between its first and
    its last birth, as in drawings of version histories.

    Args:
        individuals: of the run, by number.
        number: the individual.
        drawn: members to draw at most, the nearest ones.
    """
    relations = _relations(individuals, number)
    keys = _nearest(relations, str(number), drawn)
    ordered = sorted(keys, key=lambda key: _birth_order(key, individuals))
    columns = {key: column for column, key in enumerate(ordered)}
    lanes, routes = _lanes(relations, columns, str(number))
    members = []
    kinships = []
    for key in ordered:
        parents = relations[key]
        hidden = sum(parent not in columns for parent, _ in parents)
        individual = individuals[int(key)] if key in relations and _inside(key, individuals) else None
        members.append(Member(key, individual, columns[key], lanes[key], hidden))
        for rank, (parent, role) in enumerate(parents):
            if parent in columns and individual is not None:
                changes = individual.birth.changes if rank == 0 else ()
                kinships.append(Kinship(parent, key, role, changes, routes[parent, key]))
    return FamilyTree(str(number), tuple(members), tuple(kinships), len(relations) - len(ordered))


_Relations = dict[str, list[tuple[str, str]]]


def _relations(individuals: Mapping[int, Individual], number: int) -> _Relations:
    """Return for the individual and each of its ancestors its parents' keys and roles, the primary one first."""
    found: _Relations = {}
    waiting = [str(number)]
    while waiting:
        key = waiting.pop()
        if key in found:
            continue
        found[key] = []
        if _inside(key, individuals):
            parents: dict[str, str] = {}
            for parent in individuals[int(key)].birth.parents:
                name = parent_key(parent, individuals)
                # A parent is older than its child; a store that says otherwise must not send the drawing in circles.
                if not _inside(name, individuals) or int(name) < int(key):
                    parents.setdefault(name, parent.role)
            found[key] = list(parents.items())
            waiting += parents
    return found


def _inside(key: str, individuals: Mapping[int, Individual]) -> bool:
    return key.isascii() and key.isdigit() and int(key) in individuals


def _birth_order(key: str, individuals: Mapping[int, Individual]) -> tuple[int, str]:
    return (int(key), "") if _inside(key, individuals) else (-1, key)


def _nearest(relations: _Relations, winner: str, most: int) -> set[str]:
    """Return the nearest ancestors: fewest births away, those through a mate counted several times (Dijkstra)."""
    queue = [(0, 0, winner)]
    kept: set[str] = set()
    births = 0
    while queue and len(kept) < most:
        distance, _, key = heapq.heappop(queue)
        if key in kept:
            continue
        kept.add(key)
        for rank, (parent, _) in enumerate(relations[key]):
            births += 1
            heapq.heappush(queue, (distance + (_MATE if rank else 1), births, parent))
    return kept


def _lanes(
    relations: _Relations, columns: Mapping[str, int], winner: str
) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Return the lane of each member and of each kinship."""
    taken: dict[int, list[tuple[int, int]]] = {}
    lanes: dict[str, int] = {}
    routes: dict[tuple[str, str], int] = {}
    lines: list[tuple[str, str | None]] = [(winner, None)]  # the youngest member of a line, and the child it gave to
    while lines:
        youngest, child = lines.pop(0)
        line: list[str] = []
        key: str | None = youngest
        while key is not None and key not in lanes and key not in line:
            line.append(key)
            key = next((parent for parent, _ in relations[key][:1] if parent in columns), None)
        # `key` is now the placed member that the line branches off from, or None at a founder. The line leaves it, and
        # reaches the child, within one column, so that only the columns between them are taken.
        first = columns[key] + 1 if key is not None else columns[line[-1]]
        last = columns[child] - 1 if child is not None else columns[youngest]
        near = lanes[child] if child is not None else 0
        if first > last and key is not None:
            lane = lanes[key]
        else:
            lane = _free(taken, first, last, near)
            taken.setdefault(lane, []).append((first, last))
        for member in line:
            lanes[member] = lane
        whole = [*([child] if child is not None else []), *line, *([key] if key is not None else [])]
        for younger, older in pairwise(whole):
            routes[older, younger] = lane
        for member in line:
            lines += [(parent, member) for parent, _ in relations[member][1:] if parent in columns]
    return lanes, routes


def _free(taken: Mapping[int, list[tuple[int, int]]], first: int, last: int, near: int) -> int:
    """Return the lane nearest to the middle that is free in these columns."""
    return next(
        lane
        for lane in _outwards(near)
        if all(last < other_first or first > other_last for other_first, other_last in taken.get(lane, ()))
    )


def _outwards(near: int) -> Iterator[int]:
    """Yield 0, 1, -1, 2, -2, ..., the side of ``near`` first."""
    side = 1 if near >= 0 else -1
    yield 0
    distance = 1
    while True:
        yield side * distance
        yield -side * distance
        distance += 1
