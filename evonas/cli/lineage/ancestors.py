"""``evonas lineage ancestors``: the births from an individual back to its founder, over several runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evonas.cli.app import FormatOption, RunArgument
from evonas.cli.columns import print_columns
from evonas.cli.lineage.asking import Number, changes_words, chosen, difference_words, fitness_words, group
from evonas.cli.output import Format, print_line

if TYPE_CHECKING:
    from evonas.lineage.descent import Step
    from evonas.lineage.kin import Kin
    from evonas.records import Parent

__all__ = ["ancestors"]


@group.command()
def ancestors(run: RunArgument, number: Number = None, format: FormatOption = Format.table) -> None:
    """Walk the line of primary parents from an individual to its founder: fitness and change at each birth.

    The fitness is that of the highest rung that each has completed; the difference to the primary parent is taken at
    the highest rung that both have. Where the founder is of an earlier run whose directory is found, the walk goes on.
    """
    from evonas.lineage.descent import descent, find_parent_run
    from evonas.lineage.kin import Kin

    with Kin(run) as kin:

        def opened(parent: Parent) -> Kin | None:
            return find_parent_run(str(parent.run), parent.source, kin.folder)

        steps = descent(kin, chosen(kin, number), opened=opened)
        rows = [_row(step, kin.objective) for step in steps]
        if format is Format.table:
            rows = _for_people(rows, steps, kin)
    print_columns(rows, format, wrap=("operators", "changes"))
    if format is Format.table and (left := _left_off(steps[-1])):
        print_line(left)


def _row(step: Step, metric: str) -> dict[str, Any]:
    fitness, difference = step.measures.best, step.difference
    return {
        "run": step.run_name,
        "directory": str(step.run),
        "individual": step.individual,
        "generation": step.birth.generation,
        metric: None if fitness is None else fitness.value,
        f"{metric}_error": None if fitness is None else fitness.error,
        "trainings": 0 if fitness is None else fitness.trainings,
        "rung": step.measures.rung,
        "difference": None if difference is None else difference.value,
        "difference_error": None if difference is None else difference.error,
        "operators": " ".join(step.birth.operators),
        "changes": changes_words(step.birth.changes),
    }


def _for_people(rows: Sequence[dict[str, Any]], steps: Sequence[Step], kin: Kin) -> list[dict[str, Any]]:
    """Return the columns that say something, a value with its error in one of them."""
    several = len({step.run for step in steps}) > 1
    alike = len({step.run_name for step in steps}) < len({step.run for step in steps})
    shown = []
    for row, step in zip(rows, steps, strict=True):
        where = {"run": step.run.name if alike else step.run_name} if several else {}
        rung = {"rung": step.measures.rung} if kin.highest_rung else {}
        primary = step.birth.primary
        seed = primary is not None and primary.role == "seed"
        source = f" from {primary.source or primary.run}" if seed and primary is not None else ""
        shown.append(
            {
                **where,
                "individual": row["individual"],
                "generation": row["generation"],
                kin.objective: fitness_words(step.measures.best, step.measures.status),
                "difference": difference_words(step.difference),
                **rung,
                "operators": row["operators"] + source,
                "changes": row["changes"],
            }
        )
    return shown


def _left_off(last: Step) -> str:
    """Return where the line goes on, if it was not followed to its end."""
    primary = last.birth.primary
    if primary is None or primary.number is None or primary.run is None:
        return ""
    source = f" ({primary.source})" if primary.source else ""
    return (
        f"the line goes on with individual {primary.number} of run {primary.run}{source}, which is not found from here"
    )
