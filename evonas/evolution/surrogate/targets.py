"""What a model is fitted to: the values of one figure, bent and scaled, so that failures and outliers do no harm."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BENDS", "UNBENT", "Scale"]

Floats = NDArray[np.float64]

BENDS = (10.0, 1.0)
"""How strongly low values may be bent: those as far below the median as so many times the best is above it count as the
logarithm of 2 of that distance. The first hardly bends."""

UNBENT = (math.inf,)
"""For values that are not to be bent."""

_LOWEST = 10.0  # values further below the median than so many times the best is above it count as being there


@dataclass(frozen=True)
class Scale:
    """A map of values to numbers of mean 0 and variance 1: straight above the median, bent below it.

    Rank transforms lose by how much the best are better, which is what the search lives on; plain scaling gives a
    single diverged loss all the weight, and lets a few failed trainings make the model unsure of everything. So values
    above the median are scaled as they are, and how far others lie below it counts by its logarithm: how bad the bad
    are tells little of the good. The half-rank warping of Song et al. 2024 (arXiv:2408.11527) has the
    same aim. How strongly is for the data to say: tables of noiseless results want it weak, trainings that fail now and
    then want it strong, and the evidence of the model tells which (warped Gaussian processes, Snelson, Rasmussen &
    Ghahramani 2004).

    Attributes:
        middle: values below it are bent.
        reach: distance below the middle that counts as the logarithm of 2 of itself; infinite where nothing is bent.
        lowest: values below it count as being there.
        centre: bent value that becomes 0.
        width: distance that becomes 1.
        missing: what failures count as: the least value, or the mean where low is not bad.
    """

    middle: float
    reach: float
    lowest: float
    centre: float
    width: float
    missing: float

    @classmethod
    def of(cls, values: Floats, *, one_sided: bool = True, bend: float = BENDS[0]) -> Scale:
        """Return the scale of values, of which more is better.

        Args:
            values: shape (n,); NaN for failures.
            one_sided: whether low values are bent; not for figures that are constrained.
            bend: how strongly, one of :data:`BENDS`.
        """
        failed = np.isnan(values)
        known = np.sort(values[~failed])
        if not len(known):
            return cls(0.0, math.inf, -math.inf, 0.0, 1.0, 0.0)
        half, top = len(known) // 2, float(known[-1])
        middle = float(known[half] if len(known) % 2 else 0.5 * (known[half - 1] + known[half]))
        height = top - middle if one_sided and top > middle else math.inf
        reach, lowest = bend * height, middle - _LOWEST * height
        missing = float(known[0]) if one_sided else float(known.mean())
        bent = _bent(np.where(failed, missing, values), middle, reach, lowest)
        centre = float(bent.mean())
        bent = bent - centre
        width = math.sqrt(float(bent @ bent) / len(bent))
        return cls(middle, reach, lowest, centre, width if width > 0 else 1.0, missing)

    def __call__(self, values: Floats) -> Floats:
        """Return the scaled values; NaN stands for ``missing``."""
        known: Floats = np.where(np.isnan(values), self.missing, values)
        return (_bent(known, self.middle, self.reach, self.lowest) - self.centre) / self.width

    def evidence(self, values: Floats) -> float:
        """Return what the logarithm of a density of scaled values has to be raised by to be that of the values."""
        known = np.maximum(values[~np.isnan(values)], self.lowest)
        slopes = -np.log1p(np.maximum(self.middle - known, 0.0) / self.reach)
        return float(slopes.sum()) - len(slopes) * math.log(self.width)

    def value(self, scaled: float) -> float:
        """Return the value that a scaled one stands for."""
        bent = self.centre + self.width * scaled
        if bent >= self.middle or math.isinf(self.reach):
            return bent
        return self.middle - self.reach * math.expm1((self.middle - bent) / self.reach)


def _bent(values: Floats, middle: float, reach: float, lowest: float) -> Floats:
    """Return values, those below the middle at the logarithm of their distance from it."""
    if math.isinf(reach):
        return values
    below = np.maximum(middle - np.maximum(values, lowest), 0.0)
    bent: Floats = np.maximum(values, middle) - reach * np.log1p(below / reach)
    return bent
