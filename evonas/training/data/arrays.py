"""Arrays in `.npz` and HDF5 files, found by their names."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError, nearest
from evonas.training.data import protocol
from evonas.training.data.paths import find_file
from evonas.training.data.protocol import Arrays

__all__ = ["ArrayOptions", "Hdf5Source", "NpzSource"]

_Read = Callable[[Path, str, tuple[tuple[str, str], ...]], "list[NDArray[Any]]"]


class ArrayOptions(protocol.Options):
    """Where the arrays lie and what they are called."""

    file: str
    """Path of the file; relative ones start from the configuration's folder."""
    inputs: str = "X"
    """Name of the array of inputs, (events, features) or (events, rows, columns[, channels])."""
    targets: str = "y"
    """Name of the array of targets, (events,)."""
    test_file: str | None = None
    """Path of a file with a test part of its own, with arrays of the same names."""
    class_names: tuple[str, ...] = ()
    """Names of the classes 0, 1, ...; by default their values."""


class NpzSource:
    """Named arrays in an `.npz` file of NumPy; EnergyFlow's `QG_nsubs.npz` loads by its `X` and `y`."""

    name: ClassVar[str] = "npz"
    Options: ClassVar[type[ArrayOptions]] = ArrayOptions

    def load(self, options: ArrayOptions, base: Path | None) -> Arrays:
        """Read the arrays.

        Raises:
            DataError: for a missing or damaged file, one that is not `.npz`, a missing array, or pickled objects.
        """
        return _load(options, base, _read_npz)


class Hdf5Source:
    """Named datasets in an HDF5 file; a name may be a path through groups, such as `events/images`."""

    name: ClassVar[str] = "hdf5"
    Options: ClassVar[type[ArrayOptions]] = ArrayOptions

    def load(self, options: ArrayOptions, base: Path | None) -> Arrays:
        """Read the datasets.

        Raises:
            DataError: for a missing or damaged file, one that is not HDF5, or a missing dataset.
        """
        return _load(options, base, _read_hdf5)


def _load(options: ArrayOptions, base: Path | None, read: _Read) -> Arrays:
    names = (("inputs", options.inputs), ("targets", options.targets))
    path = find_file(options.file, base, "data.options.file")
    inputs, targets = read(path, "data.options.file", names)
    test_inputs = test_targets = None
    if options.test_file is not None:
        test_path = find_file(options.test_file, base, "data.options.test_file")
        test_inputs, test_targets = read(test_path, "data.options.test_file", names)
        test_inputs = _with_channel(test_inputs)
    return Arrays(
        inputs=_with_channel(inputs),
        targets=targets,
        class_names=options.class_names,
        test_inputs=test_inputs,
        test_targets=test_targets,
        origin=str(path),
        keys=(options.inputs, options.targets),
    )


def _with_channel(inputs: NDArray[Any]) -> NDArray[Any]:
    """Three dimensions are images of one channel."""
    return inputs[..., np.newaxis] if inputs.ndim == 3 else inputs


def _read_npz(path: Path, key: str, names: tuple[tuple[str, str], ...]) -> list[NDArray[Any]]:
    try:
        with path.open("rb") as file:  # NumPy leaves a file open that it fails to read
            content = np.load(file, allow_pickle=False)
            if not isinstance(content, np.lib.npyio.NpzFile):
                raise DataError(
                    "this is a single array, not an .npz file of named arrays",
                    file=path,
                    key=key,
                    got=f"an array of the shape {content.shape}",
                    expected="a file written by numpy.savez or numpy.savez_compressed",
                    hint="np.savez('events.npz', X=inputs, y=targets)",
                )
            with content:
                return [_from_npz(content, path, option, name) for option, name in names]
    except (zipfile.BadZipFile, ValueError, EOFError, zlib.error) as error:
        raise DataError(
            f"this is not an .npz file, or it is truncated: {error}",
            file=path,
            key=key,
            got=f"{path.stat().st_size} bytes",
            expected="a file written by numpy.savez or numpy.savez_compressed",
            hint="download or copy the file again",
        ) from error
    except OSError as error:
        hint = "check its permissions"
        raise DataError(f"the file cannot be read: {error}", file=path, key=key, hint=hint) from error


def _from_npz(content: Any, path: Path, option: str, name: str) -> NDArray[Any]:
    if name not in content.files:
        raise _missing(path, option, name, content.files)
    try:
        array: NDArray[Any] = content[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise DataError(
            f"the array `{name}` holds pickled Python objects, which evonas does not load: they can run code",
            file=path,
            key=f"data.options.{option}",
            got="dtype object",
            expected="an array of numbers",
            hint="save it as one rectangular array of numbers, for instance with np.stack",
        ) from error
    return array


def _read_hdf5(path: Path, key: str, names: tuple[tuple[str, str], ...]) -> list[NDArray[Any]]:
    import h5py

    if not h5py.is_hdf5(path):
        raise DataError(
            "this is not an HDF5 file",
            file=path,
            key=key,
            got=f"{path.stat().st_size} bytes that do not begin as HDF5 does",
            expected="an HDF5 file",
            hint="an .npz file is read by `source: npz`; a truncated copy is best copied again",
        )
    try:
        with h5py.File(path, "r") as content:
            return [_from_hdf5(content, path, option, name) for option, name in names]
    except OSError as error:
        raise DataError(
            f"the HDF5 file cannot be read: {error}",
            file=path,
            key=key,
            expected="a complete HDF5 file that nobody is writing",
            hint="copy the file again; `h5ls` lists what is in it",
        ) from error


def _from_hdf5(content: Any, path: Path, option: str, name: str) -> NDArray[Any]:
    import h5py

    found: list[str] = []
    content.visititems(lambda at, item: found.append(at) if isinstance(item, h5py.Dataset) else None)
    name = name.strip("/")
    if name not in found:
        raise _missing(path, option, name, found)
    dataset = content[name]
    if h5py.check_string_dtype(dataset.dtype) is not None:
        return np.asarray(dataset.asstr()[()]).astype(str)
    if dataset.dtype.kind == "O" or dataset.dtype.names is not None:
        raise DataError(
            f"the dataset `{name}` is not a plain array",
            file=path,
            key=f"data.options.{option}",
            got=f"dtype {dataset.dtype}",
            expected="one rectangular array of numbers",
            hint="write its columns as datasets of their own",
        )
    array: NDArray[Any] = dataset[()]
    return array


def _missing(path: Path, option: str, name: str, there: Iterable[str]) -> DataError:
    there = sorted(there)
    close = nearest(name, there) or nearest(name.lower(), [entry.lower() for entry in there])
    close = next((entry for entry in there if close is not None and entry.lower() == close.lower()), None)
    return DataError(
        f"there is no array `{name}` in the file",
        file=path,
        key=f"data.options.{option}",
        got=name,
        expected=f"one of {', '.join(there) or '(the file holds no array)'}",
        hint=f"did you mean `{close}`?" if close else f"set data.options.{option} to the array's name",
    )
