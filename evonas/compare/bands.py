"""The way of each group of runs to its best: the median of its runs and their quartiles, over what was spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evonas.compare.groups import RunGroup
from evonas.report.analysis import BestTrace, Table

__all__ = ["AXES", "Band", "Floats", "axis", "bands", "bands_table"]

AXES = {"evaluations": "evaluations", "epochs": "epochs trained", "seconds": "wall time (s)"}
"""What was spent, and the words of its column."""

Floats = npt.NDArray[np.float64]
_SPREAD = 3  # runs from which on quartiles say something


@dataclass(frozen=True)
class Band:
    """A group's best so far.

    Attributes:
        label: of the group.
        runs: how many took part.
        spent: (n,), ascending; from where on every run has a value; a place
            for each improvement of any of them, and their ends.
        values: (runs, n), the best so far of each run from there on; a run that ended stays at its last value.
        middle: (n,), the median over the runs.
        low, high: (n,), their lower and upper quartile; None below three runs.
    """

    label: str
    runs: int
    spent: Floats
    values: Floats
    middle: Floats
    low: Floats | None
    high: Floats | None

    @property
    def title(self) -> str:
        """Its label, and of how many runs it is made, if several."""
        return self.label if self.runs == 1 else f"{self.label} ({self.runs} runs)"


def bands(groups: Sequence[RunGroup], over: str) -> list[Band]:
    """Return the band of each group in which any run has a value.

    Args:
        groups: of runs.
        over: a key of :data:`AXES`.
    """
    found = []
    for group in groups:
        ways = [_way(run.trace, over) for run in group.runs if run.trace is not None]
        known = [(spent, values) for spent, values in ways if np.isfinite(spent).all()]  # the time may be unknown
        if known:
            found.append(_band(group.label, known))
    return found


def axis(over: str, found: Sequence[Band]) -> tuple[str, float]:
    """Return the title of an axis, and what to divide by so that its numbers are of a readable size."""
    longest = max(float(band.spent[-1]) for band in found)
    for unit, seconds in (("h", 3600.0), ("min", 60.0)):
        if over == "seconds" and longest >= 2 * seconds:
            return f"wall time ({unit})", seconds
    return AXES[over], 1.0


def bands_table(panels: Mapping[str, Sequence[Band]]) -> Table:
    """Return the figures behind bands: a row for each place of each band, over every axis.

    Args:
        panels: key of :data:`AXES` to the bands over it.
    """
    columns: dict[str, list[object]] = {
        name: [] for name in ("over", "spent", "group", "runs", "median", "low", "high")
    }
    for over, found in panels.items():
        for band in found:
            length = len(band.spent)
            columns["over"] += [AXES[over]] * length
            columns["spent"] += band.spent.tolist()
            columns["group"] += [band.label] * length
            columns["runs"] += [band.runs] * length
            columns["median"] += band.middle.tolist()
            columns["low"] += [None] * length if band.low is None else band.low.tolist()
            columns["high"] += [None] * length if band.high is None else band.high.tolist()
    return Table("best_so_far", columns)


def _band(label: str, ways: Sequence[tuple[Floats, Floats]]) -> Band:
    spent = np.unique(np.concatenate([own for own, _ in ways]))
    spent = spent[spent >= max(own[0] for own, _ in ways)]  # from here on every run has a value
    values = np.array([best[np.searchsorted(own, spent, side="right") - 1] for own, best in ways])
    spread = len(ways) >= _SPREAD
    low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
    return Band(label, len(ways), spent, values, middle, low if spread else None, high if spread else None)


def _way(trace: BestTrace, over: str) -> tuple[Floats, Floats]:
    return np.asarray(getattr(trace, over), np.float64), np.asarray(trace.values, np.float64)
