"""Early stopping of hopeless curves: what a training must have reached by an epoch to go on.

The floor is a low percentile of what other individuals had reached at the same epoch, best value so far against best
value so far, as in Vizier's median stopping rule (Golovin et al. 2017, section 3.2.2, doi:10.1145/3097983.3098043) but
more lenient: only what is below nearly all others is given up, since curves cross.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["Floors"]

_CURVES = 20  # at an epoch, before anything is given up there
_PERCENTILE = 10.0
_FROM = 0.5  # part of an evaluation's epochs that is trained in any case


class Floors:
    """Learns curves, and says what the next training must reach.

    Args:
        column: the curve's column that is watched, such as ``val_loss``.
        maximise: whether more of it is better.
    """

    def __init__(self, column: str, maximise: bool) -> None:
        self._column = column
        self._sign = 1.0 if maximise else -1.0
        self._reached: dict[int, list[float]] = {}  # by epoch: the best so far of each curve, more is better
        self._best: dict[int, float] = {}  # by individual: the best so far, over its rungs

    def told(self, individual: int, curve: Sequence[Mapping[str, float]]) -> None:
        """Learn from the curve of an individual's own training; its rows go on from rung to rung."""
        best = self._best.get(individual, -np.inf)
        for row in curve:
            value = row.get(self._column)
            if value is None or not np.isfinite(value):
                continue
            best = max(best, self._sign * value)
            self._reached.setdefault(int(row["epoch"]), []).append(best)
        if np.isfinite(best):
            self._best[individual] = float(best)

    def floor(self, trained: int, epochs: int) -> tuple[tuple[int, float], ...]:
        """Return what a training from epoch ``trained`` over ``epochs`` more must reach: pairs of epoch and value."""
        first = trained + max(1, round(_FROM * epochs))
        pairs = []
        for epoch in range(first, trained + epochs):  # at the last epoch there is nothing left to save
            reached = self._reached.get(epoch, ())
            if len(reached) >= _CURVES:
                pairs.append((epoch, self._sign * float(np.percentile(reached, _PERCENTILE))))
        return tuple(pairs)
