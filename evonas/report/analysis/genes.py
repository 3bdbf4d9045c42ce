"""Genes of all individuals as arrays: what frequencies, heatmaps, distances and importances are made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evonas.errors import LineageError
from evonas.records import Individual
from evonas.report.analysis.table import Table
from evonas.report.formats import gene_value
from evonas.report.genes import Scalar, flat_genes, in_gene_order
from evonas.report.scales import is_logarithmic

__all__ = ["EVERY_ITEM", "Floats", "GeneArray", "GeneTable", "Ints", "gene_table"]

EVERY_ITEM = 1000
"""Positions that no list of layers reaches: every item of a list gets its columns."""

_LOW = 0.25  # the part of a logarithmic gene's range in which at least half of its values lie
_RATIO = 30.0  # greatest over least value from which a gene is seen on a logarithmic scale

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GeneArray:
    """One gene of many individuals.

    Attributes:
        name: such as ``learning.rate``, ``stages: length`` or ``stages 1: filters`` (items counted from 1).
        values: shape (n,), objects; None where the genome has no such gene.
    """

    name: str
    values: NDArray[np.object_]

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Which individuals have the gene, shape (n,)."""
        return np.array([value is not None for value in self.values], dtype=bool)

    @cached_property
    def categorical(self) -> bool:
        """Whether values are words or truth values, not numbers."""
        return any(isinstance(value, (bool, str)) for value in self.values)

    @cached_property
    def options(self) -> tuple[str, ...]:
        """Values in words that occur: numbers in order, words by the alphabet."""
        if self.categorical:
            return tuple(sorted({gene_value(value) for value in self.values[self.present]}))
        return tuple(gene_value(float(value)) for value in np.unique(self.numbers[self.present]))

    @cached_property
    def codes(self) -> Ints:
        """Number of each value among the options, shape (n,); -1 where the gene is absent."""
        if not self.categorical:
            places = np.unique(self.numbers[self.present])
            return np.where(self.present, np.searchsorted(places, self.numbers), -1)
        place = {word: at for at, word in enumerate(self.options)}
        return np.array([-1 if value is None else place[gene_value(value)] for value in self.values], dtype=np.int64)

    @cached_property
    def numbers(self) -> Floats:
        """Values of a numeric gene, shape (n,); NaN where it is absent, and everywhere for a gene of words."""
        if self.categorical:
            return np.full(len(self.values), np.nan)
        return np.array([np.nan if value is None else float(value) for value in self.values], dtype=np.float64)

    @cached_property
    def logarithmic(self) -> bool:
        """Whether its numbers are seen on a logarithmic scale."""
        known = self.numbers[self.present]
        if self.categorical or not is_logarithmic(known.tolist(), _RATIO):
            return False
        # Small values of a linear scale are wide apart in ratio, too, but few.
        return bool(np.median(known) < known.min() + _LOW * np.ptp(known))

    @cached_property
    def scaled(self) -> Floats:
        """Numbers as parts of their range, of its logarithm where that is wide, shape (n,); 0 where there is none."""
        places = np.log(self.numbers) if self.logarithmic else self.numbers
        known = places[self.present]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        return np.asarray(np.nan_to_num((places - low) / (high - low if high > low else 1.0)), np.float64)

    @cached_property
    def varies(self) -> bool:
        """Whether there are two different values; absence is not one."""
        return len(self.options) > 1


@dataclass(frozen=True)
class GeneTable:
    """All genes of many individuals.

    Attributes:
        numbers: of the individuals, shape (n,), in order.
        columns: one a gene that any of them has, the columns of a list together.
    """

    numbers: Ints
    columns: tuple[GeneArray, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all genes."""
        return tuple(self._by_name)

    def varying(self) -> tuple[str, ...]:
        """Return the names of the genes with two or more different values."""
        return tuple(column.name for column in self.columns if column.varies)

    def column(self, name: str) -> GeneArray:
        """Return a gene.

        Raises:
            LineageError: if there is no gene of this name.
        """
        if name not in self._by_name:
            known = ", ".join(self._by_name) or "no gene: there is no individual yet"
            raise LineageError("there is no gene of this name", key=name, got=name, expected=f"one of {known}")
        return self._by_name[name]

    def places(self, numbers: Iterable[int]) -> Ints:
        """Return the rows of individuals, given by their numbers, which are all in the table."""
        return np.searchsorted(self.numbers, np.fromiter(numbers, dtype=np.int64))

    def rows(self, numbers: Iterable[int]) -> GeneTable:
        """Return the table of some individuals alone."""
        chosen = self.places(numbers)
        columns = tuple(GeneArray(column.name, column.values[chosen]) for column in self.columns)
        return GeneTable(self.numbers[chosen], columns)

    def table(self) -> Table:
        """Return an individual a row."""
        return Table("genes", {"individual": self.numbers, **{one.name: one.values for one in self.columns}})

    @cached_property
    def _by_name(self) -> dict[str, GeneArray]:
        return {column.name: column for column in self.columns}


def gene_table(individuals: Iterable[Individual], *, positions: int = 3) -> GeneTable:
    """Return the genes of individuals as columns; a gene that a genome does not have is None there.

    Args:
        individuals: of one run, or of several with the same space; ordered by number here.
        positions: items of a list that have columns of their own, beside the list's length; :data:`EVERY_ITEM` for all.
    """
    everyone = sorted(individuals, key=lambda individual: individual.number)
    found: dict[str, list[Scalar]] = {}
    seen: dict[str, Sequence[tuple[str, Scalar]]] = {}  # equal genomes are flattened once
    for at, individual in enumerate(everyone):
        genome = individual.genome
        if genome.id not in seen:
            seen[genome.id] = flat_genes(genome, positions)
        for name, value in seen[genome.id]:
            column = found.setdefault(name, [])
            if len(column) < at:
                column.extend([None] * (at - len(column)))
            column.append(value)
    columns = []
    for name in sorted(found, key=in_gene_order):
        values = np.empty(len(everyone), dtype=object)
        values[: len(found[name])] = found[name]
        columns.append(GeneArray(name, values))
    return GeneTable(np.array([one.number for one in everyone], dtype=np.int64), tuple(columns))
