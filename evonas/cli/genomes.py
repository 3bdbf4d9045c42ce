"""``evonas genomes``: the genome files that there are, one of them, and how two differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, app
from evonas.cli.columns import print_columns, print_table, print_words
from evonas.cli.inspection import telling
from evonas.cli.output import Format, print_line, uncertain

if TYPE_CHECKING:
    from evonas.compare.genomes import Known
    from evonas.genome import GenomeFile

__all__ = ["group"]

group = typer.Typer(help="Read genome files: baselines, and winners of runs.", no_args_is_help=True)
app.add_typer(group, name="genomes")

_GENOMES = Path("genomes")
_WHAT = "A genome file, the name of one, or RUN:ID."
_DirOption = Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where names are looked up.")]


@group.command("ls")
def list_genomes(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with genome files.")] = _GENOMES,
    format: FormatOption = Format.table,
) -> None:
    """List the genome files of a folder and of those in it."""
    from evonas.compare.genomes import genome_files
    from evonas.errors import EvonasError, GenomeError

    if not folder.is_dir():
        hint = "name it, or keep a winner: evonas winners add RUN:best"
        raise GenomeError("there is no such folder", file=folder, expected="a folder with genome files", hint=hint)
    rows = []
    for path, file in genome_files(folder).items():
        if isinstance(file, EvonasError):
            print_line(f"evonas: {file}", stderr=True)
        else:
            rows.append(_row(path, file, format))
    empty = f"no genome files in {folder}; `evonas winners add RUN:best` makes one"
    print_table(telling(rows) if format is Format.table else rows, format, spare=("genome", "family"), empty=empty)


@group.command()
def show(
    what: Annotated[str, typer.Argument(metavar="FILE|NAME|RUN:ID", help=_WHAT)],
    folder: _DirOption = _GENOMES,
    format: FormatOption = Format.table,
) -> None:
    """Print a genome: what it is, how good it is, where it comes from, its genes."""
    from evonas.compare.genomes import find_genome
    from evonas.documents import format_document

    known = find_genome(what, folder)
    content = known.content
    if format is not Format.table:
        _print_plain(known, format)
        return
    print_line(f"{content.name or known.label}")
    for line in (content.description, content.source):
        if line:
            print_words(line)
    print_table(
        [{"what": name, "value": value} for name, value in _facts(known).items()], Format.table, wrap=("value",)
    )
    print_line(format_document({"genes": content.genome.genes}).rstrip("\n"))
    provenance = {name: value for name, value in content.provenance.items() if name not in _TOLD}
    if provenance:
        print_line(format_document({"provenance": provenance}).rstrip("\n"))


@group.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="A", help=_WHAT)],
    second: Annotated[str, typer.Argument(metavar="B", help=_WHAT)],
    folder: _DirOption = _GENOMES,
    format: FormatOption = Format.table,
) -> None:
    """Show how two genomes differ, gene by gene."""
    from evonas.compare.genomes import differences, find_genome

    one, other = find_genome(first, folder), find_genome(second, folder)
    left, right = (first, second) if first != second else (f"{first} (A)", f"{second} (B)")
    if format is Format.table:
        left, right = _short(left, right)
    rows: list[dict[str, Any]] = [
        {"gene": change.gene, "kind": change.kind, left: change.before, right: change.after}
        for change in differences(one, other)
    ]
    if format is Format.table:
        rows = [{name: _value(value) for name, value in row.items()} for row in rows]
    equal = f"{first} and {second} have equal genes"
    print_columns(rows, format, wrap=(left, right), between=" -> ", empty=equal)


def _short(first: str, second: str) -> tuple[str, str]:
    """Return names of two genomes as headings: of files what stands before their endings, where that tells them apart.

    >>> _short("genomes/a.yaml", "genomes/b.yaml"), _short("a/x.yaml", "b/x.yaml")
    (('a', 'b'), ('a/x.yaml', 'b/x.yaml'))
    """
    short = tuple(Path(name).stem if name.endswith((".yaml", ".yml")) else name for name in (first, second))
    return (first, second) if short[0] == short[1] else (short[0], short[1])


_TOLD = ("fitness", "retrained", "metrics", "line", "run", "run_name", "individual", "added")
"""What the facts say already."""


def _row(path: Path, file: GenomeFile, format: Format) -> dict[str, Any]:
    from evonas.compare.genomes import fitness_of

    best, provenance = fitness_of(file), file.provenance
    row: dict[str, Any] = {"file": str(path), "name": file.name, "family": file.genome.family, "genome": file.genome.id}
    if format is Format.table:
        found = None if best is None else f"{best[0]} {uncertain(best[1], best[2])} ({best[3]})"
        return row | {"fitness": found, "run": _born(provenance)}
    metric, value, error, part = best or (None, None, None, None)
    row |= {"metric": metric, "value": value, "error": error, "part": part}
    row |= {key: provenance.get(key) for key in ("run", "run_name", "individual", "added")}
    return row | {"description": file.description, "source": file.source}


def _born(provenance: Mapping[str, Any]) -> str | None:
    if provenance.get("individual") is None:
        return None
    return f"{provenance.get('run_name') or provenance.get('run')}:{provenance['individual']}"


def _facts(known: Known) -> dict[str, Any]:
    from evonas.compare.genomes import fitness_of

    content, provenance = known.content, known.content.provenance
    best = fitness_of(content)
    line = provenance.get("line")
    facts = {
        "file": None if known.file is None else str(known.file),
        "family": content.genome.family or None,
        "genome": content.genome.id,
        "fitness": None if best is None else f"{best[0]} {uncertain(best[1], best[2])} ({best[3]})",
        "born as": _born(provenance),
        "run": provenance.get("run"),
        "line": " <- ".join(_ancestor(step) for step in line) if isinstance(line, list) and line else None,
        "added": provenance.get("added"),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _ancestor(step: Any) -> str:
    if not isinstance(step, Mapping):
        return str(step)
    return f"{step.get('individual')}" + (f" (from {step['from']})" if "from" in step else "")


def _print_plain(known: Known, format: Format) -> None:
    content = known.content
    row = {
        "name": content.name,
        "description": content.description,
        "source": content.source,
        "family": content.genome.family,
        "id": content.genome.id,
        "genes": content.genome.genes,
        "marks": content.genome.marks,
        "provenance": dict(content.provenance),
    }
    if format is Format.json:
        print_line(json.dumps(row, indent=2, ensure_ascii=False, default=str))
    else:
        print_table([{name: _value(value) for name, value in row.items()}], format)


def _value(value: Any) -> str:
    from evonas.report.formats import gene_value

    return "" if value is None else gene_value(value)
