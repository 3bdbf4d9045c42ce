"""A flat space as a ConfigSpace, for SMAC and DEHB: inactive genes are left out by its conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ConfigSpace import (
    AndConjunction,
    CategoricalHyperparameter,
    ConfigurationSpace,
    InCondition,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from benchmarks.search.spaces import FlatSpace, Parameter

__all__ = ["config_space", "genes_of"]


def config_space(space: FlatSpace, seed: int) -> ConfigurationSpace:
    """Return the space; options are called by their places, since they may be of any type."""
    made = ConfigurationSpace(seed=seed)
    made.add([_hyperparameter(parameter) for parameter in space.parameters])
    known = {parameter.name: parameter for parameter in space.parameters}
    for parameter in space.parameters:
        conditions = [
            InCondition(made[parameter.name], made[one.parent], [_code(known[one.parent], v) for v in one.values])
            for one in parameter.conditions
        ]
        if conditions:
            made.add(conditions[0] if len(conditions) == 1 else AndConjunction(*conditions))
    return made


def genes_of(space: FlatSpace, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nested genes of a configuration."""
    chosen = dict(configuration)
    return space.genes(space.choose(lambda parameter: _value(parameter, chosen[parameter.name])))


def _hyperparameter(parameter: Parameter) -> Any:
    name = parameter.name
    if parameter.kind == "choice":
        return CategoricalHyperparameter(name, [str(place) for place in range(len(parameter.options))])
    if parameter.levels is not None:
        return UniformIntegerHyperparameter(name, 0, parameter.levels)
    if parameter.kind == "int":
        return UniformIntegerHyperparameter(name, int(parameter.low), int(parameter.high), log=parameter.log)
    return UniformFloatHyperparameter(name, parameter.low, parameter.high, log=parameter.log)


def _code(parameter: Parameter, value: Any) -> Any:
    return str(parameter.options.index(value)) if parameter.kind == "choice" else value


def _value(parameter: Parameter, value: Any) -> Any:
    if parameter.kind == "choice":
        return parameter.options[int(value)]
    if parameter.levels is not None:
        return parameter.at_level(int(value))
    return int(value) if parameter.kind == "int" else float(value)
