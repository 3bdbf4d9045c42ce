"""The family tree: who descends from whom, over one run or several; searched, filtered, coloured, folded."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from evonas.dashboard.address import Address
from evonas.dashboard.colours import Colouring, colour_choices, colouring
from evonas.dashboard.elements import SHAPES, elements, stylesheet
from evonas.dashboard.elements import layout as placed
from evonas.dashboard.family import Family, View, Wish, shown
from evonas.dashboard.findings import Findings
from evonas.dashboard.kin import kin
from evonas.dashboard.pages.page import seen
from evonas.dashboard.parts import choice, controls, note
from evonas.dashboard.searching import Sieve, sieve
from evonas.dashboard.shelf import RunState, Shelf
from evonas.report.formats import MINUS, label

__all__ = ["layout", "register"]

_SCOPES = {"auto": "winner's line, best, living", "winner": "winner's ancestors", "all": "everybody"}
_LAYOUTS = {"auto": "by size", "dagre": "layers (dagre)", "generations": "generations"}
_WHERE = "parameters < 1e6 and generation > 2"


def layout(address: Address, state: RunState, shelf: Shelf) -> list[Any]:
    """Return the parts of the view."""
    findings = state.findings
    if findings is None:
        return []
    labels = shelf.labels()
    others = [{"value": key, "label": text} for key, text in labels.items() if key != state.key]
    operators = sorted({name for one in findings.history.individuals.values() for name in one.birth.operators})
    opened: dict[str, list[str]] = {"expanded": [], "collapsed": [], "asked": []}
    if address.individual is not None:
        opened["asked"] = [f"{state.key}:{address.individual}"]
    return [
        controls(
            choice("tree-colour", "Colour by", colour_choices(findings), _first(findings)),
            choice("tree-scope", "Show", _options(_SCOPES), "auto"),
            choice("tree-layout", "Places", _options(_LAYOUTS), "auto"),
            choice("tree-with", "Together with", others, list(address.also), multi=True, clearable=True)
            if others
            else dcc.Dropdown(id="tree-with", value=[], multi=True, style={"display": "none"}),
            label="What is drawn",
        ),
        controls(
            _entry("tree-search", "Individual", "its number", short=True),
            _entry("tree-from", "Generation from", "0", short=True),
            _entry("tree-to", "to", "the last", short=True),
            choice(
                "tree-operator",
                "Operator",
                [{"value": one, "label": label(one)} for one in operators],
                [],
                multi=True,
                clearable=True,
            ),
            _entry("tree-where", "Where", _WHERE),
            html.Button("Reset", id="tree-reset", type="button"),
            label="Search and filter",
        ),
        dcc.Store(id="tree-opened", data=opened),
        dcc.Store(id="tree-chosen", data=opened["asked"][0] if opened["asked"] else None),
        html.Div(id="tree-said", className="note", role="status"),
        html.Div(
            [
                html.Div(
                    [
                        _drawing(),
                        html.Div(
                            [
                                html.Button("+", id="tree-in", type="button", title="zoom in (+)"),
                                html.Button(MINUS, id="tree-out", type="button", title="zoom out (-)"),
                                html.Button("Fit", id="tree-fit", type="button", title="fit into the frame (f)"),
                            ],
                            className="zoom",
                        ),
                    ],
                    className="canvas",
                    id="tree-canvas",
                    tabIndex=0,
                    role="group",
                    **{
                        "aria-label": "Family tree. Arrow keys move it, plus and minus zoom, f fits it. "
                        "The panel beside it tells the same of the chosen individual in words, with links to its kin."
                    },
                ),
                html.Aside(id="tree-kin", **{"aria-live": "polite", "aria-label": "The chosen individual"}),
            ],
            className="tree",
        ),
        html.Div(id="tree-legend", className="legend"),
        html.P(
            dcc.Checklist(
                id="tree-follow",
                options=[{"value": "on", "label": " redraw while the run goes on"}],
                value=["on"] if state.status == "running" else [],
            ),
            className="note",
        ),
    ]


def _drawing() -> Component:
    """Return the drawing, empty."""
    import dash_cytoscape as cyto

    return cyto.Cytoscape(
        id="tree-graph",
        elements=[],
        layout={"name": "preset"},
        stylesheet=stylesheet("light"),
        style={"width": "100%", "height": "100%"},
        minZoom=0.05,
        maxZoom=3,
        boxSelectionEnabled=False,
        autoungrabify=True,
        responsive=True,
    )


def register(app: Dash, shelf: Shelf) -> None:
    """Register what draws the tree, and what a choice in it does."""
    place = (State("url", "pathname"), State("url", "search"))

    @app.callback(
        Output("tree-graph", "elements"),
        Output("tree-graph", "layout"),
        Output("tree-legend", "children"),
        Output("tree-said", "children"),
        Input("version", "data"),
        Input("tree-opened", "data"),
        Input("tree-colour", "value"),
        Input("tree-scope", "value"),
        Input("tree-layout", "value"),
        Input("tree-from", "value"),
        Input("tree-to", "value"),
        Input("tree-operator", "value"),
        Input("tree-where", "value"),
        State("tree-follow", "value"),
        *place,
    )
    def draw(
        _: Any, opened: Any, what: str, scope: str, wanted: str, low: Any, high: Any, operators: Any, where: Any,
        follow: Any, pathname: str, search: str,
    ) -> tuple[Any, ...]:  # fmt: skip
        if ctx.triggered_id == "version" and not follow and len(ctx.triggered) == 1:
            raise PreventUpdate
        address, state, findings = seen(shelf, pathname, search, "tree")
        family = _family(shelf, state.key, findings, address)
        found = sieve(family, Sieve.of(low, high, operators, where))
        wish = Wish(scope, found.nodes, opened["expanded"], opened["collapsed"], opened["asked"])
        view = shown(family, wish)
        colours = colouring({node: family.place(node) for node in view.nodes if node in family}, what)
        drawn = elements(family, view, colours, shelf.labels())
        only_colours = ctx.triggered_id == "tree-colour"
        places = no_update if only_colours else placed(family, view, wanted)
        return drawn, places, _legend(colours), _said(family, view, found.problem)

    @app.callback(Output("tree-graph", "stylesheet"), Input("scheme", "data"), Input("tree-colour", "id"))
    def styled(scheme: str | None, _: Any) -> Any:
        return stylesheet(scheme or "light")

    @app.callback(
        Output("tree-chosen", "data"),
        Output("tree-opened", "data", allow_duplicate=True),
        Input("tree-graph", "tapNodeData"),
        Input("tree-search", "value"),
        Input({"kin": ALL}, "n_clicks"),
        State("tree-opened", "data"),
        *place,
        prevent_initial_call=True,
    )
    def choose(tapped: Any, number: Any, clicks: Any, opened: Any, pathname: str, search: str) -> tuple[Any, Any]:
        _, state, _ = seen(shelf, pathname, search, "tree")
        if ctx.triggered_id == "tree-graph" and tapped:
            return tapped["id"], no_update
        if ctx.triggered_id == "tree-search":
            text = str(number or "").strip()
            node = f"{state.key}:{text}" if text.isdigit() else text
        elif isinstance(ctx.triggered_id, dict) and any(clicks):
            node = ctx.triggered_id["kin"]
        else:
            raise PreventUpdate
        if not node:
            return None, {**opened, "asked": []}
        return node, {**opened, "asked": [node]}

    @app.callback(
        Output("tree-kin", "children"),
        Input("tree-chosen", "data"),
        Input("tree-opened", "data"),
        Input("version", "data"),
        *place,
    )
    def told(node: str | None, opened: Any, _: Any, pathname: str, search: str) -> Any:
        address, state, findings = seen(shelf, pathname, search, "tree")
        return kin(_family(shelf, state.key, findings, address), node, opened, address)

    @app.callback(
        Output("tree-opened", "data", allow_duplicate=True),
        Input({"fold": ALL}, "n_clicks"),
        State("tree-opened", "data"),
        State("tree-chosen", "data"),
        prevent_initial_call=True,
    )
    def folded(clicks: Any, opened: Any, node: str | None) -> Any:
        if not any(clicks) or node is None or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        name = ctx.triggered_id["fold"]
        kept = [one for one in opened[name] if one != node]
        return {**opened, name: kept if node in opened[name] else [*kept, node]}

    @app.callback(
        Output("tree-from", "value"),
        Output("tree-to", "value"),
        Output("tree-operator", "value"),
        Output("tree-where", "value"),
        Output("tree-search", "value"),
        Output("tree-opened", "data", allow_duplicate=True),
        Input("tree-reset", "n_clicks"),
        prevent_initial_call=True,
    )
    def reset(_: Any) -> tuple[Any, ...]:
        return None, None, [], "", "", {"expanded": [], "collapsed": [], "asked": []}

    @app.callback(
        Output("jump", "href", allow_duplicate=True), Input("tree-with", "value"), *place, prevent_initial_call=True
    )
    def together(keys: Any, pathname: str, search: str) -> str:
        address = Address.read(pathname, search)
        if address.view != "tree" or tuple(keys or ()) == address.also:
            raise PreventUpdate
        return Address("tree", address.run, tuple(keys or ()), address.individual).href


def _family(shelf: Shelf, key: str, findings: Findings, address: Address) -> Family:
    """Return the run with those it is shown together with."""
    runs = {key: findings}
    for state in shelf.states(address.also):
        if state.findings is not None:
            runs.setdefault(state.key, state.findings)
    family: Family = findings.once(("family", *map(id, runs.values())), lambda: Family(runs))
    return family


def _first(findings: Findings) -> str:
    return f"metric:{findings.goal.metric}" if findings.goal is not None else "birth:generation"


def _options(names: dict[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": text} for value, text in names.items()]


def _entry(anchor: str, title: str, placeholder: str, *, short: bool = False) -> html.Div:
    """Return a field with its label; it is read when it is left, or at Enter."""
    field = dcc.Input(id=anchor, type="text", placeholder=placeholder, debounce=True, autoComplete="off")
    return html.Div([html.Label(title, htmlFor=anchor), field], className="choice short" if short else "choice")


def _legend(colours: Colouring) -> list[Any]:
    swatches: list[Any] = [html.Strong(colours.name)]
    if colours.scale and len(colours.legend) == 2:
        (_, low), (_, high) = colours.legend
        swatches += [html.Span(low), html.Span(className="ramp" + _direction(colours)), html.Span(high)]
    else:
        swatches += [
            html.Span([html.Span(className="swatch", style={"background": colour}), text])
            for colour, text in colours.legend
        ]
    shapes = "; ".join(SHAPES.values())
    lines = "thick line: the winner's line; solid: primary parent; dashed: mate; dotted: seed"
    return [
        html.Div(swatches, className="swatches"),
        note(f"Shapes: {shapes}. The largest is the winner. Lines: {lines}. +n: children that are not shown."),
    ]


def _direction(colours: Colouring) -> str:
    """Return the class of a scale that is bright at its low end."""
    return " reversed" if colours.legend[0][0].lower() == "#fde725" else ""


def _said(family: Family, view: View, problem: str) -> list[Any]:
    drawn = sum(node in family for node in view.nodes)
    parts: list[Any] = [f"Shown: {drawn:,} of {len(family):,} individuals: {view.said}."]
    return [*parts, " ", html.Strong(problem)] if problem else parts
