"""Places of genes as changes name them: names of groups, and the historical marks of list items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from evonas.genome import Genome, Marks

__all__ = ["Place", "above", "item_marks", "located", "marks_below", "place_of", "with_marks"]

Place = tuple["str | int", ...]
"""The way to a gene: names of groups, and for a list item its mark (in a genome: its index), such as
``("layers", 3, "units")``."""

_STEP = re.compile(r"(?P<name>[^.\[\]]+)|\[(?P<mark>-?\d+)\]")


def place_of(gene: str) -> Place:
    """Read the gene of a :class:`evonas.genome.GeneChange`.

    >>> place_of("stages[3].filters"), place_of("optimizer.type")
    (('stages', 3, 'filters'), ('optimizer', 'type'))
    """
    return tuple(step["name"] or int(step["mark"]) for step in _STEP.finditer(gene))


def above(place: Place) -> Iterator[Place]:
    """Yield a place and all that hold it, the place itself first, the whole genome last."""
    for depth in range(len(place), -1, -1):
        yield place[:depth]


def item_marks(marks: Marks, length: int) -> list[int]:
    """Return the marks of the items of a list; their indices where it has none."""
    if isinstance(marks, (list, tuple)) and len(marks) == length:
        return [int(pair[0]) for pair in marks]
    return list(range(length))


def located(genome: Genome, place: Place) -> Place | None:
    """Return the same place with the index of each list item for its mark; None if the genome has no such place."""
    value: Any = genome
    marks = genome.marks
    found: list[str | int] = []
    for step in place:
        if isinstance(step, str):
            if not isinstance(value, Mapping) or step not in value:
                return None
            marks = marks.get(step) if isinstance(marks, Mapping) else None
            found.append(step)
        else:
            known = item_marks(marks, len(value)) if isinstance(value, (list, tuple)) else []
            if step not in known:
                return None
            index = known.index(step)
            marks = marks[index][1] if isinstance(marks, (list, tuple)) and len(marks) == len(known) else None
            found.append(index)
        value = value[found[-1]]
    return tuple(found)


def marks_below(marks: Marks, path: Place) -> Marks:
    """Return the marks of what lies at a path of names and indices; None where there is no list below."""
    for step in path:
        if isinstance(step, str):
            marks = marks.get(step) if isinstance(marks, Mapping) else None
        else:
            marks = marks[step][1] if isinstance(marks, (list, tuple)) else None
    return marks


def with_marks(marks: Marks, path: Place, below: Marks) -> Marks:
    """Return marks in which those at a path of names and indices are others.

    >>> with_marks({"layers": [[0, None], [4, None]]}, ("layers",), [[4, None]])
    {'layers': [[4, None]]}
    """
    if not path:
        return below
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        known = dict(marks) if isinstance(marks, Mapping) else {}
        known[step] = with_marks(known.get(step), rest, below)
        return {name: inner for name, inner in known.items() if inner is not None} or None
    pairs = [list(pair) for pair in marks]
    pairs[step][1] = with_marks(pairs[step][1], rest, below)
    return pairs
