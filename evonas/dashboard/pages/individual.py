"""An individual: its network, its genes and where they came from, how it learned, who descends from it."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from evonas.dashboard import biography
from evonas.dashboard.address import Address
from evonas.dashboard.drawing import draw_network, svg_address
from evonas.dashboard.findings import Findings
from evonas.dashboard.network import network
from evonas.dashboard.pages.page import seen
from evonas.dashboard.parts import choice, controls, figure, filled, note, panel, words
from evonas.dashboard.shelf import RunState, Shelf
from evonas.dashboard.trainings import detail, table, trainings_of
from evonas.report.figures import learning_curves
from evonas.report.figures.curves import Curve, curve_metrics
from evonas.report.formats import label

__all__ = ["layout", "register"]


def layout(address: Address, state: RunState, shelf: Shelf) -> list[Any]:
    """Return the parts of the view."""
    findings = state.findings
    if findings is None:
        return []
    number_ = address.individual if address.individual is not None else findings.winner
    if number_ is None:
        return [words("No individual has a fitness yet. Give a number to see one that was born."), _asking(None)]
    if number_ not in findings.history.individuals:
        last = max(findings.history.individuals)
        return [words(f"There is no individual {number_} in this run: they go from 0 to {last}."), _asking(number_)]
    shown = Address("individual", state.key, (), number_)
    return [
        _asking(number_, is_best=number_ == findings.winner),
        html.Div(id="individual-facts"),
        html.Div(
            [
                html.Div(
                    [
                        panel("Network", *_network(findings, number_)),
                        panel("Genes", biography.genes(findings, number_)),
                    ]
                ),
                html.Div(
                    [
                        panel("Learning curve", figure("individual-curve", "Learning curve.", height=300)),
                        panel("Parents and what changed", *biography.parents(findings, number_, shown)),
                        html.Div(id="individual-children"),
                    ]
                ),
            ],
            className="two",
        ),
        panel(
            "Trainings",
            html.Div(id="individual-trainings"),
            controls(choice("individual-training", "Look at", [], None, wide=True), label="Which training"),
            html.Div(id="individual-training-told"),
        ),
    ]


def register(app: Dash, shelf: Shelf) -> None:
    """Register what fills the parts."""
    place = (State("url", "pathname"), State("url", "search"))

    @app.callback(
        Output("individual-facts", "children"),
        Output("individual-curve", "children"),
        Output("individual-children", "children"),
        Output("individual-trainings", "children"),
        Output("individual-training", "options"),
        Output("individual-training", "value"),
        Input("version", "data"),
        State("individual-training", "value"),
        *place,
    )
    def told(_: Any, chosen: str | None, pathname: str, search: str) -> tuple[Any, ...]:
        address, state, findings = seen(shelf, pathname, search, "individual")
        number_ = address.individual if address.individual is not None else findings.winner
        if number_ is None or number_ not in findings.history.individuals:
            raise PreventUpdate
        shown = Address("individual", state.key, (), number_)
        known = trainings_of(findings, number_)
        options = [{"value": one.key, "label": one.title} for one in known]
        own = len(findings.evaluations_of.get(number_, ()))  # finals and ablations come behind those of the search
        first = known[max(0, own - 1)].key if known else None
        kept = chosen if any(one.key == chosen for one in known) else first
        return (
            biography.facts_of(findings, number_),
            _curve(findings, number_),
            panel("Descendants", *biography.descendants(findings, number_, shown)),
            table(known),
            options,
            kept,
        )

    @app.callback(
        Output("individual-training-told", "children"),
        Input("individual-training", "value"),
        *place,
    )
    def looked_at(key: str | None, pathname: str, search: str) -> list[Any]:
        address, _, findings = seen(shelf, pathname, search, "individual")
        number_ = address.individual if address.individual is not None else findings.winner
        known = () if number_ not in findings.history.individuals else trainings_of(findings, int(number_ or 0))
        return next((detail(findings, one) for one in known if one.key == key), [])

    @app.callback(
        Output("jump", "href", allow_duplicate=True),
        Input("individual-number", "value"),
        *place,
        prevent_initial_call=True,
    )
    def go(text: Any, pathname: str, search: str) -> str:
        address = Address.read(pathname, search)
        wanted = str(text if text is not None else "").strip()
        if address.view != "individual" or not wanted.isdigit() or int(wanted) == address.individual:
            raise PreventUpdate
        return Address("individual", address.run, (), int(wanted)).href


def _asking(number_: int | None, *, is_best: bool = False) -> html.Div:
    shown = "" if number_ is None else str(number_)
    entry = dcc.Input(
        id="individual-number", type="text", value=shown, debounce=True, inputMode="numeric", autoComplete="off"
    )
    field = html.Div([html.Label("Individual", htmlFor="individual-number"), entry], className="choice short")
    return controls(field, note("the best of the run") if is_best else None, label="Which individual")


def _network(findings: Findings, number_: int) -> list[Any]:
    diagram = network(findings.history.individuals[number_].genome, findings.path)
    if diagram is None:
        return [note("The genes hold no list of layers that could be drawn; they stand beside.")]
    said = "Each box is a layer with what follows it; dashed arcs are shortcuts."
    if diagram.source == "genes":
        said = "Read off the genes: the run's prepared data are not there to tell the layers' sizes."
    images = [
        html.Img(
            src=svg_address(draw_network(diagram, scheme)),
            alt=f"Network, from input to output: {diagram.described}" if scheme == "light" else "",
            className=f"network only-{scheme}",
        )
        for scheme in ("light", "dark")
    ]
    frame = html.Div(images, className="scroll", tabIndex=0, role="region", **{"aria-label": "The network"})
    return [frame, note(said)]


def _curve(findings: Findings, number_: int) -> Any:
    curves: dict[str, Curve] = {}
    for who in (number_, *findings.parents(number_)[:2]):
        rows = _rows(findings, who)
        if rows:
            name = f"individual {who}" if who == number_ else f"its parent {who}"
            curves[name] = rows
        elif who == number_:
            return words("This individual has no learning curve (yet).")
    metrics = curve_metrics(list(curves.values()), [goal.metric for goal in findings.history.goals])
    if not metrics:
        return words("The evaluations recorded no learning curve.")
    names = " and ".join(label(metric, unit=False) for metric in metrics)
    described = (
        f"Learning curve of {' and '.join(curves)}: {names} by epoch. Solid: validation part. Dotted: training part."
    )
    drawn = filled(learning_curves(curves, metrics), "figure-curve", described)
    if len(metrics) > 1:
        drawn.children[0].style = {"minWidth": "520px"}
    return drawn


def _rows(findings: Findings, number_: int) -> Curve:
    """Return the learning curve of an individual over all its rungs; of one that the memo answered, the answer's."""
    rows: dict[float, Any] = {}
    own = findings.evaluations_of.get(number_, ())
    for evaluation in own:
        if not evaluation.repeat:
            rows |= {row.get("epoch", at): row for at, row in enumerate(evaluation.result.curve, start=1)}
    if not rows and own and own[-1].result.answered_by is not None:
        answer = own[-1].result.answered_by
        source = next((one for one in findings.history.evaluations if one.result.number == answer), None)
        return list(source.result.curve) if source is not None else []
    return [row for _, row in sorted(rows.items())]
