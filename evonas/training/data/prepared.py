"""Reads a source once, splits and standardises it, and lays it down where all workers share it.

The arrays lie in the run directory as plain `.npy` files. Workers map them into memory (:func:`load_part`), so the
operating system keeps one copy for all of them. ``summary.json`` is written last: where it is, everything is.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.config.schema import DataConfig
from evonas.errors import ConfigError, DataError, StorageError
from evonas.genome import canonical_json
from evonas.training.data.checks import check_arrays, check_classes, check_finite
from evonas.training.data.files import sha256_of, write_array, write_text
from evonas.training.data.parts import FOLDER
from evonas.training.data.protocol import Arrays
from evonas.training.data.registry import load_source, read_options
from evonas.training.data.split import Split, split_events, subsample
from evonas.training.data.standardise import Standardisation, chunks, fit
from evonas.training.data.summary import SUMMARY, VERSION, DataSummary, read_summary
from evonas.training.data.targets import Targets, read_targets
from evonas.training.heads import columns_of

__all__ = ["prepare"]


def prepare(data: DataConfig, base: Path | None, run_dir: Path) -> DataSummary:
    """Prepare the events of a run, once; arrays that are there already are used again.

    The events of a run never change under it. If the source's files are gone when a run is resumed, the prepared
    arrays serve; if they hold other numbers now, that is an error.

    Args:
        data: what to read, and how to split it.
        base: folder that relative paths start from; None for the current one.
        run_dir: the run directory; arrays go to its folder ``data``.

    Raises:
        ConfigError: for an unknown source or a wrong option of it.
        DataError: for files that are missing, unreadable, of the wrong shape, or that changed since the run began.
        StorageError: if the disk is full or the arrays cannot be written.
    """
    source = load_source(data.source)
    options = read_options(source, data.options)
    folder = Path(run_dir) / FOLDER
    config_digest = hashlib.sha256(canonical_json([VERSION, data.model_dump(mode="json")]).encode()).hexdigest()
    there = _prepared(folder, config_digest)
    try:
        arrays = source.load(options, None if base is None else Path(base))
    except DataError:
        if there is None:
            raise
        return there
    check_arrays(arrays)
    source_digest = _digest_of(arrays)
    if there is not None:
        if there.source_digest == source_digest:
            return there
        raise DataError(
            "the data have changed since this run was prepared",
            file=arrays.origin or None,
            got=f"SHA-256 {source_digest[:16]}...",
            expected=f"SHA-256 {there.source_digest[:16]}...",
            hint="start a new run with the new data, or bring the old file back",
        )
    return _write_all(data, arrays, folder, config_digest, source_digest)


def _prepared(folder: Path, config_digest: str) -> DataSummary | None:
    """Return the summary of arrays that lie there whole and belong to this configuration; None otherwise."""
    try:
        summary = read_summary(folder)
        whole = all(sha256_of(folder / name) == digest for name, digest in summary.files.items())
    except (DataError, OSError):
        return None
    return summary if whole and summary.config_digest == config_digest else None


def _write_all(data: DataConfig, arrays: Arrays, folder: Path, config_digest: str, source_digest: str) -> DataSummary:
    if arrays.file is None:
        check_finite(arrays.inputs, arrays)
    if arrays.test_inputs is not None:
        check_finite(arrays.test_inputs, arrays, "test ")
    targets = read_targets(arrays, data.task)
    parts = _split(data, arrays, targets)
    fitted = fit(arrays.inputs, parts.train) if _to_standardise(data, arrays) else None
    pieces = {
        "train": _Piece(arrays.inputs, targets.values, parts.train),
        "validation": _Piece(arrays.inputs, targets.values, parts.validation),
        "test": _Piece(arrays.inputs, targets.values, parts.test),
    }
    test_from = "split" if len(parts.test) else "none"
    if arrays.test_inputs is not None and targets.test is not None:
        pieces["test"] = _Piece(arrays.test_inputs, targets.test, np.arange(len(targets.test)))
        test_from = "source"
    shared = arrays.file if fitted is None and test_from != "source" else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SUMMARY).unlink(missing_ok=True)
        files: dict[str, str] = {}
        for part, piece in pieces.items():
            files |= _write_part(folder, part, piece, arrays, fitted, shared is not None)
        summary = DataSummary(
            source=data.source,
            origin=arrays.origin,
            heads=targets.heads,
            input_shape=tuple(arrays.inputs.shape[1:]),
            counts={part: len(piece.rows) for part, piece in pieces.items()},
            class_counts=_class_counts(targets, pieces),
            input_names=arrays.input_names,
            test_from=test_from,
            standardisation=fitted,
            inputs_file=shared,
            columns=tuple(arrays.events),
            facts=arrays.facts,
            config_digest=config_digest,
            source_digest=source_digest,
            digest=hashlib.sha256(canonical_json([files, source_digest if shared else ""]).encode()).hexdigest(),
            files=files,
        )
        write_text(folder / SUMMARY, json.dumps(summary.to_dict(), indent=1))
    except OSError as error:
        raise StorageError(
            f"the prepared data cannot be written: {error}",
            file=folder,
            hint="free some space, or choose another run directory",
        ) from error
    return summary


@dataclass(frozen=True)
class _Piece:
    """Which rows of which arrays make a part."""

    inputs: NDArray[Any]
    targets: NDArray[Any]
    rows: NDArray[Any]


def _write_part(
    folder: Path, part: str, piece: _Piece, arrays: Arrays, fitted: Standardisation | None, shared: bool
) -> dict[str, str]:
    """Write one part, and return the digest of each file; files of an earlier state are removed."""
    names = {kind: folder / f"{part}_{kind}.npy" for kind in ("inputs", "rows", "targets", "events")}
    for path in names.values():
        path.unlink(missing_ok=True)
    count, values = len(piece.rows), piece.targets
    if not count:
        return {}
    files = {}
    if shared:
        files[names["rows"].name] = write_array(names["rows"], (count,), np.dtype(np.int64), [piece.rows])
    else:
        files[names["inputs"].name] = _write_inputs(names["inputs"], piece.inputs, piece.rows, fitted)
    shape = (count, *values.shape[1:])
    files[names["targets"].name] = write_array(names["targets"], shape, values.dtype, [values[piece.rows]])
    if arrays.events and piece.inputs is arrays.inputs:
        kinds = [(name, column.dtype) for name, column in arrays.events.items()]
        table = np.empty(count, dtype=kinds)
        for name, column in arrays.events.items():
            table[name] = column[piece.rows]
        files[names["events"].name] = write_array(names["events"], (count,), table.dtype, [table])
    return files


def _to_standardise(data: DataConfig, arrays: Arrays) -> bool:
    if data.standardise == "auto":
        return not arrays.zeros_mean_absent and bool(getattr(load_source(data.source), "standardise", True))
    if data.standardise and arrays.zeros_mean_absent:
        raise ConfigError(
            "these inputs cannot be standardised: zeros stand for telescopes that are absent",
            key="data.standardise",
            got=True,
            expected="false or auto",
        )
    return data.standardise


def _class_counts(targets: Targets, pieces: dict[str, _Piece]) -> dict[str, tuple[int, ...]]:
    head = next((head for head in targets.heads if head.classes), None)
    if head is None:
        return {}
    counts = {}
    for part, piece in pieces.items():
        classes = columns_of(targets.heads, piece.targets[piece.rows])[head.name]
        counts[part] = tuple(np.bincount(classes, minlength=head.outputs).tolist())
    return counts


def _split(data: DataConfig, arrays: Arrays, targets: Targets) -> Split:
    classes, names = targets.classes, targets.class_names
    parts = split_events(
        classes,
        len(arrays.inputs),
        validation=data.split.validation,
        test=0.0 if arrays.test_inputs is not None else data.split.test,
        seed=data.split.seed,
        groups=arrays.groups,
    )
    parts = Split(subsample(parts.train, classes, data.fraction, data.split.seed), parts.validation, parts.test)
    if classes is not None:
        check_classes(classes, names, parts, arrays)
    if not len(parts.train) or not len(parts.validation):
        raise DataError(
            "there are too few events to split",
            file=arrays.origin or None,
            key="data.split",
            got=f"{len(arrays.inputs)} events" + ("" if arrays.groups is None else _in_groups(arrays.groups)),
            expected="at least one in each part",
        )
    return parts


def _in_groups(groups: NDArray[Any]) -> str:
    return f" in {len(np.unique(groups))} groups that stay together"


def _write_inputs(path: Path, inputs: NDArray[Any], rows: NDArray[np.intp], fitted: Standardisation | None) -> str:
    pieces = (inputs[some] for some in chunks(inputs, rows))
    ready = (piece.astype(np.float32) if fitted is None else fitted.apply(piece) for piece in pieces)
    return write_array(path, (len(rows), *inputs.shape[1:]), np.dtype(np.float32), ready)


def _digest_of(arrays: Arrays) -> str:
    if arrays.digest:
        named = {name: [head.task, head.outputs, head.loss] for name, head in ((one.name, one) for one in arrays.heads)}
        return hashlib.sha256(canonical_json([arrays.digest, named]).encode()).hexdigest()
    digest = hashlib.sha256()
    for array in (arrays.inputs, arrays.targets, arrays.test_inputs, arrays.test_targets):
        if array is None:
            continue
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        plain = array.dtype.kind in "biuf"
        digest.update(np.ascontiguousarray(array).data if plain else repr(array.tolist()).encode())
    return digest.hexdigest()
