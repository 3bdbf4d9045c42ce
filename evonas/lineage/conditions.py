"""Conditions on individuals: what a filter means once it is read, see :mod:`evonas.lineage.filters`.

What is unknown of an individual makes every comparison with it false (``!=`` and ``not in``, too); ``not`` before a
comparison turns that around. A name with several values, such as the operators of a birth, meets a condition if one of
them does; ``!=`` and ``not in`` ask that none of them is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from evonas.errors import LineageError

__all__ = ["ORDERS", "RESERVED", "AllOf", "AnyOf", "Comparison", "Condition", "FilterError", "Not", "Value", "written"]

Value: TypeAlias = "bool | int | float | str"
Subject = TypeVar("Subject")
Test: TypeAlias = Callable[[Subject], bool]
Reader: TypeAlias = "Callable[[Comparison], Callable[[Subject], Any]]"

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}
"""Comparisons of numbers alone."""

RESERVED = frozenset({"and", "or", "not", "in", "is", "contains", "true", "false"})
"""Words that are no names, unless they stand between backquotes."""

_SHOWN = 100  # characters of a filter that an error shows
_WORD = re.compile(r"[^\W\d]\w*")
_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+|\[(?:\*|-?\d{1,9})\])*")


class FilterError(LineageError):
    """A filter that is not understood.

    Attributes:
        column: where, counted from 1.
    """

    def __init__(
        self, message: str, text: str, at: int, length: int = 1, *, expected: str | None = None, hint: str | None = None
    ) -> None:
        self.column = at + 1
        where = f"{message} (column {self.column})\n{_pointer(text, at, length)}"
        super().__init__(where, expected=expected, hint=hint)


def _pointer(text: str, at: int, length: int) -> str:
    """Return the part of the filter that is meant, and a second line that points to it."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    start = max(0, at - _SHOWN // 2) if len(shown) > _SHOWN else 0
    part = shown[start : start + _SHOWN]
    before = "..." if start else ""
    after = "..." if start + _SHOWN < len(shown) else ""
    marks = "^" * max(1, min(length, len(part) - (at - start)))
    return f"    {before}{part}{after}\n    {' ' * (len(before) + at - start)}{marks}"


@dataclass(frozen=True)
class Comparison:
    """A name compared with values.

    Attributes:
        name: of what.
        compare: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``not in``, ``contains``, ``known`` or
            ``missing``.
        values: one; several for ``in`` and ``not in``; none for ``known`` and ``missing``.
        at: where the name stands in the filter, from 0; what was not parsed has 0.
        value_at: where the first value stands.
    """

    name: str
    compare: str
    values: tuple[Value, ...] = ()
    at: int = field(default=0, compare=False)
    value_at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        name = self.name if _NAME.fullmatch(self.name) and self.name.lower() not in RESERVED else f"`{self.name}`"
        if self.compare in ("known", "missing"):
            return f"{name} is {self.compare}"
        values = ", ".join(written(value) for value in self.values)
        return f"{name} {self.compare} ({values})" if self.compare.endswith("in") else f"{name} {self.compare} {values}"

    def comparisons(self) -> Iterator[Comparison]:
        """Yield every comparison within."""
        yield self

    def bind(self, reader: Reader[Subject]) -> Test[Subject]:
        """Return the condition as a function.

        Args:
            reader: returns for a comparison what reads its value of a subject: None where it is unknown, a tuple where
                there may be several.
        """
        read, holds, inverse = reader(self), _holds(self), self.compare in ("!=", "not in")
        if self.compare in ("known", "missing"):
            wanted = self.compare == "known"
            return lambda subject: (read(subject) not in (None, ())) is wanted

        def test(subject: Subject) -> bool:
            value = read(subject)
            if value is None:
                return False
            several = value if isinstance(value, tuple) else (value,)
            return any(map(holds, several)) is not inverse

        return test


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    part: Condition

    def __str__(self) -> str:
        return f"not {_within(self.part)}"

    def comparisons(self) -> Iterator[Comparison]:
        """Yield every comparison within."""
        return self.part.comparisons()

    def bind(self, reader: Reader[Subject]) -> Test[Subject]:
        """Return the condition as a function, see :meth:`Comparison.bind`."""
        test = self.part.bind(reader)
        return lambda subject: not test(subject)


@dataclass(frozen=True)
class _Several:
    parts: tuple[Condition, ...]

    def comparisons(self) -> Iterator[Comparison]:
        """Yield every comparison within."""
        for part in self.parts:
            yield from part.comparisons()


@dataclass(frozen=True)
class AllOf(_Several):
    """Conditions, at least two, of which all must hold."""

    def __str__(self) -> str:
        return " and ".join(map(_within, self.parts))

    def bind(self, reader: Reader[Subject]) -> Test[Subject]:
        """Return the condition as a function, see :meth:`Comparison.bind`."""
        tests = [part.bind(reader) for part in self.parts]
        return lambda subject: all(test(subject) for test in tests)


@dataclass(frozen=True)
class AnyOf(_Several):
    """Conditions, at least two, of which one must hold."""

    def __str__(self) -> str:
        return " or ".join(map(_within, self.parts))

    def bind(self, reader: Reader[Subject]) -> Test[Subject]:
        """Return the condition as a function, see :meth:`Comparison.bind`."""
        tests = [part.bind(reader) for part in self.parts]
        return lambda subject: any(test(subject) for test in tests)


Condition: TypeAlias = "Comparison | Not | AllOf | AnyOf"
"""A filter; ``str`` writes it so that :func:`parse_filter` reads it back equal."""


def _within(part: Condition) -> str:
    return f"({part})" if isinstance(part, _Several) else str(part)


def written(value: Value) -> str:
    """Return a value as it stands in a filter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    if _WORD.fullmatch(value) and value.lower() not in RESERVED:
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _holds(comparison: Comparison) -> Callable[[Any], bool]:
    """Return the test of one known value; ``!=`` and ``not in`` are turned around by who asks."""
    wanted = comparison.values
    if comparison.compare == "contains":
        part = str(wanted[0]).casefold()
        return lambda value: isinstance(value, str) and part in value.casefold()
    if comparison.compare in ORDERS:
        order, limit = ORDERS[comparison.compare], wanted[0]
        return lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and order(value, limit)
    return lambda value: any(_equal(value, one) for one in wanted)


def _equal(value: Any, wanted: Value) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return isinstance(value, (int, float, str)) and value == wanted
