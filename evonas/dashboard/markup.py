"""The report's own tables and figures in a Dash page: HTML that :mod:`evonas.report.html` wrote, as components."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from typing import Any

from dash import dcc, html

from evonas.dashboard.parts import GRAPH
from evonas.report.html import Html

__all__ = ["components"]

_NAMES = {"class": "className", "tabindex": "tabIndex", "colspan": "colSpan", "rowspan": "rowSpan"}
_LINKED = ("Individual", "Parent")
"""Heads of columns whose numbers are individuals."""


def components(source: Iterable[Html] | Html | None, href: Callable[[int], str] | None = None) -> list[Any]:
    """Return HTML as Dash components; a figure of the report becomes one that is alive.

    Args:
        source: HTML that was written by :func:`evonas.report.html.tag`, so that every element is closed; None is none.
        href: address of an individual; the numbers in a table's columns of individuals become links.
    """
    reader = _Reader(href)
    for part in [source] if isinstance(source, str) else source or ():
        reader.feed(part)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, href: Callable[[int], str] | None) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Any] = []
        self._href = href
        self._open: list[tuple[str, dict[str, Any], list[Any]]] = []
        self._heads: list[str] = []
        self._column = -1
        self._plots: dict[str, html.Div] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "thead":
            self._heads = []
        if tag == "tr":
            self._column = -1
        if tag in ("td", "th"):
            self._column += 1
        if tag in ("br", "hr"):
            self._put(getattr(html, tag.capitalize())())
            return
        self._open.append((tag, {_NAMES.get(name, name): _value(name, value) for name, value in attrs}, []))

    def handle_endtag(self, tag: str) -> None:
        if not self._open:
            return
        name, attributes, children = self._open.pop()
        if name == "th" and any(outer[0] == "thead" for outer in self._open):
            self._heads.append("".join(part for part in children if isinstance(part, str)))
        elif name in ("td", "th"):
            children = self._linked(children)
        if name == "script":
            self._draw(attributes.get("id", ""), "".join(children))
            return
        made = getattr(html, name.capitalize())(children, **attributes)
        if attributes.get("className") == "plot":
            self._plots[attributes["id"]] = made
        self._put(made)

    def handle_data(self, data: str) -> None:
        if data.strip() or (self._open and self._open[-1][0] not in ("table", "thead", "tbody", "tr")):
            self._put(data)

    def _put(self, part: Any) -> None:
        (self._open[-1][2] if self._open else self.found).append(part)

    def _draw(self, anchor: str, data: str) -> None:
        """Put a figure, whose data stand in a script behind it, into its place."""
        anchor = anchor.removesuffix("-data")
        place = self._plots[anchor]
        drawn = json.loads(data)
        drawn["layout"]["uirevision"] = anchor  # a redrawn figure keeps the reader's zoom
        place.id = f"{anchor}-frame"
        height = f"{drawn['layout'].get('height', 420)}px"
        place.children = dcc.Graph(id=anchor, figure=drawn, config=GRAPH, responsive=True, style={"height": height})

    def _linked(self, children: list[Any]) -> list[Any]:
        known = self._column < len(self._heads) and self._heads[self._column] in _LINKED
        if self._href is None or not known or len(children) != 1 or not str(children[0]).isdigit():
            return children
        return [dcc.Link(children[0], href=self._href(int(children[0])))]


def _value(name: str, value: str | None) -> Any:
    if value is None:
        return True
    if name != "style":
        return value
    pairs = (part.partition(":")[::2] for part in value.split(";") if part.strip())
    return {_camel(key.strip()): found.strip() for key, found in pairs}


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)
