"""Values of a gene in bins: each option, each of few numbers, else parts of the range; and one for its absence."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from evonas.report.analysis.genes import Floats, GeneArray, Ints
from evonas.report.formats import DASH, number

__all__ = ["ABSENT", "Bins", "bin_gene"]

ABSENT = "absent"
"""Label of the bin of genomes that do not have the gene."""


@dataclass(frozen=True)
class Bins:
    """A gene's values in bins.

    Attributes:
        name: of the gene.
        labels: of the bins, in order; ``absent`` is the first one where some genomes lack the gene.
        index: bin of each individual, shape (n,).
        edges: borders of the bins of a gene of many numbers, shape (bins + 1,); None where each value has its bin.
        logarithmic: whether the borders are equally spaced in the logarithm.
    """

    name: str
    labels: tuple[str, ...]
    index: Ints
    edges: Floats | None = None
    logarithmic: bool = False

    def __len__(self) -> int:
        return len(self.labels)


def bin_gene(column: GeneArray, most: int = 8) -> Bins:
    """Put the values of a gene into bins.

    Args:
        column: the gene.
        most: bins of a gene of numbers at most; options of a choice have a bin each, however many there are.
    """
    lacking = not bool(column.present.all())
    if column.categorical or len(column.options) <= most:
        labels, index, edges = column.options, column.codes, None
    else:
        labels, index, edges = _ranges(column, most)
    if lacking:
        labels, index = (ABSENT, *labels), index + 1
    return Bins(column.name, tuple(labels), index, edges, column.logarithmic)


def _ranges(column: GeneArray, parts: int) -> tuple[tuple[str, ...], Ints, Floats]:
    values = np.where(column.present, column.numbers, np.nan)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    edges = np.geomspace(low, high, parts + 1) if column.logarithmic else np.linspace(low, high, parts + 1)
    index = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, parts - 1)
    labels = tuple(f"{number(low, 2)} {DASH} {number(high, 2)}" for low, high in pairwise(edges.tolist()))
    return labels, np.where(column.present, index, -1).astype(np.int64), edges
