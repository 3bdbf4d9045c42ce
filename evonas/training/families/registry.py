"""Finding model families by name: evonas's own, and those that other packages register under ``evonas.models``."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from evonas.errors import ConfigError, nearest
from evonas.training.families.protocol import ModelFamily

__all__ = ["ENTRY_POINTS", "family_names", "load_family"]

ENTRY_POINTS = "evonas.models"
"""The entry point group in which a package registers a family, as ``name = "package.module:Class"``."""

# Known without the package's metadata, too: evonas runs from an unpacked source tree.
_OWN = {
    "cnn": EntryPoint("cnn", "evonas.training.families.cnn:CnnFamily", ENTRY_POINTS),
    "dense": EntryPoint("dense", "evonas.training.families.dense:DenseFamily", ENTRY_POINTS),
}


def family_names() -> list[str]:
    """Return the names of all model families that are installed, sorted; none is imported."""
    return sorted(_registered())


def load_family(name: str) -> ModelFamily:
    """Return a model family by name, importing its module but not Keras.

    Raises:
        ConfigError: if no package registers the name, or its module or class fails to load.
    """
    registered = _registered()
    if name not in registered:
        close = nearest(name, registered)
        raise ConfigError(
            "there is no such model family",
            key="model",
            got=name,
            expected=f"one of {', '.join(sorted(registered))}",
            hint=f"did you mean `{close}`?" if close else f"a package adds one by an entry point in `{ENTRY_POINTS}`",
        )
    entry = registered[name]
    try:
        found = entry.load()
        family = found() if isinstance(found, type) else found
    except Exception as cause:  # whatever a third party's module raises is told as its failure, not as ours
        raise ConfigError(
            f"the model family cannot be loaded: {type(cause).__name__}: {cause}",
            key="model",
            got=f"{name} = {entry.value}",
            expected="a class without arguments, or an instance, that is a ModelFamily",
            hint=f"`{entry.value.partition(':')[0]}` must be importable; reinstall or mend the package that has it",
        ) from cause
    if not isinstance(family, ModelFamily) or family.name != name:
        missing = [part for part in ("name", "default_space", "costs", "build") if not hasattr(family, part)]
        reason = f"it lacks {', '.join(missing)}" if missing else f"it calls itself {family.name!r}"
        raise ConfigError(
            f"what is registered is not this model family: {reason}",
            key="model",
            got=f"{name} = {entry.value}",
            expected=f"a ModelFamily with the name {name!r}",
            hint="test it with evonas.testing.families.ModelFamilyContract",
        )
    return family


def _registered() -> dict[str, EntryPoint]:
    found = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    return found | _OWN  # a third party cannot replace evonas's own families
