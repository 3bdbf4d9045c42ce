"""Mutation of gene values: one gene, or several."""

from __future__ import annotations

from typing import Any

import numpy as np

from evonas.evolution.marks import MarkCounter
from evonas.genome import Genome
from evonas.space import Bool, Choice, Space, set_at

__all__ = ["mutate_one", "mutate_several", "reflect", "step"]

_FURTHER = 0.05  # probability of each gene beyond the second


def mutate_one(space: Space, genome: Genome, rng: np.random.Generator, marks: MarkCounter) -> Genome | None:
    """Change one active gene, each as likely as any other (Real et al. 2019, doi:10.1609/aaai.v33i01.33014780)."""
    return _mutate(space, genome, rng, 1)


def mutate_several(space: Space, genome: Genome, rng: np.random.Generator, marks: MarkCounter) -> Genome | None:
    """Change two active genes, and each further one with probability 1/20."""
    return _mutate(space, genome, rng, 2 + int(rng.binomial(max(0, len(space.genes(genome)) - 2), _FURTHER)))


def _mutate(space: Space, genome: Genome, rng: np.random.Generator, count: int) -> Genome | None:
    sites = space.genes(genome)
    genes = genome.genes
    chosen = [sites[index] for index in rng.permutation(len(sites))[:count]]
    # Deepest first: the genes of a branch that is then switched off are gone afterwards.
    for site in sorted(chosen, key=lambda site: -len(site.path)):
        changed = step(site.gene, site.value, rng)
        if changed is not None:
            set_at(genes, site.path, changed.value)
    # The genes of a branch that was switched on are drawn; those that it shares with the old one by name stay.
    mutant = space.complete(genes, genome.marks, rng)
    return None if mutant == genome else mutant


class _Value:
    """A new value; None itself is a legal value of a Choice."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def step(gene: Any, value: Any, rng: np.random.Generator) -> _Value | None:
    """Return another value of a leaf gene near ``value``, or None where it has only one.

    Numbers take a Gaussian step on their transformed scale (logarithmic where ``log``) whose width is drawn anew each
    time, 10**U(-1.5, -0.5) of the range, so that coarse and fine steps both occur; it is reflected at the bounds,
    since clipping would pile the offspring up in the corners. Choices take any other option, each as likely.
    """
    if isinstance(gene, Bool):
        return _Value(not value)
    if isinstance(gene, Choice):
        others = [option for option in gene.options if not (type(option) is type(value) and option == value)]
        return _Value(others[int(rng.integers(len(others)))]) if others else None
    width = 10 ** rng.uniform(-1.5, -0.5)
    stepped = gene.from_unit(reflect(gene.to_unit(value) + width * rng.standard_normal()))
    if stepped != value:
        return _Value(stepped)
    others = [other for other in gene.neighbours(value) if other != value]
    return _Value(others[int(rng.integers(len(others)))]) if others else None


def reflect(coordinate: float) -> float:
    """Fold a coordinate back into [0, 1] as a mirror at either bound would.

    >>> reflect(1.25), reflect(-0.25), reflect(2.5)
    (0.75, 0.25, 0.5)
    """
    folded = float(np.abs(coordinate)) % 2.0
    return 2.0 - folded if folded > 1.0 else folded
