"""What the questions to a lineage share: the command group, which individual is meant, small texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import app
from evonas.cli.output import figure, uncertain

if TYPE_CHECKING:
    from evonas.lineage.kin import Kin, Measured
    from evonas.records import GeneChange

__all__ = [
    "Number",
    "change_words",
    "changes_words",
    "chosen",
    "difference_words",
    "fitness_words",
    "group",
    "value_words",
]

group = typer.Typer(help="Where individuals came from, and what changed at each birth.", no_args_is_help=True)
app.add_typer(group, name="lineage")

Number = Annotated[int | None, typer.Argument(metavar="ID", help="An individual; default: the best.", min=0)]


def chosen(kin: Kin, number: int | None) -> int:
    """Return the individual that is meant: the best if none is named."""
    return kin.best() if number is None else number


def fitness_words(measured: Measured | None, status: str = "") -> str:
    """Return a fitness with its standard error; what became of the individual where it has none."""
    if measured is None:
        return status.replace("_", " ") if status != "completed" else ""
    return uncertain(measured.value, measured.error, measured.trainings)


def difference_words(difference: Measured | None) -> str:
    """Return a difference with its sign and, where it is known, its standard error."""
    if difference is None:
        return ""
    text = uncertain(difference.value, difference.error)
    return text if text.startswith("-") else f"+{text}"


def changes_words(changes: Sequence[GeneChange], most: int | None = None) -> str:
    """Return what a birth changed, in one line.

    Args:
        changes: gene by gene.
        most: how many to name; None for all.
    """
    named = "; ".join(change_words(change) for change in changes[:most])
    return named if most is None or len(changes) <= most else f"{named}; {len(changes) - most} more"


def change_words(change: GeneChange) -> str:
    """Return one change: ``+gene``, ``-gene``, or ``gene before -> after``."""
    if change.kind == "added":
        return f"+{change.gene}"
    if change.kind == "removed":
        return f"-{change.gene}"
    moved = " moved" if change.kind == "moved" else ""
    return f"{change.gene}{moved} {value_words(change.before)} -> {value_words(change.after)}"


def value_words(value: Any) -> str:
    """Return a gene's value as a table shows it."""
    return figure(value) if not isinstance(value, (dict, list)) else str(value)
