"""The frame of the page: header, navigation, the view that the address asks for, and a look for news now and then."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update, set_props
from dash.exceptions import PreventUpdate
from flask import has_request_context, request

from evonas.dashboard import frame
from evonas.dashboard.address import VIEWS, Address
from evonas.dashboard.pages import PAGES
from evonas.dashboard.parts import words
from evonas.dashboard.shelf import RunState, Shelf
from evonas.errors import EvonasError

__all__ = ["build_app"]

_LOG = logging.getLogger(__name__)
_TICK = 2000  # ms between two questions for news


def build_app(shelf: Shelf) -> Dash:
    """Return the page over some runs.

    Args:
        shelf: the runs.
    """
    app = Dash(
        "evonas.dashboard",
        assets_folder=str(Path(__file__).with_name("assets")),
        serve_locally=True,
        suppress_callback_exceptions=True,  # a view's parts are there only while it is shown
        title="evonas",
        update_title="",
        enable_mcp=False,
        on_error=_told,
    )
    app.index_string = frame.index(_code_of_the_tree(app))
    app.layout = lambda: frame.layout(_TICK, _opened(shelf))
    _register(app, shelf)
    for page in PAGES.values():
        page.register(app, shelf)
    return app


def _code_of_the_tree(app: Dash) -> str:
    """Return where the browser finds the code that draws the family tree.

    It is big, and stays out of the page: a page is there sooner without it, and asks for it once it has nothing to do,
    or when the tree is opened.
    """
    import dash_cytoscape

    dash_cytoscape.load_extra_layouts()  # dagre; from the package, see `serve_locally`
    (code,) = (one["url"] for one in app.get_dist(["dash_cytoscape"]) if one["type"] == "_js_dist")
    dash_cytoscape._js_dist = [{**one, "dynamic": True} for one in dash_cytoscape._js_dist]
    return str(code)


def _told(error: Exception) -> None:
    """Say in the page what went wrong; the traceback goes to the terminal alone."""
    if isinstance(error, EvonasError):
        set_props("alarm", {"children": words(str(error))})
        return
    _LOG.error("the dashboard met an error of its own", exc_info=error)
    text = f"This could not be drawn: {type(error).__name__}. The terminal of the dashboard says more."
    set_props("alarm", {"children": words(text)})


def _opened(shelf: Shelf) -> frame.Opened:
    """Return what stands in a page that opens; the browser says which page asks."""
    asked = urlsplit((request.referrer or "") if has_request_context() else "")
    address = Address.read(asked.path, asked.query)
    if asked.path.strip("/") not in VIEWS:
        return frame.Opened()  # the page does not say, and asks for its content when it has come
    version, health, status = _news(shelf, address)
    content, views, chosen, title = _shown(shelf, address, health)
    search = f"?{asked.query}" if asked.query else ""
    return frame.Opened(asked.path, search, content, views, chosen, title, version, health, status)


def _news(shelf: Shelf, address: Address) -> tuple[dict[str, int], str, Any]:
    """Return the versions of the shown runs, the health of the first one, and its status."""
    states = shelf.states([address.run, *address.also] if address.run else [""])
    versions = {state.key: state.version for state in states}
    told = states[0].health if states else _none(shelf, address)
    return versions, told, frame.status(states[0]) if states else ""


def _shown(shelf: Shelf, address: Address, health: str | None) -> tuple[Any, Any, Any, str]:
    """Return the view that an address asks for, the navigation, the choice of runs, the title."""
    state = shelf.state(address.run)
    if state is None:
        return words(health or _none(shelf, address)), frame.navigation(address), "", "evonas"
    shown = Address(address.view, state.key, address.also, address.individual)
    chosen = frame.run_choice(shelf.labels(), state.key)
    return _body(shelf, shown, state), frame.navigation(shown), chosen, f"{VIEWS[address.view]}: {state.label} · evonas"


def _register(app: Dash, shelf: Shelf) -> None:
    # The page comes filled. A page that did not say which one it is hears of its address when it has come.
    @app.callback(
        Output("version", "data"),
        Output("health", "data"),
        Output("status", "children"),
        Input("tick", "n_intervals"),
        Input("url", "pathname"),
        Input("url", "search"),
        State("version", "data"),
        State("health", "data"),
        prevent_initial_call=True,
    )
    def look(_: int, pathname: str, search: str, version: Any, health: Any) -> tuple[Any, Any, Any]:
        """Ask the shown runs for news."""
        versions, told, status = _news(shelf, Address.read(pathname, search))
        return no_update if versions == version else versions, no_update if told == health else told, status

    @app.callback(
        Output("content", "children"),
        Output("views", "children"),
        Output("chosen", "children"),
        Output("title", "data"),
        Output("alarm", "children"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("health", "data"),
        prevent_initial_call=True,
    )
    def show(pathname: str, search: str, health: str | None) -> tuple[Any, ...]:
        """Show the view that the address asks for."""
        return (*_shown(shelf, Address.read(pathname, search), health), "")

    @app.callback(
        Output("jump", "href"),
        Input("run", "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def choose(key: str | None, pathname: str, search: str) -> str:
        """Go to the same view of another run."""
        address = Address.read(pathname, search)
        if not key or key == address.run or not address.run:
            raise PreventUpdate
        return Address(address.view, key).href

    app.clientside_callback(
        ClientsideFunction("evonas", "title"), Output("title", "modified_timestamp"), Input("title", "data")
    )
    app.clientside_callback(
        ClientsideFunction("evonas", "theme"),
        Output("theme", "data"),
        Output("scheme", "data"),
        Output("theme-button", "children"),
        Input("theme-button", "n_clicks"),
        State("theme", "data"),
    )


def _body(shelf: Shelf, address: Address, state: RunState) -> Any:
    named = f" {address.individual}" if address.view == "individual" and address.individual is not None else ""
    heading = html.H1(VIEWS[address.view] + named)
    if state.findings is None:
        return [heading, words(state.problem)]
    if not state.findings.history.evaluations and address.view not in ("compare", "overview"):
        born = len(state.findings.history.individuals)
        more = f"{born} individuals were born" if born else "nothing was born yet"
        return [
            heading,
            words(f"No evaluation of this run has ended yet; {more}. The page shows what comes when it comes."),
        ]
    return [heading, *PAGES[address.view].layout(address, state, shelf)]


def _none(shelf: Shelf, address: Address) -> str:
    if address.run:
        return "There is no such run on this page. Choose one above."
    return (
        f"There are no runs in {shelf.folder}. `evonas evolve CONFIG` makes one; "
        "it appears here by itself when it is there."
    )
