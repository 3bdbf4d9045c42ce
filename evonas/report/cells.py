"""The parts of a table: headings, columns of figures, whole numbers."""

from __future__ import annotations

from collections.abc import Sequence

from evonas.report.formats import aligned, number
from evonas.report.html import Html, scrolling, tag

__all__ = ["figures", "heading", "table_of", "whole"]

_TALL = 30  # rows above which a table scrolls in its own frame


def table_of(caption: str, head: Sequence[Html], rows: Sequence[Sequence[Html]], *, said: bool = False) -> Html:
    """Return a table; ``said`` hides a caption that only repeats the heading above it, except from screen readers."""
    body = [Html(tag("tr", *row) + "\n") for row in rows]
    table = tag(
        "table",
        tag("caption", caption, class_="unseen" if said else None),
        tag("thead", tag("tr", *head)),
        tag("tbody", Html("\n"), *body),
    )
    return scrolling(table, label=caption, tall=len(rows) > _TALL)


def heading(title: str, explained: str | None = None, *, numeric: bool = False) -> Html:
    """Return the head of a column; ``explained`` is shown when it is pointed at."""
    return tag("th", title, scope="col", title=explained, class_="number" if numeric else None)


def figures(
    values: Sequence[float | None],
    digits: int = 5,
    *,
    strong: bool = False,
    errors: Sequence[float | None] | None = None,
) -> list[Html]:
    """Return the cells of a column of figures; each figure in full stands in its cell's title.

    Args:
        values: None is a dash.
        digits: significant ones.
        strong: whether the column matters most.
        errors: standard error of each value; None where it is unknown, or for all of them.
    """
    cells = []
    known = errors or [None] * len(values)
    for value, error, text in zip(values, known, aligned(values, digits), strict=True):
        exact = None if value is None or float(value).is_integer() else repr(float(value))
        behind = "" if error is None else f" ± {number(error, 2)}"
        cells.append(tag("td", tag("strong", text) if strong else text, behind, class_="number", title=exact))
    return cells


def whole(value: int | None, *, header: bool = False) -> Html:
    """Return a cell with a whole number; one that heads its row is an individual's or evaluation's plain number."""
    if header:
        return tag("th", str(value), scope="row", class_="number")
    return tag("td", number(value), class_="number")
