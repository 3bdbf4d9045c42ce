"""A brood: many children bred at once as rows of coordinates, of which the surrogate will choose one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Layout, Rows
from evonas.evolution.marks import MarkCounter
from evonas.evolution.operators.blocks import LIST_OPERATORS, Edit, aligned, edited, take_list
from evonas.evolution.operators.coordinates import estimated, mixed, mutated
from evonas.genome import Genome
from evonas.records import Individual
from evonas.space import Space

__all__ = ["Brood", "Parents", "born_of", "breed", "breed_again"]

_FURTHER = 0.05  # probability of each gene beyond the second in `mutate_several`
_STRUCTURE = 0.3  # of crossovers in a space of lists, that take a whole list from the mate
_NOBODY = -1
_DECAY = 2.0  # the best parent is taken e**2 times as often as the worst


@dataclass(frozen=True)
class Parents:
    """Those that a brood is bred from, the best first.

    Attributes:
        individuals: who they are.
        rows: their coordinates, shape (parents, places); NaN where a gene is not there.
    """

    individuals: Sequence[Individual]
    rows: Rows

    @property
    def shares(self) -> NDArray[np.float64]:
        """How often each becomes a parent."""
        return _shares(len(self.individuals))


@dataclass(frozen=True)
class Brood:
    """Candidates.

    Attributes:
        rows: shape (candidates, places), without gaps.
        operators: names of the operators of each, in order; ``random`` for one without parents.
        primary: place of each one's primary parent among the parents; -1 where no gene comes from them.
        mate: of the one that gave further genes; -1 where there is none.
        edits: what was done to lists of each, in order.
    """

    rows: Rows
    operators: list[tuple[str, ...]]
    primary: NDArray[np.intp]
    mate: NDArray[np.intp]
    edits: list[tuple[Edit, ...]]

    def __len__(self) -> int:
        return len(self.rows)

    def joined(self, other: Brood) -> Brood:
        """Return both broods as one."""
        return Brood(
            np.concatenate([self.rows, other.rows]),
            self.operators + other.operators,
            np.concatenate([self.primary, other.primary]),
            np.concatenate([self.mate, other.mate]),
            self.edits + other.edits,
        )


@dataclass(frozen=True)
class _Stock:
    """The rows that a brood is bred from.

    Attributes:
        layout: the places of the space.
        rows: shape (parents, places); NaN where a gene is not there.
        shares: how often each becomes a parent; their sum is 1.
        weights: how likely each place is to be mutated, relative.
    """

    layout: Layout
    rows: Rows
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]

    def drawn(self, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """Return the places of so many parents, each drawn as often as its share says."""
        return rng.choice(len(self.rows), count, p=self.shares)


@dataclass
class _Growing:
    """A brood being bred, one operator after the other."""

    rows: list[Rows] = field(default_factory=list)
    operators: list[tuple[str, ...]] = field(default_factory=list)
    primary: list[NDArray[np.intp]] = field(default_factory=list)
    mate: list[NDArray[np.intp]] = field(default_factory=list)
    edits: list[tuple[Edit, ...]] = field(default_factory=list)

    def add(
        self,
        name: str,
        rows: Rows,
        primary: NDArray[np.intp],
        mate: NDArray[np.intp] | None = None,
        edits: Sequence[tuple[Edit, ...]] | None = None,
    ) -> None:
        self.rows.append(rows)
        self.operators += [(name,)] * len(rows)
        self.primary.append(primary)
        self.mate.append(np.full(len(rows), -1, dtype=np.intp) if mate is None else mate)
        self.edits += [()] * len(rows) if edits is None else list(edits)

    def brood(self, layout: Layout, rng: np.random.Generator) -> Brood:
        rows = layout.snapped(layout.filled(np.concatenate(self.rows), rng))
        return Brood(rows, self.operators, np.concatenate(self.primary), np.concatenate(self.mate), self.edits)


def breed(
    layout: Layout,
    parents: Parents,
    counts: dict[str, int],
    weights: NDArray[np.float64],
    rng: np.random.Generator,
) -> Brood:
    """Return a brood.

    Args:
        layout: the places of the space.
        parents: at least one.
        counts: children of each operator: ``mutate_one``, ``mutate_several``, ``crossover``, ``eda``, ``random`` and
            the operators of lists.
        weights: how likely each place is to be mutated, relative.
        rng: source of randomness.
    """
    growing = _Growing()
    stock = _Stock(layout, parents.rows, parents.shares, weights)
    for name, count in counts.items():
        if not count:
            continue
        primary = stock.drawn(count, rng)
        if name == "random":
            growing.add(name, rng.random((count, len(layout))), np.full(count, _NOBODY))
        elif name in LIST_OPERATORS:
            _edit_lists(growing, layout, name, parents.rows[primary], primary, rng)
        elif name == "crossover":
            _cross(growing, layout, parents, primary, rng)
        else:
            growing.add(name, _VARIATIONS[name](stock, primary, rng), primary)
    return growing.brood(layout, rng)


def breed_again(
    layout: Layout,
    brood: Brood,
    best: NDArray[np.intp],
    counts: dict[str, int],
    weights: NDArray[np.float64],
    rng: np.random.Generator,
) -> Brood:
    """Return children of a brood's best candidates, which are still children of the brood's parents.

    Args:
        layout: the places of the space.
        brood: the first brood.
        best: its best candidates, the best first.
        counts: children of each operator; those of lists and ``random`` are left out.
        weights: how likely each place is to be mutated, relative.
        rng: source of randomness.
    """
    rows = brood.rows[best]
    rows = np.where(layout.active(rows), rows, np.nan)
    stock = _Stock(layout, rows, _shares(len(best)), weights)
    growing = _Growing()
    for name, count in counts.items():
        if not count or name == "random" or name in LIST_OPERATORS:
            continue
        chosen = stock.drawn(count, rng)
        primary, mate = brood.primary[best[chosen]], brood.mate[best[chosen]]
        if name == "crossover":
            other = stock.drawn(count, rng)
            mate = np.where(mate < 0, brood.primary[best[other]], mate)
            primary, mate = np.where(primary < 0, mate, primary), np.where(primary < 0, _NOBODY, mate)
            children = mixed(layout.filled(rows[chosen], rng), rows[other], rng)
        else:
            children = _VARIATIONS[name](stock, chosen, rng)
        if name == "eda":
            primary = _nearest(children, rows, brood.primary[best], primary)
        growing.add(name, children, primary, mate, [brood.edits[best[one]] for one in chosen])
        start = len(growing.operators) - count
        growing.operators[start:] = [(*brood.operators[best[one]], name) for one in chosen]
    return growing.brood(layout, rng)


def born_of(space: Space, layout: Layout, brood: Brood, index: int, parents: Parents, marks: MarkCounter) -> Genome:
    """Return the genome of a candidate, with the historical marks of its lists."""
    genes = layout.genes(brood.rows[index])
    if not layout.lists:
        return space.complete(genes)
    history: Any = None
    if brood.operators[index][0] != "random":  # whose lists are new, whoever gave genes afterwards
        primary, mate = parents.individuals[brood.primary[index]], parents.individuals[max(brood.mate[index], 0)]
        history = edited(primary.genome.marks, brood.edits[index], mate.genome.marks, layout, genes, marks)
    return space.complete(genes, history)


def _nearest(children: Rows, rows: Rows, primary: NDArray[np.intp], own: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return primary parents, of those that have none the primary parent of the row that is most like them.

    Args:
        children: shape (children, places).
        rows: what they were drawn from, shape (candidates, places).
        primary: of each of these candidates; -1 where it has none.
        own: of each child.
    """
    known = np.flatnonzero(primary >= 0)
    if not len(known) or (own >= 0).all():
        return own
    alike = (children[:, None, :] == rows[known]).sum(axis=2)
    return np.where(own < 0, primary[known[alike.argmax(axis=1)]], own)


def _mutate(
    stock: _Stock,
    chosen: NDArray[np.intp],
    rng: np.random.Generator,
    genes: Callable[[int, int], NDArray[np.intp]],
) -> Rows:
    layout, own = stock.layout, stock.rows[chosen]
    there = ~np.isnan(own)
    filled, count = layout.filled(own, rng), genes(len(own), int(there.sum(axis=1).max()))
    return mutated(layout, filled, there, count, stock.weights, rng)


def _one(stock: _Stock, chosen: NDArray[np.intp], rng: np.random.Generator) -> Rows:
    return _mutate(stock, chosen, rng, lambda count, _: np.ones(count, dtype=np.intp))


def _several(stock: _Stock, chosen: NDArray[np.intp], rng: np.random.Generator) -> Rows:
    def genes(count: int, most: int) -> NDArray[np.intp]:
        return 2 + rng.binomial(max(0, most - 2), _FURTHER, count)

    return _mutate(stock, chosen, rng, genes)


def _estimate(stock: _Stock, chosen: NDArray[np.intp], rng: np.random.Generator) -> Rows:
    return estimated(stock.layout, stock.rows, stock.shares, len(chosen), rng)


_VARIATIONS: dict[str, Callable[[_Stock, NDArray[np.intp], np.random.Generator], Rows]] = {
    "mutate_one": _one,
    "mutate_several": _several,
    "eda": _estimate,
}
"""Operators that need coordinates only: they return a row for each place among the parents that was chosen."""


def _cross(
    growing: _Growing, layout: Layout, parents: Parents, primary: NDArray[np.intp], rng: np.random.Generator
) -> None:
    mate = rng.choice(len(parents.rows), len(primary), p=parents.shares)
    rows, mates = parents.rows[primary], parents.rows[mate]
    edits: list[tuple[Edit, ...]] = [()] * len(rows)
    if layout.lists:
        history = [one.genome.marks for one in parents.individuals]
        for line in range(len(rows)):
            if rng.random() < _STRUCTURE:
                rows[line], edits[line] = take_list(layout, rows[line], mates[line], rng)
            mates[line] = aligned(layout, mates[line], history[primary[line]], history[mate[line]], edits[line])
    growing.add("crossover", mixed(layout.filled(rows, rng), mates, rng), primary, mate, edits)


def _edit_lists(
    growing: _Growing, layout: Layout, name: str, rows: Rows, primary: NDArray[np.intp], rng: np.random.Generator
) -> None:
    """Apply an operator of lists wherever it applies."""
    kept, edits = [], []
    for line in range(len(rows)):
        edit = LIST_OPERATORS[name](layout, rows[line], rng)
        if edit is not None:
            kept.append(line)
            edits.append((edit,))
    if kept:
        growing.add(name, rows[kept], primary[kept], None, edits)


def _shares(count: int) -> NDArray[np.float64]:
    weights = np.exp(-_DECAY * np.arange(count) / max(count, 1))
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares
