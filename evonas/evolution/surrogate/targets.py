"""What a model is fitted to: the values of one figure, centred and scaled, so that failures and outliers do no harm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scale"]

Floats = NDArray[np.float64]

_REACH = 10.0  # values further below the median than this many times the best is above it are moved there


@dataclass(frozen=True)
class Scale:
    """A linear map of values to numbers of mean 0 and variance 1, with a floor.

    Rank transforms lose by how much the best are better, which is what the search lives on; plain scaling gives a
    single diverged loss all the weight. So values are scaled as they are, but those far below the median are raised:
    how bad the bad are tells nothing of the good.

    Attributes:
        floor: values below are raised to it.
        centre: value that becomes 0.
        width: distance that becomes 1.
        missing: what failures count as: the floor, or the mean where low is not bad.
    """

    floor: float
    centre: float
    width: float
    missing: float

    @classmethod
    def of(cls, values: Floats, *, one_sided: bool = True) -> Scale:
        """Return the scale of values, of which more is better.

        Args:
            values: shape (n,); NaN for failures.
            one_sided: whether low values are raised; not for figures that are constrained.
        """
        known = values[~np.isnan(values)]
        if not len(known):
            return cls(0.0, 0.0, 1.0, 0.0)
        floor = float(known.min())
        if one_sided:
            middle, top = float(np.median(known)), float(known.max())
            floor = max(floor, middle - _REACH * (top - middle))
        missing = floor if one_sided else float(known.mean())
        raised = np.maximum(np.where(np.isnan(values), missing, values), floor)
        width = float(raised.std())
        return cls(floor, float(raised.mean()), width if width > 0 else 1.0, missing)

    def __call__(self, values: Floats) -> Floats:
        """Return the scaled values; NaN stands for ``missing``."""
        raised: Floats = np.maximum(np.where(np.isnan(values), self.missing, values), self.floor)
        return (raised - self.centre) / self.width

    def value(self, scaled: float) -> float:
        """Return the value that a scaled one stands for."""
        return self.centre + self.width * scaled
