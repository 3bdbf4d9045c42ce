"""The phylogeny over the runs of a folder: which run gave seeds to which, down to individuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from evonas.compare.overview import status_of
from evonas.errors import EvonasError, ExportError, GenomeError, RunError
from evonas.genome import read_genome
from evonas.lineage import LineageStore, RunRecord, lineage_graph
from evonas.lineage.exports import write_dot, write_graphml
from evonas.lineage.ranking import best_first, score_constrained
from evonas.records import Individual, Parent
from evonas.report.writing import write_page
from evonas.run import RunDirectory, find_runs

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["GRAPHS", "Offspring", "Phylogeny", "Planted", "phylogeny_graph", "read_phylogeny", "write_phylogeny"]

GRAPHS = MappingProxyType({"graphml": write_graphml, "dot": write_dot})
"""Endings of files that a phylogeny can be written to, and what writes them."""


@dataclass(frozen=True)
class Planted:
    """An individual of one run that seeded another.

    Attributes:
        parent_run: id of the run it was born in; None for a genome file of unknown origin.
        parent: its number there; None likewise.
        source: the seed as it was written, such as ``runs/old:best`` or a genome file.
        child: number of the individual that it became.
        parent_value: its value there; None where it is unknown, or the run is not in the folder.
        child_value: value of what it became; None where that has none.
        founds_best: whether the line of the best of the seeded run starts here.
    """

    parent_run: str | None
    parent: int | None
    source: str
    child: int
    parent_value: float | None = None
    child_value: float | None = None
    founds_best: bool = False


@dataclass(frozen=True)
class Offspring:
    """A run of the folder, and where its seeds came from.

    Attributes:
        label: the name of its folder, which no other one has.
        directory: where it lies.
        record: its question.
        status: see :func:`evonas.compare.overview.status_of`.
        evaluations: that ended.
        best: number and value of the best; None before the first success.
        planted: its seeds by number.
    """

    label: str
    directory: RunDirectory
    record: RunRecord
    status: str
    evaluations: int
    best: tuple[int, float] | None
    planted: tuple[Planted, ...]


@dataclass(frozen=True)
class Phylogeny:
    """The runs of a folder.

    Attributes:
        runs: by id, the oldest first.
        notes: copies that were left out, and runs that cannot be read.
    """

    runs: Mapping[str, Offspring]
    notes: tuple[str, ...] = ()

    def parents(self, run: str) -> list[str]:
        """Return the runs of the folder that gave this one seeds, the one with most seeds first."""
        counts: dict[str, int] = {}
        for one in self.runs[run].planted:
            if one.parent_run is not None and one.parent_run in self.runs:
                counts[one.parent_run] = counts.get(one.parent_run, 0) + 1
        return sorted(counts, key=lambda parent: -counts[parent])

    def children(self, run: str) -> list[str]:
        """Return the runs to which this one gave the most seeds of all, the oldest first."""
        return [child for child in self.runs if self.parents(child)[:1] == [run]]

    def roots(self) -> list[str]:
        """Return the runs that no other run of the folder seeded."""
        return [run for run in self.runs if not self.parents(run)]


@dataclass(frozen=True)
class _Read:
    directory: RunDirectory
    record: RunRecord
    individuals: Mapping[int, Individual]
    values: Mapping[int, float]
    best: tuple[int, float] | None
    evaluations: int


def read_phylogeny(folder: Path) -> Phylogeny:
    """Read the runs of a folder and how they seeded one another.

    Raises:
        RunError: if there is no such folder, or no run in it that can be read.
    """
    if not folder.is_dir():
        raise RunError("there is no such folder", file=folder, expected="a folder with run directories")
    read, notes = _read_all(find_runs(folder))
    if not read:
        raise RunError(
            "; ".join(notes) or "there are no runs in this folder",
            file=folder,
            expected="a folder with run directories",
            hint="`evonas runs FOLDER` lists them",
        )
    runs = {
        run: Offspring(
            one.directory.path.name,
            one.directory,
            one.record,
            status_of(one.directory, one.record),
            one.evaluations,
            one.best,
            tuple(_planted(one, read)),
        )
        for run, one in read.items()
    }
    return Phylogeny(runs, tuple(notes))


def phylogeny_graph(phylogeny: Phylogeny) -> nx.DiGraph:
    """Return all individuals of all runs as one graph; attributes as of :func:`evonas.lineage.lineage_graph`.

    Nodes are ``run:number`` with the run's folder; ``run`` holds its id, ``run_name`` its name, ``number`` the number.
    A seed from a run that is not in the folder is ``id:number``, one from a genome file the file's name. An edge
    between runs has ``across`` true.
    """
    import networkx as nx

    graph = nx.DiGraph(name="phylogeny")
    lineages = {}
    for run, one in phylogeny.runs.items():
        with LineageStore.open(one.directory.lineage_file, read_only=True) as store:
            lineages[run] = lineage_graph(store)
    for run, lineage in lineages.items():
        one = phylogeny.runs[run]
        for node, attributes in lineage.nodes(data=True):
            if not attributes["foreign"]:
                own = {"run": run, "run_name": one.record.name, "number": node}
                graph.add_node(f"{one.label}:{node}", **attributes, **own)
    for run, lineage in lineages.items():
        _add_edges(graph, phylogeny, run, lineage)
    return graph


def write_phylogeny(phylogeny: Phylogeny, path: Path) -> Path:
    """Write :func:`phylogeny_graph` for other tools; the ending of the file says how, see :data:`GRAPHS`.

    Raises:
        ExportError: for another ending.
        StorageError: if the file cannot be written.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in GRAPHS:
        expected = f"a file that ends with .{' or .'.join(GRAPHS)}"
        raise ExportError("a phylogeny cannot be written as this", file=path, got=path.suffix, expected=expected)
    text = StringIO(newline="")
    GRAPHS[ending](phylogeny_graph(phylogeny), text)
    return write_page(text.getvalue(), path)


def _add_edges(graph: nx.DiGraph, phylogeny: Phylogeny, run: str, lineage: nx.DiGraph) -> None:
    label = phylogeny.runs[run].label
    origins = {one.child: one for one in phylogeny.runs[run].planted}
    for node, child, edge in lineage.edges(data=True):
        attributes: dict[str, Any] = lineage.nodes[node]
        if not attributes["foreign"]:
            graph.add_edge(f"{label}:{node}", f"{label}:{child}", **edge, across=False)
            continue
        origin = origins.get(child)
        known = phylogeny.runs.get(origin.parent_run or "") if origin is not None else None
        name = f"{known.label}:{origin.parent}" if known is not None and origin is not None else str(node)
        if name not in graph:
            graph.add_node(name, **attributes)
        graph.add_edge(name, f"{label}:{child}", **edge, across=True)


def _read_all(directories: Sequence[RunDirectory]) -> tuple[dict[str, _Read], list[str]]:
    read: dict[str, _Read] = {}
    notes = []
    for directory in directories:
        try:
            with LineageStore.open(directory.lineage_file, read_only=True) as store:
                one = _read_run(directory, store)
        except EvonasError as error:  # one broken run does not hide the others
            notes.append(f"{directory.shown} is left out: {error.message}")
            continue
        other = read.get(one.record.id)
        if other is not None and other.evaluations >= one.evaluations:
            notes.append(f"{directory.shown} is left out: it is a copy of {other.directory.shown}")
            continue
        if other is not None:
            notes.append(f"{other.directory.shown} is left out: it is a copy of {directory.shown}, at an earlier time")
        read[one.record.id] = one
    return dict(sorted(read.items(), key=lambda item: (item[1].record.created, item[1].directory.path.name))), notes


def _read_run(directory: RunDirectory, store: LineageStore) -> _Read:
    record = store.run
    results, individuals = store.results(curves=False), store.individuals()
    metric, maximise = record.directions[0]
    scored = score_constrained(individuals, results, (metric,), record.allowed)
    ranked = best_first(scored, maximise)
    return _Read(
        directory,
        record,
        {one.number: one for one in individuals},
        {one.individual.number: one.value for one in scored},
        (ranked[0].individual.number, ranked[0].value) if ranked else None,
        len(results),
    )


def _planted(one: _Read, read: Mapping[str, _Read]) -> list[Planted]:
    founder = None if one.best is None else _founder(one, one.best[0])
    found = []
    for number, individual in one.individuals.items():
        for parent in individual.birth.parents:
            own = parent.number is not None and parent.run in (None, one.record.id)
            if own or parent.is_of_the_family:
                continue
            run, born = _origin(parent, one)
            there = read.get(run or "")
            found.append(
                Planted(
                    run,
                    born,
                    parent.source or "",
                    number,
                    None if there is None or born is None else there.values.get(born),
                    one.values.get(number),
                    founds_best=number == founder,
                )
            )
    return found


def _founder(one: _Read, number: int) -> int:
    """Return the individual at the beginning of a line of primary parents."""
    while True:
        primary = one.individuals[number].birth.primary
        if primary is None or primary.number is None or primary.run not in (None, one.record.id):
            return number
        number = primary.number


def _origin(parent: Parent, one: _Read) -> tuple[str | None, int | None]:
    """Return run and number of a seed; of a genome file those that the file tells of, if it is still there."""
    if parent.number is not None:
        return parent.run, parent.number
    base = Path(str(one.record.config.get("base") or "."))
    for file in (base / (parent.source or ""), Path(parent.source or "")):
        if file.is_file():
            try:
                content = read_genome(file)
            except GenomeError:
                continue
            run, number = content.provenance.get("run"), content.provenance.get("individual")
            if isinstance(run, str) and isinstance(number, int):
                return run, number
    return None, None
