"""A line and an ablation as one HTML page that works without internet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evonas.explain.descent import Descent
from evonas.explain.drawing import line_drawing, worth_drawing
from evonas.explain.figures import bars_figure
from evonas.explain.ranking import Ablation
from evonas.explain.tables import ablation_rows, birth_rows
from evonas.explain.words import ablation_words, descent_words
from evonas.report.cells import heading, table_of
from evonas.report.embedding import embed, scripts
from evonas.report.formats import label
from evonas.report.html import Html, page, section, tag

__all__ = ["compose_explanation"]

_NARROW = 620  # px
_WORDS = ("verdict", "changed", "change")  # columns of text


def compose_explanation(descent: Descent, found: Ablation | None) -> str:
    """Return the page as HTML."""
    run, winner = descent.history.run, descent.winner.number
    title = f"Individual {winner} of {run.name}"
    line = line_drawing(descent)
    body = [
        tag(
            "header",
            tag("h1", title),
            tag("p", descent_words(descent), class_="lead"),
            tag("p", "Run ", tag("code", run.id), f", {label(descent.goal.metric)}", class_="faint"),
        ),
        section(
            "line",
            "From founder to winner",
            embed(bars_figure(line), "line-figure", line.described, line.note, _NARROW),
            _table("Births of the line, the founder first", birth_rows(descent)),
        ),
    ]
    if found is not None:
        worth = worth_drawing(found)
        drawn = [embed(bars_figure(worth), "worth-figure", worth.described, worth.note, _NARROW)] if worth.bars else []
        body.append(
            section(
                "worth",
                "What each change is worth",
                tag("p", ablation_words(found)),
                *drawn,
                _table("Changes taken back one at a time, the one that is worth most first", ablation_rows(found)),
            )
        )
    return page(title=f"{title}: why it won", body=tag("main", *body), scripts=scripts())


def _table(caption: str, rows: Sequence[Mapping[str, Any]]) -> Html:
    head = [heading(name, numeric=name not in _WORDS) for name in (rows[0] if rows else ())]
    cells = [[_cell(value, numeric=name not in _WORDS) for name, value in row.items()] for row in rows]
    return table_of(caption, head, cells)


def _cell(value: Any, *, numeric: bool) -> Html:
    lines = ("" if value is None else str(value)).split("\n")
    parts: list[str] = [lines[0]]
    for line in lines[1:]:
        parts += [tag("br"), line]
    return tag("td", *parts, class_="number" if numeric else None)
