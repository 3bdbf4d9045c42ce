"""A family tree as lines of text, drawn as version histories are: a line of descent runs straight down.

The individual stands at the top. Its primary parents follow below it without indentation, so that a line of fifty
births is fifty lines long and no wider than one. Each mate opens a line of its own, one step to the right, that ends
where it meets an individual that is drawn elsewhere: everybody is drawn once::

    ● 31  0.975   crossover   batch_size 32 -> 64
    ├─○ 27  0.968   mutate_one   optimizer.learning_rate 0.01 -> 0.008
    │ ↳ 19 below
    ● 19  0.961   ...
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from evonas.records import Birth, Parent

__all__ = ["Drawn", "Family", "Line", "Row", "gather", "lines_of", "rows_of"]

_MATE = 3  # births that a mate counts for, as in the report's family tree: the main line reaches furthest


@dataclass(frozen=True)
class Drawn:
    """An individual of the tree.

    Attributes:
        number: its number.
        birth: how it came to be.
        parents: those in the run, the primary one first, each once.
        elsewhere: those from outside of it.
        distance: births between it and the individual at the top; those through a mate count more.
    """

    number: int
    birth: Birth
    parents: tuple[int, ...]
    elsewhere: tuple[Parent, ...]
    distance: int


Family: TypeAlias = Mapping[int, Drawn]
"""By number, everybody who is near enough to be drawn."""


@dataclass(frozen=True)
class Line:
    """A line of primary parents, the youngest first.

    Attributes:
        members: numbers.
        joins: the next one, who is drawn in another line; None at a founder, and where the tree is cut.
        cut: the next one, who is too far away to be drawn; None otherwise.
    """

    members: tuple[int, ...]
    joins: int | None = None
    cut: int | None = None


@dataclass(frozen=True)
class Row:
    """A line of the drawing.

    Attributes:
        kind: ``member``; ``joins`` (a parent that is drawn elsewhere); ``cut`` (a parent that is not drawn);
            ``elsewhere`` (a parent from outside the run).
        prefix: what is drawn before it.
        number: the individual; of ``elsewhere`` its child.
        level: 0 in the line of the individual at the top, one more for each mate on the way.
        parent: of ``elsewhere``, who.
    """

    kind: str
    prefix: str
    number: int
    level: int
    parent: Parent | None = None


def gather(start: int, birth: Callable[[int], Birth], owns: Callable[[Parent], bool], depth: int | None) -> Family:
    """Return an individual and its ancestors.

    Args:
        start: the individual.
        birth: returns how an individual came to be.
        owns: whether a parent was born in the run.
        depth: births to go back at most, each through a mate counted three times; None for all.
    """
    family: dict[int, Drawn] = {}
    waiting = [deque([start])]  # by distance
    distance = 0
    while distance < len(waiting):
        while waiting[distance]:
            number = waiting[distance].popleft()
            if number in family:
                continue
            own = birth(number)
            parents = tuple(
                dict.fromkeys(one.number for one in own.parents if owns(one) and one.number not in (None, number))
            )
            elsewhere = tuple(one for one in own.parents if not owns(one))
            family[number] = Drawn(number, own, parents, elsewhere, distance)
            for place, parent in enumerate(parents):
                reached = distance + (_MATE if place else 1)
                if depth is None or reached <= depth:
                    waiting.extend(deque() for _ in range(reached + 1 - len(waiting)))
                    waiting[reached].append(parent)
        distance += 1
    return family


def lines_of(family: Family, start: int) -> dict[int, Line]:
    """Return the lines by their youngest member; whoever is nearer to the top has first claim on an ancestor."""
    claimed: set[int] = set()
    lines: dict[int, Line] = {}
    waiting = deque([start])
    while waiting:
        youngest = waiting.popleft()
        if youngest in claimed:
            continue
        members: list[int] = []
        current: int | None = youngest
        while current is not None and current in family and current not in claimed:
            members.append(current)
            claimed.add(current)
            current = next(iter(family[current].parents), None)
        joins = current if current in claimed else None
        lines[youngest] = Line(tuple(members), joins, current if joins is None else None)
        waiting += [mate for member in members for mate in family[member].parents[1:] if mate in family]
    return lines


def rows_of(family: Family, start: int) -> list[Row]:
    """Return the drawing, from the top."""
    lines = lines_of(family, start)
    opened: set[int] = {start}
    rows: list[Row] = []
    # A line that is being drawn waits on the stack while the mates of its last member are.
    stack: list[Iterator[Row | int]] = [_line(family, lines[start], "", "● ", 0)]
    levels = [(0, "")]
    while stack:
        item = next(stack[-1], None)
        level, prefix = levels[-1]
        if item is None:
            stack.pop()
            levels.pop()
        elif isinstance(item, Row):
            rows.append(item)
        elif item not in family:
            rows.append(Row("cut", f"{prefix}├─", item, level + 1))
        elif item in opened or item not in lines:
            rows.append(Row("joins", f"{prefix}├─", item, level + 1))
        else:
            opened.add(item)
            stack.append(_line(family, lines[item], f"{prefix}│ ", "○ ", level + 1))
            levels.append((level + 1, f"{prefix}│ "))
    return rows


def _line(family: Family, line: Line, prefix: str, mark: str, level: int) -> Iterator[Row | int]:
    """Yield the rows of one line; a number stands for a mate, whose line is drawn there."""
    branch = f"{prefix[:-2]}├─" if prefix else ""
    for place, number in enumerate(line.members):
        drawn = family[number]
        sign = "■ " if drawn.birth.generation == 0 else mark
        yield Row("member", (branch if place == 0 else prefix) + sign, number, level)
        yield from drawn.parents[1:]
        for parent in drawn.elsewhere:
            yield Row("elsewhere", f"{prefix}↳ ", number, level, parent)
    if line.joins is not None:
        yield Row("joins", prefix, line.joins, level)
    if line.cut is not None:
        yield Row("cut", prefix, line.cut, level)
