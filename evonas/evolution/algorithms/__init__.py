"""Where new individuals come from: one algorithm a file, all behind one contract."""

from __future__ import annotations

from collections.abc import Callable

from evonas.evolution.algorithms.aging import aging_evolution
from evonas.evolution.algorithms.cmaes import CovarianceMatrixAdaptation
from evonas.evolution.algorithms.evolution import Evolution
from evonas.evolution.algorithms.grid import GridSearch
from evonas.evolution.algorithms.optuna import gaussian_process, parzen_estimator
from evonas.evolution.algorithms.protocol import Algorithm, Setting
from evonas.evolution.algorithms.random import RandomSearch

__all__ = ["ALGORITHMS", "Algorithm", "Setting"]

ALGORITHMS: dict[str, Callable[[Setting], Algorithm]] = {
    "evolution": Evolution,
    "aging_evolution": aging_evolution,
    "random": RandomSearch,
    "grid": GridSearch,
    "tpe": parzen_estimator,
    "gp": gaussian_process,
    "cmaes": CovarianceMatrixAdaptation,
}
"""Algorithms by the name that a configuration uses."""
