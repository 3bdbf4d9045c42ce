"""Reads a source once, splits and standardises it, and lays it down where all workers share it.

The arrays lie in the run directory as plain `.npy` files. Workers map them into memory (:func:`load_part`), so the
operating system keeps one copy for all of them. ``summary.json`` is written last: where it is, everything is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.config.schema import DataConfig
from evonas.errors import DataError, StorageError
from evonas.genome import canonical_json
from evonas.training.data.checks import check_arrays, check_classes, check_finite
from evonas.training.data.files import sha256_of, write_array, write_text
from evonas.training.data.protocol import Arrays
from evonas.training.data.registry import load_source, read_options
from evonas.training.data.split import Split, split_events, subsample
from evonas.training.data.standardise import Standardisation, chunks, fit
from evonas.training.data.targets import Targets, read_targets

__all__ = ["FOLDER", "PARTS", "DataSummary", "Part", "load_part", "prepare", "read_summary"]

FOLDER = "data"
"""Folder of the prepared arrays in a run directory."""

PARTS = ("train", "validation", "test")
"""Names of the parts, as in the names of their files."""

_VERSION = 1  # of the prepared arrays; raised when the same configuration would give other numbers
_SUMMARY = "summary.json"


@dataclass(frozen=True)
class DataSummary:
    """What was prepared; JSON-able, and stored beside the arrays.

    Attributes:
        source: name of the data source.
        origin: the file or package that the events come from.
        task: ``classification`` or ``regression``.
        input_shape: shape of one event: (features,) or (rows, columns, channels).
        outputs: number of classes, or of regressed quantities.
        counts: number of events of each part; ``test`` is 0 where there is none.
        class_names: name of each class; empty for a regression.
        class_counts: number of events of each class in each part, in the order of ``class_names``.
        input_names: names of the features or channels; empty where unknown.
        test_from: ``split``, ``source`` (it brought its own), or ``none``.
        standardisation: ``shift`` and ``scale`` per feature or channel, fitted on the training part; None where
            inputs are as read.
        config_digest: SHA-256 of the data configuration.
        source_digest: SHA-256 of the arrays as read, before splitting.
        digest: SHA-256 of the prepared arrays: two runs with the same digest saw the same numbers.
        files: SHA-256 of each prepared file by name.
    """

    source: str
    origin: str
    task: str
    input_shape: tuple[int, ...]
    outputs: int
    counts: Mapping[str, int]
    class_names: tuple[str, ...] = ()
    class_counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    input_names: tuple[str, ...] = ()
    test_from: str = "split"
    standardisation: Standardisation | None = None
    config_digest: str = ""
    source_digest: str = ""
    digest: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return {"version": _VERSION, **values}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DataSummary:
        """Read what :meth:`to_dict` wrote.

        Raises:
            DataError: if it is of another version, or lacks a value.
        """
        rest = {key: value for key, value in values.items() if key != "version"}
        if values.get("version") != _VERSION:
            raise DataError(
                "the prepared data are of another version",
                key="version",
                got=values.get("version"),
                expected=str(_VERSION),
            )
        fitted = rest.get("standardisation")
        try:
            return cls(
                **{
                    **rest,
                    "input_shape": tuple(rest["input_shape"]),
                    "class_names": tuple(rest["class_names"]),
                    "class_counts": {part: tuple(counts) for part, counts in rest["class_counts"].items()},
                    "input_names": tuple(rest["input_names"]),
                    "standardisation": fitted and Standardisation(tuple(fitted["shift"]), tuple(fitted["scale"])),
                }
            )
        except (KeyError, TypeError) as error:
            raise DataError(
                f"the summary of the prepared data is damaged: {error!r}", hint="delete it; it is made again"
            ) from error


@dataclass(frozen=True)
class Part:
    """One part, mapped into memory: pages are shared by all processes, and nothing is copied until it is written to.

    Attributes:
        inputs: (events, *input_shape) float32.
        targets: (events,) int32 classes, or (events, outputs) float32.
    """

    inputs: NDArray[np.float32]
    targets: NDArray[Any]


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
    config_digest = hashlib.sha256(canonical_json([_VERSION, data.model_dump(mode="json")]).encode()).hexdigest()
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


def read_summary(folder: Path) -> DataSummary:
    """Read the summary of prepared arrays.

    Args:
        folder: the folder with the arrays, ``<run directory>/data``.

    Raises:
        DataError: if it is missing or damaged.
    """
    path = folder / _SUMMARY
    try:
        return DataSummary.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise DataError(
            "the run directory holds no prepared data", file=path, hint="`evonas resume` prepares them again"
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"the summary of the prepared data cannot be read: {error}", file=path) from error


def load_part(folder: Path, part: str) -> Part:
    """Map a prepared part into memory.

    The maps are private (copy on write): a page that nobody writes to is shared, and stays on disk until read.

    Args:
        folder: the folder with the arrays, ``<run directory>/data``.
        part: ``train``, ``validation`` or ``test``.

    Raises:
        DataError: if there is no such part, or it cannot be read.
    """
    missing = "data.split.test is 0 and the source has no test part" if part == "test" else None
    arrays = []
    for kind in ("inputs", "targets"):
        path = folder / f"{part}_{kind}.npy"
        try:
            arrays.append(np.load(path, mmap_mode="c", allow_pickle=False))
        except FileNotFoundError as error:
            raise DataError(
                f"there is no {part} part",
                file=path,
                expected="prepared arrays",
                hint=missing,
            ) from error
        except (OSError, ValueError) as error:
            raise DataError(f"the prepared array cannot be read: {error}", file=path) from error
    return Part(*arrays)


def _prepared(folder: Path, config_digest: str) -> DataSummary | None:
    """Return the summary of arrays that lie there whole and belong to this configuration; None otherwise."""
    try:
        summary = read_summary(folder)
        whole = all(sha256_of(folder / name) == digest for name, digest in summary.files.items())
    except (DataError, OSError):
        return None
    return summary if whole and summary.config_digest == config_digest else None


def _write_all(data: DataConfig, arrays: Arrays, folder: Path, config_digest: str, source_digest: str) -> DataSummary:
    check_finite(arrays.inputs, arrays)
    if arrays.test_inputs is not None:
        check_finite(arrays.test_inputs, arrays, "test ")
    targets = read_targets(arrays, data.task)
    parts = _split(data, arrays, targets)
    fitted = fit(arrays.inputs, parts.train) if data.standardise else None

    written = {
        "train": (arrays.inputs, targets.values, parts.train),
        "validation": (arrays.inputs, targets.values, parts.validation),
        "test": (arrays.inputs, targets.values, parts.test),
    }
    test_from = "split" if len(parts.test) else "none"
    if arrays.test_inputs is not None and targets.test is not None:
        written["test"] = (arrays.test_inputs, targets.test, np.arange(len(targets.test)))
        test_from = "source"
    files: dict[str, str] = {}
    class_counts: dict[str, tuple[int, ...]] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _SUMMARY).unlink(missing_ok=True)
        for part, (inputs, values, rows) in written.items():
            if targets.task == "classification":
                class_counts[part] = tuple(np.bincount(values[rows], minlength=targets.outputs).tolist())
            paths = folder / f"{part}_inputs.npy", folder / f"{part}_targets.npy"
            if not len(rows):
                for path in paths:
                    path.unlink(missing_ok=True)
                continue
            files[paths[0].name] = _write_inputs(paths[0], inputs, rows, fitted)
            files[paths[1].name] = write_array(paths[1], (len(rows), *values.shape[1:]), values.dtype, [values[rows]])
        summary = DataSummary(
            source=data.source,
            origin=arrays.origin,
            task=targets.task,
            input_shape=tuple(arrays.inputs.shape[1:]),
            outputs=targets.outputs,
            counts={part: len(rows) for part, (_, _, rows) in written.items()},
            class_names=targets.class_names,
            class_counts=class_counts,
            input_names=arrays.input_names,
            test_from=test_from,
            standardisation=fitted,
            config_digest=config_digest,
            source_digest=source_digest,
            digest=hashlib.sha256(canonical_json(files).encode()).hexdigest(),
            files=files,
        )
        write_text(folder / _SUMMARY, json.dumps(summary.to_dict(), indent=1))
    except OSError as error:
        raise StorageError(
            f"the prepared data cannot be written: {error}",
            file=folder,
            hint="free some space, or choose another run directory",
        ) from error
    return summary


def _split(data: DataConfig, arrays: Arrays, targets: Targets) -> Split:
    classes = targets.values if targets.task == "classification" else None
    parts = split_events(
        classes,
        len(arrays.inputs),
        validation=data.split.validation,
        test=0.0 if arrays.test_inputs is not None else data.split.test,
        seed=data.split.seed,
    )
    parts = Split(subsample(parts.train, classes, data.fraction, data.split.seed), parts.validation, parts.test)
    if classes is not None:
        check_classes(classes, targets.class_names, parts, arrays)
    if not len(parts.train) or not len(parts.validation):
        raise DataError(
            "there are too few events to split",
            file=arrays.origin or None,
            key="data.split",
            got=f"{len(arrays.inputs)} events",
            expected="at least one in each part",
        )
    return parts


def _write_inputs(path: Path, inputs: NDArray[Any], rows: NDArray[np.intp], fitted: Standardisation | None) -> str:
    pieces = (inputs[some] for some in chunks(inputs, rows))
    ready = (piece.astype(np.float32) if fitted is None else fitted.apply(piece) for piece in pieces)
    return write_array(path, (len(rows), *inputs.shape[1:]), np.dtype(np.float32), ready)


def _digest_of(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for array in (arrays.inputs, arrays.targets, arrays.test_inputs, arrays.test_targets):
        if array is None:
            continue
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        plain = array.dtype.kind in "biuf"
        digest.update(np.ascontiguousarray(array).data if plain else repr(array.tolist()).encode())
    return digest.hexdigest()
