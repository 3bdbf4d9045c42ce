"""Optuna's distributions as genes of a space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evonas.lineage.imports.genes import space_of_values

__all__ = ["option", "space_of"]


def space_of(distributions: Sequence[Any]) -> Any:
    """Return the specification of a gene that holds all values of a parameter.

    A parameter's distribution may change within a study: the ranges are joined, and so are the options.

    Args:
        distributions: those of the trials that have the parameter; at least one.
    """
    kinds = {type(one).__name__ for one in distributions}
    if kinds == {"CategoricalDistribution"}:
        options = [option(value) for one in distributions for value in one.choices]
        return {"choice": _distinct(options)}
    if len(kinds) > 1 or not kinds <= {"FloatDistribution", "IntDistribution"}:
        values = [value for one in distributions for value in _ends(one)]
        return space_of_values({"gene": values}).get("gene", {"choice": _distinct(values)})
    low = min(one.low for one in distributions)
    high = max(one.high for one in distributions)
    logs, steps = {one.log for one in distributions}, {one.step for one in distributions}
    word = "int" if kinds == {"IntDistribution"} else "float"
    spec: dict[str, Any] = {word: [low, high]}
    if logs == {True} and low > 0:
        spec["log"] = True
    step = steps.pop() if len(steps) == 1 else None
    if step not in (None, 1) and len({one.low for one in distributions}) == 1:
        spec["step"] = step
    return spec


def option(value: Any) -> Any:
    """Return a value as a gene holds it: JSON scalars as they are, anything else as text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    return str(value)


def _ends(distribution: Any) -> list[Any]:
    choices = getattr(distribution, "choices", None)
    return [option(value) for value in choices] if choices is not None else [distribution.low, distribution.high]


def _distinct(values: Sequence[Any]) -> list[Any]:
    """Return each value once; 1, 1.0 and true are different values."""
    return list({(type(value), value): value for value in values}.values())
