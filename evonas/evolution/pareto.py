"""Several objectives in DEAP's terms: fitness by rung and constraints, and the reference directions of NSGA-III."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from deap import base, tools
from numpy.typing import NDArray

__all__ = ["ConstrainedFitness", "fitness_class", "reference_directions"]


class ConstrainedFitness(base.Fitness):  # type: ignore[misc]  # DEAP has no types
    """DEAP's Fitness under Deb's rules: who keeps the constraints beats who does not, else who breaks them less wins.

    Before that the rung decides, because a figure after more training is not to be compared with one after less.

    Deb, Pratap, Agarwal & Meyarivan 2002 (doi:10.1109/4235.996017), section VI; for one objective Deb 2000
    (doi:10.1016/S0045-7825(99)00389-8). ``deap.base.ConstrainedFitness`` does not tell two apart that both break them.

    Args:
        values: one an objective, as measured.
        violation: how much they break the constraints, see :func:`evonas.frontier.violation`.
        rung: step of the training budget after which they were measured.
    """

    def __init__(self, values: tuple[float, ...] = (), violation: float = 0.0, rung: int = 0) -> None:
        super().__init__(values)
        self.violation = violation
        self.rung = rung

    @property
    def key(self) -> tuple[float, ...]:
        """What is compared, more is better: rung, negated violation of the constraints, weighted values."""
        return (self.rung, -self.violation, *self.wvalues)

    def dominates(self, other: Any, obj: slice = slice(None)) -> bool:
        """Return whether this one constraint-dominates the other one, in the objectives of a slice."""
        if self.rung != other.rung:
            return bool(self.rung > other.rung)
        if self.violation != other.violation:
            return bool(self.violation < other.violation)
        return self.violation == 0 and bool(super().dominates(other, obj))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConstrainedFitness) and self.key == other.key

    def __lt__(self, other: Any) -> bool:
        return bool(self.key < other.key)

    def __le__(self, other: Any) -> bool:
        return bool(self.key <= other.key)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copied = super().__deepcopy__(memo)
        copied.violation, copied.rung = self.violation, self.rung
        return copied


@lru_cache(maxsize=64)
def fitness_class(weights: tuple[float, ...]) -> type[ConstrainedFitness]:
    """Return DEAP's Fitness for these weights (a class of its own, not one in ``deap.creator``'s globals)."""
    return type("Fitness", (ConstrainedFitness,), {"weights": weights})


def reference_directions(objectives: int, most: int) -> NDArray[np.float64]:
    """Return evenly spread directions on the unit simplex, (directions, objectives), for NSGA-III.

    Das & Dennis's lattice with as many divisions as give at most ``most`` points. Below one division an objective the
    lattice has points on the border alone; then there are two layers, the inner one half as wide (Deb & Jain 2014,
    doi:10.1109/TEVC.2013.2281535, section IV.B).

    Args:
        objectives: at least 2.
        most: directions at most, such as the population's size; one an objective and the centre are always there.
    """
    divisions = 1
    while _points(objectives, divisions + 1) <= most:
        divisions += 1
    if divisions >= objectives:
        return _lattice(objectives, divisions)
    for outer in range(divisions, 1, -1):
        if _points(objectives, outer) + _points(objectives, outer - 1) <= most:
            return np.vstack([_lattice(objectives, outer), _lattice(objectives, outer - 1, 0.5)])
    return np.vstack([_lattice(objectives, 1), np.full(objectives, 1 / objectives)])


def _lattice(objectives: int, divisions: int, scaling: float | None = None) -> NDArray[np.float64]:
    return np.asarray(tools.uniform_reference_points(objectives, divisions, scaling), np.float64)


def _points(objectives: int, divisions: int) -> int:
    return math.comb(divisions + objectives - 1, objectives - 1)
