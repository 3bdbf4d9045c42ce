"""The rows of a phylogeny CSV, checked against the standard, in an order in which parents come before children."""

from __future__ import annotations

import csv
import heapq
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evonas.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Row", "in_order", "read_rows"]

_LIST = re.compile(r"\[\s*(none|\d+(\s*,\s*\d+)*|)\s*\]", re.IGNORECASE)
_LONGEST = 2**31 - 1  # characters of a cell: a genome may be one


@dataclass(frozen=True)
class Row:
    """A taxon.

    Attributes:
        id: its number in the file.
        ancestors: ids of its parents, the first one first; empty for a root.
        origin: ``origin_time``; None where the file has none.
        destruction: ``destruction_time``; None where the file has none, and for one that is alive.
        texts: all other cells that are not empty, by column.
        line: where it stands, counted from 1.
    """

    id: int
    ancestors: tuple[int, ...]
    origin: float | None
    destruction: float | None
    texts: dict[str, str]
    line: int


def read_rows(path: Path) -> list[Row]:
    """Read and check the rows of a phylogeny.

    Raises:
        LineageError: if the file cannot be read, lacks a column, or a cell breaks the standard.
    """
    before = csv.field_size_limit(_LONGEST)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _checked(list(_rows(csv.DictReader(stream, restval=""), path)), path)
    except FileNotFoundError as error:
        raise LineageError("there is no such file", file=path) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LineageError(f"the phylogeny cannot be read: {error}", file=path, expected="CSV in UTF-8") from error
    finally:
        csv.field_size_limit(before)


def in_order(rows: Sequence[Row], path: Path) -> list[Row]:
    """Return the rows in the order of birth: by ``origin_time``, then as in the file, parents always before children.

    Raises:
        LineageError: if somebody is its own ancestor.
    """
    by_id = {row.id: row for row in rows}
    children: dict[int, list[int]] = {row.id: [] for row in rows}
    missing = {row.id: len(row.ancestors) for row in rows}
    for row in rows:
        for ancestor in row.ancestors:
            children[ancestor].append(row.id)
    ready = [_key(row) for row in rows if not row.ancestors]
    heapq.heapify(ready)
    ordered: list[Row] = []
    while ready:
        row = by_id[heapq.heappop(ready)[-1]]
        ordered.append(row)
        for child in children[row.id]:
            missing[child] -= 1
            if not missing[child]:
                heapq.heappush(ready, _key(by_id[child]))
    if len(ordered) < len(rows):
        caught = [number for number, count in missing.items() if count][:8]
        raise LineageError(
            "taxa are their own ancestors, or descend from such",
            file=path,
            key="ancestor_list",
            got=caught,
            expected="parents that lived before their children",
        )
    return ordered


def _key(row: Row) -> tuple[float, int, int]:
    return (row.origin if row.origin is not None else 0.0), row.line, row.id


def _rows(reader: csv.DictReader[str], path: Path) -> Iterator[Row]:
    columns = reader.fieldnames or []
    parents = next((name for name in ("ancestor_list", "ancestor_id") if name in columns), None)
    if "id" not in columns or parents is None:
        raise LineageError(
            "this is no phylogeny of the ALife data standards",
            file=path,
            got=list(columns)[:12],
            expected="a CSV file with the columns id and ancestor_list",
        )
    for cells in reader:
        line = reader.line_num
        number = _whole(cells["id"], path, line, "id")
        texts = {name: text for name, text in cells.items() if name is not None and isinstance(text, str) and text}
        for name in ("id", "ancestor_list", "ancestor_id", "origin_time", "destruction_time"):
            texts.pop(name, None)
        yield Row(
            number,
            _ancestors(cells[parents], parents, number, path, line),
            _time(cells.get("origin_time"), path, line, "origin_time"),
            _time(cells.get("destruction_time"), path, line, "destruction_time"),
            texts,
            line,
        )


def _ancestors(text: str, column: str, own: int, path: Path, line: int) -> tuple[int, ...]:
    if column == "ancestor_id":  # a root names itself
        ancestor = _whole(text, path, line, column)
        return () if ancestor == own else (ancestor,)
    if not _LIST.fullmatch(text.strip()):
        raise LineageError(
            "this is no list of ancestors",
            file=path,
            line=line,
            key=column,
            got=text,
            expected="[none], [3] or [3,2]",
        )
    return tuple(dict.fromkeys(int(digits) for digits in re.findall(r"\d+", text)))


def _checked(rows: list[Row], path: Path) -> list[Row]:
    lines: dict[int, int] = {}
    for row in rows:
        if row.id in lines:
            first = f"the id of line {lines[row.id]}"
            raise LineageError("an id stands there twice", file=path, line=row.line, key="id", got=row.id, hint=first)
        lines[row.id] = row.line
    for row in rows:
        unknown = [ancestor for ancestor in row.ancestors if ancestor not in lines]
        if unknown:
            raise LineageError(
                "an ancestor is no row of the file",
                file=path,
                line=row.line,
                key="ancestor_list",
                got=unknown[0],
                expected="ids of rows of the same file, as the standard asks",
            )
    return rows


def _whole(text: Any, path: Path, line: int, column: str) -> int:
    try:
        number = float(text)
        if number < 0 or number != int(number):
            raise ValueError
        return int(number) if "." in str(text) or "e" in str(text).lower() else int(text)
    except (TypeError, ValueError, OverflowError) as error:
        raise LineageError(
            "an id is a whole number of at least 0", file=path, line=line, key=column, got=text
        ) from error


def _time(text: Any, path: Path, line: int, column: str) -> float | None:
    if text in (None, ""):
        return None
    try:
        time = float(text)
    except ValueError as error:
        raise LineageError("a time is a number, or inf", file=path, line=line, key=column, got=text) from error
    return time if math.isfinite(time) else None
