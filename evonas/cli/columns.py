"""Long tables as plain text: their last column is wrapped to the terminal, and no library is loaded to print them."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from evonas.cli.app import Format, figure, print_line, print_table

__all__ = ["fitted", "print_columns", "spelled", "width"]

_FILE_WIDTH = 200  # columns where nothing is a terminal, as for all tables
_NARROWEST = 40  # columns that those of long text need together to stand beside the others
_GAP = "   "
_INDENT = "    "
_PLAIN = str.maketrans(
    {"─": "-", "│": "|", "├": "+", "●": "*", "○": "o", "■": "#", "□": "#", "↳": ">", "⋮": ":", "…": "."}
)


def width() -> int:
    """Return how many columns there is room for."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _FILE_WIDTH


def spelled(text: str) -> str:
    """Return a text as this terminal can show it: without line drawing where it has only ASCII."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def fitted(text: str, room: int) -> str:
    """Return a text cut to so many columns.

    >>> fitted("learning_rate 0.1 -> 0.2", 16), fitted("short", 16)
    ('learning_rate 0…', 'short')
    """
    return text if len(text) <= room else f"{text[: max(0, room - 1)]}…"


def print_columns(
    rows: Sequence[dict[str, Any]],
    format: Format,
    *,
    wrap: Sequence[str] = (),
    between: str = ": ",
    empty: str = "nothing to list",
) -> None:
    """Print rows with equal keys as :func:`evonas.cli.app.print_table` does; a table of thousands takes no time.

    Args:
        rows: the table.
        format: how.
        wrap: the last columns, if they hold long text: they are wrapped to what is left of the terminal; where that is
            too little, they follow each row on lines of their own, without a heading.
        between: what stands between them there.
        empty: what to say of no rows.
    """
    if format is not Format.table or not rows:
        print_table(rows, format, empty=empty)
        return
    names = list(rows[0])
    cells = [[figure(row[name]) for name in names] for row in rows]
    right = [all(isinstance(row[name], (int, float)) or row[name] is None for row in rows) for name in names]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    firm = len(names) - len(set(wrap))
    room = width() - 1 - sum(widths[:firm]) - len(_GAP) * (len(widths) - 1)
    narrow = bool(wrap) and room < min(_NARROWEST, sum(widths[firm:]))
    if narrow:
        names, widths = names[:firm], widths[:firm]
    else:
        widths[firm:] = _shared(widths[firm:], room)
    print_line(spelled(_line(names, widths, right)))
    print_line(spelled("─" * (sum(widths) + len(_GAP) * (len(widths) - 1))))
    for row in cells:
        lines = _below(row, firm, widths, right, between) if narrow else _beside(row, firm, widths, right)
        for line in lines:
            print_line(spelled(line))


def _shared(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths of columns that are wrapped: the narrow ones in full, the others share what is left."""
    found = list(widths)
    for place in sorted(range(len(found)), key=found.__getitem__):
        wider = [other for other in found if other >= found[place]]
        taken = sum(other for other in found if other < found[place])
        found[place] = min(found[place], max(_NARROWEST // 3, (room - taken) // len(wider)))
    return found


def _beside(row: Sequence[str], firm: int, widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    parts = [
        textwrap.wrap(cell, room, break_on_hyphens=False) for cell, room in zip(row[firm:], widths[firm:], strict=True)
    ]
    lines = []
    for place, folded in enumerate(zip_longest(*parts, fillvalue="")):
        lines.append(_line([*(row[:firm] if place == 0 else [""] * firm), *folded], widths, right))
    return lines or [_line(row, widths, right)]


def _below(row: Sequence[str], firm: int, widths: Sequence[int], right: Sequence[bool], between: str) -> list[str]:
    text = between.join(cell for cell in row[firm:] if cell)
    indented = textwrap.wrap(text, max(_NARROWEST // 2, width() - 1 - len(_INDENT)), break_on_hyphens=False)
    return [_line(row[:firm], widths[:firm], right[:firm]), *(f"{_INDENT}{part}" for part in indented)]


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        cell.rjust(room) if flush else cell.ljust(room) for cell, room, flush in zip(cells, widths, right, strict=False)
    ]
    return _GAP.join(padded).rstrip()
