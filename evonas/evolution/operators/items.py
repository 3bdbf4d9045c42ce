"""Mutation of structure: insert, remove, duplicate and swap the items of a variable-length list (layers, blocks)."""

from __future__ import annotations

from typing import Any

import numpy as np

from evonas.evolution.marks import MarkCounter, marks_at
from evonas.genome import Genome
from evonas.space import Space, get_at
from evonas.space.build import fresh

__all__ = ["duplicate_item", "insert_item", "remove_item", "swap_items"]


def insert_item(space: Space, genome: Genome, rng: np.random.Generator, marks: MarkCounter) -> Genome | None:
    """Insert a random item at a random place of a list that has room; the item gets a mark of its own."""
    site = _pick(space, genome, rng, room=1)
    if site is None:
        return None
    genes, history = genome.genes, genome.marks
    index = int(rng.integers(site.length + 1))
    get_at(genes, site.path).insert(index, fresh(site.repeat.item, rng))
    marks_at(history, site.path).insert(index, [marks.fresh(), None])
    return space.complete(genes, history)


def duplicate_item(space: Space, genome: Genome, rng: np.random.Generator, marks: MarkCounter) -> Genome | None:
    """Put a copy of an item right behind it (a gene duplication); the copy gets a mark of its own."""
    site = _pick(space, genome, rng, room=1, least=1)
    if site is None:
        return None
    genes, history = genome.genes, genome.marks
    index = int(rng.integers(site.length))
    items, pairs = get_at(genes, site.path), marks_at(history, site.path)
    twin = get_at(genome.genes, (*site.path, index))  # a fresh copy: Genome.genes copies
    items.insert(index + 1, twin)
    pairs.insert(index + 1, [marks.fresh(), marks_at_item(genome.marks, site.path, index)])
    return space.complete(genes, history)


def remove_item(space: Space, genome: Genome, rng: np.random.Generator, marks: MarkCounter) -> Genome | None:
    """Remove a random item from a list that is longer than it must be."""
    site = _pick(space, genome, rng, spare=1)
    if site is None:
        return None
    genes, history = genome.genes, genome.marks
    index = int(rng.integers(site.length))
    del get_at(genes, site.path)[index]
    del marks_at(history, site.path)[index]
    return space.complete(genes, history)


def swap_items(space: Space, genome: Genome, rng: np.random.Generator, marks: MarkCounter) -> Genome | None:
    """Exchange two items of a list, marks and all."""
    site = _pick(space, genome, rng, least=2)
    if site is None:
        return None
    genes, history = genome.genes, genome.marks
    first, second = (int(index) for index in rng.choice(site.length, 2, replace=False))
    for sequence in (get_at(genes, site.path), marks_at(history, site.path)):
        sequence[first], sequence[second] = sequence[second], sequence[first]
    return space.complete(genes, history)


def marks_at_item(marks: Any, path: tuple[str | int, ...], index: int) -> Any:
    """Return the marks below one item of the list at ``path``."""
    return marks_at(marks, path)[index][1]


def _pick(
    space: Space, genome: Genome, rng: np.random.Generator, *, room: int = 0, spare: int = 0, least: int = 0
) -> Any:
    """Return a random active list with ``room`` for more, ``spare`` to lose, ``least`` items; None if none is so."""
    sites = [
        site
        for site in space.lists(genome)
        if site.length + room <= site.repeat.max and site.length - spare >= site.repeat.min and site.length >= least
    ]
    return sites[int(rng.integers(len(sites)))] if sites else None
