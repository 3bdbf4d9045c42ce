"""Finding model families by name: evonas's own, and those that other packages register under ``evonas.models``."""

from __future__ import annotations

from evonas.errors import ConfigError
from evonas.training.families.protocol import ModelFamily
from evonas.training.plugins import entry_named, registered

__all__ = ["ENTRY_POINTS", "family_names", "load_family"]

ENTRY_POINTS = "evonas.models"
"""The entry point group in which a package registers a family, as ``name = "package.module:Class"``."""

_OWN = {
    "cnn": "evonas.training.families.cnn:CnnFamily",
    "ctlearn_cnn": "evonas.training.families.ctlearn.cnn:CtlearnCnnFamily",
    "ctlearn_cnn_rnn": "evonas.training.families.ctlearn.cnn_rnn:CtlearnCnnRnnFamily",
    "ctlearn_resnet": "evonas.training.families.ctlearn.resnet:CtlearnResnetFamily",
    "dense": "evonas.training.families.dense:DenseFamily",
}


def family_names() -> list[str]:
    """Return the names of all model families that are installed, sorted; none is imported."""
    return sorted(registered(ENTRY_POINTS, _OWN))


def load_family(name: str) -> ModelFamily:
    """Return a model family by name, importing its module but not Keras.

    Raises:
        ConfigError: if no package registers the name, or its module or class fails to load.
    """
    entry = entry_named(name, ENTRY_POINTS, _OWN, what="model family", key="model")
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
