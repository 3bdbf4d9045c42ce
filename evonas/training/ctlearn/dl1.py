"""What a DL1 file holds, looked up before it is read: that it is one, its telescopes, its tables, its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.errors import DataError, DependencyError

__all__ = ["Dl1File", "inspect", "needs_ctlearn", "open_tables"]

_OLDEST = 6  # dl1_data_handler's own limit for simulations
_LAYOUT = "/configuration/instrument/subarray/layout"
_IMAGES = "/dl1/event/telescope/images"
_PARAMETERS = "/dl1/event/telescope/parameters"
_SHOWER = "/simulation/event/subarray/shower"
_NEEDED: Mapping[str, tuple[str, str]] = {
    _LAYOUT: ("no description of the telescopes", "write the file with ctapipe-process"),
    _IMAGES: ("no images, only parameters", "write it with `ctapipe-process --write-images`"),
    _PARAMETERS: ("no image parameters", "write it with `ctapipe-process --write-parameters`"),
    "/dl1/event/subarray/trigger": ("no list of triggered events", "write it with ctapipe-process"),
    _SHOWER: ("no simulated showers", "write it with ctapipe-process from a simulation"),
    "/configuration/simulation/run": ("no description of the simulation", "write it with ctapipe-process"),
    "/configuration/telescope/pointing": ("no telescope pointing", "write it with ctapipe 0.21 or newer"),
}


@dataclass(frozen=True)
class Dl1File:
    """What a DL1 file holds.

    Attributes:
        path: the file.
        key: the configuration key that names it.
        telescopes: type of each telescope by its number, such as ``{1: "LST_LST_LSTCam"}``.
        with_images: telescopes that have a table of images and one of parameters.
        parameters: columns of the table of image parameters.
        shower: columns of the table of simulated showers.
    """

    path: Path
    key: str
    telescopes: Mapping[int, str]
    with_images: frozenset[int]
    parameters: frozenset[str]
    shower: frozenset[str]


def inspect(path: Path, key: str) -> Dl1File:
    """Look into a DL1 file and check that its events can be read.

    Args:
        path: the file.
        key: the configuration key that names it, for errors.

    Raises:
        DataError: if it is not HDF5, truncated, not written by ctapipe, of an older data model, observed, or lacks
            images, parameters or another table.
        DependencyError: if PyTables is not installed.
    """
    with open_tables(path, key) as file:
        _check_origin(file, path, key)
        for node, (what, hint) in _NEEDED.items():
            if node not in file:
                raise DataError(
                    f"the DL1 file holds {what}", file=path, key=key, got=f"no {node}", expected=node, hint=hint
                )
        layout = file.get_node(_LAYOUT).read()
        types = {int(row["tel_id"]): _type_of(row) for row in layout}
        tables = [set(file.get_node(group)._v_children) for group in (_IMAGES, _PARAMETERS)]
        there = tables[0] & tables[1]
        columns: frozenset[str] = frozenset()
        if there:
            columns = frozenset(file.get_node(f"{_PARAMETERS}/{sorted(there)[0]}").colnames)
        return Dl1File(
            path=path,
            key=key,
            telescopes=types,
            with_images=frozenset(tel_id for tel_id in types if f"tel_{tel_id:03d}" in there),
            parameters=columns,
            shower=frozenset(file.get_node(_SHOWER).colnames),
        )


@contextmanager
def open_tables(path: Path, key: str) -> Iterator[Any]:
    """Open an HDF5 file with PyTables, to read.

    Raises:
        DataError: if it is not HDF5, truncated or damaged.
        DependencyError: if PyTables is not installed.
    """
    tables = needs_ctlearn("tables")
    try:
        if not tables.is_hdf5_file(str(path)):
            raise DataError(
                "this is not an HDF5 file",
                file=path,
                key=key,
                got=f"{path.stat().st_size} bytes that do not begin as HDF5 does",
                expected="a DL1 file of ctapipe",
                hint="a truncated copy is best copied again",
            )
        file = tables.open_file(str(path), mode="r")
    except (tables.HDF5ExtError, OSError) as error:
        truncated = "truncated" in str(error)
        raise DataError(
            "the HDF5 file is truncated" if truncated else f"the HDF5 file cannot be read: {_last_line(error)}",
            file=path,
            key=key,
            got=f"{path.stat().st_size} bytes",
            expected="a complete DL1 file that nobody is writing",
            hint="copy or write the file again",
        ) from error
    try:
        yield file
    except tables.HDF5ExtError as error:
        raise DataError(
            f"the HDF5 file is damaged: {_last_line(error)}", file=path, key=key, hint="copy or write the file again"
        ) from error
    finally:
        file.close()


def needs_ctlearn(module: str) -> Any:
    """Import a module that the extra ``ctlearn`` installs.

    Raises:
        DependencyError: if it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DependencyError(
            f"the data source `ctlearn` needs the package `{module.split('.')[0]}`: {error}",
            key="data.source",
            hint='pip install "evonas[ctlearn]"',
        ) from error


def _check_origin(file: Any, path: Path, key: str) -> None:
    attributes = file.root._v_attrs
    names = set(attributes._v_attrnames)
    wanted = "CTA PRODUCT DATA MODEL VERSION"
    if wanted not in names:
        raise DataError(
            "this HDF5 file was not written by ctapipe",
            file=path,
            key=key,
            got=f"no attribute `{wanted}`",
            expected="a DL1 file of ctapipe",
            hint="`ctapipe-process` writes one from a simulation",
        )
    version = str(attributes[wanted])
    number = version.lstrip("v").split(".")[0]
    if not number.isdigit() or int(number) < _OLDEST:
        raise DataError(
            "the DL1 file follows an older data model",
            file=path,
            key=key,
            got=version,
            expected=f"v{_OLDEST}.0.0 or newer",
            hint="write it again with ctapipe 0.21 or newer",
        )
    process = str(attributes["CTA PROCESS TYPE"]) if "CTA PROCESS TYPE" in names else "unknown"
    if process != "Simulation":
        raise DataError(
            "these events are not simulated: nobody knows the truth about them",
            file=path,
            key=key,
            got=process,
            expected="Simulation",
            hint="observed events can be predicted with CTLearn, not trained on",
        )


def _type_of(row: Any) -> str:
    return "_".join(row[name].decode("utf-8") for name in ("type", "optics_name", "camera_name"))


def _last_line(error: BaseException) -> str:
    lines: Sequence[str] = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
