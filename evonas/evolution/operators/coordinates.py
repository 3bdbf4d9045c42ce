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
    there = ~np.isnan(elites)
    known = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, elites, 0.0).sum(axis=0) / known
    deviation = np.sqrt(np.where(there, (elites - mean) ** 2, 0.0).sum(axis=0) / known)
    numbers = ~layout.categorical & ~layout.lengths
    moved = rows + rng.standard_normal(rows.shape) * np.maximum(_SMOOTHING * deviation, _LEAST)
    return np.where(numbers, reflected(moved), rows)


def reflected(coordinates: Rows) -> Rows:
    """Fold coordinates back into [0, 1] as mirrors at both bounds would."""
    folded: Rows = np.abs(coordinates) % 2.0
    return np.where(folded > 1.0, 2.0 - folded, folded)


def _changed(layout: Layout, place: NDArray[np.intp], values: Rows, rng: np.random.Generator) -> Rows:
    """Return another coordinate for each of some genes."""
    count = np.maximum(layout.count[place], 1)
    code = _code(values, count)
    chance = rng.random((3, len(code)))
    other = (code + 1 + (chance[0] * (count - 1)).astype(np.intp)) % count
    width = 10 ** (_WIDTH[0] + (_WIDTH[1] - _WIDTH[0]) * chance[1])
    stepped = reflected(values + width * rng.standard_normal(len(code)))
    # A number of few values may have to be pushed to the next one.
    same = (layout.count[place] > 1) & (_code(stepped, count) == code)
    side = np.where(chance[2] < 0.5, 1, -1)
    side = np.where(code + side < 0, 1, np.where(code + side >= count, -1, side))
    stepped = np.where(same, (code + side + 0.5) / count, stepped)
    changed: Rows = np.where(layout.categorical[place], (other + 0.5) / count, stepped)
    return changed


def _code(values: Rows, count: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of each value among so many."""
    code: NDArray[np.intp] = np.minimum((values * count).astype(np.intp), count - 1)
    return code
