"""Tables and sentences on the terminal, as wide as it is; no library is loaded to print them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from evonas.cli.layout import Column, laid_out
from evonas.cli.output import FILE_WIDTH, Format, figure, print_line

__all__ = ["fitted", "print_columns", "print_table", "print_words", "spelled", "width"]

_SIGNS = {"─": "-", "│": "|", "├": "+", "●": "*", "○": "o", "■": "#", "□": "#", "↳": ">", "⋮": ":", "…": "."}
_PLAIN = str.maketrans(_SIGNS | {"±": "+-", "→": "->", "\N{MINUS SIGN}": "-"})


def width() -> int:
    """Return how many columns there is room for."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else FILE_WIDTH


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


def print_words(text: str, *, hanging: str = "") -> None:
    """Print a sentence, on a terminal broken between words.

    Args:
        text: the sentence.
        hanging: what all lines but the first begin with.
    """
    if not sys.stdout.isatty():
        print_line(spelled(text))
        return
    for line in textwrap.wrap(text, width() - 1, subsequent_indent=hanging, break_on_hyphens=False) or [""]:
        print_line(spelled(line))


def print_columns(
    rows: Sequence[dict[str, Any]],
    format: Format,
    *,
    wrap: Sequence[str] = (),
    spare: Sequence[str] = (),
    between: str = ": ",
    empty: str = "nothing to list",
) -> None:
    """Print rows with equal keys: as a table for people that fits the terminal, or as JSON or CSV (unrounded, whole).

    Args:
        rows: the table.
        format: how.
        wrap: columns of long text: it is folded between words to what is left of the terminal; where that is too
            little, it follows each row on lines of its own, without a heading.
        spare: columns that a narrow terminal does without, the first one first; a line below the table names them.
        between: what stands between the long texts where they follow the row.
        empty: what to say of no rows.
    """
    if format is Format.json:
        print_line(json.dumps(list(rows), indent=2, ensure_ascii=False))
    elif format is Format.csv:
        print_line(_as_csv(rows))
    elif not rows:
        print_line(empty)
    else:
        table = laid_out(_columns(rows, wrap), width() - 1, spare=spare, between=between)
        for line in table.lines:
            print_line(spelled(line))
        if table.left_out:
            print_words(f"not shown: {', '.join(table.left_out)} (a wider terminal or --format json has them)")


def _columns(rows: Sequence[dict[str, Any]], wrap: Sequence[str]) -> list[Column]:
    found = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        right = all(isinstance(value, (int, float)) or value is None for value in values)
        found.append(Column(name, tuple(figure(value) for value in values), right, name in wrap))
    return found


def _as_csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def print_table(
    rows: Sequence[dict[str, Any]],
    format: Format,
    *,
    wrap: Sequence[str] = (),
    spare: Sequence[str] = (),
    empty: str = "nothing to list",
) -> None:
    """Print rows with equal keys as a table between blank lines, or as JSON or CSV for programs (unrounded).

    Args:
        rows: the table.
        format: how.
        wrap: columns of long text, see :func:`print_columns`.
        spare: columns that a narrow terminal does without, the first one first.
        empty: what to say of no rows.
    """
    spaced = bool(rows) and format is Format.table
    if spaced:
        print_line()
    print_columns(rows, format, wrap=wrap, spare=spare, empty=empty)
    if spaced:
        print_line()
