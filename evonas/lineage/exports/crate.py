"""RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): a run as one research object, for Zenodo, WorkflowHub and colleagues.

The crate is a folder or a zip with ``ro-crate-metadata.json`` beside the run's own files: configuration, lineage (also
as PROV-JSON and as ALife CSV), report, kept weights, and the best genome. Its metadata follow the profile Process Run
Crate 0.5: the run is a ``CreateAction`` of the software evonas. Training data are named, never packed.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from evonas.errors import ExportError, StorageError
from evonas.genome import GenomeFile, write_genome
from evonas.lineage.exports import export_lineage
from evonas.lineage.exports.contacts import strip_database, write_without_contacts
from evonas.lineage.exports.crate_metadata import METADATA, describe
from evonas.lineage.reading import Reading
from evonas.lineage.selections import select

__all__ = ["write_crate"]

_PROVENANCE = "provenance.log"
_KEPT = ("config.yaml", "report.html", _PROVENANCE)
_LINEAGE = "lineage.sqlite"
_EXPORTS = {"lineage.csv": "alife", "lineage.prov.json": "prov"}


def write_crate(
    store: Reading, run_dir: Path, target: str | Path, license: str | None = None, *, contacts: bool = False
) -> Path:
    """Write a run as a research object.

    Args:
        store: the run.
        run_dir: its directory.
        target: a new or empty folder, a file that ends in ``.zip``, or the run directory itself: then nothing is
            copied, and the metadata describe the files where they lie.
        license: URL of the license under which the crate is given away; None says that none is stated.
        contacts: whether the people whom data files name as contacts are named; within the run directory the lineage
            and ``provenance.log`` are what they are.

    Returns:
        The folder or the file.

    Raises:
        ExportError: if the folder holds something else.
        StorageError: if it cannot be written.
    """
    path = Path(target)
    within = path.is_dir() and path.resolve() == run_dir.resolve()
    if not within and path.is_dir() and any(path.iterdir()):
        raise ExportError(
            "the folder for the research object is not empty",
            file=path,
            expected="a new or an empty folder, a .zip, or the run directory itself",
            hint="name another one with --to",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as workshop:
            parts = _parts(store, run_dir, Path(workshop), within, contacts)
            metadata = Path(workshop) / METADATA
            document = describe(store, parts, license)
            metadata.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
            _pack({METADATA: metadata, **parts}, path, Path(workshop))
    except OSError as error:
        raise StorageError(f"the research object cannot be written: {error.strerror or error}", file=path) from error
    return path


def _parts(store: Reading, run_dir: Path, workshop: Path, within: bool, contacts: bool) -> dict[str, Path]:
    """Return the files of the crate: name within it to where they lie now."""
    parts = {name: run_dir / name for name in _KEPT if (run_dir / name).is_file()}
    if (run_dir / _LINEAGE).is_file():
        parts[_LINEAGE] = run_dir / _LINEAGE if within else _snapshot(run_dir / _LINEAGE, workshop / _LINEAGE)
        if not (within or contacts):
            strip_database(parts[_LINEAGE])
    if _PROVENANCE in parts and not (within or contacts):
        parts[_PROVENANCE] = write_without_contacts(run_dir / _PROVENANCE, workshop / _PROVENANCE)
    for name, format in _EXPORTS.items():
        export_lineage(store, format, workshop / name, contacts=contacts)
        parts[name] = workshop / name
    for artifact in store.artifacts():
        if (run_dir / artifact.path).is_file():
            parts[artifact.path] = run_dir / artifact.path
    if genome := _best(store, workshop):
        parts[genome.name] = genome
    return parts


def _snapshot(lineage: Path, to: Path) -> Path:
    """Copy a database that may be written at this moment; a plain copy could be torn."""
    with (
        closing(sqlite3.connect(f"{lineage.resolve().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to)) as copy,
    ):
        source.backup(copy)
    return to


def _best(store: Reading, workshop: Path) -> Path | None:
    """Write the genome of the best individual; None while nothing has completed."""
    if not store.best(1):
        return None
    best = select(store, "best")[0]
    file = workshop / f"individual-{best.number}.yaml"
    provenance = {"run": store.run_id, "individual": best.number, "versions": dict(store.run.versions)}
    write_genome(file, GenomeFile(best.genome, f"{store.run.name}-{best.number}", provenance=provenance))
    return file


def _pack(parts: Mapping[str, Path], path: Path, workshop: Path) -> None:
    if path.suffix.lower() == ".zip":
        packed = workshop / "crate.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for name, source in parts.items():
                archive.write(source, name)
        packed.replace(path)
        return
    path.mkdir(exist_ok=True)
    # The metadata come last: where they are, everything is.
    for name, source in sorted(parts.items(), key=lambda part: part[0] == METADATA):
        to = path / name
        if to.resolve() == source.resolve():
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        temporary = to.with_name(f".{to.name}.{os.getpid()}.tmp")
        shutil.copyfile(source, temporary)
        temporary.replace(to)
