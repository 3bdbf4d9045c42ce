"""``evonas lineage``: where an individual came from, what changed at each birth, the graph for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import Format, FormatOption, RunArgument, app, figure, print_line, print_table

if TYPE_CHECKING:
    from evonas.lineage import LineageStore
    from evonas.records import GeneChange, Individual

__all__ = ["group"]

group = typer.Typer(help="Where individuals came from, and what changed at each birth.", no_args_is_help=True)
app.add_typer(group, name="lineage")

_ID = Annotated[int | None, typer.Argument(metavar="ID", help="An individual; default: the best.")]


@group.command()
def show(run: RunArgument, number: _ID = None) -> None:
    """Draw the family tree of an individual, from it back to the founders."""
    from rich.text import Text
    from rich.tree import Tree

    from evonas.cli.app import console

    with _open(run) as store:
        people = {individual.number: individual for individual in store.individuals()}
        values = _values(store)
        root = _chosen(store, number)
        drawn: set[int] = set()
        tree = Tree(Text(_label(people[root], values)))
        stack = [(root, tree)]
        while stack:
            child, branch = stack.pop()
            drawn.add(child)
            for parent in people[child].birth.parents:
                if parent.run is not None or parent.number is None:
                    branch.add(Text(f"{parent.role}: {parent.source or parent.run}"))
                    continue
                seen = parent.number in drawn
                label = f"{parent.role} {_label(people[parent.number], values)}" + (" (drawn above)" if seen else "")
                twig = branch.add(Text(label))
                if not seen:
                    drawn.add(parent.number)
                    stack.append((parent.number, twig))
    console().print(tree)


@group.command()
def ancestors(run: RunArgument, number: _ID = None, format: FormatOption = Format.table) -> None:
    """Walk the line of primary parents from an individual to its founder: fitness and change at each birth."""
    with _open(run) as store:
        values = _values(store)
        has_rungs = any(rung for _, rung in values.values())
        metric = store.run.directions[0][0]
        rows = []
        current: int | None = _chosen(store, number)
        while current is not None:
            individual = store.individual(current)
            birth = individual.birth
            primary = birth.primary
            following = primary.number if primary is not None and primary.run is None else None
            operators = " ".join(birth.operators)
            if primary is not None and following is None:
                operators += f" from {primary.source or primary.run}"
            value, rung = values.get(current, (None, 0))
            rows.append(
                {
                    "individual": current,
                    "generation": birth.generation,
                    metric: value,
                    **({"rung": rung} if has_rungs else {}),
                    "operators": operators,
                    "changes": "; ".join(_change(change) for change in birth.changes),
                }
            )
            current = following
    print_table(rows, format)


@group.command()
def diff(
    run: RunArgument,
    first: Annotated[int, typer.Argument(metavar="A", help="An individual.")],
    second: Annotated[int, typer.Argument(metavar="B", help="Another individual.")],
    format: FormatOption = Format.table,
) -> None:
    """Show how two individuals differ, gene by gene."""
    from evonas.genome import gene_diff

    with _open(run) as store:
        changes = gene_diff(store.individual(first).genome, store.individual(second).genome)
    rows = [{"gene": one.gene, "kind": one.kind, str(first): one.before, str(second): one.after} for one in changes]
    if format is Format.table:
        rows = [{name: _value(value) for name, value in row.items()} for row in rows]
    print_table(rows, format, empty=f"individuals {first} and {second} have equal genes")


@group.command()
def export(
    run: RunArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write.")],
    as_: Annotated[str, typer.Option("--as", metavar="FORMAT", help="graphml, dot, cytoscape or alife.")] = "graphml",
) -> None:
    """Write the whole lineage for other tools: GraphML, DOT, Cytoscape JSON, ALife phylogeny CSV."""
    from evonas.lineage import export_lineage

    with _open(run) as store:
        export_lineage(store, as_, to)
    print_line(str(to))


def _open(run: Path) -> LineageStore:
    from evonas.lineage import LineageStore
    from evonas.run import RunDirectory

    return LineageStore.open(RunDirectory.open(run).lineage_file, read_only=True)


def _chosen(store: LineageStore, number: int | None) -> int:
    from evonas.errors import LineageError

    if number is not None:
        return store.individual(number).number
    best = store.best(1)
    if not best:
        raise LineageError(
            "there is no best individual yet: no evaluation has completed", file=store.place, hint="name an individual"
        )
    return best[0].individual.number


def _values(store: LineageStore) -> dict[int, tuple[float, int]]:
    """Return the fitness of each individual, and the highest rung that it reached, where it was measured."""
    from evonas.lineage.ranking import score

    metric = store.run.directions[0][0]
    scored = score(store.individuals(), store.results(curves=False), (metric,), own_rungs=True)
    return {one.individual.number: (one.value, one.result.result.rung) for one in scored}


def _label(individual: Individual, values: dict[int, tuple[float, int]]) -> str:
    birth = individual.birth
    fitness, rung = values.get(individual.number, (None, 0))
    highest = max((rung for _, rung in values.values()), default=0)
    value = "no fitness" if fitness is None else figure(fitness) + (f" at rung {rung}" if rung < highest else "")
    changes = "; ".join(_change(change) for change in birth.changes[:4])
    more = f"; {len(birth.changes) - 4} more" if len(birth.changes) > 4 else ""
    return f"{individual.number} [{value}] {' '.join(birth.operators)}{': ' if changes else ''}{changes}{more}"


def _change(change: GeneChange) -> str:
    if change.kind == "added":
        return f"+{change.gene}"
    if change.kind == "removed":
        return f"-{change.gene}"
    return f"{change.gene} {_value(change.before)} -> {_value(change.after)}"


def _value(value: Any) -> str:
    return figure(value) if not isinstance(value, (dict, list)) else str(value)
