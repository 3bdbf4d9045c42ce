"""How different two genomes are: Gower's distance over their genes."""

from __future__ import annotations

import numpy as np

from evonas.report.analysis.genes import Floats, GeneTable, Ints

__all__ = ["genome_distances"]


def genome_distances(table: GeneTable, rows: Ints) -> Floats:
    """Return the distance of each two individuals: Gower (1971, doi:10.2307/2528823) over the genes that vary.

    A gene of numbers counts with its difference as a part of the range that the run tried (of its logarithm where the
    range is wide), a choice with 0 or 1, and one that only one of the two has with 1. The mean is taken over the genes
    that at least one of them has.

    Args:
        table: genes of all individuals; the ranges are those in it.
        rows: places of the individuals in the table, shape (n,).

    Returns:
        Shape (n, n), from 0 (equal) to 1; 0 on the diagonal.
    """
    apart = np.zeros((len(rows), len(rows)))
    counted = np.zeros((len(rows), len(rows)))
    for column in table.columns:
        if not column.varies and bool(column.present.all()):
            continue
        present = column.present[rows]
        either = present[:, None] | present
        both = present[:, None] & present
        if column.categorical:
            codes = column.codes[rows]
            differs = (codes[:, None] != codes).astype(np.float64)
        else:
            scaled = column.scaled[rows]
            differs = np.abs(scaled[:, None] - scaled)
        apart += np.where(both, differs, either)
        counted += either
    mean: Floats = apart / np.maximum(counted, 1)
    return mean
