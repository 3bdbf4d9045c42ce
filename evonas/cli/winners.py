"""``evonas winners``: winners of runs, kept as genome files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evonas.cli.app import app
from evonas.cli.output import print_line

__all__ = ["group"]

group = typer.Typer(help="Keep winners of runs as genome files.", no_args_is_help=True)
app.add_typer(group, name="winners")


@group.callback()
def winners() -> None:
    """Keep winners of runs as genome files."""


@group.command()
def add(
    selection: Annotated[
        str, typer.Argument(metavar="RUN:ID", help="An individual, or a selection such as RUN:best(3) or RUN:knee.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder of genome files.")] = Path("genomes"),
    name: Annotated[str, typer.Option("--name", help="Of the file; default: the run's name and the number.")] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What it is, in a sentence.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file of that name.")] = False,
) -> None:
    """Put a genome with its provenance into genomes/, from where it can seed further searches.

    The file tells run, individual, fitness with its standard error, test values where the winner was retrained, its
    line of ancestors, configuration, data and versions.
    """
    from evonas.compare.winners import keep_winners

    kept = keep_winners(selection, to, name=name, note=note, replace_file=replace)
    for one in kept:
        print_line(str(one.file))
        for twin in one.twins:
            print_line(f"{one.file}: the same genome as {twin}", stderr=True)
    print_line(f"seed a search with it: evonas evolve CONFIG --seed-from {kept[0].file}", stderr=True)
