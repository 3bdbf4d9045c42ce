"""Variation: one operator a file, each a pure function of genomes and a generator.

A mutation takes ``(space, genome, rng, marks)`` and returns the mutant, or None where it does not apply (no list to
shorten, say). A crossover takes two parents, the primary one first. All return genomes inside the space.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from evonas.evolution.marks import MarkCounter
from evonas.evolution.operators.crossover import crossover
from evonas.evolution.operators.items import duplicate_item, insert_item, remove_item, swap_items
from evonas.evolution.operators.mutation import mutate_one, mutate_several
from evonas.genome import Genome
from evonas.space import Space

__all__ = ["MUTATIONS", "Mutation", "crossover"]

Mutation: TypeAlias = Callable[[Space, Genome, np.random.Generator, MarkCounter], "Genome | None"]

MUTATIONS: dict[str, Mutation] = {
    "mutate_one": mutate_one,
    "mutate_several": mutate_several,
    "insert_item": insert_item,
    "remove_item": remove_item,
    "duplicate_item": duplicate_item,
    "swap_items": swap_items,
}
"""Mutation operators by the name that a configuration and the lineage use."""
