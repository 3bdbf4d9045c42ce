"""A brood: many children bred at once as rows of coordinates, of which the surrogate will choose one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.evolution.layout import Layout, Rows
from evonas.evolution.marks import MarkCounter
from evonas.evolution.operators.blocks import LIST_OPERATORS, Edit, aligned, edited, take_list
from evonas.evolution.operators.coordinates import drawn, estimated, mixed, mutated
from evonas.genome import Genome
from evonas.records import Individual
from evonas.space import Space

__all__ = ["Brood", "Parents", "born_of", "breed", "breed_again"]

_FURTHER = 0.05  # probability of each gene beyond the second in `mutate_several`
_STRUCTURE = 0.3  # of crossovers in a space of lists, that take a whole list from the mate
_NOBODY = -1
_MUTATIONS = ("mutate_one", "mutate_several")
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
        rows: shape (candidates, places); NaN where a gene is not there.
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

    def only(self, places: Sequence[int]) -> Brood:
        """Return some of the candidates."""
        return Brood(
            self.rows[places],
            [self.operators[place] for place in places],
            self.primary[places],
            self.mate[places],
            [self.edits[place] for place in places],
        )

    def distinct(self, layout: Layout, seen: set[bytes]) -> Brood:
        """Return the brood without those that were seen, or that equal one before them.

        Crossover of parents that are alike often gives one of them, and to judge it tells nothing.

        Args:
            layout: the places of the space.
            seen: keys of rows (:meth:`Layout.keys`); those of the candidates are added.
        """
        places = []
        for place, key in enumerate(layout.keys(self.rows)):
            if key not in seen:
                seen.add(key)
                places.append(place)
        return self if len(places) == len(self) else self.only(places)

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
        return drawn(self.shares, count, rng)


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
        name: str | Sequence[tuple[str, ...]],
        rows: Rows,
        primary: NDArray[np.intp],
        mate: NDArray[np.intp] | None = None,
        edits: Sequence[tuple[Edit, ...]] | None = None,
    ) -> None:
        self.rows.append(rows)
        self.operators += [(name,)] * len(rows) if isinstance(name, str) else name
        self.primary.append(primary)
        self.mate.append(np.full(len(rows), -1, dtype=np.intp) if mate is None else mate)
        self.edits += [()] * len(rows) if edits is None else list(edits)

    def brood(self, layout: Layout, rng: np.random.Generator) -> Brood:
        rows = layout.pruned(layout.snapped(layout.filled(np.concatenate(self.rows), rng)))
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
        if not count or name in _MUTATIONS:
            continue
        primary = stock.drawn(count, rng)
        if name == "random":
            growing.add(name, rng.random((count, len(layout))), np.full(count, _NOBODY))
        elif name in LIST_OPERATORS:
            _edit_lists(growing, layout, name, parents.rows[primary], primary, rng)
        elif name == "crossover":
            _cross(growing, layout, parents, primary, rng)
        elif name == "eda":
            growing.add(name, estimated(layout, stock.rows, stock.shares, count, rng), primary)
        else:
            raise ValueError(f"no operator {name}")
    for name, primary, rows in _mutants(stock, counts, rng):
        growing.add(name, rows, primary)
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
    stock = _Stock(layout, rows, _shares(len(best)), weights)
    primaries, mates = brood.primary[best], brood.mate[best]
    operators, edits = [brood.operators[one] for one in best], [brood.edits[one] for one in best]
    growing = _Growing()

    def add(name: str, chosen: NDArray[np.intp], rows: Rows, primary: NDArray[np.intp], mate: NDArray[np.intp]) -> None:
        places = chosen.tolist()
        history = [(*operator, name) for operator in operators]
        growing.add([history[one] for one in places], rows, primary, mate, [edits[one] for one in places])

    for name, chosen, children in _mutants(stock, counts, rng):
        add(name, chosen, children, primaries[chosen], mates[chosen])
    if counts.get("crossover"):
        chosen, other = (stock.drawn(counts["crossover"], rng) for _ in range(2))
        mate = np.where(mates[chosen] < 0, primaries[other], mates[chosen])
        primary = primaries[chosen]
        primary, mate = np.where(primary < 0, mate, primary), np.where(primary < 0, _NOBODY, mate)
        add("crossover", chosen, mixed(layout.filled(rows[chosen], rng), rows[other], rng), primary, mate)
    if counts.get("eda"):
        chosen = stock.drawn(counts["eda"], rng)
        children = estimated(layout, rows, stock.shares, len(chosen), rng)
        add("eda", chosen, children, _nearest(children, rows, primaries, primaries[chosen]), mates[chosen])
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


def _mutants(
    stock: _Stock, counts: dict[str, int], rng: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.intp], Rows]]:
    """Yield for each operator that changes genes its name, the places of those that it changes, and their children."""
    one, several = (counts.get(name, 0) for name in _MUTATIONS)
    if not one + several:
        return
    chosen = stock.drawn(one + several, rng)
    own = stock.rows[chosen]
    there = ~np.isnan(own)
    genes = np.ones(len(chosen), dtype=np.intp)
    if several:
        most = int(there.sum(axis=1).max())
        genes[one:] = 2 + rng.binomial(max(0, most - 2), _FURTHER, several)
    rows = mutated(stock.layout, stock.layout.filled(own, rng), there, genes, stock.weights, rng)
    for name, part in zip(_MUTATIONS, (slice(one), slice(one, None)), strict=True):
        if len(chosen[part]):
            yield name, chosen[part], rows[part]


def _cross(
    growing: _Growing, layout: Layout, parents: Parents, primary: NDArray[np.intp], rng: np.random.Generator
) -> None:
    mate = drawn(parents.shares, len(primary), rng)
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
