"""Choices among JSON values, and switches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evonas.errors import GenomeError, SpaceError, nearest
from evonas.genome import canonical_json, freeze, thaw
from evonas.space.words import is_number, show

__all__ = ["Bool", "Choice"]

_SCALARS = frozenset({type(None), bool, int, float, str})


@dataclass(frozen=True)
class Choice:
    """One of several JSON values; a single option is a constant.

    Attributes:
        options: the values, all different; 1, 1.0 and true are different values.

    Raises:
        SpaceError: if there is no option, or one stands there twice, or one is no JSON value.

    >>> gene = Choice(["relu", "tanh"])
    >>> gene.from_unit(0.2), gene.why_not("rleu"), gene.nearest("rleu")
    ('relu', "'rleu' is not one of 'relu', 'tanh'", 'relu')
    """

    options: Sequence[Any] = field(compare=False)
    unit_width: int = field(init=False, repr=False, compare=False, default=1)
    vector_width: int = field(init=False, repr=False, compare=False, default=1)
    _keys: tuple[str, ...] = field(init=False, repr=False, default=())  # what equality and hash look at
    _index: dict[Any, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.options, (list, tuple)):
            raise SpaceError("the options of a choice are a list", got=self.options, expected="a list of JSON values")
        if not self.options:
            raise SpaceError("a choice without options", got=[], expected="at least one value")
        try:
            options = freeze(self.options)
        except GenomeError as error:
            raise SpaceError(error.message, got=error.got, expected=error.expected) from None
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "_keys", tuple(canonical_json(option) for option in options))
        for place, option in enumerate(options):
            if self._index.setdefault(self._key(option), place) != place:
                raise SpaceError("an option stands there twice", got=thaw(option), expected="options that differ")
        constant = len(options) == 1
        object.__setattr__(self, "unit_width", 0 if constant else 1)
        object.__setattr__(self, "vector_width", 0 if constant else len(options))

    def __reduce__(self) -> tuple[Any, ...]:
        return Choice, (thaw(self.options),)  # frozen mappings among the options do not pickle

    def size(self) -> int:
        """Return the number of options."""
        return len(self.options)

    def sample(self, rng: np.random.Generator) -> Any:
        """Draw an option, all equally likely."""
        return self.from_unit(rng.random())

    def from_unit(self, u: float) -> Any:
        """Return the option at a coordinate in [0, 1], which the options share equally, in order."""
        options = self.options
        return options[min(max(int(u * len(options)), 0), len(options) - 1)]

    def to_unit(self, value: Any) -> float:
        """Return the coordinate of an option: the middle of its part; 0.5 for what is no option."""
        place = self.index(value)
        return 0.5 if place < 0 else (place + 0.5) / len(self.options)

    def index(self, value: Any) -> int:
        """Return the place of a value among the options, -1 when it is none of them."""
        if type(value) in _SCALARS:
            return self._index.get((type(value), value), -1)
        try:
            return self._index.get(self._key(value), -1)
        except (TypeError, ValueError):
            return -1

    def why_not(self, value: Any) -> str | None:
        """Return why a value is not one of this gene, or None when it is."""
        if self.index(value) >= 0:
            return None
        shown = [show(option) for option in self.options[:8]] + ["..."] * (len(self.options) > 8)
        if len(self.options) == 1:
            return f"{show(value)} is not {shown[0]}"
        return f"{show(value)} is not one of {', '.join(shown)}"

    def nearest(self, value: Any) -> Any:
        """Return the option nearest in value, for a word in spelling; the middle one where there is no nearness."""
        place = self.index(value)
        if place >= 0:
            return self.options[place]
        if is_number(value) and not math.isnan(value):
            numbers = [option for option in self.options if is_number(option)]
            if numbers:
                return min(numbers, key=lambda option: abs(option - value))
        if isinstance(value, str):
            close = nearest(value, [option for option in self.options if isinstance(option, str)])
            if close is not None:
                return close
        return self.from_unit(0.5)

    def grid(self, points: int) -> list[Any]:
        """Return all options, however many; ``points`` thins out numbers only."""
        return list(self.options)

    def neighbours(self, value: Any) -> list[Any]:
        """Return the other options."""
        place = self.index(value)
        return [option for other, option in enumerate(self.options) if other != place]

    @staticmethod
    def _key(value: Any) -> Any:
        return (type(value), value) if type(value) in _SCALARS else canonical_json(value)


@dataclass(frozen=True)
class Bool:
    """A switch: false or true.

    >>> Bool().from_unit(0.7), Bool().why_not(1)
    (True, '1 is not true or false')
    """

    unit_width: int = field(init=False, repr=False, compare=False, default=1)
    vector_width: int = field(init=False, repr=False, compare=False, default=1)

    def size(self) -> int:
        """Return 2."""
        return 2

    def sample(self, rng: np.random.Generator) -> bool:
        """Draw false or true, equally likely."""
        return bool(rng.random() >= 0.5)

    def from_unit(self, u: float) -> bool:
        """Return true from a coordinate of 0.5 on."""
        return bool(u >= 0.5)

    def to_unit(self, value: Any) -> float:
        """Return 1 for true, 0 for false."""
        return 1.0 if value else 0.0

    def why_not(self, value: Any) -> str | None:
        """Return why a value is not one of this gene, or None when it is."""
        return None if value is True or value is False else f"{show(value)} is not true or false"

    def nearest(self, value: Any) -> bool:
        """Return the value itself, or for any other value whether it is not empty or zero."""
        return bool(value)

    def grid(self, points: int) -> list[bool]:
        """Return both values."""
        return [False, True]

    def neighbours(self, value: bool) -> list[bool]:
        """Return the other value."""
        return [not value]
