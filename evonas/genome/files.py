"""Genomes as YAML files: ``schema_version``, family, genes, marks, and where they came from."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evonas.documents import format_document, read_document
from evonas.errors import GenomeError, StorageError, nearest
from evonas.genome.value import Genome, freeze, thaw

__all__ = ["SCHEMA_VERSION", "GenomeFile", "read_genome", "write_genome"]

SCHEMA_VERSION = 1
_KEYS = {"schema_version", "name", "description", "source", "family", "genes", "marks", "provenance", "id"}


@dataclass(frozen=True)
class GenomeFile:
    """A genome as it lies on disk.

    Attributes:
        genome: the genome.
        name: a short name for people; the file's stem where the file gives none.
        description: a sentence on what it is.
        source: the paper, code or run it comes from.
        provenance: for a winner: ``run``, ``individual``, ``metrics`` and versions; empty for one written by hand.
    """

    genome: Genome
    name: str = ""
    description: str = ""
    source: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)


def read_genome(path: str | Path) -> GenomeFile:
    """Read a genome file.

    Raises:
        GenomeError: if the file is missing, is not YAML, lacks a key, or is of a newer schema.
    """
    path = Path(path)
    parsed = read_document(path, GenomeError)
    document = parsed.content
    if not isinstance(document, dict):
        raise GenomeError(
            "a genome file is a mapping", file=path, got=document, expected="schema_version, family, genes"
        )
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise GenomeError(
            "this genome file has a schema that this version of evonas cannot read",
            file=path,
            line=parsed.line(("schema_version",)),
            key="schema_version",
            got=version,
            expected=str(SCHEMA_VERSION),
            hint="a file from a newer evonas needs that evonas; a file written by hand needs `schema_version: 1`",
        )
    unknown = sorted(set(document) - _KEYS)
    if unknown:
        key = str(unknown[0])
        close = nearest(key, _KEYS)
        raise GenomeError(
            "unknown key",
            file=path,
            line=parsed.line((key,)),
            key=key,
            expected=f"one of {', '.join(sorted(_KEYS))}",
            hint=f"did you mean `{close}`?" if close else None,
        )
    genes = document.get("genes")
    if not isinstance(genes, dict):
        line = parsed.line(("genes",))
        raise GenomeError("the genes are missing", file=path, line=line, key="genes", got=genes, expected="a mapping")
    try:
        genome = Genome(genes, str(document.get("family") or ""), document.get("marks"))
    except GenomeError as error:
        raise GenomeError(error.message, file=path, key=error.key, got=error.got, expected=error.expected) from error
    return GenomeFile(
        genome,
        name=str(document.get("name") or path.stem),
        description=str(document.get("description") or ""),
        source=str(document.get("source") or ""),
        provenance=document.get("provenance") or {},
    )


def write_genome(path: str | Path, content: GenomeFile) -> None:
    """Write a genome file, whole or not at all (a temporary name, then renamed).

    Raises:
        StorageError: if the file cannot be written.
    """
    path = Path(path)
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    for key in ("name", "description", "source"):
        if value := getattr(content, key):
            document[key] = value
    document |= {"family": content.genome.family, "id": content.genome.id, "genes": content.genome.genes}
    if content.genome.marks is not None:
        document["marks"] = content.genome.marks
    if content.provenance:
        document["provenance"] = thaw(freeze(content.provenance))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(format_document(document), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageError(f"cannot write the genome file: {error}", file=path) from error
