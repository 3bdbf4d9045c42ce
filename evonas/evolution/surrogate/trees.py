"""An ensemble of randomised regression trees over embedded genomes, all of its trees grown at once.

Extremely randomised trees (Geurts, Ernst & Wehenkel 2006, doi:10.1007/s10994-006-6226-1): each node tries some columns
at random, cuts each at a random place, and keeps the cut that leaves the least variance. The cut lies between two
random observations of the node that differ in the column, so none is wasted on what is constant there. Which
observations a tree sees is drawn one by one (Oza & Russell 2001, "Online Bagging and Boosting"), so a new observation
joins the leaves of the trees that there are. What a tree has not seen tells how far it errs (out of bag).
"""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

__all__ = ["TREES", "Forest", "Trees", "bags", "grow"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

TREES = 64
_CUTS = 10  # that a node tries
_DRAWS = 6  # of a column for each, until the two observations differ in it
_LEAST = 2  # observations in a leaf, as its tree counts them
_DEEPEST = 24
_BLOCK = 64  # observations whose bags are drawn together
_SHRINKS = 2.0  # observations of the common variance that each leaf's own is mixed with
_CERTAIN = 10.0  # observations out of bag that were predicted as well as the trees said, before there are any
_RANGE = (0.3, 3.0)  # of the factor by which deviations are stretched
_SURPRISE = 4.0  # deviations: what is further off counts as that
_FLOOR = 1e-4  # of a variance, relative to that of all values
_NOTHING = 1e-12


@dataclass(frozen=True)
class Trees:
    """Trees of yes-no questions; a node's two children follow each other.

    Attributes:
        column: column that each node asks about, shape (nodes,); -1 for leaves.
        threshold: values up to it go to the first child, shape (nodes,).
        child: number of the first child, shape (nodes,).
        depth: questions on the longest way.
        count: trees; their roots are the first nodes.
    """

    column: Places
    threshold: Floats
    child: Places
    depth: int
    count: int

    def leaves(self, points: Floats) -> Places:
        """Return the leaf of each tree that each point falls into, shape (trees, points)."""
        at = np.repeat(np.arange(self.count)[:, None], len(points), axis=1)
        lines = np.arange(len(points))[None, :]
        for _ in range(self.depth):
            column = self.column[at]
            right = points[lines, column] > self.threshold[at]
            at = np.where(column >= 0, self.child[at] + right, at)
        return at


def bags(places: Places, kind: int = 0) -> Floats:
    """Return how often each tree sees each observation, shape (trees, observations).

    Poisson of mean 1, fixed by an observation's place among all, so that it does not depend on what is known besides.

    Args:
        places: of observations, shape (n,).
        kind: another kind of observations has other draws.
    """
    if not len(places):
        return np.empty((TREES, 0))
    named, block = np.unique(places // _BLOCK, return_inverse=True)
    drawn = np.stack([_drawn(kind, int(number)) for number in named])
    seen: Floats = drawn[block, places % _BLOCK].T.astype(np.float64)
    return seen


@lru_cache(maxsize=256)
def _drawn(kind: int, block: int) -> NDArray[np.int64]:
    """Return how often each tree sees each observation of a block, shape (observations, trees)."""
    return np.random.default_rng((kind, block)).poisson(1.0, (_BLOCK, TREES))


def grow(points: Floats, values: Floats, bag: Floats, shares: Floats, rng: np.random.Generator) -> Trees:
    """Return trees that were grown on the ranks of values, so that no outlier decides where they split.

    Args:
        points: shape (n, columns).
        values: shape (n,), more is better.
        bag: weight of each observation in each tree, shape (trees, n); 0 where the tree does not see it.
        shares: how often each column is tried, relative; shape (columns,).
        rng: source of randomness.
    """
    ranks = ndtri((rankdata(values) - 0.5) / len(values))
    return _Growth(points, ranks, bag, np.cumsum(shares / shares.sum()), rng).trees()


class _Growth:
    """Grows all nodes of a level of all trees together.

    An entry is an observation in a tree that sees it; entries of a node stand side by side.
    """

    def __init__(self, points: Floats, values: Floats, bag: Floats, chances: Floats, rng: np.random.Generator) -> None:
        self._points, self._values, self._chances, self._rng = points, values, chances, rng
        tree, self._of = np.nonzero(bag)
        self._weights = bag[tree, self._of]
        self._node = tree
        self._count = len(bag)
        self._levels = [_Level.of_leaves(self._count)]

    def trees(self) -> Trees:
        """Return the grown trees."""
        while len(self._levels) <= _DEEPEST and self._split():
            pass
        column, threshold, child = (
            np.concatenate([getattr(level, name) for level in self._levels])
            for name in ("column", "threshold", "child")
        )
        return Trees(column, threshold, child, len(self._levels) - 1, self._count)

    def _split(self) -> bool:
        """Split the nodes of the last level; return whether any was."""
        self._sort()
        if not len(self._node):
            return False
        named, starts, counts = np.unique(self._node, return_index=True, return_counts=True)
        own = np.repeat(np.arange(len(named)), counts)
        column, threshold = self._cuts(starts, counts)
        left = self._points[self._of[:, None], column[own]] <= threshold[own]
        gains = self._gains(left, starts, counts)
        lines, best = np.arange(len(named)), np.argmax(gains, axis=1)
        split = gains[lines, best] > -np.inf
        if not split.any():
            return False
        level, nodes = self._levels[-1], sum(len(level.child) for level in self._levels)
        first = nodes + 2 * (np.cumsum(split) - 1)
        at = named[split] - (nodes - len(level.child))
        level.column[at], level.threshold[at] = column[lines, best][split], threshold[lines, best][split]
        level.child[at] = first[split]
        goes = split[own]
        self._node = (first[own] + ~left[np.arange(len(own)), best[own]])[goes]
        self._of, self._weights = self._of[goes], self._weights[goes]
        self._levels.append(_Level.of_leaves(2 * int(split.sum())))
        return True

    def _sort(self) -> None:
        """Put entries of a node side by side, and leave out those of nodes that are too small to be split."""
        order = np.argsort(self._node, kind="stable")
        _, of, counts = np.unique(self._node[order], return_inverse=True, return_counts=True)
        order = order[counts[of] >= 2 * _LEAST]
        self._node, self._of, self._weights = self._node[order], self._of[order], self._weights[order]

    def _cuts(self, starts: Places, counts: Places) -> tuple[Places, Floats]:
        """Return columns and thresholds to try, shape (nodes, cuts): between two observations of the node."""
        shape = (len(starts), _CUTS)
        one, other = (
            self._of[starts[:, None] + (self._rng.random(shape) * counts[:, None]).astype(np.intp)] for _ in range(2)
        )
        drawn = np.searchsorted(self._chances, self._rng.random((*shape, _DRAWS))).clip(max=len(self._chances) - 1)
        low, high = self._points[one[..., None], drawn], self._points[other[..., None], drawn]
        first = np.argmax(low != high, axis=2)[..., None]
        column, low, high = (np.take_along_axis(array, first, axis=2)[..., 0] for array in (drawn, low, high))
        low, high = np.minimum(low, high), np.maximum(low, high)
        return column, low + self._rng.random(shape) * (high - low) * (1 - 1e-9)

    def _gains(self, left: NDArray[np.bool_], starts: Places, counts: Places) -> Floats:
        """Return by how much each cut lowers the sum of squares, up to a constant; -inf where it leaves too few."""
        weights = self._weights[:, None]
        rises = weights * self._values[self._of][:, None]
        there, up = (np.add.reduceat(left * one, starts, axis=0) for one in (weights, rises))
        whole, total = (np.add.reduceat(one, starts, axis=0) for one in (weights, rises))
        side = np.add.reduceat(left.astype(np.intp), starts, axis=0)
        enough = np.minimum(side, counts[:, None] - side) >= _LEAST
        with np.errstate(divide="ignore", invalid="ignore"):
            gains: Floats = up**2 / there + (total - up) ** 2 / (whole - there)
        return np.where(enough, gains, -np.inf)


@dataclass(frozen=True)
class _Level:
    """Nodes of a level of all trees; see :class:`Trees`."""

    column: Places
    threshold: Floats
    child: Places

    @classmethod
    def of_leaves(cls, count: int) -> _Level:
        """Return a level that is not split yet."""
        return cls(np.full(count, -1, dtype=np.intp), np.full(count, np.nan), np.zeros(count, dtype=np.intp))


class Forest:
    """Trees with what their leaves hold.

    A prediction's variance is that of the leaves' means between the trees plus that of each mean, stretched so that it
    fits what came out for observations that a tree had not seen. A leaf of few observations has mostly the variance
    that is common to all leaves.

    Args:
        trees: see :func:`grow`; more observations than they were grown on may be known by now.
        points: shape (n, columns).
        values: shape (n,), of mean 0 and variance 1 or so.
        bag: weight of each observation in each tree, shape (trees, n).
        weights: of the observations among each other, shape (n,).
    """

    def __init__(self, trees: Trees, points: Floats, values: Floats, bag: Floats, weights: Floats) -> None:
        self._trees = trees
        self._bag, self._values, self._importance = bag, values, weights
        self._leaves = trees.leaves(points)
        held = bag * weights
        self._weight = self._summed(held)
        self._mean = self._summed(held * values) / np.maximum(self._weight, _NOTHING)
        squares = held * (values - self._mean[self._leaves]) ** 2
        self._common = float(squares.sum() / max(held.sum(), _NOTHING)) + _FLOOR * (float(values.var()) + _NOTHING)
        self._variance = (self._summed(squares) + _SHRINKS * self._common) / (self._weight + _SHRINKS)
        self._factor = 1.0
        self._factor = self._stretch()
        self.smoothed: Floats = self._moments(self._leaves)[0]
        """Values without their noise, as far as trees can tell, shape (n,)."""

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, without noise, at points of shape (m, columns)."""
        mean, error, _ = self._moments(self._trees.leaves(points))
        return mean, np.sqrt(error)

    def expect(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of what would be measured at points of shape (m, columns)."""
        mean, error, noise = self._moments(self._trees.leaves(points))
        return mean, np.sqrt(error + noise)

    def mean(self, points: Floats) -> Floats:
        """Return the mean alone."""
        return self._moments(self._trees.leaves(points))[0]

    def sample(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Return the values at points, shape (m,), of one tree drawn at random, its leaves within their errors."""
        leaves = self._trees.leaves(points)[int(rng.integers(self._trees.count))]
        errors = np.sqrt(self._variance / (self._weight + 1.0)) * rng.standard_normal(len(self._mean))
        values: Floats = self._mean[leaves] + errors[leaves]
        return values

    def left_out(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, with noise, of each value as predicted by trees that have not seen it."""
        mean, error, noise = self._moments(self._leaves, self._bag == 0)
        return mean, np.sqrt(error + noise)

    def believing(self, points: Floats) -> Forest:
        """Return it with further observations that came out as each tree predicts: it is surer of their leaves."""
        believing = copy(self)
        leaves = self._trees.leaves(points)
        further = np.bincount(leaves.ravel(), minlength=len(self._weight))
        held = self._weight + _SHRINKS
        believing._variance = self._variance * held / (held + further)
        believing._weight = self._weight + further
        return believing

    def _moments(self, leaves: Places, asked: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats, Floats]:
        """Return mean, variance of the mean, and variance of the noise, each of shape (m,).

        Args:
            leaves: shape (trees, m).
            asked: which trees are asked at each place, same shape; default: all.
        """
        weight = self._weight[leaves]
        votes = (weight > 0).astype(np.float64) if asked is None else ((weight > 0) & asked).astype(np.float64)
        total = votes.sum(axis=0)
        silent = total == 0  # every tree has seen it: it is asked as if none had a say but the mean of all
        total = np.where(silent, 1.0, total)
        means, variances = self._mean[leaves], self._variance[leaves]
        mean: Floats = (votes * means).sum(axis=0) / total
        between = (votes * ((means - mean) ** 2 + variances / (weight + 1.0))).sum(axis=0) / total
        noise = (votes * variances).sum(axis=0) / total
        spread = float(self._values.var()) + _NOTHING
        between, noise = (np.where(silent, spread, one) for one in (between, noise))
        return mean, self._factor**2 * np.maximum(between, _FLOOR * spread), self._factor**2 * noise

    def _stretch(self) -> float:
        """Return what deviations are to be multiplied with, so that values left out lie one of them off on average."""
        mean, deviation = self.left_out()
        scores = np.minimum(((self._values - mean) / deviation) ** 2, _SURPRISE**2)
        total = float(self._importance.sum())
        square = (float(scores @ self._importance) + _CERTAIN) / (total + _CERTAIN)
        return float(np.clip(math.sqrt(square), *_RANGE))

    def _summed(self, weights: Floats) -> Floats:
        """Return the sums over leaves of weights at the observations, shape (nodes,)."""
        sums: Floats = np.bincount(self._leaves.ravel(), weights.ravel(), len(self._trees.column)).astype(np.float64)
        return sums
