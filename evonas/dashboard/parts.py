"""The small parts that pages are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

__all__ = ["GRAPH", "choice", "controls", "fact", "facts", "figure", "filled", "note", "panel", "words"]

GRAPH: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    # Plotly offers to upload a figure to its makers' cloud; nothing may leave the reader's machine.
    "showSendToCloud": False,
    "showEditInChartStudio": False,
    "showLink": False,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "sendDataToCloud", "sendChartToCloud"],
    "toImageButtonOptions": {"format": "svg"},
}
"""How Plotly's figures behave."""


def fact(name: str, value: Any, more: Any = "") -> html.Div:
    """Return a figure with its name above and what it is compared with below."""
    return html.Div([html.Dt(name), html.Dd([value, html.Small(more)])])


def facts(*shown: html.Div | None) -> html.Dl:
    """Return a row of facts; None is left out."""
    return html.Dl([one for one in shown if one is not None], className="facts")


def note(*parts: Any) -> html.P:
    """Return a paragraph that explains."""
    return html.P(list(parts), className="note")


def words(text: str) -> html.Div:
    """Return what stands where there is nothing to show, and why."""
    return html.Div(html.P(text), className="words", role="status")


def panel(title: str, *content: Any, anchor: str = "", wide: bool = False) -> html.Section:
    """Return a part of a page under a heading."""
    name = anchor or "".join(letter if letter.isalnum() else "-" for letter in title.lower())
    return html.Section(
        [html.H2(title, id=f"{name}-title"), *content],
        className="panel wide" if wide else "panel",
        **{"aria-labelledby": f"{name}-title"},
    )


def figure(anchor: str, described: str, *, min_width: int = 0, height: int = 420) -> html.Div:
    """Return the place of a figure; :func:`filled` makes what is put there.

    Args:
        anchor: id of the place.
        described: what will be drawn, for those who do not see it, until the figure says more.
        min_width: width below which it scrolls sideways, px.
        height: room that is kept for it, px.
    """
    waiting = html.Div(
        "drawing …", className="waiting", style={"minHeight": f"{height}px"}, **{"aria-label": described}
    )
    style = {"--least": f"{min_width}px"} if min_width else {}
    return html.Div(waiting, id=anchor, className="figure", style=style)


def filled(drawn: go.Figure, anchor: str, described: str, caption: Any = None) -> html.Figure:
    """Return a figure with its caption.

    Args:
        drawn: the figure.
        anchor: id of the graph, for clicks on it.
        described: what it shows, for those who do not see it.
        caption: below it; None repeats the description.
    """
    drawn.update_layout(uirevision=anchor)  # a redrawn figure keeps the reader's zoom
    graph = dcc.Graph(
        id=anchor, figure=drawn, config=GRAPH, responsive=True, style={"height": f"{drawn.layout.height or 420}px"}
    )
    return html.Figure(
        [
            html.Div(graph, role="img", className="plot", **{"aria-label": described}),
            html.Figcaption(described if caption is None else caption),
        ]
    )


def choice(anchor: str, label: str, options: Any, value: Any, *, wide: bool = False, **more: Any) -> html.Div:
    """Return a drop-down with its label; a wide one has room for long words."""
    return html.Div(
        [
            html.Label(label, htmlFor=anchor, id=f"{anchor}-label"),
            dcc.Dropdown(id=anchor, options=options, value=value, **{"clearable": False, **more}),
        ],
        className="choice wide" if wide else "choice",
    )


def controls(*parts: Any, label: str) -> html.Div:
    """Return a row of controls."""
    shown: Sequence[Any] = [part for part in parts if part is not None]
    return html.Div(list(shown), className="controls", role="group", **{"aria-label": label})
