"""The walk from an individual to its founder, on into the runs that its founder came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evonas.errors import EvonasError, LineageError
from evonas.lineage.kin import FILE, Kin, Measured, Measures
from evonas.records import Birth, Parent

__all__ = ["Step", "descent", "find_parent_run"]


@dataclass(frozen=True)
class Step:
    """A birth on the way from an individual to its founder.

    Attributes:
        run: the run directory.
        run_name: its name.
        individual: number in that run.
        birth: how it came to be.
        measures: its fitness by the metric that was asked for.
        difference: to its primary parent, at the highest rung that both have completed; None where there is none, or
            where the parent is of another run: other data, other trainings.
    """

    run: Path
    run_name: str
    individual: int
    birth: Birth
    measures: Measures
    difference: Measured | None


def descent(kin: Kin, number: int, *, opened: Callable[[Parent], Kin | None] | None = None) -> list[Step]:
    """Return the births from an individual back to its founder by primary parents, the individual first.

    Where the founder has a parent in another run, the walk goes on there.

    Args:
        kin: the individual's run; its first objective is what fitness is measured by, in the other runs, too.
        number: the individual.
        opened: returns the run of a parent from elsewhere, which is closed here; None where it cannot be found.

    Raises:
        LineageError: if there is no such individual.
    """
    steps, last = _own_steps(kin, number, kin.objective)
    seen = {kin.run_id}
    while opened is not None and last is not None and last.number is not None and last.run not in (None, *seen):
        following = opened(last)
        if following is None:
            break
        with following:
            seen.add(following.run_id)
            try:
                further, last = _own_steps(following, last.number, kin.objective)
            except LineageError:  # the run was made anew, or is damaged: the walk ends before it
                break
        steps += further
    return steps


def _own_steps(kin: Kin, number: int, metric: str) -> tuple[list[Step], Parent | None]:
    """Return the births within one run, and the primary parent of the last of them."""
    line = kin.line(number)
    measures = kin.measures([one for one, _ in line], metric)
    steps = []
    for place, (one, birth) in enumerate(line):
        parent = measures[line[place + 1][0]] if place + 1 < len(line) else None
        difference = None if parent is None else measures[one].over(parent)
        steps.append(Step(kin.folder, kin.name, one, birth, measures[one], difference))
    return steps, line[-1][1].primary


def find_parent_run(run_id: str, source: str | None, beside: Path) -> Kin | None:
    """Return the run that a parent was born in; None where its directory cannot be found or read.

    Args:
        run_id: the run's id.
        source: the run as the user gave it, such as ``runs/old:best(3)``; None where unknown.
        beside: the run directory of the child: runs that lie beside it are looked at, and those in ``runs``.
    """
    given = [] if source is None else [Path(source).expanduser(), Path(source.rpartition(":")[0]).expanduser()]
    folders = [folder for path in given for folder in (path, beside.parent / path, beside.parent.parent / path)]
    for root in (beside.parent, Path("runs")):
        folders += sorted(file.parent for file in root.glob(f"*/{FILE}"))
    for folder in dict.fromkeys(folders):
        if (folder / FILE).is_file() and _holds(folder, run_id):
            return Kin(folder)
    return None


def _holds(folder: Path, run_id: str) -> bool:
    try:
        with Kin(folder) as kin:
            return bool(kin.run_id == run_id)
    except EvonasError:
        return False
