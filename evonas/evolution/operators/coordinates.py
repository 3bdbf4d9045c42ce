"""Variation of many candidates at once, as rows of coordinates (:mod:`evonas.evolution.layout`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Bools, Layout, Rows

__all__ = ["drawn", "estimated", "mixed", "mutated", "reflected"]

_WIDTH = (-1.5, -0.5)  # of a step, log10 of the unit range: coarse and fine ones both occur
_SMOOTHING = 0.5  # of the elites' deviation, by which numbers drawn from them are moved
_LEAST = 0.02  # of that deviation, so that elites that agree still leave room


def drawn(shares: NDArray[np.float64], size: int | tuple[int, int], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return places drawn with replacement, each as often as its share says.

    Args:
        shares: shape (k,), of sum 1.
        size: how many, or the shape of the result.
        rng: source of randomness.
    """
    places: NDArray[np.intp] = np.searchsorted(np.cumsum(shares)[:-1], rng.random(size), side="right")
    return places


def mutated(
    layout: Layout,
    rows: Rows,
    active: Bools,
    counts: NDArray[np.intp],
    weights: NDArray[np.float64],
    rng: np.random.Generator,
) -> Rows:
    """Return rows in which some active genes are changed, drawn by weight.

    Numbers take a Gaussian step in unit scale, of a width drawn anew each time, reflected at the bounds; choices take
    any other option. The lengths of lists stay.

    Args:
        layout: the places of the space.
        rows: shape (n, places), without gaps.
        active: which places may change.
        counts: how many genes to change in each row.
        weights: of each place.
        rng: source of randomness.
    """
    rows = rows.copy()
    # The order of draws without replacement by weight (Efraimidis & Spirakis 2006, doi:10.1016/j.ipl.2005.11.003).
    keys = rng.standard_exponential(rows.shape) / weights
    keys[:, layout.lengths] = np.inf
    keys[~active] = np.inf
    order = np.sort(keys, axis=1)
    limit = order[np.arange(len(rows)), np.minimum(counts, rows.shape[1]) - 1]
    line, place = np.nonzero((keys <= limit[:, None]) & np.isfinite(keys))
    rows[line, place] = _changed(layout, place, rows[line, place], rng)
    return rows


def mixed(rows: Rows, mates: Rows, rng: np.random.Generator) -> Rows:
    """Return rows that take each gene, which their mate has, from it with probability 1/2 (uniform crossover)."""
    return np.where((rng.random(rows.shape) < 0.5) & ~np.isnan(mates), mates, rows)


def estimated(layout: Layout, elites: Rows, shares: NDArray[np.float64], count: int, rng: np.random.Generator) -> Rows:
    """Return rows whose genes are each drawn from those of the elites (estimation of distribution).

    The model has no dependencies (univariate marginals, Muhlenbein & Paass 1996); numbers are moved by about half the
    elites' deviation. Gaps are left where the elite that was drawn lacks the gene.

    Args:
        layout: the places of the space.
        elites: shape (k, places); NaN where a gene is not there.
        shares: how often each is drawn, shape (k,), of sum 1.
        count: how many rows.
        rng: source of randomness.
    """
    picks = drawn(shares, (count, elites.shape[1]), rng)
    rows: Rows = elites[picks, np.arange(elites.shape[1])]
    steps = rng.standard_normal(rows.shape)
    numbers = np.flatnonzero(~layout.categorical & ~layout.lengths)
    if len(numbers):
        values = elites[:, numbers]
        there = ~np.isnan(values)
        known = np.maximum(there.sum(axis=0), 1)
        mean = np.where(there, values, 0.0).sum(axis=0) / known
        deviation = np.sqrt(np.where(there, (values - mean) ** 2, 0.0).sum(axis=0) / known)
        moves = steps[:, numbers] * np.maximum(_SMOOTHING * deviation, _LEAST)
        rows[:, numbers] = reflected(rows[:, numbers] + moves)
    return rows


def reflected(coordinates: Rows) -> Rows:
    """Fold coordinates back into [0, 1] as mirrors at both bounds would."""
    folded: Rows = np.abs(coordinates) % 2.0
    return np.where(folded > 1.0, 2.0 - folded, folded)


def _changed(layout: Layout, place: NDArray[np.intp], values: Rows, rng: np.random.Generator) -> Rows:
    """Return another coordinate for each of some genes."""
    luck, step = rng.random((3, len(values))), rng.standard_normal(len(values))
    changed = np.empty_like(values)
    options, count = layout.categorical[place], layout.count[place]
    if options.any():
        changed[options] = _other(values[options], count[options], luck[0, options])
    if not options.all():
        numbers = ~options
        changed[numbers] = _stepped(values[numbers], count[numbers], luck[1:, numbers], step[numbers])
    return changed


def _other(values: Rows, count: NDArray[np.intp], luck: Rows) -> Rows:
    """Return for each of some choices any other option, of so many; luck says which."""
    count = np.maximum(count, 1)
    other = (_code(values, count) + 1 + (luck * (count - 1)).astype(np.intp)) % count
    changed: Rows = (other + 0.5) / count
    return changed


def _stepped(values: Rows, count: NDArray[np.intp], luck: Rows, step: Rows) -> Rows:
    """Return for each of some numbers one that is some way off, another one if there are few.

    Args:
        values: coordinates.
        count: of values; 0 where they are many.
        luck: how wide the step is, and where a number goes that has to be pushed to the next one, shape (2, n).
        step: standard normal.
    """
    few, count = count > 1, np.maximum(count, 1)
    code = _code(values, count)
    width = 10 ** (_WIDTH[0] + (_WIDTH[1] - _WIDTH[0]) * luck[0])
    stepped = reflected(values + width * step)
    same = few & (_code(stepped, count) == code)
    side = np.where(luck[1] < 0.5, 1, -1)
    side = np.where(code + side < 0, 1, np.where(code + side >= count, -1, side))
    changed: Rows = np.where(same, (code + side + 0.5) / count, stepped)
    return changed


def _code(values: Rows, count: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of each value among so many."""
    code: NDArray[np.intp] = np.minimum((values * count).astype(np.intp), count - 1)
    return code
