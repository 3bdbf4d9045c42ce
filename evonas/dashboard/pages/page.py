"""What a view is, and what views share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash import Dash
from dash.exceptions import PreventUpdate

from evonas.dashboard.address import Address
from evonas.dashboard.findings import Findings
from evonas.dashboard.shelf import RunState, Shelf

__all__ = ["Page", "chosen_point", "seen"]

_NAMED = re.compile(r"\bindividual ([0-9]+)")


@dataclass(frozen=True)
class Page:
    """A view.

    Attributes:
        layout: takes the address, the run and all runs, and returns the parts of the view; it draws no figure, so that
            the view stands at once.
        register: takes the page and all runs, and registers what fills the parts and what a choice in them does.
    """

    layout: Callable[[Address, RunState, Shelf], list[Any]]
    register: Callable[[Dash, Shelf], None]


def seen(shelf: Shelf, pathname: str | None, search: str | None, view: str) -> tuple[Address, RunState, Findings]:
    """Return what an address shows.

    Raises:
        PreventUpdate: if another view is shown by now, or the run cannot be read; the frame says so.
    """
    address = Address.read(pathname, search)
    state = shelf.state(address.run)
    if address.view != view or state is None or state.findings is None:
        raise PreventUpdate
    return Address(view, state.key, address.also, address.individual), state, state.findings


def chosen_point(clicked: Any) -> int:
    """Return the individual of a point that was clicked in a figure; what the figure says of a point names it.

    Raises:
        PreventUpdate: if the click met no point of an individual.
    """
    points = (clicked or {}).get("points") or [{}]
    told = " ".join(str(points[0].get(name, "")) for name in ("text", "hovertext", "customdata"))
    named = _NAMED.search(told)
    if named is None:
        raise PreventUpdate
    return int(named[1])
