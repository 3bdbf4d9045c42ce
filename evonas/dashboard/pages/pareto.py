"""The Pareto front: what one objective costs in another; a click on a point leads to its individual."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, html

from evonas.dashboard.address import Address
from evonas.dashboard.findings import Findings
from evonas.dashboard.markup import components
from evonas.dashboard.pages.page import chosen_point, seen
from evonas.dashboard.parts import figure, note, panel, words
from evonas.dashboard.shelf import RunState, Shelf
from evonas.report import tables
from evonas.report.formats import label
from evonas.report.fronts import pareto_content

__all__ = ["layout", "register"]

_ROWS = 200


def layout(address: Address, state: RunState, shelf: Shelf) -> list[Any]:
    """Return the parts of the view."""
    goals = state.findings.history.goals if state.findings is not None else ()
    if len(goals) < 2:
        metric = label(goals[0].metric, unit=False) if goals else "nothing"
        return [
            words(
                f"This run has one objective, {metric}: its front is its best individual. "
                "Give several under evolution.objectives to see what one costs in another."
            )
        ]
    return [html.Div(figure("pareto", "The Pareto front."), className="sheet"), html.Div(id="pareto-table")]


def register(app: Dash, shelf: Shelf) -> None:
    """Register what fills the parts, and where a click leads."""
    place = (State("url", "pathname"), State("url", "search"))

    @app.callback(Output("pareto", "children"), Output("pareto-table", "children"), Input("version", "data"), *place)
    def drawn(_: Any, pathname: str, search: str) -> tuple[Any, Any]:
        address, _, findings = seen(shelf, pathname, search, "pareto")
        return _figures(findings), _table(findings, address)

    @app.callback(
        Output("jump", "href", allow_duplicate=True),
        Input("figure-pareto", "clickData"),
        *place,
        prevent_initial_call=True,
    )
    def clicked(point: Any, pathname: str, search: str) -> str:
        return Address.read(pathname, search).of(chosen_point(point)).href


def _figures(findings: Findings) -> list[Any]:
    made: list[Any] = findings.once("pareto", lambda: components(pareto_content(findings.history, findings.ordered)))
    return made or [words("No individual has a value for each objective yet.")]


def _table(findings: Findings, address: Address) -> list[Any]:
    front = findings.front
    if not front:
        return []
    table = tables.best_table(front[:_ROWS], findings.history.goals, findings.history.individuals)
    rest = [note(f"The first {_ROWS} of {len(front):,}.")] if len(front) > _ROWS else []
    return [panel("On the front", *rest, *components(table, lambda number: address.of(number).href))]
