"""Runs side by side: the best over evaluations, epochs or time, winners in one table, tests of significance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from evonas.dashboard.address import Address
from evonas.dashboard.pages.page import seen
from evonas.dashboard.parts import choice, controls, figure, filled, note, panel, words
from evonas.dashboard.shelf import RunState, Shelf
from evonas.dashboard.significance import Kept, significance
from evonas.report.analysis import WinnerRow, best_over_time, winner_rows
from evonas.report.figures import best_over_time_figure
from evonas.report.formats import DASH, count, duration, label, number

__all__ = ["layout", "register"]

_OVER = [
    {"value": "evaluations", "label": "evaluations"},
    {"value": "epochs", "label": "epochs trained"},
    {"value": "seconds", "label": "wall time"},
]


def layout(address: Address, state: RunState, shelf: Shelf) -> list[Any]:
    """Return the parts of the view."""
    others = [{"value": key, "label": text} for key, text in shelf.labels().items() if key != state.key]
    known = [one["value"] for one in others]
    chosen = [key for key in address.also if key in known]
    if not others:
        return [
            words("There is one run here. Give several (evonas dashboard RUN RUN) to see them side by side."),
            *_parts([], []),
        ]
    return _parts(others, chosen)


def _parts(others: Sequence[Mapping[str, str]], chosen: list[str]) -> list[Any]:
    hidden = {} if others else {"style": {"display": "none"}}
    return [
        controls(
            html.Div(
                [
                    html.Label("With", htmlFor="compare-with"),
                    dcc.Dropdown(id="compare-with", options=list(others), value=chosen, multi=True),
                ],
                className="choice wide",
                **hidden,
            ),
            choice("compare-over", "Over", _OVER, "evaluations"),
            label="What is compared",
        ),
        panel("Best so far", figure("compare-best", "The best of each run over time.")),
        panel("The runs", html.Div(id="compare-runs")),
        panel("Is the difference real?", html.Div(_waiting(), id="compare-tests")),
    ]


def _waiting() -> html.Div:
    return html.Div("testing …", className="waiting")


def register(app: Dash, shelf: Shelf) -> None:
    """Register what fills the parts."""
    place = (State("url", "pathname"), State("url", "search"))
    kept: Kept = {}

    @app.callback(
        Output("jump", "href", allow_duplicate=True), Input("compare-with", "value"), *place, prevent_initial_call=True
    )
    def together(keys: Any, pathname: str, search: str) -> str:
        address = Address.read(pathname, search)
        if address.view != "compare" or tuple(keys or ()) == address.also:
            raise PreventUpdate
        return Address("compare", address.run, tuple(keys or ())).href

    @app.callback(
        Output("compare-best", "children"),
        Output("compare-runs", "children"),
        Input("version", "data"),
        Input("compare-over", "value"),
        *place,
    )
    def drawn(_: Any, over: str, pathname: str, search: str) -> tuple[Any, Any]:
        address, state, _ = seen(shelf, pathname, search, "compare")
        states = shelf.states([state.key, *address.also])
        return _best(states, over), _table(states)

    @app.callback(Output("compare-tests", "children"), Input("version", "data"), *place)
    def tested(_: Any, pathname: str, search: str) -> list[Any]:
        address, state, _ = seen(shelf, pathname, search, "compare")
        return significance(shelf.states([state.key, *address.also]), kept)


def _best(states: Sequence[RunState], over: str) -> Any:
    readable = [(state, state.findings) for state in states if state.findings is not None]
    goals = {findings.goal for _, findings in readable if findings.goal is not None}
    first = readable[0][1].goal if readable else None
    if first is None:
        return words("None of these runs has an objective.")
    traces = {
        state.label: trace
        for state, findings in readable
        if findings.goal == first and (trace := best_over_time(findings.history)) is not None
    }
    if not traces:
        return words("No evaluation of these runs has a fitness yet.")
    described = f"Best {label(first.metric)} so far of {count(len(traces), 'run')}."
    left_out = [state.label for state, findings in readable if findings.goal != first]
    caption = described + (f" Not drawn, for another objective: {', '.join(left_out)}." if len(goals) > 1 else "")
    if over == "epochs":
        caption += " Trainings at lower rungs, repeats and failures are paid for, too."
    return filled(best_over_time_figure(traces, first, over=over), "figure-best", described, caption)


def _table(states: Sequence[RunState]) -> list[Any]:
    readable = {state.label: state for state in states if state.findings is not None}
    rows = {row.run: row for row in winner_rows({name: state.findings.history for name, state in readable.items()})}  # type: ignore[union-attr]  # chosen above
    heads = [
        "Run",
        "Status",
        "Best",
        "Individual",
        "Test",
        "Evaluations",
        "Failures",
        "Epochs",
        "Wall time",
        "Parameters",
    ]
    body = [_row(state, rows.get(state.label)) for state in states]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(text, scope="col") for text in heads])), html.Tbody(body)], className="wide"
    )
    words_ = "The best of each run on its validation part, which chose it: optimistic. ± is the standard error over "
    words_ += (
        "trainings with different seeds. Test is the mean on events that no search saw, where retrainings measured it."
    )
    return [html.Div(table, className="scroll", tabIndex=0, role="region", **{"aria-label": "The runs"}), note(words_)]


def _row(state: RunState, winner: WinnerRow | None) -> html.Tr:
    name = html.Th(dcc.Link(state.label, href=Address("overview", state.key).href), scope="row")
    if state.findings is None:
        return html.Tr([name, html.Td(state.problem, colSpan=9)])
    summary = state.findings.summary
    best: list[Any] = [html.Td(DASH)] * 3
    parameters = DASH
    if winner is not None:
        link = dcc.Link(str(winner.individual), href=Address("individual", state.key, (), winner.individual).href)
        value = f"{label(winner.metric, unit=False)} {_with_error(winner.value, winner.error)}"
        best = [html.Td(value), html.Td(link), html.Td(_with_error(winner.test, winner.test_error))]
        parameters = number(winner.parameters)
    return html.Tr(
        [
            name,
            html.Td(html.Span(state.status, className=f"status {state.status}")),
            *best,
            html.Td(f"{summary.evaluations:,}", className="number"),
            html.Td(f"{summary.failures:,}", className="number"),
            html.Td(f"{summary.epochs:,}", className="number"),
            html.Td(duration(summary.seconds), className="number"),
            html.Td(parameters, className="number"),
        ]
    )


def _with_error(value: float | None, error: float | None) -> str:
    return number(value) + (f" ± {number(error, 2)}" if value is not None and error is not None else "")
