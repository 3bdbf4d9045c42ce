"""``evonas lineage show``: the family tree of an individual as text."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, RunArgument
from evonas.cli.columns import fitted, print_table, spelled, width
from evonas.cli.lineage.asking import (
    Number,
    changes_words,
    chosen,
    difference_words,
    fitness_words,
    group,
)
from evonas.cli.lineage.tree import Family, Row, gather, rows_of
from evonas.cli.output import Format, print_line
from evonas.cli.where import WhereOption, kept, open_store

if TYPE_CHECKING:
    from evonas.lineage.kin import Kin, Measures
    from evonas.records import Birth, Parent

__all__ = ["show"]

_DEPTH = 12
_ALL = 0
_NUMBERS = 44  # columns that prefix and number take at most before the rest is moved on
_OPERATORS = 32
_FIRM_SPACE = "\N{NO-BREAK SPACE}"
_LEAST = 12  # columns for the changes, below which they are left out


@group.command()
def show(
    run: RunArgument,
    number: Number = None,
    depth: Annotated[
        int, typer.Option("--depth", "-d", min=0, help="Births to go back; a mate counts as three. 0: to the founders.")
    ] = _DEPTH,
    where: WhereOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Draw the family tree of an individual, from it back to the founders.

    The line of primary parents runs straight down; each mate opens a line of its own to the right, until it meets
    somebody who is drawn elsewhere. With --where, ancestors that do not meet the filter are passed over.
    """
    from evonas.lineage.kin import Kin

    with Kin(run) as kin:
        start = chosen(kin, number)
        kin.birth(start)  # says which numbers there are
        birth, between = _births(run, kin, start, where)
        family = gather(start, birth, kin.owns, None if depth == _ALL else depth)
        rows = rows_of(family, start)
        known = kin.measures({*family, *(one for drawn in family.values() for one in drawn.parents)})
        if format is not Format.table:
            print_table([_record(row, family, known, kin.objective) for row in rows if row.kind == "member"], format)
            return
        lines = _Text(kin, family, rows, known, between).lines()
    for line in lines:
        print_line(spelled(line))


def _births(
    run: Path, kin: Kin, start: int, where: Sequence[str] | None
) -> tuple[Callable[[int], Birth], Callable[[int, int], int]]:
    """Return what tells a birth, and how many births lie between a child and a parent that is drawn."""
    if not where:
        return kin.birth, lambda child, parent: 1
    from evonas.lineage.excerpt import Excerpt

    with open_store(run) as store:
        excerpt = Excerpt(store, {*kept(store, where).numbers, start})
        shown = {individual.number: individual.birth for individual in excerpt.individuals()}
        births = {
            (child, parent.number): excerpt.births_between(child, parent)
            for child, birth in shown.items()
            for parent in birth.parents
        }
    return shown.__getitem__, lambda child, parent: births.get((child, parent), 1)


def _record(row: Row, family: Family, known: dict[int, Measures], metric: str) -> dict[str, Any]:
    drawn, measures = family[row.number], known[row.number]
    best, difference = measures.best, _difference(row.number, family, known)
    return {
        "individual": row.number,
        "generation": drawn.birth.generation,
        "level": row.level,
        metric: None if best is None else best.value,
        f"{metric}_error": None if best is None else best.error,
        "trainings": 0 if best is None else best.trainings,
        "rung": measures.rung,
        "difference": None if difference is None else difference.value,
        "operators": " ".join(drawn.birth.operators),
        "parents": " ".join(map(str, drawn.parents)),
        "changes": changes_words(drawn.birth.changes),
    }


def _difference(number: int, family: Family, known: dict[int, Measures]) -> Any:
    primary = next(iter(family[number].parents), None)
    return None if primary is None else known[number].over(known[primary])


class _Text:
    """The drawing in words, as wide as the terminal."""

    def __init__(
        self,
        kin: Kin,
        family: Family,
        rows: Sequence[Row],
        known: dict[int, Measures],
        between: Callable[[int, int], int],
    ) -> None:
        self._kin = kin
        self._family = family
        self._rows = rows
        self._known = known
        self._between = between
        self._places = {row.number: place for place, row in enumerate(rows) if row.kind == "member"}

    def lines(self) -> list[str]:
        """Return the lines, a header and a legend with them."""
        cells = [self._cells(row, place) for place, row in enumerate(self._rows)]
        members = [one for row, one in zip(self._rows, cells, strict=True) if row.kind == "member"]
        room = width() - 1
        first = min(_NUMBERS, room // 4, max(len(one[0]) for one in members))
        widths = [first, *(max(len(one[place]) for one in members) for place in (1, 2, 3))]
        drawn = [
            fitted(self._member(one, widths, room) if row.kind == "member" else one[0], room)
            for row, one in zip(self._rows, cells, strict=True)
        ]
        texts = [textwrap.wrap(text, max(room, _LEAST)) for text in (self._head(), *self._legend())]
        return [*texts[0], "", *drawn, "", *(line.replace(_FIRM_SPACE, " ") for line in texts[1]), *texts[2]]

    @staticmethod
    def _member(cells: Sequence[str], widths: Sequence[int], room: int) -> str:
        text = "  ".join(cell.ljust(space) for cell, space in zip(cells[:4], widths, strict=True))
        left = room - len(text) - 2
        return (f"{text}  {fitted(cells[4], left)}" if left >= _LEAST else text).rstrip()

    def _cells(self, row: Row, place: int) -> list[str]:
        if row.kind == "joins":
            side = "above" if self._places[row.number] < place else "below"
            return [f"{row.prefix}↳ {row.number}, drawn {side}"]
        if row.kind == "cut":
            return [f"{row.prefix}⋮ {row.number}{self._beyond(row)}"]
        if row.kind == "elsewhere":
            return [f"{row.prefix}{_elsewhere(row.parent)}"]
        birth, measures = self._family[row.number].birth, self._known[row.number]
        lower = measures.rung is not None and measures.rung < self._kin.highest_rung
        rung = f" at rung {measures.rung}" if lower else ""
        return [
            f"{row.prefix}{row.number}",
            fitness_words(measures.best, measures.status) + rung,
            difference_words(_difference(row.number, self._family, self._known)),
            fitted(self._passed_over(row.number) + " ".join(birth.operators), _OPERATORS),
            changes_words(birth.changes),
        ]

    def _passed_over(self, number: int) -> str:
        primary = next(iter(self._family[number].parents), None)
        births = 1 if primary is None else self._between(number, primary)
        return f"[{births} births] " if births > 1 else ""

    def _beyond(self, row: Row) -> str:
        """Return what is left out at a cut."""
        if row.level:
            return ""
        line = self._kin.line(row.number)
        births = "1 birth" if len(line) == 1 else f"{len(line)} births"
        return f" and on: {births} more, back to founder {line[-1][0]} (--depth {_ALL} draws all)"

    def _head(self) -> str:
        start = self._rows[0].number
        best = self._known[start].best
        value = f"{self._kin.objective} {fitness_words(best)}" if best else self._known[start].status or "no fitness"
        drawn = len(self._family) - 1
        ancestors = "1 ancestor" if drawn == 1 else f"{drawn} ancestors"
        generation = self._family[start].birth.generation
        return f"individual {start} of {self._kin.name}: {value}, generation {generation}; {ancestors} drawn"

    def _legend(self) -> list[str]:
        signs = ("● line of primary parents", "○ line of a mate", "■ founder", "↳ goes on there", "⋮ not drawn")
        return [
            "   ".join(sign.replace(" ", _FIRM_SPACE) for sign in signs),
            f"{self._kin.objective}, difference to the primary parent, operators, changes",
        ]


def _elsewhere(parent: Parent | None) -> str:
    if parent is None:
        return ""
    source = parent.source or f"run {parent.run}"
    number = "" if parent.number is None else f", individual {parent.number} there"
    return f"{parent.role} from {source}{number}"
