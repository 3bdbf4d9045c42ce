"""A winner kept: its genome in a file with everything that says where it comes from and how good it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from evonas.compare.genomes import GENOMES, genome_files
from evonas.compare.settings import config_hash
from evonas.errors import DataError, GenomeError, StorageError
from evonas.export.winner import chosen, genome_file
from evonas.genome import GenomeFile, write_genome
from evonas.lineage import LineageStore, RunRecord, Scored, primary_line, select
from evonas.records import Individual, Parent
from evonas.run import RunDirectory, split_selection

__all__ = ["Kept", "keep_winners"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LINE = 1000  # births of a line that are written out, at most


@dataclass(frozen=True)
class Kept:
    """A winner that was written.

    Attributes:
        file: where.
        individual: its number in its run.
        twins: files in the same folder that hold the same genome.
    """

    file: Path
    individual: int
    twins: tuple[Path, ...]


def keep_winners(
    selection: str, folder: Path = Path(GENOMES), *, name: str = "", note: str = "", replace_file: bool = False
) -> list[Kept]:
    """Write individuals of a run as genome files, ready to be named under ``seeds:``.

    Args:
        selection: ``RUN:12``, ``RUN:best(3)``, ``RUN:knee``, ...; ``RUN`` alone is its best.
        folder: where to write; made if it is missing.
        name: of the file without its end, for a single individual; empty: the run's name and the individual's number.
        note: a sentence for people.
        replace_file: whether a file of that name is replaced.

    Raises:
        RunError: if there is no such run, or no such folder to write into.
        LineageError: if there is no such individual, or nothing has completed yet.
        ExportError: if an individual has no completed evaluation.
        GenomeError: if the name is not one of a file, or stands for several individuals.
        StorageError: if a file is there already, or cannot be written.
    """
    where, what = (selection, "best") if Path(selection).is_dir() else split_selection(selection)
    directory = RunDirectory.open(where)
    with LineageStore.open(directory.lineage_file, read_only=True) as store:
        individuals = select(store, what)
        _check_name(name, individuals)
        standings = {one.individual.number: one for one in store.standings()}
        contents = [_content(directory, store, one, standings.get(one.number), name, note) for one in individuals]
    files = [folder / f"{content.name}.yaml" for content in contents]
    if not replace_file:
        _check_free(files)
    known = {path: file.genome.id for path, file in genome_files(folder).items() if isinstance(file, GenomeFile)}
    kept = []
    for file, content, individual in zip(files, contents, individuals, strict=True):
        write_genome(file, content)
        same = tuple(path for path, genome in known.items() if genome == content.genome.id and path != file)
        kept.append(Kept(file, individual.number, same))
    return kept


def _check_name(name: str, individuals: Sequence[Individual]) -> None:
    if name and not _NAME.fullmatch(name):
        expected = "letters, digits and . _ -, such as mnist-winner"
        raise GenomeError("this is not a name of a genome file", key="--name", got=name, expected=expected)
    if name and len(individuals) > 1:
        raise GenomeError(
            f"one name for {len(individuals)} individuals",
            key="--name",
            got=name,
            expected="a single individual, such as RUN:12",
            hint="leave --name out: each file is then called after the run and the individual's number",
        )


def _check_free(files: Sequence[Path]) -> None:
    there = [file for file in files if file.exists()]
    if there:
        raise StorageError(
            "the file exists and is left as it is",
            file=there[0],
            hint="name another with --name, or replace it with --replace",
        )


def _content(
    directory: RunDirectory, store: LineageStore, individual: Individual, scored: Scored | None, name: str, note: str
) -> GenomeFile:
    _, result = chosen(directory, store, individual.number)
    content, run = genome_file(store, individual, result), store.run
    provenance = {
        **content.provenance,
        "parents": [_parent(parent) for parent in individual.birth.parents],
        "run_created": run.created,
        "fitness": _fitness(run, scored),
        "retrained": _retrained(store, individual.number),
        "costs": dict(individual.costs),
        "config_hash": config_hash(run),
        "config_seed": run.seed,
        "data": _data(directory, run),
        "line": _line(store, individual.number),
        "added": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    described = note or f"{content.description} {_best_words(run, scored)}".strip()
    kept = {key: value for key, value in provenance.items() if value not in (None, {}, [])}
    return replace(content, name=name or content.name, description=described, provenance=kept)


def _parent(parent: Parent) -> int | str:
    """Return the number of a parent in the same run, else where it was taken from."""
    if parent.number is not None and parent.run is None:
        return parent.number
    return f"{parent.run}:{parent.number}" if parent.run is not None else parent.source or "genome file"


def _fitness(run: RunRecord, scored: Scored | None) -> dict[str, Any]:
    """Return each objective with its standard error; empty for one that did not reach the highest rung."""
    if scored is None:
        return {}
    errors = scored.errors or (None,) * len(scored.values)
    return {
        metric: {"value": value, "standard_error": error, "trainings": scored.trainings}
        for (metric, _), value, error in zip(run.directions, scored.values, errors, strict=True)
    } | ({"violation": scored.violation} if scored.violation else {})


def _best_words(run: RunRecord, scored: Scored | None) -> str:
    if scored is None:
        return ""
    error = "" if scored.error is None else f" +- {scored.error:.2g}"
    return f"{run.directions[0][0]} {scored.value:.5g}{error} on the validation part, which chose it."


def _retrained(store: LineageStore, number: int) -> dict[str, Any]:
    """Return what retraining from scratch gave, mean and standard error of each metric; empty if nobody did it."""
    found = [event.data for event in store.events("final") if event.data["individual"] == number]
    if not found:
        return {}
    table: Mapping[str, Sequence[float | None]] = found[-1]["table"]
    figures = {metric: {"mean": mean, "standard_error": error} for metric, (mean, error) in table.items()}
    return {"seeds": list(found[-1]["seeds"]), "metrics": figures}


def _data(directory: RunDirectory, run: RunRecord) -> dict[str, Any]:
    """Return what the genome was trained on; its events and their digest where they were prepared and still are."""
    from evonas.training.data import FOLDER, read_summary

    if not run.config.get("model"):
        return {"evaluator": run.config.get("evaluator")}
    settings = {key: value for key, value in dict(run.config.get("data") or {}).items() if value not in ({}, None)}
    try:
        summary = read_summary(directory.path / FOLDER)
    except DataError:
        return settings
    return {**settings, "events": dict(summary.counts), "digest": summary.digest}


def _line(store: LineageStore, number: int) -> list[dict[str, Any]]:
    """Return the births from the winner back to its founder, the winner first."""
    metric = store.run.directions[0][0]
    line = []
    for step in primary_line(store, number)[:_LINE]:
        birth = step.individual.birth
        row: dict[str, Any] = {"individual": step.individual.number, "operators": list(birth.operators)}
        if step.result is not None and metric in step.result.result.metrics:
            row[metric] = step.result.result.metrics[metric]
        foreign = birth.primary is not None and (birth.primary.number is None or birth.primary.run is not None)
        if foreign and birth.primary is not None:
            row["from"] = birth.primary.source or _parent(birth.primary)
        line.append(row)
    return line
