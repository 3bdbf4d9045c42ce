"""Exports of a lineage for other tools, one format a module."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO

from evonas.errors import ExportError, StorageError, nearest
from evonas.lineage.exports.alife import write_alife
from evonas.lineage.exports.cytoscape import write_cytoscape
from evonas.lineage.exports.dot import write_dot
from evonas.lineage.exports.gexf import write_gexf
from evonas.lineage.exports.graphml import write_graphml
from evonas.lineage.exports.newick import write_newick
from evonas.lineage.exports.prov import write_prov
from evonas.lineage.graph import lineage_graph
from evonas.lineage.reading import Reading

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "FORMATS",
    "Format",
    "export_lineage",
    "format_of",
    "write_alife",
    "write_cytoscape",
    "write_dot",
    "write_gexf",
    "write_graphml",
    "write_newick",
    "write_prov",
]


@dataclass(frozen=True)
class Format:
    """A text format that a lineage can be written in.

    Attributes:
        title: what it is, and who reads it.
        suffixes: endings of a file's name that mean it, the most usual first.
        write: writes a run.
    """

    title: str
    suffixes: tuple[str, ...]
    write: Callable[[Reading, TextIO], None]


def _of_graph(write: Callable[[nx.DiGraph, TextIO], None]) -> Callable[[Reading, TextIO], None]:
    return lambda store, stream: write(lineage_graph(store), stream)


def _alife(store: Reading, stream: TextIO) -> None:
    write_alife(lineage_graph(store), stream, {one.number: one.genome for one in store.individuals()})


def _newick(store: Reading, stream: TextIO) -> None:
    write_newick(lineage_graph(store), stream, [metric for metric, _ in store.run.directions])


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "alife": Format("phylogeny CSV of the ALife data standards", (".csv",), _alife),
        "cytoscape": Format("Cytoscape JSON (Cytoscape, Cytoscape.js)", (".cyjs",), _of_graph(write_cytoscape)),
        "dot": Format("DOT (Graphviz)", (".dot", ".gv"), _of_graph(write_dot)),
        "gexf": Format("GEXF with lifetimes (Gephi)", (".gexf",), _of_graph(write_gexf)),
        "graphml": Format("GraphML (Gephi, yEd, networkx)", (".graphml",), _of_graph(write_graphml)),
        "newick": Format("Newick: primary parents only", (".nwk", ".newick", ".tree"), _newick),
        "prov": Format("W3C PROV-JSON", (".prov.json", ".provjson"), write_prov),
    }
)
"""The text formats by name. A research object (RO-Crate) is a folder: see :mod:`evonas.lineage.exports.crate`."""


def format_of(path: str | Path) -> str | None:
    """Return the format that a file's name means; None where it means none.

    >>> format_of("tree.nwk"), format_of("run.prov.json"), format_of("run.json")
    ('newick', 'prov', None)
    """
    name = Path(path).name.lower()
    return next((known for known, format in FORMATS.items() if name.endswith(format.suffixes)), None)


def export_lineage(store: Reading, format: str, target: str | Path | TextIO, *, contacts: bool = False) -> None:
    """Write a run's lineage for other tools.

    Args:
        store: the run.
        format: one of :data:`FORMATS`.
        target: a file, written whole or not at all, or an open text stream.
        contacts: whether the people whom data files name as contacts are named; ``prov`` alone tells of data files.

    Raises:
        ExportError: for an unknown format.
        StorageError: if the file cannot be written.
    """
    known = FORMATS.get(format)
    if known is None:
        close = nearest(format, FORMATS)
        raise ExportError(
            "unknown format of a lineage",
            got=format,
            expected=f"one of {', '.join(FORMATS)}",
            hint=f"did you mean `{close}`?" if close else None,
        )
    write = partial(write_prov, contacts=contacts) if known.write is write_prov else known.write
    if not isinstance(target, (str, Path)):
        write(store, target)
        return
    path = Path(target)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", errors="replace", newline="") as stream:
            write(store, stream)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageError(f"the lineage cannot be exported: {error.strerror or error}", file=path) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
