"""Tables as plain text that fit a terminal: long text is folded between words, the least telling columns give way."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

__all__ = ["Column", "Laid", "laid_out"]

_NARROWEST = 40  # columns that those of long text need together to stand beside the others
_LEAST = 10  # columns below which text is not folded: such a table stands as one block a row
_GAP = "   "
_INDENT = "    "


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: its heading.
        cells: one a row; a line break begins a new line in its cell.
        right: whether it is flush right, as numbers are, and never folded.
        long: whether it holds long text, which may stand below its row.
    """

    name: str
    cells: tuple[str, ...]
    right: bool = False
    long: bool = False

    @property
    def widest(self) -> int:
        """Characters of its widest line, the heading left aside."""
        return max((len(line) for cell in self.cells for line in cell.split("\n")), default=0)

    @property
    def natural(self) -> int:
        """Width at which nothing is folded."""
        return max(self.widest, len(self.name))

    @property
    def firm(self) -> int:
        """Width at which only the heading is folded, between words."""
        return max(self.widest, _longest_word(self.name))

    @property
    def least(self) -> int:
        """Width below which words would be broken."""
        return self.firm if self.right else max(map(_longest_word, (self.name, *self.cells)))


@dataclass(frozen=True)
class Laid:
    """A table as lines.

    Attributes:
        lines: from the heading on.
        left_out: headings of columns for which there was no room.
    """

    lines: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def laid_out(columns: Sequence[Column], room: int, *, spare: Sequence[str] = (), between: str = ": ") -> Laid:
    """Lay a table out.

    Args:
        columns: at least one, all with as many cells.
        room: characters of a line.
        spare: columns that are left out where there is no room for all, the first one first.
        between: what stands between the long texts of a row where they stand below it.
    """
    shown = list(columns)
    left_out: list[str] = []
    for name in spare:
        if _need(shown) <= room:
            break
        if len(shown) > 1 and any(column.name == name for column in shown):
            shown = [column for column in shown if column.name != name]
            left_out.append(name)
    return Laid(tuple(_lines(shown, room, between)), tuple(left_out))


def _lines(columns: Sequence[Column], room: int, between: str) -> list[str]:
    long = [column for column in columns if column.long]
    if long and len(long) < len(columns) and _total([column.natural for column in columns]) > room < _need(columns):
        return _below(columns, room, between)
    widths = _widths(columns, room)
    return _blocks(columns, room) if widths is None else _table(columns, widths)


def _widths(columns: Sequence[Column], room: int) -> list[int] | None:
    """Return widths that fit the room: headings are folded first, then text; None if words would be broken."""
    natural = [column.natural for column in columns]
    if _total(natural) <= room:
        return natural
    for least in ([_beside(column) for column in columns], [column.least for column in columns]):
        if _total(least) <= room:
            return _widened(least, natural, room)
    return None


def _need(columns: Sequence[Column]) -> int:
    """Return the width at which long text stands beside the rest, and of the rest at most headings are folded."""
    long = sum(column.firm for column in columns if column.long)
    widths = [column.firm for column in columns if not column.long]
    return _total(widths) + (min(_NARROWEST, long) + len(_GAP) if long else 0)


def _beside(column: Column) -> int:
    return min(column.firm, _NARROWEST // 3) if column.long else column.firm


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _widened(least: Sequence[int], natural: Sequence[int], room: int) -> list[int]:
    """Return widths that fill the room: those that need least more get it in full, the others share what is left."""
    found = list(least)
    left = room - _total(found)
    order = sorted(range(len(found)), key=lambda place: natural[place] - least[place])
    for at, place in enumerate(order):
        more = min(natural[place] - least[place], left // (len(order) - at))
        found[place] += max(0, more)
        left -= max(0, more)
    return found


def _table(columns: Sequence[Column], widths: Sequence[int]) -> list[str]:
    head = _row([column.name for column in columns], widths, columns)
    rule = "─" * _total(widths)
    body = [_row(cells, widths, columns) for cells in zip(*(column.cells for column in columns), strict=True)]
    return [*head, rule, *(line for row in body for line in row)]


def _row(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> list[str]:
    folded = [_folded(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for parts in zip_longest(*folded, fillvalue=""):
        padded = [
            part.rjust(width) if column.right else part.ljust(width)
            for part, width, column in zip(parts, widths, columns, strict=True)
        ]
        lines.append(_GAP.join(padded).rstrip())
    return lines


def _below(columns: Sequence[Column], room: int, between: str) -> list[str]:
    """Return a table with the long text of each row on lines of its own below it, without a heading."""
    firm, long = [one for one in columns if not one.long], [one for one in columns if one.long]
    widths = _widths(firm, room)
    if widths is None:
        return _blocks(columns, room)
    lines = _table([replace(column, cells=()) for column in firm], widths)
    for place, cells in enumerate(zip(*(column.cells for column in firm), strict=True)):
        lines += _row(cells, widths, firm)
        text = between.join(column.cells[place] for column in long if column.cells[place])
        lines += [f"{_INDENT}{part}" for part in _folded(text, max(_NARROWEST // 2, room - len(_INDENT))) if part]
    return lines


def _blocks(columns: Sequence[Column], room: int) -> list[str]:
    """Return a block a row: where words would have to be broken in a table."""
    lines: list[str] = []
    for cells in zip(*(column.cells for column in columns), strict=True):
        told = [(column.name, cell) for column, cell in zip(columns, cells, strict=True) if cell]
        for at, (name, cell) in enumerate(told):
            indent = _INDENT if at else ""
            parts = _folded(f"{name}: {cell}", max(_LEAST, room - len(indent)))
            lines += [f"{indent}{part}" for part in parts]
    return lines


def _folded(cell: str, width: int) -> list[str]:
    """Return the lines of a cell; where it has several of its own, a folded one goes on with an indentation."""
    lines = cell.split("\n")
    hanging = "  " if len(lines) > 1 and width > 2 * _LEAST else ""
    found: list[str] = []
    for line in lines:
        found += textwrap.wrap(line, max(1, width), break_on_hyphens=False, subsequent_indent=hanging) or [""]
    return found


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)
