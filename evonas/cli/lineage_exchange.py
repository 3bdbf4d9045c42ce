"""``evonas lineage export`` and ``import``: lineages for other programs, and histories of others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from evonas.cli.app import RunArgument
from evonas.cli.lineage import group
from evonas.cli.output import print_line
from evonas.cli.where import WhereOption, kept, open_store

__all__ = ["export", "import_"]

_CRATE = "ro-crate"
_FORMATS = f"graphml, gexf, dot, cytoscape, alife, newick, prov or {_CRATE}"


@group.command()
def export(
    run: RunArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write; for ro-crate a folder or a .zip.")],
    as_: Annotated[
        str | None, typer.Option("--as", metavar="FORMAT", help=f"{_FORMATS}; default: by the file's ending.")
    ] = None,
    where: WhereOption = None,
    license: Annotated[
        str | None, typer.Option("--license", metavar="URL", help="Of a ro-crate: under which it is given away.")
    ] = None,
    contacts: Annotated[
        bool,
        typer.Option("--contacts", help="prov, ro-crate: name the people whom data files name as contacts, too."),
    ] = False,
) -> None:
    """Write the lineage for other tools.

    With --where, parents that are left out are replaced by their nearest ancestors that are written.
    """
    from evonas.errors import ExportError
    from evonas.lineage.excerpt import Excerpt
    from evonas.lineage.exports import FORMATS, export_lineage, format_of

    format = as_ or format_of(to) or (_CRATE if to.suffix.lower() == ".zip" else None)
    if format is None:
        raise ExportError(
            "the file's ending does not tell the format",
            got=to.name,
            expected="an ending such as " + ", ".join(known.suffixes[0] for known in FORMATS.values()) + " or .zip",
            hint=f"choose one with --as: {_FORMATS}",
        )
    if where and format == _CRATE:
        raise ExportError(
            "a research object holds a whole run", key="--where", hint="leave --where out, or write another format"
        )
    with open_store(run) as store:
        if format == _CRATE:
            from evonas.lineage.exports.crate import write_crate

            write_crate(store, run, to, license, contacts=contacts)
        else:
            chosen = Excerpt(store, kept(store, where).numbers) if where else store
            export_lineage(chosen, format, to, contacts=contacts)
    print_line(str(to))


@group.command("import")
def import_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="An ALife phylogeny (CSV), or an Optuna study (file or storage URL).")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="RUN", help="A new run directory.")],
    objective: Annotated[
        str | None,
        typer.Option("--objective", metavar="NAME", help="The column that is the fitness; of a study, its name here."),
    ] = None,
    direction: Annotated[
        str, typer.Option("--direction", metavar="auto|max|min", help="Of a column: whether more is better.")
    ] = "auto",
    gene: Annotated[
        list[str] | None,
        typer.Option("--gene", metavar="NAME[=GENE]", help="A column that is a gene; what a parameter is called here."),
    ] = None,
    study: Annotated[
        str | None, typer.Option("--study", metavar="NAME", help="Which study, where a storage holds several.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Of the run.")] = None,
) -> None:
    """Read the history of another program into a run directory, to look at it and to seed from it."""
    from evonas.lineage.imports import read_history, write_history

    if direction not in ("auto", "max", "min"):
        raise typer.BadParameter(f"one of auto, max, min, got {direction}", param_hint="--direction")
    genes = dict(_pair(text) for text in gene or ())
    history = read_history(file, objective=objective, direction=direction, genes=genes, study=study, name=name)
    folder = write_history(history, to, ["evonas", *sys.argv[1:]])
    measured = sum(1 for trial in history.trials if trial.result is not None)
    print_line(f"{folder}: {len(history.lives):,} individuals and {measured:,} evaluations of an {history.kind}")
    for note in history.notes:
        print_line(f"  {note}")


def _pair(text: str) -> tuple[str, str]:
    name, _, gene = text.partition("=")
    return name, gene
