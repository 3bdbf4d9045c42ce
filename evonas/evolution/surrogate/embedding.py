"""Rows as points in which distance means unlikeness: what the models of the surrogate see."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Layout, Rows

__all__ = ["Embedding"]

Points = NDArray[np.float64]
_Places = NDArray[np.intp]

_HALF = math.sqrt(0.5)  # two one-hot vectors of this height are at distance 1
_GAP = 0.5 * _HALF  # between a number that is there and one that is not
_EDGE = 0.03  # of the range: nearer to a bound than that, distances from it are stretched
_MANY = 12  # values that a number must have for that


class Embedding:
    """Maps rows to points of a Euclidean space, whose columns fall into parts with a weight each.

    A number is a column; an option a one-hot vector, in which two options are at distance 1; a choice among numbers
    in order has both, so that the data choose. A number of many values has two more columns, its distances from
    either bound, stretched near it: the best rate or decay is often the least one, and on a plain scale the last
    hundredth of a range looks like any other. A gene that may be absent has a column for that. Families of like
    genes add how many of them have which value (numbers: their mean), wherever they stand: two networks with the
    same blocks in another order are alike in that.

    Args:
        layout: the places of the space.
        extra: further columns that :meth:`points` takes, each a part of its own.
        families: whether families have columns.

    Attributes:
        parts: number of the part that each column belongs to.
        shares: how often each column is tried where single ones are, as by trees: parts alike, and within a part its
            columns. So a number of many values is tried three times as often as an option, which predicts better.
    """

    def __init__(self, layout: Layout, extra: int = 0, *, families: bool = True) -> None:
        self._layout = layout
        part_of = np.zeros(len(layout), dtype=np.intp)
        self._hot, self._numbers = np.flatnonzero(layout.categorical), np.flatnonzero(~layout.categorical)
        part_of[self._hot] = np.arange(len(self._hot))
        part_of[self._numbers] = len(self._hot) + np.arange(len(self._numbers))
        self._absent, self._ordered = np.flatnonzero(layout.conditional), np.flatnonzero(layout.ordinal)
        self._absent_height = np.where(layout.categorical[self._absent], _HALF, _GAP)
        widths = layout.count[self._hot]
        parts: list[int] = np.repeat(part_of[self._hot], widths).tolist()
        self._hot_columns = np.cumsum(widths) - widths
        self._number_columns = _appended(parts, part_of[self._numbers])
        self._absent_columns = _appended(parts, part_of[self._absent])
        self._ordered_columns = _appended(parts, len(layout) + np.arange(len(self._ordered)))
        self._edged = np.flatnonzero(~layout.categorical & ((layout.count == 0) | (layout.count > _MANY)))
        self._low_columns, self._high_columns = (_parted(parts, len(self._edged)) for _ in range(2))
        self._families = _Families(layout, layout.families if families else [], parts)
        self._extra_columns = _parted(parts, extra)
        self.parts: _Places = np.array(parts, dtype=np.intp)
        self.shares: Points = 1.0 / np.bincount(self.parts)[self.parts]

    def points(self, rows: Rows, extra: Points | None = None) -> Points:
        """Return the points of rows.

        Args:
            rows: shape (n, places); NaN where a gene is not there.
            extra: shape (n, extra), further columns.

        Returns:
            Shape (n, columns).
        """
        codes = self._layout.codes(rows)
        active = ~np.isnan(rows)
        points: Points = np.zeros((len(rows), len(self.parts)))
        lines = np.arange(len(rows))[:, None]
        points[lines, self._hot_columns + codes[:, self._hot]] = _HALF * active[:, self._hot]
        for places, columns in ((self._numbers, self._number_columns), (self._ordered, self._ordered_columns)):
            if len(places):
                points[:, columns] = np.where(active[:, places], rows[:, places], 0.5)
        if len(self._edged):
            near = np.where(active[:, self._edged], rows[:, self._edged], 0.5)
            points[:, self._low_columns], points[:, self._high_columns] = _stretched(near), _stretched(1.0 - near)
        points[:, self._absent_columns] = self._absent_height * ~active[:, self._absent]
        self._families.write(points, rows, codes, active)
        if extra is not None:
            points[:, self._extra_columns] = extra
        return points


def _stretched(distance: Points) -> Points:
    """Return distances from a bound on a scale that is finer near it."""
    return np.asarray(np.log1p(distance / _EDGE) / math.log1p(1 / _EDGE), dtype=np.float64)


class _Families:
    """Columns of families: for each option how many members have it, for numbers their mean.

    Args:
        layout: the places of the space.
        families: places of each.
        parts: part of each column so far; those of the families are appended.
    """

    def __init__(self, layout: Layout, families: Sequence[_Places], parts: list[int]) -> None:
        self._options: list[tuple[_Places, slice]] = []  # members of a family, its columns
        self._numbers: list[tuple[_Places, slice]] = []
        for part, members in enumerate(families, start=max(parts, default=-1) + 1):
            first = members[0]
            width = int(layout.count[first]) if layout.categorical[first] else 1
            columns = slice(len(parts), len(parts) + width)
            parts += [part] * width
            (self._options if layout.categorical[first] else self._numbers).append((members, columns))

    def write(self, points: Points, rows: Rows, codes: NDArray[np.intp], active: NDArray[np.bool_]) -> None:
        """Write the families' columns of the points of rows."""
        # Counts are whole numbers and means go row by row, so that a row's point does not depend on the rows beside it.
        lines = np.arange(len(rows))[:, None]
        for members, columns in self._options:
            width = columns.stop - columns.start
            cells, there = lines * width + codes[:, members], active[:, members]
            counts = np.bincount(cells.ravel(), there.ravel(), len(rows) * width).reshape(-1, width)
            points[:, columns] = counts / math.sqrt(len(members))
        for members, columns in self._numbers:
            there = active[:, members]
            total = np.where(there, rows[:, members], 0.0).sum(axis=1)
            points[:, columns] = (total / np.maximum(there.sum(axis=1), 1))[:, None]


def _appended(parts: list[int], further: _Places) -> _Places:
    """Append columns of the given parts and return where they stand."""
    columns = len(parts) + np.arange(len(further))
    parts += further.tolist()
    return columns


def _parted(parts: list[int], count: int) -> _Places:
    """Append columns, each of a part of its own, and return where they stand."""
    return _appended(parts, max(parts, default=-1) + 1 + np.arange(count))
