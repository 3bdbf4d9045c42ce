"""Historical marks inside the operators: find those of a list, and hand out new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evonas.genome import Marks

__all__ = ["MarkCounter", "highest_mark", "marks_at"]


class MarkCounter:
    """Hands out historical marks that no genome of the run carries yet (NEAT's global innovation number)."""

    def __init__(self, first: int) -> None:
        self._next = first

    def fresh(self) -> int:
        """Return the next unused mark."""
        self._next += 1
        return self._next - 1


def marks_at(marks: Marks, path: Sequence[str | int]) -> list[list[Any]]:
    """Return the ``[mark, marks of the item]`` pairs of the list at ``path``, to be edited in place."""
    for step in path:
        marks = marks[step] if isinstance(step, str) else marks[step][1]
    pairs: list[list[Any]] = marks
    return pairs


def highest_mark(marks: Marks) -> int:
    """Return the highest mark anywhere in a genome's marks; -1 where there is none."""
    if marks is None:
        return -1
    if isinstance(marks, (list, tuple)):
        highest = -1
        for mark, below in marks:
            highest = max(highest, mark if below is None else max(mark, highest_mark(below)))
        return highest
    return max([highest_mark(below) for below in marks.values()], default=-1)
