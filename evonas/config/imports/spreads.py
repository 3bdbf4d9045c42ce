"""Distributions of ctlearn_optimizer as genes of ours, and the one gene that covers several."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from evonas.config.imports.old_file import Occurrence

__all__ = ["Spec", "bounds", "constant", "cover", "gene", "options"]

Spec: TypeAlias = Any
"""A gene as it stands in a configuration: ``{int: [8, 64]}``, ``{choice: [...]}`` or a constant."""

_DEVIATIONS = 3  # of a normal distribution, to each side


def gene(one: Occurrence, *, whole: bool, say: Callable[[str], None]) -> Spec:
    """Return a distribution as a gene.

    Args:
        one: the distribution.
        whole: whether our gene takes whole numbers; else real ones (unless it is a choice).
        say: called with a sentence for what is lost.
    """
    if one.kind == "choice":
        values = list(dict.fromkeys(one.range)) if all(map(_hashable, one.range)) else list(one.range)
        return {"choice": values} if len(values) > 1 else values[0]
    low, high = _limits(one, say)
    quantised = one.kind.startswith("q")
    if quantised:  # as hyperopt: a multiple of the step, then a whole number
        low = math.floor(low / one.step + 0.5) * one.step
        high = math.floor(high / one.step + 0.5) * one.step
    if low == high:
        return int(low) if whole else float(low)
    logarithmic = "log" in one.kind
    if logarithmic and low <= 0:
        say(f"a logarithm needs numbers above 0: between {low:g} and {high:g} all values are as likely")
        logarithmic = False
    if whole:
        if not quantised:
            say("this gene takes whole numbers: the values are rounded")
        return _whole(low, high, one.step if quantised else 1, logarithmic=logarithmic)
    spec: dict[str, Any] = {"float": [float(low), float(high)]}
    if logarithmic:
        return {**spec, "log": True}
    return {**spec, "step": float(one.step)} if quantised else spec


def _limits(one: Occurrence, say: Callable[[str], None]) -> tuple[float, float]:
    first, second = one.range
    if one.kind in ("loguniform", "qloguniform") and first <= 0:
        say(
            f"the tool took the logarithm of the limits, which does not exist; read as powers of ten, "
            f"{10.0**first:g} to {10.0**second:g}"
        )
        return 10.0**first, 10.0**second
    if one.kind in ("normal", "qnormal"):
        reach = _DEVIATIONS * abs(second)
        say(f"a normal distribution (mean {first:g}, deviation {second:g}) became an even one over 3 deviations")
        return first - reach, first + reach
    if one.kind in ("lognormal", "qlognormal"):
        if first <= 0 or second <= 0:
            say("the tool took the logarithm of mean and deviation, which does not exist; read as limits")
            return min(first, second), max(first, second)
        factor = max(second, 1 / second) ** _DEVIATIONS
        say(f"a log-normal distribution (median {first:g}) became an even one over the logarithm, 3 deviations wide")
        return first / factor, first * factor
    return first, second


def _whole(low: float, high: float, step: float, *, logarithmic: bool) -> Spec:
    start, end = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    start = max(start, 1) if logarithmic else start
    stride = int(step) if float(step).is_integer() else 1
    end -= max(0, end - start) % stride
    if start >= end:
        return start
    spec: dict[str, Any] = {"int": [start, end]}
    if logarithmic:
        spec["log"] = True
    return {**spec, "step": stride} if stride != 1 else spec


def constant(spec: Spec) -> bool:
    """Whether a gene has one value only."""
    return not isinstance(spec, dict)


def options(spec: Spec) -> list[Any] | None:
    """Return the values of a choice or a constant; None for a range."""
    if not isinstance(spec, dict):
        return [spec]
    found: list[Any] | None = spec.get("choice")
    return found


def bounds(spec: Spec) -> tuple[float, float] | None:
    """Return the smallest and largest value of a numeric gene; None for one with other values."""
    if isinstance(spec, dict) and ("int" in spec or "float" in spec):
        low, high = spec["int"] if "int" in spec else spec["float"]
        return low, high
    values = options(spec) or []
    if not values or any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in values):
        return None
    return min(values), max(values)


def cover(specs: Sequence[Spec], *, whole: bool) -> Spec:
    """Return the smallest gene that has all values of the given ones.

    Args:
        specs: one or more genes.
        whole: whether the gene takes whole numbers.
    """
    if all(spec == specs[0] for spec in specs):
        return specs[0]
    lists = [values for spec in specs if (values := options(spec)) is not None]
    if len(lists) == len(specs):
        return {"choice": _union([value for values in lists for value in values])}
    limits = [limit for spec in specs if (limit := bounds(spec)) is not None]
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    ranges = [spec for spec in specs if isinstance(spec, dict) and "choice" not in spec]
    logarithmic = low > 0 and all(spec.get("log", False) for spec in ranges)
    if whole:
        stride = math.gcd(*(int(spec.get("step", 1)) for spec in ranges), *(int(edge - low) for edge, _ in limits))
        return _whole(low, high, stride if not logarithmic else 1, logarithmic=logarithmic)
    return {"float": [float(low), float(high)], **({"log": True} if logarithmic else {})}


def _union(values: Sequence[Any]) -> list[Any]:
    different: list[Any] = []
    for value in values:
        if not any(type(value) is type(other) and value == other for other in different):
            different.append(value)
    numeric = all(isinstance(value, (int, float)) for value in different)
    return sorted(different) if numeric else different


def _hashable(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool, type(None)))
