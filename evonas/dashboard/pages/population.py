"""The population: its diversity, whose descendants live, what the operators and the search's other parts were worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, State

from evonas.dashboard.address import Address
from evonas.dashboard.colours import genes_of
from evonas.dashboard.findings import Findings
from evonas.dashboard.markup import components
from evonas.dashboard.pages.page import seen
from evonas.dashboard.parts import choice, controls, figure, filled, panel, words
from evonas.dashboard.shelf import RunState, Shelf
from evonas.report.analysis import common_ancestor, diversity_over_time, founder_shares
from evonas.report.figures import ancestor_figure, diversity_figure, founder_figure
from evonas.report.formats import count, percent
from evonas.report.search import search_content

__all__ = ["layout", "register"]

_EPOCHS = 'id="figure-epochs"'  # the best against epochs has its place where runs are compared
_PEDIGREES = [
    {"value": "primary", "label": "lines of primary parents"},
    {"value": "pedigree", "label": "both parents in equal parts"},
]


def layout(address: Address, state: RunState, shelf: Shelf) -> list[Any]:
    """Return the parts of the view."""
    return [
        panel("Diversity", figure("population-diversity", "Diversity of the living.")),
        panel(
            "Founders",
            controls(choice("population-by", "Descent by", _PEDIGREES, "primary"), label="How descent is counted"),
            figure("population-founders", "Shares of the founders."),
        ),
        panel("Common ancestor", figure("population-ancestor", "Age of the common ancestor.")),
        panel("The search", figure("population-search", "Operators, rungs, noise.")),
    ]


def register(app: Dash, shelf: Shelf) -> None:
    """Register what fills the parts."""
    place = (State("url", "pathname"), State("url", "search"))
    makers: dict[str, Callable[[Findings], Any]] = {
        "population-diversity": _diversity,
        "population-ancestor": _ancestor,
        "population-search": _search,
    }

    def filler(anchor: str, make: Callable[[Findings], Any]) -> None:
        @app.callback(Output(anchor, "children"), Input("version", "data"), *place)
        def fill(_: Any, pathname: str, search: str) -> Any:
            _, _, findings = seen(shelf, pathname, search, "population")
            return findings.once(anchor, lambda: make(findings))

    for anchor, make in makers.items():
        filler(anchor, make)

    @app.callback(
        Output("population-founders", "children"), Input("version", "data"), Input("population-by", "value"), *place
    )
    def founders(_: Any, by: str, pathname: str, search: str) -> Any:
        _, _, findings = seen(shelf, pathname, search, "population")
        return findings.once(("founders", by), lambda: _founders(findings, by))


def _diversity(findings: Findings) -> Any:
    found = diversity_over_time(findings.history, table=genes_of(findings))
    if found is None:
        return words("Too few individuals have lived together to say how much they differ.")
    last = next((value for value in found.distance.tolist()[::-1] if value == value), None)
    described = "Diversity of the living: mean distance of two genomes (Gower; 0 equal, 1 as different as can be)"
    described += " and the share of distinct genomes."
    if last is not None:
        described += f" Mean distance at the end: {last:.2f}."
    return filled(diversity_figure(found), "figure-diversity", described)


def _founders(findings: Findings, by: str) -> Any:
    found = founder_shares(findings.history, by=by)
    if found is None:
        return words("Nobody has lived beside the founders yet.")
    lines = int(found.lines[-1])
    described = f"Share of the living that descends from each founder. At the end {count(lines, 'founder line')} lived."
    return filled(founder_figure(found), "figure-founders", described)


def _ancestor(findings: Findings) -> Any:
    found = common_ancestor(findings.history)
    if found is None or not (found.individual >= 0).any():
        return words("The living have no common ancestor by their lines of primary parents.")
    who, share = int(found.individual[-1]), float((found.individual >= 0).mean())
    described = "Age of the youngest individual from whom all the living descend by primary parents, in evaluations."
    described += f" There was one during {percent(share)} of the run."
    if who >= 0:
        described += f" At the end it is individual {who}."
    return filled(ancestor_figure(found), "figure-ancestor", described)


def _search(findings: Findings) -> Any:
    content = search_content(findings.history)
    told = list(zip(content[::2], content[1::2], strict=True))  # a heading and its figure
    made = components(part for pair in told if _EPOCHS not in pair[1] for part in pair)
    return made or words("The run is too short to say what its operators are worth.")
