"""What stays while views come and go: header, navigation, help, and the stores behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from evonas.dashboard.address import VIEWS, Address
from evonas.dashboard.shelf import RunState

__all__ = ["SHORTCUTS", "Opened", "index", "layout", "navigation", "run_choice", "status"]

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="tree-code" content="TREE_CODE">
<title>{%title%}</title>
{%favicon%}
{%css%}
</head>
<body>
{%app_entry%}
<footer hidden>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>
"""

SHORTCUTS = {
    **{str(at): title for at, title in enumerate(VIEWS.values(), start=1)},
    "/": "search the family tree",
    "f": "fit the family tree into its frame",
    "+ and -": "zoom the family tree",
    "t": "light, dark, or as the system is",
    "?": "this list",
}
"""Keys of the page and what they do; listed in the help."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cg stroke='%230072B2' "
    "stroke-width='1.6' fill='none'%3E%3Cpath d='M8 3v4M8 7l-4 5M8 7l4 5'/%3E%3C/g%3E%3Ccircle cx='8' cy='3' r='2.4' "
    "fill='%23E69F00'/%3E%3Ccircle cx='4' cy='12.4' r='2.2' fill='%230072B2'/%3E%3Ccircle cx='12' cy='12.4' r='2.2' "
    "fill='%23009E73'/%3E%3C/svg%3E"
)


@dataclass(frozen=True)
class Opened:
    """What a page shows when it opens, so that it need not ask.

    Attributes:
        pathname, search: its address in the browser; None where it is not known, then the page asks for the rest.
        content, views, chosen, title: the view, the navigation, the choice of runs, the title of the window.
        version, health, status: of the run, as the page compares them with what it hears later.
    """

    pathname: str | None = None
    search: str | None = None
    content: Any = None
    views: Any = None
    chosen: Any = None
    title: str | None = None
    version: Any = None
    health: str | None = None
    status: Any = None


def index(code: str) -> str:
    """Return the page that Dash fills.

    Args:
        code: address of the code that draws the family tree, which comes later.
    """
    return _INDEX.replace("TREE_CODE", code)


def layout(tick: int, opened: Opened) -> html.Div:
    """Return the frame.

    Args:
        tick: time between two questions for news, ms.
        opened: what stands in it.
    """
    place = {} if opened.pathname is None else {"pathname": opened.pathname, "search": opened.search}
    return html.Div(
        [
            html.A("Skip to the content", href="#content", className="skip"),
            dcc.Location(id="url", refresh=False, **place),
            dcc.Location(id="jump", refresh="callback-nav"),
            dcc.Interval(id="tick", interval=tick),
            dcc.Store(id="version", data=opened.version),
            dcc.Store(id="health", data=opened.health),
            dcc.Store(id="title", data=opened.title),
            dcc.Store(id="theme", storage_type="local"),
            dcc.Store(id="scheme"),
            html.Header(
                [
                    html.Div([html.Img(src=_ICON, alt="", className="mark"), "evonas"], className="brand"),
                    html.Div(opened.chosen, id="chosen", className="chosen"),
                    html.Div(opened.status, id="status", className="now", role="status", **{"aria-live": "off"}),
                    html.Button("Theme", id="theme-button", type="button", title="light, dark, or as the system is"),
                    html.Button(
                        "Keys", id="help-button", type="button", title="shortcuts (?)", **{"aria-haspopup": "dialog"}
                    ),
                ],
                className="top",
            ),
            html.Nav(opened.views, id="views", **{"aria-label": "Views"}),
            html.Div(id="alarm", role="alert"),
            html.Main(opened.content, id="content", tabIndex=-1),
            _help(),
        ]
    )


def navigation(address: Address) -> html.Ul:
    """Return links to all views of the runs that are shown."""
    return html.Ul(
        [
            html.Li(
                dcc.Link(
                    [title, html.Kbd(str(at))],
                    href=address.to(view).href,
                    className="current" if view == address.view else "",
                    **({"id": "current-view"} if view == address.view else {"id": f"to-{view}"}),
                )
            )
            for at, (view, title) in enumerate(VIEWS.items(), start=1)
        ]
    )


def run_choice(labels: dict[str, str], key: str) -> html.Div:
    """Return the drop-down of all runs."""
    options = [{"value": value, "label": text} for value, text in labels.items()]
    return html.Div(
        [
            html.Label("Run", htmlFor="run"),
            dcc.Dropdown(id="run", options=options, value=key, clearable=False, searchable=len(options) > 8),
        ],
        className="choice",
    )


def status(state: RunState) -> list[Any]:
    """Return how a run is now."""
    shown: list[Any] = [html.Span(state.status, className=f"status {state.status}")]
    if state.status == "running":
        shown.append(html.Span("live", className="live", title="this page follows the run"))
    return shown


def _help() -> html.Dialog:
    rows = [html.Tr([html.Th(html.Kbd(key), scope="row"), html.Td(meaning)]) for key, meaning in SHORTCUTS.items()]
    return html.Dialog(
        [
            html.H2("Keys", id="help-title"),
            html.Table(html.Tbody(rows)),
            html.P(
                "Tab goes from part to part, Enter follows a link or opens a list, arrows choose in it, "
                "Escape closes it."
            ),
            html.Button("Single keys: on", id="keys-button", type="button"),
            html.Button("Close", id="help-close", type="button"),
        ],
        id="help",
        **{"aria-labelledby": "help-title"},
    )
