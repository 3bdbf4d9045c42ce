"""Which individuals of a run are meant: ``--where`` and what meets it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from evonas.lineage import LineageStore, StoredResult
    from evonas.records import Individual

__all__ = ["Kept", "WhereOption", "kept", "open_store"]

WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FILTER",
        help="Only individuals such as 'parameters < 1e6 and accuracy > 0.9'; of several, all must hold.",
    ),
]


def open_store(run: Path) -> LineageStore:
    """Return the lineage of a run directory, to be read only.

    Raises:
        RunError: if it is no run directory.
        LineageError: if its lineage cannot be read.
    """
    from evonas.lineage.kin import FILE, run_folder
    from evonas.lineage.store import LineageStore

    return LineageStore.open(run_folder(run) / FILE, read_only=True)


class Kept(NamedTuple):
    """The individuals that meet a filter.

    Attributes:
        individuals: by number.
        results: theirs, in order of completion, without learning curves.
        metrics: names of all metrics and costs that the whole run knows.
    """

    individuals: Sequence[Individual]
    results: Sequence[StoredResult]
    metrics: frozenset[str]

    @property
    def numbers(self) -> set[int]:
        """Their numbers."""
        return {individual.number for individual in self.individuals}


def kept(store: LineageStore, where: Sequence[str] | None) -> Kept:
    """Return the individuals that meet all filters; everybody where there are none.

    Raises:
        FilterError: if a filter is not understood.
    """
    from evonas.lineage.facts import chosen as meeting
    from evonas.lineage.facts import describe

    everyone = describe(store)
    metrics = {name for facts in everyone for stored in facts.own for name in stored.result.metrics}
    costs = {name for facts in everyone for name in facts.individual.costs}
    met = [meeting(everyone, text) for text in where or ()]
    everyone = [facts for facts in everyone if all(facts.individual.number in numbers for numbers in met)]
    results = sorted((stored for facts in everyone for stored in facts.own), key=lambda stored: stored.completion)
    return Kept([facts.individual for facts in everyone], results, frozenset(metrics | costs))
