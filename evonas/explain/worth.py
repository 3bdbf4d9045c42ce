"""What a change is worth: differences of trainings paired by seed, their errors, and p-values that stand together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from evonas.explain.noise import two_sided

__all__ = ["SIGNIFICANT", "Paired", "paired"]

SIGNIFICANT = 0.05
"""A difference counts as established where its corrected p-value is below."""


@dataclass(frozen=True)
class Paired:
    """Differences of two networks trained with the same seeds.

    Attributes:
        pairs: seeds with which both trainings completed.
        mean: mean difference; NaN without a pair.
        error: its standard error, s / sqrt(n); None below two pairs, and where equal differences are chance.
        p: two-sided p-value of Student's paired t-test; None where there is no error.
    """

    pairs: int
    mean: float
    error: float | None
    p: float | None


def paired(first: Mapping[int, float], second: Mapping[int, float], *, exact: bool = False) -> Paired:
    """Return how much larger the first network's figures are than the second's.

    Args:
        first: a figure by seed.
        second: of the other network; seeds that only one of them has are left out.
        exact: whether the figures carry no noise, so that equal differences are no accident.

    >>> found = paired({0: 0.9, 1: 0.95, 2: 0.92}, {0: 0.8, 1: 0.87, 2: 0.83})
    >>> found.pairs, round(found.mean, 3), round(found.error, 4), round(found.p, 4)
    (3, 0.09, 0.0058, 0.0041)
    """
    differences = [first[seed] - second[seed] for seed in first if seed in second]
    if not differences:
        return Paired(0, math.nan, None, None)
    mean = statistics.fmean(differences)
    if len(differences) < 2:
        return Paired(1, mean, None, None)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    if error == 0 and not exact:  # few trainings and a coarse metric: a tie is no certainty
        return Paired(len(differences), mean, None, None)
    return Paired(len(differences), mean, error, two_sided(mean, error, len(differences) - 1))
