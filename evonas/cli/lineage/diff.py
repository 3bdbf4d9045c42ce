"""``evonas lineage diff``: how two individuals differ, of one run or of two."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption
from evonas.cli.columns import print_columns
from evonas.cli.lineage.asking import fitness_words, group, value_words
from evonas.cli.output import Format, print_line

if TYPE_CHECKING:
    from evonas.genome import GeneChange, Genome
    from evonas.lineage.kin import Kin

__all__ = ["diff"]


@group.command(no_args_is_help=True)
def diff(
    subjects: Annotated[
        list[str], typer.Argument(metavar="RUN A B", help="A run and two of its individuals; or two RUN:ID.")
    ],
    format: FormatOption = Format.table,
) -> None:
    """Show how two individuals differ, gene by gene: `diff RUN A B`, or of two runs `diff RUN:A RUN:B`.

    Within a run the items of a list are compared by their historical marks, between runs by their places.
    """
    from evonas.lineage.kin import Kin

    (run, one), (other_run, other) = _subjects(subjects)
    with ExitStack() as stack:
        kin = stack.enter_context(Kin(run))
        other_kin = kin if other_run == run else stack.enter_context(Kin(other_run))
        first, second = _number(kin, one), _number(other_kin, other)
        before, after = kin.genome(first), other_kin.genome(second)
        changes = _changes(before, after, same=kin.run_id == other_kin.run_id)
        told = [_told(kin, first), _told(other_kin, second)]
    left, right = (one, other) if len(subjects) > 2 else (subjects[0], subjects[1])
    rows: list[dict[str, Any]] = [
        {"gene": change.gene, "kind": change.kind, left: change.before, right: change.after} for change in changes
    ]
    if format is Format.table:
        for label, words in zip((left, right), told, strict=True):
            print_line(f"{label}: {words}")
        rows = [{name: value_words(value) for name, value in row.items()} for row in rows]
    who = f"individuals {left} and {right}" if len(subjects) > 2 else f"{left} and {right}"
    print_columns(rows, format, wrap=(left, right), between=" -> ", empty=f"{who} have equal genes")


def _subjects(words: list[str]) -> tuple[tuple[Path, str], tuple[Path, str]]:
    if len(words) == 3:
        return (Path(words[0]), words[1]), (Path(words[0]), words[2])
    if len(words) == 2 and all(":" in word for word in words):
        (run, _, one), (other_run, _, other) = (word.rpartition(":") for word in words)
        return (Path(run), one), (Path(other_run), other)
    raise typer.BadParameter(
        "give a run and two of its individuals, or two individuals as RUN:ID", param_hint="RUN A B"
    )


def _number(kin: Kin, word: str) -> int:
    if word == "best":
        return kin.best()
    if not (word.isascii() and word.isdecimal()):
        raise typer.BadParameter(f"{word!r} is no individual: give its number, or `best`", param_hint="RUN A B")
    return int(word)


def _told(kin: Kin, number: int) -> str:
    """Return who an individual is, in words."""
    birth, measures = kin.birth(number), kin.measures([number])[number]
    rung = f" at rung {measures.rung}" if kin.highest_rung and measures.rung is not None else ""
    fitness = fitness_words(measures.best, measures.status)
    value = f"{kin.objective} {fitness}{rung}" if measures.best is not None else fitness or "no fitness"
    return f"individual {number} of {kin.name}, generation {birth.generation}, {' '.join(birth.operators)}, {value}"


def _changes(before: Genome, after: Genome, *, same: bool) -> list[GeneChange]:
    from evonas.genome import GeneChange, Genome, gene_diff

    if not same:  # the marks of unrelated runs are equal by chance
        before, after = (Genome(genome.genes, genome.family) for genome in (before, after))
    changes = list(gene_diff(before, after))
    if before.family != after.family:
        changes.insert(0, GeneChange("model family", "changed", before.family, after.family))
    return changes
