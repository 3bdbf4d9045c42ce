"""The genome files of a folder: found, named, read, set side by side; individuals of runs are read alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.errors import EvonasError, GenomeError, LineageError, nearest
from evonas.genome import GeneChange, Genome, GenomeFile, gene_diff, read_genome
from evonas.lineage import LineageStore, select
from evonas.run import RunDirectory, split_selection

__all__ = ["GENOMES", "Known", "differences", "find_genome", "fitness_of", "genome_files"]

GENOMES = "genomes"
"""Folder of genome files of a project, below the folder where one is."""

_ENDS = (".yaml", ".yml")


@dataclass(frozen=True)
class Known:
    """A genome and what is known of it.

    Attributes:
        label: as it was asked for.
        content: as of a genome file.
        origin: id of the run that it was born in; empty where unknown.
        file: where it lies; None for an individual of a run.
    """

    label: str
    content: GenomeFile
    origin: str = ""
    file: Path | None = None


def genome_files(folder: Path) -> dict[Path, GenomeFile | EvonasError]:
    """Return the genome files of a folder and of those in it, by path; an error for one that cannot be read."""
    found: dict[Path, GenomeFile | EvonasError] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _ENDS and not _hidden(path, folder)):
        try:
            found[path] = read_genome(path)
        except EvonasError as error:  # one broken file does not hide the others
            found[path] = error
    return found


def find_genome(text: str, folder: Path = Path(GENOMES)) -> Known:
    """Return a genome by its file, by its name in a folder of genome files, or by ``RUN:ID``.

    Args:
        text: a file; a name or the file's stem; or a selection of a run that means one individual.
        folder: where names are looked up.

    Raises:
        GenomeError: if there is no such genome, or several are meant.
        RunError: if there is no such run.
        LineageError: if there is no such individual.
    """
    path = Path(text).expanduser()
    if path.is_file():
        return _of_file(text, path)
    run, _ = split_selection(text)
    if path.is_dir() or Path(run).is_dir() or run != text:
        return _of_run(text)
    return _of_name(text, folder)


def differences(one: Known, other: Known) -> list[GeneChange]:
    """Return what turns one genome into the other, gene by gene, the family first where it is not the same.

    Items of lists are matched by their historical marks where both genomes come from the same run; marks of different
    runs mean different things, so these are matched by position.
    """
    left, right = one.content.genome, other.content.genome
    if not one.origin or one.origin != other.origin:
        left, right = Genome(left.genes, left.family), Genome(right.genes, right.family)
    family = [GeneChange("family", "changed", left.family, right.family)] if left.family != right.family else []
    return [*family, *gene_diff(left, right)]


def fitness_of(content: GenomeFile) -> tuple[str, float, float | None, str] | None:
    """Return the best known figure of a genome: metric, value, standard error, and how it was measured.

    A value on the test part comes before one on the validation part, a retraining before the search; None where nothing
    is known.
    """
    provenance = content.provenance
    fitness = _mapping(provenance.get("fitness"))
    metrics = [name for name in fitness if name != "violation"]
    again = _mapping(_mapping(provenance.get("retrained")).get("metrics"))
    for metric in metrics or [name for name in again if not name.startswith("test_")]:
        for name, part in ((f"test_{metric}", "test, retrained"), (metric, "validation, retrained")):
            figure = _mapping(again.get(name))
            if isinstance(figure.get("mean"), (int, float)):
                return metric, float(figure["mean"]), figure.get("standard_error"), part
        value = _mapping(fitness.get(metric))
        if isinstance(value.get("value"), (int, float)):
            return metric, float(value["value"]), value.get("standard_error"), "validation, search"
    measured = _mapping(provenance.get("metrics"))
    found = next(((name, value) for name, value in measured.items() if isinstance(value, (int, float))), None)
    return None if found is None else (found[0], float(found[1]), None, "validation, search")


def _of_file(text: str, path: Path) -> Known:
    content = read_genome(path)
    return Known(text, content, str(content.provenance.get("run") or ""), path)


def _of_run(text: str) -> Known:
    from evonas.export.winner import chosen, genome_file

    where, what = (text, "best") if Path(text).is_dir() else split_selection(text)
    directory = RunDirectory.open(where)
    with LineageStore.open(directory.lineage_file, read_only=True) as store:
        found = select(store, what)
        if len(found) != 1:
            expected = "one individual, such as RUN:12 or RUN:best"
            raise LineageError(f"{len(found)} individuals are meant", file=where, got=what, expected=expected)
        individual = found[0]
        if any(stored.result.completed for stored in store.results_of(individual.number)):
            return Known(text, genome_file(store, *chosen(directory, store, individual.number)), store.run_id)
        name = f"{store.run.name}-{individual.number}"
        return Known(text, GenomeFile(individual.genome, name, source="evolved with evonas"), store.run_id)


def _of_name(text: str, folder: Path) -> Known:
    found = genome_files(folder) if folder.is_dir() else {}
    matches = [path for path, file in found.items() if text in (path.stem, *_own_name(file))]
    if len(matches) == 1:
        return _of_file(text, matches[0])
    if matches:
        raise GenomeError(
            "several genome files are meant",
            file=folder,
            got=text,
            expected=f"one of {', '.join(map(str, matches))}",
            hint="name the file",
        )
    close = nearest(text, [name for path, file in found.items() for name in (path.stem, *_own_name(file))])
    raise GenomeError(
        "there is no such genome",
        file=folder,
        got=text,
        expected="a genome file, the name of one in that folder, or RUN:ID",
        hint=f"did you mean `{close}`?" if close else "`evonas genomes ls` lists those that there are",
    )


def _own_name(file: GenomeFile | EvonasError) -> tuple[str, ...]:
    return (file.name,) if isinstance(file, GenomeFile) else ()


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
