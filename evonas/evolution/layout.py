"""The places of a space: one coordinate for each gene that genomes can have, shared by all branches that have it.

Breeding and the surrogate work on rows of coordinates instead of genomes: hundreds of candidates are arrays, and only
the one that is born becomes a genome. A row has a coordinate in [0, 1] for every place, as the gene maps its values
(:mod:`evonas.space.leaves`); which places a row's genome really has, its switches and lengths tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evonas.genome import Genome
from evonas.space import Bool, Choice, Group, Repeat, Select, Space
from evonas.space.build import build, coordinates
from evonas.space.leaves import Leaf
from evonas.space.nodes import Node, Tied

__all__ = ["Bools", "Layout", "ListPlaces", "Rows"]

Rows: TypeAlias = NDArray[np.float64]
"""Candidates, shape (n, places): coordinates in [0, 1]; NaN where a place is not active, or not yet filled."""

Bools: TypeAlias = NDArray[np.bool_]

_Chain: TypeAlias = "tuple[tuple[int, frozenset[int]], ...]"
"""Conditions that must all hold: a place, and the codes that its gene may have."""

_FINE = 1000  # numbers with more values than this are treated as continuous
_FAMILY = 3  # genes of like kind and name that make a family
_DIGITS = 9  # of coordinates that tell values apart: the way through a genome's values rounds them
_NUMBERED = re.compile(r"\d+")


@dataclass(frozen=True)
class ListPlaces:
    """Where a list's items lie in a row.

    Attributes:
        path: the way to the list.
        least: items it has at least.
        most: items it has at most.
        length: place of its length; None where that is fixed.
        first: place of the first item's first gene.
        width: places of an item.
    """

    path: tuple[str | int, ...]
    least: int
    most: int
    length: int | None
    first: int
    width: int

    @property
    def stop(self) -> int:
        """The place behind the last item."""
        return self.first + self.most * self.width


class Layout:
    """The places of a space, in a fixed order; those of a list's items lie in blocks of the same shape.

    Args:
        space: the set of genomes.

    Attributes:
        names: name of each place, such as ``layers.0.units``; branches that share a gene by name share its place.
        categorical: whether a place holds a choice, a branch or a switch.
        ordinal: whether it is a choice among numbers in order.
        count: number of values; 0 where they are many or continuous.
        conditional: whether there are genomes without it.
        lengths: whether it is the length of a list.
        families: places of like genes (``edge_0``, ``edge_1``, ...; the same gene of all items of a list), of which it
            may count how many have which value, wherever they stand.
        lists: the lists.
        groups: for each place, the number of the gene group (outermost name) that it belongs to.
        group_names: names of the groups.
    """

    def __init__(self, space: Space) -> None:
        self._root = space.root
        self._places: dict[tuple[str, Leaf], int] = {}
        self._leaves: list[Leaf] = []
        self._chains: list[dict[_Chain, set[int]]] = []  # of each place: chain without its last test -> allowed codes
        self._slots: list[int] = []
        self.names: list[str] = []
        self.lists: list[ListPlaces] = []
        self._never: list[int] = []  # places of tied genes that follow the item before theirs
        self._lay(space.root, (), ())
        self._of_slot = np.array(self._slots, dtype=np.intp)
        self._scale()
        self._compile()
        self.lengths = np.zeros(len(self), dtype=bool)
        self.lengths[[one.length for one in self.lists if one.length is not None]] = True
        self.families = self._find_families()
        heads = [name.split(".")[0] for name in self.names]
        self.group_names = list(dict.fromkeys(heads))
        self.groups = np.array([self.group_names.index(head) for head in heads], dtype=np.intp)

    def __len__(self) -> int:
        return len(self._leaves)

    # -- genomes and rows

    def row(self, genome: Genome) -> Rows:
        """Return a genome's coordinates, shape (places,); NaN where it does not have the gene."""
        units = [-1.0] * len(self._slots)
        coordinates(self._root, genome, units)
        row = np.full(len(self), -1.0)
        np.maximum.at(row, self._of_slot, units)
        row[row < 0] = np.nan
        snapped: Rows = self.snapped(row[None])[0]
        return snapped

    def genes(self, row: Rows) -> Any:
        """Return the genes at a row, which may be NaN where its genome has none."""
        return build(self._root, [*np.nan_to_num(row, nan=0.5)[self._of_slot].tolist(), 0.5])

    def snapped(self, rows: Rows) -> Rows:
        """Return rows with every coordinate moved to that of the value it stands for; NaN stays."""
        rows = rows.copy()
        if len(self._linear):
            count = self.count[self._linear]
            codes = np.floor(rows[:, self._linear] * count)
            rows[:, self._linear] = (np.minimum(np.maximum(codes, 0), count - 1) + 0.5) / count
        if len(self._logarithmic):
            at = self._logarithmic
            low, step, start, span = self._low[at], self._step[at], self._start[at], self._span[at]
            value = np.exp(start + np.clip(rows[:, at], 0, 1) * span)
            steps = np.clip(np.rint((value - low) / step), 0, self.count[at] - 1)
            rows[:, at] = np.clip((np.log(low + steps * step) - start) / span, 0, 1)
        return rows

    def codes(self, rows: Rows) -> NDArray[np.intp]:
        """Return the number of each option or value in its gene's order; meaningless where continuous or NaN."""
        codes: NDArray[np.intp] = np.fmin(np.fmax(rows * self._widths, 0.0), self._widths - 1.0).astype(np.intp)
        return codes

    def active(self, rows: Rows) -> Bools:
        """Return which places the genomes at rows have; shape (n, places)."""
        active = np.ones(rows.shape, dtype=bool)
        if len(self._guarded):
            failed = self._refused[self._first_code + self.codes(rows)[:, self._tested]]
            held = (failed @ self._in_chain == 0).astype(np.float32)  # every test of a chain
            active[:, self._guarded] = held @ self._of_place > 0  # and one chain of a place
        if self._never:
            active[:, self._never] = False
        return active

    def pruned(self, rows: Rows) -> Rows:
        """Return rows with NaN wherever their genomes have no gene, as :meth:`row` has it."""
        pruned: Rows = np.where(self.active(rows), rows, np.nan)
        return pruned

    def keys(self, rows: Rows) -> list[bytes]:
        """Return what rows of the same genome have in common, and no others, shape (n,).

        Args:
            rows: shape (n, places); NaN where a gene is not there.
        """
        shown = np.where(np.isnan(rows), -1.0, rows).round(_DIGITS).tobytes()
        width = len(self) * rows.itemsize
        return [shown[line * width : (line + 1) * width] for line in range(len(rows))]

    def filled(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """Return rows whose gaps are drawn at random: the genes that a switch may bring in."""
        gaps = np.isnan(rows)
        filled: Rows = np.where(gaps, rng.random(rows.shape), rows) if gaps.any() else rows.copy()
        return filled

    # -- inside

    def _lay(self, node: Node, path: tuple[str | int, ...], chain: _Chain) -> None:
        """Give places to a node's genes, in the order of the space's slots."""
        if isinstance(node, Group):
            for name, child in node.children.items():
                self._lay(child, (*path, name), chain)
        elif isinstance(node, Repeat):
            self._lay_list(node, path, chain)
        elif isinstance(node, Select):
            switch = self._place((*path, node.by), node.branch, chain) if node.branch.unit_width else None
            for code, group in enumerate(node.branches.values()):
                test: _Chain = () if switch is None else ((switch, frozenset([code])),)
                self._lay(group, path, (*chain, *test))
        elif isinstance(node, Tied):
            if node.first is not None and node.unit_width:
                place = self._place(path, node.first, chain)
                index = next(step for step in reversed(path) if isinstance(step, int))
                if index:
                    self._never.append(place)
        elif node.unit_width:
            self._place(path, node, chain)

    def _lay_list(self, node: Repeat, path: tuple[str | int, ...], chain: _Chain) -> None:
        length = self._place((*path, "length"), node.length, chain) if node.length.unit_width else None
        first = len(self._leaves)
        for index in range(node.max):
            test: _Chain = ()
            if length is not None and index >= node.min:
                test = ((length, frozenset(range(index + 1 - node.min, node.max - node.min + 1))),)
            self._lay(node.item, (*path, index), (*chain, *test))
        width = (len(self._leaves) - first) // node.max
        self.lists.append(ListPlaces(path, node.min, node.max, length, first, width))

    def _place(self, path: tuple[str | int, ...], leaf: Leaf, chain: _Chain) -> int:
        key = (".".join(str(step) for step in path), leaf)
        if key not in self._places:
            self._places[key] = len(self._leaves)
            self.names.append(key[0])
            self._leaves.append(leaf)
            self._chains.append({})
        place = self._places[key]
        self._slots.append(place)
        # Chains that differ in their last test alone are one chain that allows the codes of both.
        before, codes = (chain[:-1], chain[-1]) if chain else ((), (-1, frozenset[int]()))
        self._chains[place].setdefault((*before, (codes[0], frozenset())), set()).update(codes[1])
        return place

    def _compile(self) -> None:
        """Put all conditions into arrays: tests, chains of tests that must all hold, places of which one chain must."""
        guarded = [place for place, chains in enumerate(self._chains) if not any(one[-1][0] < 0 for one in chains)]
        tests: dict[tuple[int, frozenset[int]], int] = {}
        chains: dict[_Chain, int] = {}
        of_place = []
        for place in guarded:
            whole = [(*chain[:-1], (chain[-1][0], frozenset(codes))) for chain, codes in self._chains[place].items()]
            of_place.append([chains.setdefault(chain, len(chains)) for chain in whole])
            for chain in whole:
                for test in chain:
                    tests.setdefault(test, len(tests))
        self._guarded = np.array(guarded, dtype=np.intp)
        self._tested = np.array([place for place, _ in tests], dtype=np.intp)
        refused = np.ones((len(tests), max([1, *self.count[self._tested]])), dtype=np.float32)
        for (_, codes), index in tests.items():
            refused[index, list(codes)] = 0.0
        self._refused = refused.ravel()  # 1 where a test fails, by its code behind the first
        self._first_code = np.arange(len(tests)) * refused.shape[1]
        self._in_chain = np.zeros((len(tests), len(chains)), dtype=np.float32)
        for chain, column in chains.items():
            self._in_chain[[tests[test] for test in chain], column] = 1.0
        self._of_place = np.zeros((len(chains), len(guarded)), dtype=np.float32)
        for column, indices in enumerate(of_place):
            self._of_place[indices, column] = 1.0
        self.conditional = np.zeros(len(self), dtype=bool)
        self.conditional[self._guarded] = True
        self.conditional[self._never] = False

    def _scale(self) -> None:
        """Set what the coordinates of each place mean."""
        size = len(self)
        self.categorical, self.ordinal = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
        self.count = np.zeros(size, dtype=np.intp)
        self._low, self._step = np.zeros(size), np.ones(size)
        self._start, self._span = np.zeros(size), np.ones(size)
        logarithmic = np.zeros(size, dtype=bool)
        for place, leaf in enumerate(self._leaves):
            if isinstance(leaf, (Bool, Choice)):
                self.categorical[place] = True
                self.count[place] = int(leaf.size())
                self.ordinal[place] = isinstance(leaf, Choice) and _in_order(leaf)
                continue
            values = leaf.size()
            self.count[place] = int(values) if values <= _FINE else 0
            logarithmic[place] = leaf.log
            self._low[place], self._step[place] = leaf.low, leaf.step or 1.0
            self._start[place], self._span[place] = leaf.scale
        self._widths = np.maximum(self.count, 1).astype(np.float64)
        self._linear = np.flatnonzero(~logarithmic & (self.count > 0))
        self._logarithmic = np.flatnonzero(logarithmic & (self.count > 0))

    def _find_families(self) -> list[NDArray[np.intp]]:
        alike: dict[tuple[str, Leaf], list[int]] = {}
        for place, leaf in enumerate(self._leaves):
            alike.setdefault((_NUMBERED.sub("#", self.names[place]), leaf), []).append(place)
        return [np.array(places, dtype=np.intp) for places in alike.values() if len(places) >= _FAMILY]


def _in_order(leaf: Choice) -> bool:
    options = leaf.options
    numbers = all(type(option) in (int, float) for option in options)
    return numbers and len(options) > 2 and list(options) in (sorted(options), sorted(options, reverse=True))
