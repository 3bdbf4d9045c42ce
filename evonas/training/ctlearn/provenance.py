"""What DL1 files say of themselves: which product, made by which activity and software, of which instrument.

ctapipe writes the reference metadata that the data model of CTAO asks for into the root of every file
(``ctapipe.io.metadata``): ``CTA PRODUCT ID``, ``CTA ACTIVITY NAME``, ``CTA CONTACT NAME``, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evonas.errors import EvonasError
from evonas.training.ctlearn.cache import cache_folder
from evonas.training.ctlearn.digests import file_digests
from evonas.training.ctlearn.dl1 import open_tables
from evonas.training.data import DataSummary

__all__ = ["describe_files", "read_metadata"]

_PREFIX = "CTA "


def read_metadata(path: Path, key: str = "data.options") -> dict[str, str]:
    """Return the reference metadata of a file, by their keys; empty where it has none.

    Args:
        path: the file.
        key: the configuration key that names it, for errors.

    Raises:
        DataError: if it is no HDF5 file, or damaged.
        DependencyError: if PyTables is not installed.
    """
    with open_tables(path, key) as file:
        attributes = file.root._v_attrs
        return {name: _text(attributes[name]) for name in attributes._v_attrnames if name.startswith(_PREFIX)}


def describe_files(summary: DataSummary, options: Mapping[str, Any], base: Path | None) -> list[dict[str, Any]]:
    """Return each file that a run learns from: ``path``, ``role``, ``sha256``, ``metadata``.

    A file that cannot be read any more is named without the rest.

    Args:
        summary: the prepared data; only the sources that read DL1 files name files.
        options: of the data source; ``cache`` is where digests are remembered.
        base: folder that relative paths start from.
    """
    roles = {"signal": summary.facts.get("signal_files", ()), "background": summary.facts.get("background_files", ())}
    folder = cache_folder(options.get("cache"), base)
    return [_described(Path(name), role, folder) for role, names in roles.items() for name in names]


def _described(path: Path, role: str, cache: Path) -> dict[str, Any]:
    told: dict[str, Any] = {"path": str(path), "role": role}
    try:
        return told | {
            "sha256": file_digests([path], cache)[path],
            "metadata": read_metadata(path, f"data.options.{role}"),
        }
    except EvonasError:
        return told


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
