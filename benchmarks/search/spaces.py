"""A space as a flat list of parameters with conditions, which is how the peers see it.

The tables describe their space as evonas does, as nested plain values (``docs/reference/spaces.md``). Nothing of
evonas is imported here: this module runs in the peers' environments, too. A gene that stands in several branches of a
`select` with one and the same description is one parameter, active in each of them, as in the tables' own spaces.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Condition", "FlatSpace", "Parameter"]

_WORDS = ("int", "float", "choice", "bool", "repeat", "select", "scales", "group")


@dataclass(frozen=True)
class Condition:
    """A parameter is active where another one is active and has one of these values."""

    parent: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Parameter:
    """A free gene.

    Attributes:
        name: dotted path, unique.
        kind: ``int``, ``float`` or ``choice``.
        low, high: ends of a number's range, both included.
        log: whether a number is even over its logarithm.
        step: grid of a number from ``low`` on; None for a continuous one.
        options: values of a choice.
        conditions: all of them must hold for it to be active.
    """

    name: str
    kind: str
    low: float = 0
    high: float = 0
    log: bool = False
    step: float | None = None
    options: tuple[Any, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def snap(self, value: Any) -> Any:
        """Return the nearest value of the parameter: inside the bounds, on the grid, of the right type."""
        if self.kind == "choice":
            return value
        value = min(max(value, self.low), self.high)
        if self.step is not None:
            value = self.low + min(round((value - self.low) / self.step), self._steps) * self.step
        return round(value) if self.kind == "int" else float(value)

    @property
    def _steps(self) -> int:
        return math.floor((self.high - self.low) / (self.step or 1) + 1e-9)

    @property
    def levels(self) -> int | None:
        """Steps from the low end to the high one, for a number on a coarser grid than the whole numbers; else None."""
        if self.kind == "choice" or self.step is None or (self.kind == "int" and self.step == 1):
            return None
        return self._steps

    def at_level(self, level: int) -> Any:
        """Return the value so many steps above the low end."""
        return self.snap(self.low + level * (self.step or 0))

    def draw(self, rng: random.Random) -> Any:
        """Return a value, even over the parameter's own scale."""
        if self.kind == "choice":
            return rng.choice(self.options)
        half = 0.5 if self.kind == "int" else 0.0
        low, high = self.low - half, self.high + half
        if self.log:
            return self.snap(math.exp(rng.uniform(math.log(low), math.log(high))))
        return self.snap(rng.uniform(low, high))


class FlatSpace:
    """The parameters of a space, parents before their children.

    Args:
        spec: the space as evonas's configuration has it.

    Raises:
        ValueError: for a gene tied to another one, which the peers have no word for.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self.parameters: list[Parameter] = []
        self._group(spec.get("group", spec), "", ())

    def active(self, parameter: Parameter, values: Mapping[str, Any]) -> bool:
        """Return whether a parameter is active beside the values of its parents."""
        return all(values.get(one.parent, _ABSENT) in one.values for one in parameter.conditions)

    def choose(self, suggest: Callable[[Parameter], Any]) -> dict[str, Any]:
        """Return the values of the active parameters, each asked for in turn: parents first."""
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            if self.active(parameter, values):
                values[parameter.name] = suggest(parameter)
        return values

    def sample(self, rng: random.Random) -> dict[str, Any]:
        """Return random values of the active parameters."""
        return self.choose(lambda parameter: parameter.draw(rng))

    def genes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the nested genes that belong to flat values; those of inactive parameters are not read."""
        kept = self.choose(lambda parameter: parameter.snap(values[parameter.name]))
        genes: dict[str, Any] = _build(self._spec, "", kept)
        return genes

    # -- flattening

    def _group(self, spec: Mapping[str, Any], at: str, conditions: tuple[Condition, ...]) -> None:
        for name, child in spec.items():
            self._node(child, f"{at}.{name}" if at else str(name), conditions)

    def _node(self, spec: Any, at: str, conditions: tuple[Condition, ...]) -> None:
        word = word_of(spec)
        if word == "constant":
            return
        if word == "scales":
            raise ValueError(f"{at} is tied to another gene: the peers' spaces have no such genes")
        if word == "nested":
            self._group(spec.get("group", spec), at, conditions)
        elif word == "repeat":
            low, high = _length(spec)
            if low < high:
                self.parameters.append(Parameter(f"{at}.length", "int", low, high, step=1, conditions=conditions))
            for place in range(high):
                longer = Condition(f"{at}.length", tuple(range(max(place + 1, low), high + 1)))
                self._node(spec["repeat"], f"{at}.{place}", (*conditions, longer) if place >= low else conditions)
        elif word == "select":
            self._select(spec, at, conditions)
        else:
            self.parameters.append(_leaf(spec, word, at, conditions))

    def _select(self, spec: Mapping[str, Any], at: str, conditions: tuple[Condition, ...]) -> None:
        by = f"{at}.{spec.get('by', 'type')}"
        self.parameters.append(Parameter(by, "choice", options=tuple(spec["select"]), conditions=conditions))
        for name, (child, branches) in _shared(spec["select"]).items():
            self._node(child, f"{at}.{name}", (*conditions, Condition(by, branches)))


_ABSENT = object()


def word_of(spec: Any) -> str:
    """Return which kind of node a description is: a word of the syntax, ``nested`` or ``constant``."""
    if spec == "bool":
        return "bool"
    if not isinstance(spec, Mapping):
        return "constant"
    word = next((word for word in _WORDS if word in spec), "group")
    return "nested" if word == "group" else word


def _length(spec: Mapping[str, Any]) -> tuple[int, int]:
    length = spec["length"]
    return (length, length) if isinstance(length, int) else (length[0], length[1])


def _leaf(spec: Any, word: str, at: str, conditions: tuple[Condition, ...]) -> Parameter:
    if word == "bool":
        return Parameter(at, "choice", options=(False, True), conditions=conditions)
    if word == "choice":
        return Parameter(at, "choice", options=tuple(spec["choice"]), conditions=conditions)
    low, high = spec[word]
    step = spec.get("step", 1 if word == "int" else None)
    return Parameter(at, word, low, high, bool(spec.get("log", False)), step, conditions=conditions)


def _shared(branches: Mapping[str, Any]) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Return the genes of all branches: unique name to description and the branches that have it."""
    found: dict[str, tuple[Any, tuple[str, ...]]] = {}
    for branch, group in branches.items():
        for name, spec in _children(group):
            unique = _unique(found, branch, name, spec)
            found[unique] = (spec, (*found.get(unique, (spec, ()))[1], branch))
    return found


def _unique(found: Mapping[str, tuple[Any, tuple[str, ...]]], branch: str, name: str, spec: Any) -> str:
    return name if name not in found or found[name][0] == spec else f"{branch}.{name}"


def _children(group: Any) -> Iterator[tuple[str, Any]]:
    yield from (group.get("group", group) if group else {}).items()


def _build(spec: Any, at: str, values: Mapping[str, Any]) -> Any:
    word = word_of(spec)
    if word == "constant":
        return spec
    if word == "nested":
        inside: Mapping[str, Any] = spec.get("group", spec)
        return {name: _build(child, f"{at}.{name}" if at else str(name), values) for name, child in inside.items()}
    if word == "repeat":
        length = values.get(f"{at}.length", _length(spec)[0])
        return [_build(spec["repeat"], f"{at}.{place}", values) for place in range(length)]
    if word == "select":
        by = spec.get("by", "type")
        chosen = values[f"{at}.{by}"]
        genes: dict[str, Any] = {by: chosen}
        for name, (child, branches) in _shared(spec["select"]).items():
            if chosen in branches:
                genes[name.removeprefix(f"{chosen}.")] = _build(child, f"{at}.{name}", values)
        return genes
    return values[at]


def paths(genes: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted path and value of every leaf of nested genes."""
    inner: Sequence[tuple[Any, Any]] | None = None
    if isinstance(genes, Mapping):
        inner = list(genes.items())
    elif isinstance(genes, (list, tuple)):
        inner = list(enumerate(genes))
    if inner is None:
        yield at, genes
        return
    for name, value in inner:
        yield from paths(value, f"{at}.{name}" if at else str(name))
