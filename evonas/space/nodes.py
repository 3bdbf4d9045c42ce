"""The branching of a space: groups, lists of variable length, alternatives, and genes tied to others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from evonas.errors import SpaceError
from evonas.space.leaves import Bool, Choice, Float, Int, Leaf
from evonas.space.words import is_number

__all__ = ["LEAVES", "PREVIOUS", "Group", "Node", "Repeat", "Select", "Tied"]

LEAVES = frozenset({Int, Float, Choice, Bool})
"""The classes of free genes."""

PREVIOUS = "previous"
"""What a tied gene scales when it scales the same gene of the item before its own."""


@dataclass(frozen=True)
class Tied:
    """A gene computed from another: ``by`` times the gene it scales, rounded where that one is a whole number.

    Attributes:
        scales: ``previous``, the same gene of the nearest earlier item of the list it stands in that has one; or the
            dotted name of a gene declared earlier, looked up from the enclosing group outwards.
        by: the factor.
        first: with ``previous``: the free gene that stands where no earlier item has one.
        min: smallest value; None for no limit.
        max: largest value; None for no limit.

    Raises:
        SpaceError: if a factor or limit is not a number, or ``first`` is missing or out of place.
    """

    scales: str
    by: float = 1
    first: Int | Float | Choice | None = None
    min: float | None = None
    max: float | None = None
    unit_width: int = field(init=False, repr=False, compare=False, default=0)
    vector_width: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        if not isinstance(self.scales, str) or not self.scales:
            raise SpaceError(
                "a tied gene names the gene it scales", got=self.scales, expected="`previous` or a dotted name"
            )
        for name in ("by", "min", "max"):
            value = getattr(self, name)
            if not (value is None and name != "by") and not (is_number(value) and math.isfinite(value)):
                raise SpaceError(f"`{name}` of a tied gene", got=value, expected="a finite number")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise SpaceError("min is above max", got=[self.min, self.max], expected="min <= max")
        if (self.first is not None) != (self.scales == PREVIOUS):
            raise SpaceError(
                "a gene that scales `previous` needs `first`"
                if self.first is None
                else "`first` goes with `scales: previous` only",
                got={"scales": self.scales},
                expected="`first`, the free gene of the first item" if self.first is None else "no `first`",
                hint="for example `{scales: previous, by: 2, first: {int: [8, 64]}}`",
            )
        if self.first is not None:
            if not is_numeric(self.first):
                raise SpaceError("`first` of a tied gene holds no numbers", got=self.first, expected="a numeric gene")
            object.__setattr__(self, "unit_width", self.first.unit_width)
            object.__setattr__(self, "vector_width", self.first.vector_width)

    def value(self, reference: float) -> float:
        """Return the value that belongs to a value of the gene it scales; an int for an int."""
        scaled = self.by * reference
        if type(reference) is int:
            scaled = round(scaled)
            if self.max is not None:
                scaled = min(scaled, math.floor(self.max))
            return scaled if self.min is None else max(scaled, math.ceil(self.min))
        scaled = float(scaled) if self.max is None else min(float(scaled), float(self.max))
        return scaled if self.min is None else max(scaled, float(self.min))

    def agrees(self, value: Any, expected: float) -> bool:
        """Return whether a value is the expected one; real numbers to 9 digits."""
        if type(value) is not type(expected):
            return False
        return value == expected or (type(value) is float and math.isclose(value, expected, rel_tol=1e-9))

    @property
    def rule(self) -> str:
        """The tie in words, such as ``2 x previous``."""
        return f"{self.by:g} x {self.scales}"


@dataclass(frozen=True)
class Group:
    """Named genes; the value is a mapping.

    Attributes:
        children: name to node, in order; a tied gene may name those before it.

    Raises:
        SpaceError: if a name is not a string, is empty, or holds a dot or bracket.
    """

    children: Mapping[str, Node]
    unit_width: int = field(init=False, repr=False, compare=False, default=0)
    vector_width: int = field(init=False, repr=False, compare=False, default=0)
    has_lists: bool = field(init=False, repr=False, compare=False, default=False)
    plan: tuple[tuple[str, Any, bool, int], ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", MappingProxyType(dict(self.children)))
        plan = []
        for name, child in self.children.items():
            _check_name(name)
            plan.append((name, child, type(child) in LEAVES, self.unit_width))
            object.__setattr__(self, "unit_width", self.unit_width + child.unit_width)
            object.__setattr__(self, "vector_width", self.vector_width + child.vector_width)
        object.__setattr__(self, "plan", tuple(plan))
        object.__setattr__(self, "has_lists", any(has_lists(child) for child in self.children.values()))

    def __hash__(self) -> int:
        return hash(frozenset(self.children.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return Group, (dict(self.children),)


@dataclass(frozen=True)
class Repeat:
    """A list of like items; the value is a list.

    Attributes:
        item: the node of every item.
        min: least number of items.
        max: largest number of items.

    Raises:
        SpaceError: if the limits are not whole numbers with ``0 <= min <= max`` and ``max >= 1``.
    """

    item: Node
    min: int
    max: int
    length: Int = field(init=False, repr=False, compare=False, default=Int(1, 1))
    unit_width: int = field(init=False, repr=False, compare=False, default=0)
    vector_width: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        limits = [self.min, self.max]
        if any(type(limit) is not int for limit in limits) or self.min < 0 or self.max < 1:
            raise SpaceError(
                "the length of a list", got=limits, expected="[min, max], whole numbers, min >= 0 and max >= 1"
            )
        if self.min > self.max:
            raise SpaceError(
                "min is above max", got=limits, expected="min <= max", hint=f"perhaps {limits[::-1]} is meant"
            )
        length = Int(self.min, self.max)
        object.__setattr__(self, "length", length)
        object.__setattr__(self, "unit_width", length.unit_width + self.max * self.item.unit_width)
        object.__setattr__(self, "vector_width", length.vector_width + self.max * self.item.vector_width)


@dataclass(frozen=True)
class Select:
    """One of several groups; the value is the mapping of the active one, with its name under ``by``.

    Attributes:
        branches: name to group.
        by: key of the branch's name in the value.

    Raises:
        SpaceError: if there is no branch, or a branch has a gene named like ``by``.
    """

    branches: Mapping[str, Group]
    by: str = "type"
    branch: Choice = field(init=False, repr=False, compare=False, default=Choice([None]))
    unit_width: int = field(init=False, repr=False, compare=False, default=0)
    vector_width: int = field(init=False, repr=False, compare=False, default=0)
    has_lists: bool = field(init=False, repr=False, compare=False, default=False)
    offsets: Mapping[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", MappingProxyType(dict(self.branches)))
        if not self.branches:
            raise SpaceError("a select without branches", got={}, expected="at least one branch")
        _check_name(self.by)
        for name, group in self.branches.items():
            _check_name(name)
            if not isinstance(group, Group):
                raise SpaceError(
                    "a branch of a select is a group", key=name, got=group, expected="a mapping of gene names"
                )
            if self.by in group.children:
                raise SpaceError(
                    f"a gene of the branch is named `{self.by}` like the key that names the branch",
                    key=f"{name}.{self.by}",
                    got=self.by,
                    expected="another name",
                    hint="rename the gene, or give the select another key with `by`",
                )
        branch = Choice(tuple(self.branches))
        object.__setattr__(self, "branch", branch)
        width, columns, offsets = branch.unit_width, branch.vector_width, {}
        for name, group in self.branches.items():
            offsets[name] = width
            width, columns = width + group.unit_width, columns + group.vector_width
        object.__setattr__(self, "offsets", offsets)
        object.__setattr__(self, "unit_width", width)
        object.__setattr__(self, "vector_width", columns)
        object.__setattr__(self, "has_lists", any(group.has_lists for group in self.branches.values()))

    def __hash__(self) -> int:
        return hash((frozenset(self.branches.items()), self.by))

    def __reduce__(self) -> tuple[Any, ...]:
        return Select, (dict(self.branches), self.by)


Node: TypeAlias = Leaf | Tied | Group | Repeat | Select
"""Any part of a space."""


def has_lists(node: Node) -> bool:
    """Return whether a list stands at a node or below it."""
    return type(node) is Repeat or (isinstance(node, (Group, Select)) and node.has_lists)


def is_numeric(node: Node) -> bool:
    """Return whether every value of a node is a number."""
    if isinstance(node, Choice):
        return all(is_number(option) for option in node.options)
    return isinstance(node, (Int, Float, Tied))


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not name or any(sign in name for sign in ".[]"):
        raise SpaceError(
            "not a name for a gene",
            got=name,
            expected="a string without dots and brackets",
            hint=None if isinstance(name, str) else f"in YAML, put it in quotes: '{name}'",
        )
