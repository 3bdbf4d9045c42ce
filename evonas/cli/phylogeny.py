"""What ``evonas runs --phylogeny`` draws: which run seeded which, down to individuals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evonas.cli.columns import print_table
from evonas.cli.output import Format, figure, print_line

if TYPE_CHECKING:
    from rich.tree import Tree

    from evonas.compare.phylogeny import Offspring, Phylogeny, Planted

__all__ = ["show_phylogeny"]

_SEEDS = 6  # of one run that are named; the line of its best among them


def show_phylogeny(folder: Path, to: Path | None, format: Format) -> None:
    """Draw the runs of a folder as a tree, list their seeds, or write all individuals of all runs as one graph.

    Args:
        folder: with run directories.
        to: a file for other tools, .graphml or .dot; None draws.
        format: ``table`` draws the tree; the others list a seed a row.

    Raises:
        RunError: if there is no run in the folder.
        ExportError: for another ending of the file.
    """
    from evonas.compare.phylogeny import read_phylogeny, write_phylogeny

    phylogeny = read_phylogeny(folder)
    for note in phylogeny.notes:
        print_line(f"evonas: {note}", stderr=True)
    if to is not None:
        print_line(str(write_phylogeny(phylogeny, to)))
    elif format is Format.table:
        _draw(phylogeny, folder)
    else:
        print_table([row for one in phylogeny.runs.values() for row in _rows(one, phylogeny)], format)


def _draw(phylogeny: Phylogeny, folder: Path) -> None:
    from rich.text import Text
    from rich.tree import Tree

    from evonas.cli.output import console

    tree = Tree(Text(str(folder)))
    for root in phylogeny.roots():
        _grow(tree, phylogeny, root)
    console().print(tree)
    if not any(one.planted for one in phylogeny.runs.values()):
        print_line("no run here was seeded; `evonas evolve CONFIG --seed-from RUN:best` does that")


def _grow(tree: Tree, phylogeny: Phylogeny, root: str) -> None:
    from rich.text import Text

    stack: list[tuple[Tree, str, str]] = [(tree, root, "")]
    while stack:  # not recursion: a family of runs may be long
        branch, run, parent = stack.pop()
        one = phylogeny.runs[run]
        twig = branch.add(Text(_label(one)))
        for line in _seed_lines(one, phylogeny, parent):
            twig.add(Text(line))
        stack += [(twig, child, run) for child in reversed(phylogeny.children(run))]


def _label(one: Offspring) -> str:
    metric = one.record.directions[0][0]
    best = "nothing completed" if one.best is None else f"{metric} {figure(one.best[1])} (individual {one.best[0]})"
    name = "" if one.label.startswith(one.record.name) else f" ({one.record.name})"
    return f"{one.label}{name}: {one.status}, {one.evaluations:,} evaluations, {best}"


def _seed_lines(one: Offspring, phylogeny: Phylogeny, parent: str) -> list[str]:
    """Return a line a seed, that of the best's line first; those of the run above without its name."""
    ordered = sorted(one.planted, key=lambda seed: (not seed.founds_best, seed.parent_run != parent, seed.child))
    lines = [_seed_line(seed, phylogeny, parent) for seed in ordered[:_SEEDS]]
    return lines + ([f"and {len(ordered) - _SEEDS} more seeds"] if len(ordered) > _SEEDS else [])


def _seed_line(seed: Planted, phylogeny: Phylogeny, parent: str) -> str:
    there = phylogeny.runs.get(seed.parent_run or "")
    if there is None:
        origin = seed.source or f"run {seed.parent_run}"
    elif seed.parent_run == parent:
        origin = str(seed.parent)
    else:
        origin = f"{there.label}:{seed.parent}"
    value = "" if seed.parent_value is None else f" [{figure(seed.parent_value)}]"
    here = "" if seed.child_value is None else f" [{figure(seed.child_value)}]"
    best = ", founder of the line of its best" if seed.founds_best else ""
    return f"seed {origin}{value} -> {seed.child}{here}{best}"


def _rows(one: Offspring, phylogeny: Phylogeny) -> list[dict[str, Any]]:
    rows = []
    for seed in one.planted:
        there = phylogeny.runs.get(seed.parent_run or "")
        rows.append(
            {
                "run": one.label,
                "run_id": one.record.id,
                "individual": seed.child,
                "value": seed.child_value,
                "parent_run": None if there is None else there.label,
                "parent_run_id": seed.parent_run,
                "parent": seed.parent,
                "parent_value": seed.parent_value,
                "source": seed.source,
                "founds_best": seed.founds_best,
            }
        )
    return rows
