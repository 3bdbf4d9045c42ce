"""The overview: how far the run is, the best over time, what the devices do, what failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, html
from dash.exceptions import PreventUpdate

from evonas.dashboard.address import Address
from evonas.dashboard.findings import Findings
from evonas.dashboard.markup import components
from evonas.dashboard.pages.page import chosen_point, seen
from evonas.dashboard.parts import fact, facts, figure, filled, note, panel, words
from evonas.dashboard.progress import Progress, progress
from evonas.dashboard.shelf import RunState, Shelf
from evonas.evaluation.files import AttemptFiles
from evonas.lineage import Scored
from evonas.records import FAILURES
from evonas.report import tables
from evonas.report.figures import fitness_over_evaluations
from evonas.report.formats import MINUS, count, duration, label, number, percent
from evonas.report.summary import RunSummary, device_use

__all__ = ["fitness", "layout", "register"]

_BEST = 10  # rows in the table of the best
_FAILED = 50  # rows in the table of failures


def layout(address: Address, state: RunState, shelf: Shelf) -> list[Any]:
    """Return the parts of the view; the facts at once, they are what somebody looks for."""
    facts_ = [] if state.findings is None else _facts(state.findings, state)
    return [
        html.Div(facts_, id="overview-facts"),
        panel("Fitness over evaluations", figure("overview-fitness", "Fitness over evaluations.", height=480)),
        html.Div(id="overview-tables"),
    ]


def register(app: Dash, shelf: Shelf) -> None:
    """Register what fills the parts."""
    place = (State("url", "pathname"), State("url", "search"))

    @app.callback(Output("overview-facts", "children"), Input("version", "data"), *place, prevent_initial_call=True)
    def told(_: Any, pathname: str, search: str) -> Any:
        _, state, findings = seen(shelf, pathname, search, "overview")
        return _facts(findings, state)

    @app.callback(Output("overview-fitness", "children"), Input("version", "data"), *place)
    def drawn(_: Any, pathname: str, search: str) -> Any:
        _, _, findings = seen(shelf, pathname, search, "overview")
        return fitness(findings)

    @app.callback(Output("overview-tables", "children"), Input("version", "data"), *place)
    def listed(_: Any, pathname: str, search: str) -> Any:
        address, state, findings = seen(shelf, pathname, search, "overview")
        return _tables(findings, state, address)

    @app.callback(
        Output("jump", "href", allow_duplicate=True),
        Input("figure-fitness", "clickData"),
        *place,
        prevent_initial_call=True,
    )
    def clicked(point: Any, pathname: str, search: str) -> str:
        address, _, findings = seen(shelf, pathname, search, "overview")
        return address.of(_at(findings, point)).href


def _at(findings: Findings, clicked: Any) -> int:
    """Return the individual of a point; where the line of the best was met, of the evaluation at that place."""
    try:
        return chosen_point(clicked)
    except PreventUpdate:
        points = (clicked or {}).get("points") or [{}]
        order = points[0].get("x")
        if not isinstance(order, (int, float)) or not 1 <= order <= len(findings.history.evaluations):
            raise
        return findings.history.evaluations[round(order) - 1].individual.number


def _facts(findings: Findings, state: RunState) -> list[Any]:
    summary = findings.summary
    how = progress(findings, running=state.status == "running")
    seconds = findings.seconds() if state.status == "running" else summary.seconds
    evaluations = f"{summary.evaluations:,}"
    shown = [
        _best(summary),
        _gain(summary),
        fact("Evaluations", evaluations, f"of {count(summary.individuals, 'individual')}"),
        fact("Under way", f"{summary.pending:,}", "evaluations asked for") if state.status == "running" else None,
        fact("Failures", f"{summary.failures:,}", _share(summary.failures, summary.evaluations)),
        fact("Wall time", duration(seconds), f"{duration(summary.evaluating_seconds)} of evaluations"),
        _left(how, state),
    ]
    parts: list[Any] = [html.P(summary.sentence, className="lead")]
    if summary.reason:
        parts.append(note(f"How it ended: {summary.reason.rstrip('.')}."))
    if state.status == "killed":
        parts.append(note("The run says that it goes on, but no process works on it: it was killed. Go on with "))
        parts[-1].children += [html.Code(f"evonas resume {state.path}"), "."]
    parts.append(facts(*shown))
    if how.done is not None:
        parts.append(_bar(how))
    return parts


def _best(summary: RunSummary) -> html.Div | None:
    if summary.best is None or not summary.goals:
        return None
    name = f"Best {label(summary.goals[0].metric)}"
    return fact(name, _value(summary.best), f"individual {summary.best.individual.number}")


def _value(one: Scored) -> str:
    return number(one.value) + (f" ± {number(one.error, 2)}" if one.error is not None else "")


def _gain(summary: RunSummary) -> html.Div | None:
    if summary.best is None or summary.best_founder is None or summary.improvement is None:
        return None
    sign = "±" if summary.improvement == 0 else "+" if summary.goals[0].maximise else MINUS
    return fact(
        "Against the founders",
        f"{sign}{number(summary.improvement, 3)}",
        f"best founder {number(summary.best_founder.value)}",
    )


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "none so far"


def _left(how: Progress, state: RunState) -> html.Div | None:
    if state.status != "running":
        return None
    if how.left is None:
        return fact("Time left", "unknown", "the run has no budget that tells")
    return fact("Time left", f"about {duration(how.left)}", f"to {how.budget}, at the pace so far")


def _bar(how: Progress) -> html.Div:
    share = how.done or 0.0
    return html.Div(
        [
            html.Progress(value=str(round(share, 4)), max="1", **{"aria-label": f"budget of {how.budget}"}),
            html.Span(f"{percent(share)} of {how.budget}"),
        ],
        className="budget",
    )


def fitness(findings: Findings) -> Any:
    """Return the figure of the fitness over evaluations."""
    return findings.once("overview-fitness", lambda: _fitness(findings))


def _fitness(findings: Findings) -> Any:
    history, summary = findings.history, findings.summary
    if not history.evaluations or not summary.goals:
        return words("No evaluation has ended yet. The first point appears here when one has.")
    settings = history.run.config.get("evolution")
    population = settings.get("population") if isinstance(settings, Mapping) else None
    drawn, notes = fitness_over_evaluations(
        history.evaluations, summary.goals, population if isinstance(population, int) else None
    )
    caption = "Each point is an evaluation, by the operator of its birth; click one to see its individual. "
    caption += "Open points were answered by the memo, small ones were trained less or again."
    if notes.beyond:
        caption += f" {count(notes.beyond, 'point')} lie outside the range; double-click for all."
    if notes.left_out:
        caption += f" {notes.left_out:,} points are left out of the drawing, never one that was a new best."
    return filled(drawn, "figure-fitness", f"Fitness over evaluations. {summary.sentence}", caption)


def _tables(findings: Findings, state: RunState, address: Address) -> list[Any]:
    history, summary = findings.history, findings.summary

    def href(individual: int) -> str:
        return address.of(individual).href

    chosen: dict[str, Scored] = {}
    for one in findings.ordered:
        chosen.setdefault(one.individual.genome.id, one)
        if len(chosen) == _BEST:
            break
    parts = []
    if chosen:
        best = tables.best_table([*chosen.values()], summary.goals, history.individuals)
        parts.append(panel("The best", *components(best, href)))
    if history.pending and state.status == "running":
        parts.append(panel("Under way", _under_way(findings, address)))
    devices = device_use(history)
    if devices:
        parts.append(panel("Devices", *components(tables.device_table(devices))))
    if history.evaluations:
        parts.append(panel("How evaluations ended", *_ends(findings, href)))
    if history.events:
        parts.append(panel("What else happened", *components(tables.event_table(history, 20))))
    return parts


def _ends(findings: Findings, href: Any) -> list[Any]:
    failed = [one for one in findings.history.evaluations if one.result.status in FAILURES]
    content = components(tables.status_table(findings.summary))
    if not failed:
        return [*content, note("No evaluation failed.")]
    if len(failed) > _FAILED:
        content.append(note(f"The last {_FAILED} of {len(failed):,} failures:"))
    return [*content, *components(tables.failure_table(failed[-_FAILED:][::-1]), href)]


def _under_way(findings: Findings, address: Address) -> html.Table:
    """Return what is trained now: the last epoch that each training reported."""
    rows = []
    for request in findings.history.pending[:_FAILED]:
        row = AttemptFiles(findings.path, request).last_row() or {}
        told = ", ".join(f"{label(name)} {number(value, 4)}" for name, value in row.items() if _tells(name, value))
        done = f"{request.trained + int(row['epoch'])}" if isinstance(row.get("epoch"), (int, float)) else "0"
        rows.append(
            html.Tr(
                [
                    html.Td(html.A(str(request.individual), href=address.of(request.individual).href)),
                    html.Td(f"rung {request.rung}" + (f", repeat {request.repeat}" if request.repeat else "")),
                    html.Td(f"{done} of {request.total_epochs}"),
                    html.Td(told),
                ]
            )
        )
    head = html.Tr([html.Th(text, scope="col") for text in ("Individual", "Training", "Epochs", "Last epoch")])
    return html.Table([html.Thead(head), html.Tbody(rows)])


def _tells(name: str, value: Any) -> bool:
    return isinstance(value, (int, float)) and name not in ("epoch", "learning_rate")
