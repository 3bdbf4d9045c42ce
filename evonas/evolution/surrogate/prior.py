"""What earlier runs measured, as far as it tells something here: which genomes were among the better ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from evonas.evolution.births import PriorEvaluation
from evonas.evolution.layout import Layout
from evonas.evolution.surrogate.observations import Observations

__all__ = ["Prior"]

Floats = NDArray[np.float64]

_MOST = 100  # evaluations of a run that are taken over, evenly from the best to the worst
_SPREAD = 0.5  # variance of a value beyond the model's noise, before anything of this run is known
_FADES = 8.0  # observations of this run, by each of which that grows by itself once more


class Prior:
    """Evaluations of earlier runs. Their values are ranks within their run, as quantiles of a normal distribution.

    They are believed the less the more this run has measured itself: each counts as a measurement of a noise that
    grows with the number of own observations.

    Args:
        evaluations: of any number of runs.
        layout: the places of the space.
        observations: embeds rows.
        weights: +1 for each objective of which more is better, -1 of which less is.
        figures: number of figures, objectives first.
    """

    def __init__(
        self,
        evaluations: Sequence[PriorEvaluation],
        layout: Layout,
        observations: Observations,
        weights: Floats,
        figures: int,
    ) -> None:
        rows, values = [], []
        for run in dict.fromkeys(one.run for one in evaluations):
            known = [one for one in evaluations if one.run == run]
            quantiles = np.full((len(known), figures), np.nan)
            own = np.array([one.values for one in known]) * weights
            quantiles[:, : len(weights)] = ndtri((rankdata(own, axis=0) - 0.5) / len(known))
            order = np.argsort(own[:, 0], kind="stable")
            kept = order[np.unique(np.linspace(0, len(known) - 1, _MOST).astype(np.intp))]
            rows += [layout.row(known[index].genome) for index in kept]
            values.append(quantiles[kept])
        self.points: Floats = observations.embedded(np.array(rows)) if rows else np.empty((0, len(observations.parts)))
        self._values: Floats = np.concatenate(values) if values else np.empty((0, figures))

    def __len__(self) -> int:
        return len(self._values)

    def values(self, figure: int) -> Floats:
        """Return scaled values of a figure, shape (n,); none where earlier runs say nothing of it."""
        values: Floats = self._values[:, figure]
        return values[:0] if np.isnan(values).any() else values

    @staticmethod
    def spread(own: int) -> float:
        """Return the variance of each value, with so many observations of this run."""
        return _SPREAD * (1.0 + own / _FADES)
