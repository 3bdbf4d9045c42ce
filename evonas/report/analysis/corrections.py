"""Corrections for many tests at once."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for their number by the step-down method of Holm (1979, jstor.org/stable/4615733).

    Those below 0.05 are then all true with a probability of 95 %, whatever they depend on. None stays None, and counts
    as no test.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    known = sorted((p, at) for at, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, at) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        corrected[at] = largest
    return corrected
