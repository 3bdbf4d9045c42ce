"""Data sources by name: those of evonas, and those that packages register under ``evonas.data``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from evonas.errors import ConfigError, DependencyError, nearest
from evonas.training.data.protocol import DataSource
from evonas.training.plugins import entry_named, registered

__all__ = ["BUILTIN", "GROUP", "load_source", "read_options", "source_names"]

GROUP = "evonas.data"
"""The entry point group of data sources."""

BUILTIN: Mapping[str, str] = {
    "ctlearn": "evonas.training.ctlearn.source:CtlearnSource",
    "digits": "evonas.training.data.digits:DigitsSource",
    "hdf5": "evonas.training.data.arrays:Hdf5Source",
    "idx": "evonas.training.data.idx:IdxSource",
    "npz": "evonas.training.data.arrays:NpzSource",
    "toy_showers": "evonas.training.ctlearn.toy:ToyShowerSource",
}
"""The sources of evonas itself; known even where evonas runs from a folder without installed metadata."""


def source_names() -> list[str]:
    """Return the names of all sources that can be chosen, sorted."""
    return sorted(registered(GROUP, BUILTIN))


def load_source(name: str) -> DataSource:
    """Import a data source and make it.

    Args:
        name: as in ``data.source``.

    Raises:
        ConfigError: if no source has this name; with the nearest name.
        DependencyError: if the package that registers it cannot be imported.
    """
    entry = entry_named(name, GROUP, BUILTIN, what="data source", key="data.source")
    try:
        source: DataSource = entry.load()()
    except (ImportError, AttributeError) as error:
        raise DependencyError(
            f"the data source `{name}` ({entry.value}) cannot be imported: {error}",
            key="data.source",
            hint="install or repair the package that registers it",
        ) from error
    return source


def read_options(source: DataSource, options: Mapping[str, Any]) -> BaseModel:
    """Check the options of a source against its ``Options``.

    Raises:
        ConfigError: with the key ``data.options.<name>``, what was got, what was expected, and the nearest name.
    """
    try:
        return source.Options.model_validate(dict(options))
    except ValidationError as error:
        # a misspelt option is also a missing one; the misspelling says more
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        name = ".".join(str(part) for part in first["loc"])
        known = sorted(source.Options.model_fields)
        key = f"data.options.{name}" if name else "data.options"
        listed = ", ".join(known) or "none"
        if first["type"] == "extra_forbidden":
            close = nearest(name, known)
            raise ConfigError(
                f"the data source `{source.name}` has no such option",
                key=key,
                got=first["input"],
                expected=f"an option of it: {listed}",
                hint=f"did you mean `{close}`?" if close else "remove it",
            ) from error
        if first["type"] == "missing":
            raise ConfigError(
                f"the data source `{source.name}` needs this option",
                key=key,
                got=dict(options),
                expected=_described(source, name),
                hint=f"the options of `{source.name}` are: {listed}",
            ) from error
        raise ConfigError(first["msg"], key=key, got=first["input"], expected=_described(source, name)) from error


def _described(source: DataSource, name: str) -> str | None:
    field = source.Options.model_fields.get(name.split(".")[0])
    return None if field is None else field.description
