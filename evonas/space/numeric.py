"""Whole and real numbers, on a linear or logarithmic scale, with or without a step."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from evonas.errors import SpaceError
from evonas.space.words import is_number, show

__all__ = ["Float", "Int"]

_WIDEST = 2**40  # beyond it, a logarithm no longer tells neighbouring whole numbers apart
_UNIT_STEP = 0.1  # a neighbour of a continuous value lies this far away in unit scale


@dataclass(frozen=True)
class Int:
    """A whole number ``low + k * step`` up to and including ``high``.

    Attributes:
        low: smallest value.
        high: largest value; equal to ``low`` for a constant.
        log: whether the scale is logarithmic; ``low`` is then at least 1.
        step: distance of neighbouring values; it divides ``high - low``.

    Raises:
        SpaceError: if the range is empty or too wide, the step does not fit, or a logarithm does not exist.

    >>> gene = Int(8, 32, step=8)
    >>> [gene.from_unit(u) for u in (0.0, 0.5, 1.0)], gene.size()
    ([8, 24, 32], 4)
    """

    low: int
    high: int
    log: bool = False
    step: int = 1
    unit_width: int = field(init=False, repr=False, compare=False, default=1)
    vector_width: int = field(init=False, repr=False, compare=False, default=1)
    _count: int = field(init=False, repr=False, compare=False, default=1)
    _start: float = field(init=False, repr=False, compare=False, default=0.0)
    _span: float = field(init=False, repr=False, compare=False, default=1.0)

    def __post_init__(self) -> None:
        for name in ("low", "high", "step"):
            if type(getattr(self, name)) is not int:
                raise SpaceError(f"`{name}` of a whole-number gene", got=getattr(self, name), expected="a whole number")
        _check_log(self.log, self.low)
        _check_range(self.low, self.high)
        if self.step < 1:
            raise SpaceError("the step is not positive", got=self.step, expected="a whole number of at least 1")
        if (self.high - self.low) % self.step:
            below = self.high - (self.high - self.low) % self.step
            raise SpaceError(
                "the step does not fit between low and high",
                got=[self.low, self.high, self.step],
                expected=f"high - low as a multiple of {self.step}",
                hint=f"{below} or {below + self.step} as high would fit"
                if below > self.low
                else f"a step that divides {self.high - self.low}",
            )
        if max(abs(self.low), abs(self.high)) > _WIDEST:
            raise SpaceError("the range is too wide", got=[self.low, self.high], expected="values within +-2**40")
        _set_scale(self, (self.high - self.low) // self.step + 1, self.step)

    @property
    def scale(self) -> tuple[float, float]:
        """The value at coordinate 0, or its logarithm where ``log``, and how much more it is at coordinate 1."""
        return self._start, self._span

    def size(self) -> int:
        """Return the number of values."""
        return self._count

    def sample(self, rng: np.random.Generator) -> int:
        """Draw a value, uniform in unit scale."""
        return self.from_unit(rng.random())

    def from_unit(self, u: float) -> int:
        """Return the value at a coordinate in [0, 1]; outside, the value at the nearer end."""
        k = (
            round((math.exp(self._start + min(max(u, 0.0), 1.0) * self._span) - self.low) / self.step)
            if self.log
            else math.floor(u * self._count)
        )
        if k < 0:
            return self.low
        return self.low + k * self.step if k < self._count else self.high

    def to_unit(self, value: float) -> float:
        """Return the coordinate of a value; 0.5 for a constant."""
        if self._count == 1:
            return 0.5
        if self.log:
            u = (math.log(max(value, 1e-300)) - self._start) / self._span
        else:
            u = ((value - self.low) / self.step + 0.5) / self._count
        return min(max(u, 0.0), 1.0)

    def why_not(self, value: Any) -> str | None:
        """Return why a value is not one of this gene, or None when it is."""
        if type(value) is not int:
            return f"{show(value)} is not a whole number"
        if value < self.low:
            return f"{value} is below {self.low}"
        if value > self.high:
            return f"{value} is above {self.high}"
        if self.step != 1 and (value - self.low) % self.step:
            return f"{value} is off the steps {self.low}, {self.low + self.step}, ..., {self.high}"
        return None

    def nearest(self, value: Any) -> int:
        """Return the value of this gene nearest to any value; the middle one where there is no nearness."""
        if not is_number(value) or math.isnan(value):
            return self.from_unit(0.5)
        if value <= self.low:
            return self.low
        if value >= self.high:
            return self.high
        k: int = round((value - self.low) / self.step)
        return self.low + k * self.step

    def grid(self, points: int) -> list[int]:
        """Return all values where there are at most ``points``, else so many spread evenly in unit scale."""
        if self._count <= points:
            return list(range(self.low, self.high + 1, self.step))
        return list(dict.fromkeys(self.from_unit(u) for u in _spread(points)))

    def neighbours(self, value: int) -> list[int]:
        """Return the values one step below and above, as far as they exist."""
        return [other for other in (value - self.step, value + self.step) if self.low <= other <= self.high]


@dataclass(frozen=True)
class Float:
    """A real number from ``low`` to ``high``, both included.

    Attributes:
        low: smallest value.
        high: largest value; equal to ``low`` for a constant.
        log: whether the scale is logarithmic; ``low`` is then above 0.
        step: distance of neighbouring values, which are ``low + k * step``; None for a continuous gene.

    Raises:
        SpaceError: if the range is empty or not finite, the step does not fit, or a logarithm does not exist.

    >>> gene = Float(1e-4, 1e-2, log=True)
    >>> gene.from_unit(0.0), round(gene.from_unit(0.5), 12), Float(0.0, 0.5, step=0.1).grid(9)
    (0.0001, 0.001, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None
    unit_width: int = field(init=False, repr=False, compare=False, default=1)
    vector_width: int = field(init=False, repr=False, compare=False, default=1)
    _count: int = field(init=False, repr=False, compare=False, default=1)  # 0 for continuous
    _start: float = field(init=False, repr=False, compare=False, default=0.0)
    _span: float = field(init=False, repr=False, compare=False, default=1.0)
    _digits: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        for name in ("low", "high", "step"):
            value = getattr(self, name)
            if value is None and name == "step":
                continue
            if not is_number(value) or not math.isfinite(value):
                raise SpaceError(f"`{name}` of a real-number gene", got=value, expected="a finite number")
            object.__setattr__(self, name, float(value) + 0.0)
        _check_log(self.log, self.low)
        _check_range(self.low, self.high)
        if not math.isfinite(self.high - self.low):
            raise SpaceError("the range is too wide", got=[self.low, self.high], expected="a finite high - low")
        if self.step is None:
            _set_scale(self, 1 if self.low == self.high else 0, 0.0)
            return
        if self.step <= 0:
            raise SpaceError("the step is not positive", got=self.step, expected="a number above 0")
        steps = (self.high - self.low) / self.step
        if not steps < _WIDEST or abs(steps - round(steps)) > 1e-6:
            raise SpaceError(
                "the step does not fit between low and high",
                got=[self.low, self.high, self.step],
                expected=f"high - low as a multiple of {self.step:g}",
                hint="leave `step` out for a continuous gene",
            )
        exponents = [Decimal(repr(value)).normalize().as_tuple().exponent for value in (self.low, self.step)]
        digits = max(0, *(-exponent for exponent in exponents if isinstance(exponent, int)))
        object.__setattr__(self, "_digits", digits)
        _set_scale(self, round(steps) + 1, self.step)

    @property
    def scale(self) -> tuple[float, float]:
        """The value at coordinate 0, or its logarithm where ``log``, and how much more it is at coordinate 1."""
        return self._start, self._span

    def size(self) -> int | float:
        """Return the number of values; ``math.inf`` for a continuous gene."""
        return self._count or math.inf

    def sample(self, rng: np.random.Generator) -> float:
        """Draw a value, uniform in unit scale."""
        return self.from_unit(rng.random())

    def from_unit(self, u: float) -> float:
        """Return the value at a coordinate in [0, 1]; outside, the value at the nearer end."""
        if self.step is None:
            if u <= 0.0:
                return self.low
            if u >= 1.0:
                return self.high
            value = math.exp(self._start + u * self._span) if self.log else self.low + u * self._span
            return float(min(max(value, self.low), self.high))
        k = (
            round((math.exp(self._start + min(max(u, 0.0), 1.0) * self._span) - self.low) / self.step)
            if self.log
            else math.floor(u * self._count)
        )
        return self._value(k)

    def to_unit(self, value: float) -> float:
        """Return the coordinate of a value; 0.5 for a constant."""
        if self._count == 1:
            return 0.5
        if self.log:
            u = (math.log(max(value, 5e-324)) - self._start) / self._span
        elif self.step is None:
            u = (value - self.low) / self._span
        else:
            u = ((value - self.low) / self.step + 0.5) / self._count
        return min(max(u, 0.0), 1.0)

    def why_not(self, value: Any) -> str | None:
        """Return why a value is not one of this gene, or None when it is."""
        if type(value) is not float:
            if type(value) is int:
                return f"{value} is written as a whole number, {float(value)!r} is meant"
            return f"{show(value)} is not a number"
        if value < self.low:
            return f"{value!r} is below {self.low!r}"
        if value > self.high:
            return f"{value!r} is above {self.high!r}"
        if self.step is not None and abs(value - self.nearest(value)) > 1e-9 * self.step:
            return f"{value!r} is off the steps {self.low!r}, {self._value(1)!r}, ..., {self.high!r}"
        return None if value == value else "nan is not a number"

    def nearest(self, value: Any) -> float:
        """Return the value of this gene nearest to any value; the middle one where there is no nearness."""
        if not is_number(value) or math.isnan(value):
            return self.from_unit(0.5)
        if value <= self.low:
            return self.low
        if value >= self.high:
            return self.high
        return float(value) if self.step is None else self._value(round((value - self.low) / self.step))

    def grid(self, points: int) -> list[float]:
        """Return all values where there are at most ``points``, else so many spread evenly in unit scale."""
        if self.step is not None and self._count <= points:
            return [self._value(k) for k in range(self._count)]
        return list(dict.fromkeys(self.from_unit(u) for u in _spread(points)))

    def neighbours(self, value: float) -> list[float]:
        """Return the values one step (0.1 in unit scale, where continuous) below and above, as far as they exist."""
        if self._count == 1:
            return []
        if self.step is None:
            u = self.to_unit(value)
            found = [self.from_unit(u - _UNIT_STEP), self.from_unit(u + _UNIT_STEP)]
        else:
            k = round((value - self.low) / self.step)
            found = [self._value(k - 1), self._value(k + 1)]
            value = self._value(k)
        return [other for other in found if other != value]

    def _value(self, k: int) -> float:
        assert self.step is not None
        if k <= 0:
            return self.low
        # rounded to the digits of low and step: 0.1 + 2 * 0.1 is 0.3, as it would be written by hand
        return round(self.low + k * self.step, self._digits) if k < self._count - 1 else self.high


def _check_log(log: Any, low: float) -> None:
    if not isinstance(log, bool):
        raise SpaceError("`log` is true or false", got=log, expected="true or false")
    if log and low <= 0:
        raise SpaceError(
            "a logarithmic scale does not reach 0",
            got=low,
            expected="low above 0",
            hint="raise low, or leave `log` out",
        )


def _check_range(low: float, high: float) -> None:
    if low > high:
        raise SpaceError(
            "low is above high", got=[low, high], expected="low <= high", hint=f"perhaps [{high}, {low}] is meant"
        )


def _set_scale(gene: Int | Float, count: int, step: float) -> None:
    """Set what ``to_unit`` and ``from_unit`` need; ``count`` is the number of values, 0 for continuous."""
    low, high = gene.low, gene.high
    if count == 1:
        object.__setattr__(gene, "unit_width", 0)
        object.__setattr__(gene, "vector_width", 0)
        # a constant: every coordinate gives low
        start, span = (math.log(low), 0.0) if gene.log else (low, 0.0)
    elif not gene.log:
        start, span = low, high - low
    else:
        start, end = math.log(low), math.log(high)
        if count:
            # The first and the last value own half a step beyond themselves (of a logarithmic step), so that they are
            # drawn as often as their neighbours.
            start -= 0.5 * math.log1p(step / low)
            end += 0.5 * -math.log1p(-step / high)
        span = end - start
    object.__setattr__(gene, "_count", count)
    object.__setattr__(gene, "_start", start)
    object.__setattr__(gene, "_span", span)


def _spread(points: int) -> list[float]:
    if points < 1:
        raise ValueError(f"a grid has at least one point a gene, got {points}")
    return [0.5] if points == 1 else [place / (points - 1) for place in range(points)]
