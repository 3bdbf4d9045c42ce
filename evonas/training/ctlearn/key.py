"""The key of a cached set of images: everything that decides them, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evonas.errors import DataError, DependencyError
from evonas.genome import canonical_json
from evonas.training.ctlearn.inputs import InputFiles
from evonas.training.ctlearn.options import CtlearnOptions
from evonas.training.ctlearn.selection import Selection

__all__ = ["FORMAT", "cache_key", "key_facts", "versions"]

FORMAT = 1
"""Version of the cache files; raised when the same files and options would give other ones."""

_PACKAGES = ("ctlearn", "dl1_data_handler", "ctapipe")


def versions() -> dict[str, str]:
    """Return the versions of the packages that decide which images come out.

    SciPy triangulates the pixels for the interpolating mappers, so its minor version counts, and NumPy's major one.

    Raises:
        DependencyError: if one of them is not installed.
    """
    try:
        exact = {name: version(name) for name in _PACKAGES}
        scipy = ".".join(version("scipy").split(".")[:2])
    except PackageNotFoundError as error:
        raise DependencyError(
            f"the data source `ctlearn` needs a package that is not installed: {error}",
            key="data.source",
            hint='pip install "evonas[ctlearn]"',
        ) from error
    return {**exact, "scipy": scipy, "numpy": version("numpy").split(".")[0]}


def key_facts(
    inputs: InputFiles, digests: Mapping[Path, str], selection: Selection, options: CtlearnOptions
) -> dict[str, Any]:
    """Return everything that decides the cached events and images, JSON-able.

    The labels of all tasks are cached, so the tasks are not among it; nor are the names of the files.

    Raises:
        DataError: if two files have the same content.
    """
    seen: dict[str, Path] = {}
    for path in inputs.all:
        twin = seen.setdefault(digests[path], path)
        if twin != path:
            raise DataError(
                f"the file has the same content as {twin}",
                file=path,
                key="data.options.signal" if path in inputs.signal else "data.options.background",
                expected="each event once",
                hint="remove the copy, or narrow the pattern",
            )
    return {
        "format": FORMAT,
        "signal": sorted(digests[path] for path in inputs.signal),
        "background": sorted(digests[path] for path in inputs.background),
        "mode": options.mode,
        "telescope_type": selection.telescope_type,
        "telescopes": list(selection.tel_ids),
        "channels": list(options.channels),
        "mapper": options.mapper,
        "mapper_options": dict(options.mapper_options),
        "quality": [list(cut) for cut in options.quality],
        "min_telescopes": options.min_telescopes,
        "stack": options.stack,
        "sort_by_size": options.sort_by_size,
        "max_events": options.max_events,
        "focal_length_choice": options.focal_length_choice,
        "versions": versions(),
    }


def cache_key(facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the key's facts, 64 hex digits."""
    return hashlib.sha256(canonical_json(dict(facts)).encode()).hexdigest()
