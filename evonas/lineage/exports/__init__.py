"""Exports of a lineage for other tools, one format a module."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO

from evonas.errors import ExportError, StorageError, nearest
from evonas.lineage.exports.alife import write_alife
from evonas.lineage.exports.cytoscape import write_cytoscape
from evonas.lineage.exports.dot import write_dot
from evonas.lineage.exports.graphml import write_graphml
from evonas.lineage.graph import lineage_graph
from evonas.lineage.reading import Reading

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["FORMATS", "export_lineage", "write_alife", "write_cytoscape", "write_dot", "write_graphml"]

FORMATS: Mapping[str, Callable[[nx.DiGraph, TextIO], None]] = MappingProxyType(
    {"alife": write_alife, "cytoscape": write_cytoscape, "dot": write_dot, "graphml": write_graphml}
)
"""Name of a format to the function that writes the graph of :func:`evonas.lineage.lineage_graph`."""


def export_lineage(store: Reading, format: str, target: str | Path | TextIO) -> None:
    """Write a run's lineage for other tools.

    Args:
        store: the run.
        format: ``graphml`` (Gephi, yEd, networkx), ``dot`` (Graphviz), ``cytoscape`` (Cytoscape and Cytoscape.js) or
            ``alife`` (phylogeny CSV of the ALife data standards).
        target: a file, written whole or not at all, or an open text stream.

    Raises:
        ExportError: for an unknown format.
        StorageError: if the file cannot be written.
    """
    write = FORMATS.get(format)
    if write is None:
        close = nearest(format, FORMATS)
        raise ExportError(
            "unknown format of a lineage",
            got=format,
            expected=f"one of {', '.join(FORMATS)}",
            hint=f"did you mean `{close}`?" if close else None,
        )
    text = StringIO(newline="")
    write(lineage_graph(store), text)
    if not isinstance(target, (str, Path)):
        target.write(text.getvalue())
        return
    path = Path(target)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(text.getvalue().encode("utf-8", errors="replace"))
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageError(f"the lineage cannot be exported: {error.strerror or error}", file=path) from error
