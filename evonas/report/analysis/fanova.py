"""Functional ANOVA of regression trees: how much of a tree's variance each gene, and each pair of genes, explains.

Hutter, Hoos & Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014
(https://proceedings.mlr.press/v32/hutter14.html). A tree is constant on boxes, so its marginals are exact sums over
its leaves: no sampling is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.report.analysis.genes import Floats, Ints

__all__ = ["Domain", "TreeVariance"]


@dataclass(frozen=True)
class Domain:
    """Where a gene's values lie, each part with its weight: uniform over a range, or equal on a few values.

    Attributes:
        low, high: of the range; unused where there are values.
        values: the few values, ascending, shape (k,); None for a range.
    """

    low: float = 0.0
    high: float = 1.0
    values: Floats | None = None

    def below(self, x: Floats) -> Floats:
        """Return the weight of what is not greater than x, from 0 to 1; same shape as x."""
        if self.values is not None:
            return np.searchsorted(self.values, x, side="right") / len(self.values)
        return np.asarray(np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0), np.float64)


class TreeVariance:
    """The variance of one fitted regression tree over a box of genes.

    Args:
        tree: a fitted ``sklearn.tree.DecisionTreeRegressor``.
        domains: of each gene, in the order of the tree's features.

    Attributes:
        mean: of the tree over the box.
        total: its variance over the box; 0 for a tree that never split.
        used: features it splits on.
    """

    def __init__(self, tree: Any, domains: Sequence[Domain]) -> None:
        grown = tree.tree_
        self._domains = domains
        low, high, self._height = _leaves(grown, len(domains))
        self.used: tuple[int, ...] = tuple(np.unique(grown.feature[grown.feature >= 0]).tolist())
        self._low = {at: low[:, at] for at in self.used}
        self._high = {at: high[:, at] for at in self.used}
        self._width = {at: domains[at].below(high[:, at]) - domains[at].below(low[:, at]) for at in self.used}
        weights = np.ones(len(self._height))
        for width in self._width.values():
            weights = weights * width
        self._weights = weights
        self.mean = float(weights @ self._height)
        self.total = float(weights @ (self._height - self.mean) ** 2)

    def marginal(self, feature: int) -> tuple[Floats, Floats]:
        """Return the tree's mean over all other genes, part by part of this one's values.

        Returns:
            Upper borders of the parts but the last, ascending, shape (k,); the means, shape (k + 1,).
        """
        if feature not in self._width:
            return np.empty(0), np.array([self.mean])
        borders, first, last = self._parts(feature)
        heights = np.zeros(len(borders) + 2)
        share = self._rest(feature) * self._height
        np.add.at(heights, first, share)
        np.add.at(heights, last + 1, -share)
        return borders, np.cumsum(heights)[:-1]

    def single(self, feature: int) -> float:
        """Return the variance that a gene explains alone, :math:`V_i`."""
        if feature not in self._width:
            return 0.0
        borders, means = self.marginal(feature)
        return float(self._part_weights(feature, borders) @ (means - self.mean) ** 2)

    def pair(self, one: int, other: int) -> float:
        """Return the variance that two genes explain together beyond what each does alone, :math:`V_{ij}`."""
        if one not in self._width or other not in self._width:
            return 0.0
        rows, top, bottom = self._parts(one)
        columns, left, right = self._parts(other)
        share = self._rest(one, other) * self._height
        corners = np.zeros((len(rows) + 2, len(columns) + 2))
        for down, above in ((top, 1), (bottom + 1, -1)):  # each leaf is a rectangle: its corners tell where it begins
            for across, before in ((left, 1), (right + 1, -1)):
                np.add.at(corners, (down, across), above * before * share)
        means = corners.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
        together = self._part_weights(one, rows) @ (means - self.mean) ** 2 @ self._part_weights(other, columns)
        return max(0.0, float(together) - self.single(one) - self.single(other))

    def _parts(self, feature: int) -> tuple[Floats, Ints, Ints]:
        """Return the borders between the parts of a gene's values, and each leaf's first and last part."""
        low, high = self._low[feature], self._high[feature]
        borders = np.unique(np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]]))
        first = np.where(np.isfinite(low), np.searchsorted(borders, low) + 1, 0)
        last = np.where(np.isfinite(high), np.searchsorted(borders, high), len(borders))
        return borders, first.astype(np.int64), last.astype(np.int64)

    def _part_weights(self, feature: int, borders: Floats) -> Floats:
        below = self._domains[feature].below(borders)
        return np.diff(np.concatenate([[0.0], below, [1.0]]))

    def _rest(self, *features: int) -> Floats:
        """Return each leaf's weight over all genes but these."""
        rest = np.ones(len(self._height))
        for at, width in self._width.items():
            if at not in features:
                rest = rest * width
        return rest


def _leaves(grown: Any, features: int) -> tuple[Floats, Floats, Floats]:
    """Return the boxes of a tree's leaves: lower and upper borders, shape (leaves, features), and heights, (leaves,).

    A box holds what is greater than its lower and not greater than its upper border.
    """
    low: NDArray[np.float64] = np.full((grown.node_count, features), -np.inf)
    high: NDArray[np.float64] = np.full((grown.node_count, features), np.inf)
    level = np.zeros(1, dtype=np.int64)
    while len(level):  # from the root down, all nodes of a depth at once
        split = level[grown.feature[level] >= 0]
        left, right = grown.children_left[split], grown.children_right[split]
        low[left], high[left], low[right], high[right] = low[split], high[split], low[split], high[split]
        feature, threshold = grown.feature[split], grown.threshold[split]
        high[left, feature] = np.minimum(high[split, feature], threshold)
        low[right, feature] = np.maximum(low[split, feature], threshold)
        level = np.concatenate([left, right])
    leaf = grown.feature < 0
    return low[leaf], high[leaf], np.asarray(grown.value[leaf, 0, 0], np.float64)
