"""How often each value of a gene was born, generation by generation: what the search settled on, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evonas.report.analysis.bins import bin_gene
from evonas.report.analysis.genes import Floats, GeneTable, Ints, gene_table
from evonas.report.analysis.table import Table
from evonas.report.history import RunHistory

__all__ = ["GeneFrequency", "gene_frequency"]

_PARTS = 6  # ranges of a gene of many numbers
_FEW = 3  # generations below which the order of birth is looked at instead
_BIRTHS = 20  # groups of births


@dataclass(frozen=True)
class GeneFrequency:
    """Shares of a gene's values among the births.

    Attributes:
        gene: its name.
        axis: ``generation``; ``birth`` for a search that has no generations.
        starts: first generation, or birth, of each group, shape (g,).
        ends: the last one, shape (g,).
        options: values, or ranges of values, in words, shape (k,).
        shares: shape (g, k); each row adds up to 1.
        births: individuals born in each group, shape (g,).
    """

    gene: str
    axis: str
    starts: Ints
    ends: Ints
    options: tuple[str, ...]
    shares: Floats
    births: Ints

    def table(self) -> Table:
        """Return a row a group."""
        columns = {f"first {self.axis}": self.starts, f"last {self.axis}": self.ends, "births": self.births}
        shares = {f"share of {option}": self.shares[:, at] for at, option in enumerate(self.options)}
        return Table("gene-frequency", {**columns, **shares})


def gene_frequency(
    history: RunHistory, gene: str, *, table: GeneTable | None = None, groups: int = 40
) -> GeneFrequency | None:
    """Return the share of each value of a gene among those born in each generation; None without individuals.

    A gene of many numbers is given by six parts of its range. A search without generations, such as a random one, is
    cut into groups of births instead.

    Args:
        history: the run.
        gene: its name, see :class:`evonas.report.analysis.genes.GeneArray`.
        table: of all individuals, where it has been made already.
        groups: at most; neighbouring generations are put together where there are more.

    Raises:
        LineageError: if there is no such gene.
    """
    table = table or gene_table(history.individuals.values())
    if not len(table.numbers):
        return None
    bins = bin_gene(table.column(gene), _PARTS)
    generations = np.array([history.individuals[int(who)].birth.generation for who in table.numbers], dtype=np.int64)
    by_generation = int(generations.max()) + 1 >= _FEW
    places = generations if by_generation else np.arange(len(table.numbers))
    last = int(places.max())
    width = -(-(last + 1) // min(groups if by_generation else _BIRTHS, last + 1))
    group = places // width
    amount = int(group.max()) + 1
    counts = np.bincount(group * len(bins) + bins.index, minlength=amount * len(bins)).reshape(amount, len(bins))
    births = counts.sum(axis=1)
    own = births > 0  # a generation can be empty: its members went to the grave unborn
    starts = np.arange(amount) * width
    ends = np.minimum(starts + width - 1, last)
    shares = counts[own] / births[own, None]
    axis = "generation" if by_generation else "birth"
    return GeneFrequency(gene, axis, starts[own], ends[own], bins.labels, shares, births[own])
