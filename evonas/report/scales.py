"""Scales of axes: when a logarithmic one shows more, which outliers to leave out, how to thin many points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import quantiles

__all__ = ["is_logarithmic", "robust_range", "thinned"]


def is_logarithmic(values: Sequence[float], ratio: float = 50.0) -> bool:
    """Whether positive values span so much that a logarithmic axis shows them better."""
    finite = [value for value in values if math.isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) / min(finite) >= ratio


def robust_range(values: Sequence[float], *, maximise: bool) -> tuple[float, float] | None:
    """Return a range that leaves far outliers on the worse side out, or None where there are none.

    Outliers are more than three interquartile ranges, or twice the distance from median to best, beyond the quartile.
    """
    if len(values) < 8:
        return None
    low, middle, high = quantiles(values, n=4, method="inclusive")
    best = max(values) if maximise else min(values)
    worst = min(values) if maximise else max(values)
    reach = max(3 * (high - low), 2 * abs(best - middle))
    limit = low - reach if maximise else high + reach
    if reach == 0 or (worst >= limit if maximise else worst <= limit):
        return None
    room = 0.05 * abs(best - limit)
    return (limit, best + room) if maximise else (best - room, limit)


def thinned(amount: int, most: int, keep: set[int]) -> list[int]:
    """Return at most about ``most`` of the indices below ``amount``, evenly spread, and those to keep in any case."""
    if amount <= most:
        return list(range(amount))
    step = amount / most
    return sorted({int(at * step) for at in range(most)} | keep)
