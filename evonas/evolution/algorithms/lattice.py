"""Lattices over the slots of a space: all points of one in an order that covers it evenly, and those around a point."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evonas.space.leaves import Bool, Choice, Float, Int, Leaf

__all__ = ["Walk", "around", "steps"]

Axis = Sequence[float]
"""Coordinates of the points on one axis, each in [0, 1]."""

_FINEST = 1024  # steps into which a real number's unit range is cut
_LOOKED_AT = 96  # points of a walk by which its stride is chosen
_CANDIDATES = 6  # digits tried for each axis
_PARTS = 4  # of a long axis


class Walk:
    """All points of a lattice, each once, without a list of them.

    The point at place k of the walk is number ``(first + k * stride) mod n`` of the lattice, counted in mixed radix,
    with a stride that has no common divisor with n: a rank-1 lattice rule (Niederreiter 1992,
    doi:10.1137/1.9781611970081, chapter 5). The stride is chosen digit by digit so that every stretch of the walk
    covers each axis evenly, and no two axes go hand in hand.

    Args:
        axes: coordinates of each axis.
        rng: draws where the walk starts, its stride, and the order of the axes and of the points on each.

    >>> walk = Walk([[0.0, 0.5, 1.0], [0.25, 0.75]], np.random.default_rng(0))
    >>> len({walk.point(place) for place in range(walk.size)}), walk.size
    (6, 6)
    """

    def __init__(self, axes: Sequence[Axis], rng: np.random.Generator) -> None:
        self.size = math.prod(len(axis) for axis in axes)
        self._order = [int(place) for place in rng.permutation(len(axes))]
        self._axes = [[float(u) for u in rng.permutation(np.asarray(axis, dtype=float))] for axis in axes]
        self._first = _below(self.size, rng)
        self._stride = _stride([len(axes[axis]) for axis in self._order], rng)

    def point(self, place: int) -> tuple[float, ...]:
        """Return the coordinates at a place of the walk, from 0 to below ``size``."""
        number = (self._first + place * self._stride) % self.size
        point = [0.0] * len(self._axes)
        for axis in self._order:
            number, digit = divmod(number, len(self._axes[axis]))
            point[axis] = self._axes[axis][digit]
        return tuple(point)


def _stride(radices: Sequence[int], rng: np.random.Generator) -> int:
    """Choose the digits of a stride, the lowest first, such that the points of the first axes stay uncorrelated."""
    stride, weight, rate = 0, 1, 0.0  # rate: what a step adds to the digits so far, as a part of all their values
    columns = np.empty((_LOOKED_AT, 0))
    for radix in radices:
        digits = rng.permutation(radix)[:_CANDIDATES]
        found = [_column(radix, (digit + rate) / radix) for digit in digits]
        costs = [_unevenness(column, radix) + 3 * np.max(np.abs(column @ columns), initial=0.0) for column in found]
        chosen = int(np.argmin(costs))
        stride, rate = stride + weight * int(digits[chosen]), (int(digits[chosen]) + rate) / radix
        weight *= radix
        columns = np.column_stack([columns, found[chosen]])
    while math.gcd(stride, weight) != 1:
        stride += 1
    return stride


def _column(radix: int, rate: float) -> NDArray[np.float64]:
    """Return the points of an axis that a walk meets first, shifted and scaled to a sum of squares of 1."""
    digits = np.floor(radix * ((np.arange(_LOOKED_AT) * rate) % 1.0))
    spread = math.sqrt(max(radix**2 - 1, 1) / 12 * _LOOKED_AT)
    column: NDArray[np.float64] = (digits - (radix - 1) / 2) / spread
    return column


def _unevenness(column: NDArray[np.float64], radix: int) -> float:
    """Return by how much the parts of an axis are met more or less often than they should be."""
    parts = min(radix, _PARTS)
    ends = (column.min(), column.max() + 1e-9)
    worst = 0.0
    for stretch in (column[: len(column) // 8], column):
        counts, _ = np.histogram(stretch, bins=parts, range=ends)
        worst += float(np.max(np.abs(counts * parts / len(stretch) - 1.0)))
    return worst


def _below(limit: int, rng: np.random.Generator) -> int:
    """Draw a whole number below any limit, however large."""
    return int.from_bytes(rng.bytes((limit.bit_length() + 71) // 8), "big") % limit


def around(
    centre: Sequence[float], axes: Sequence[Axis], changed: int, rng: np.random.Generator
) -> Iterator[tuple[float, ...]]:
    """Yield the points of a lattice that differ from its centre on so many axes, shuffled.

    Args:
        centre: the point in the middle; NaN on an axis that does not matter there.
        axes: the other coordinates of each axis.
        changed: number of axes, 1 or more.
        rng: source of the order.
    """
    free = [axis for axis, u in enumerate(centre) if not math.isnan(u) and axes[axis]]
    moves = [
        tuple(zip(chosen, values, strict=True))
        for chosen in combinations(free, changed)
        for values in product(*(axes[axis] for axis in chosen))
    ]
    middle = [0.5 if math.isnan(u) else u for u in centre]
    for place in rng.permutation(len(moves)):
        point = list(middle)
        for axis, u in moves[place]:
            point[axis] = u
        yield tuple(point)


class _Steps(NamedTuple):
    """The neighbours of a coordinate at a level, and whether there are nearer ones at the next."""

    others: list[float]
    finest: bool


def steps(leaf: Leaf, u: float, level: int) -> _Steps:
    """Return what stands beside a coordinate on a gene's axis at a level of refinement.

    A number has a neighbour on either side, a quarter of its unit range away at level 1 and half as far at each level
    more, but one step of the gene at least. A choice has all its other options, at every level.

    Args:
        leaf: the gene.
        u: the coordinate of one of its values; NaN where the gene is not active.
        level: 1 or more.
    """
    if math.isnan(u):
        return _Steps([], True)
    if isinstance(leaf, (Choice, Bool)):
        count = leaf.size()
        here = min(int(u * count), count - 1)
        return _Steps([(place + 0.5) / count for place in range(count) if place != here], True)
    reach = 0.25 * 0.5 ** (level - 1)
    value = leaf.from_unit(u)
    near = _beside(leaf, value)
    others = []
    for side in (-1, 1):
        far = min(max(u + side * reach, 0.0), 1.0)
        beside = [other for other in near if (other - value) * side > 0]
        if leaf.from_unit(far) != value:
            others.append(far)
        elif beside:
            others.append(leaf.to_unit(beside[0]))
    finest = reach <= 1.0 / _FINEST or all(leaf.from_unit(u + side * reach / 2) in (value, *near) for side in (-1, 1))
    return _Steps(others, finest)


def _beside(leaf: Int | Float, value: Any) -> Sequence[float]:
    """Return the values one step of the gene below and above; none where it has no steps."""
    return [] if leaf.size() == math.inf else leaf.neighbours(value)
