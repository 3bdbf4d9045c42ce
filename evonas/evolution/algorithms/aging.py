"""Aging evolution as published: the reference that the engine's own evolution is measured against.

Real, Aggarwal, Huang & Le 2019, "Regularized Evolution for Image Classifier Architecture Search",
doi:10.1609/aaai.v33i01.33014780, algorithm 1: random founders, a tournament, one mutation, no crossover, and the oldest
leaves however good it is.
"""

from __future__ import annotations

from dataclasses import replace

from evonas.evolution.algorithms.evolution import Evolution
from evonas.evolution.algorithms.protocol import Setting

__all__ = ["aging_evolution"]

_MUTATIONS = {"mutate_one": 1.0, "insert_item": 0.5, "remove_item": 0.5}


def aging_evolution(setting: Setting) -> Evolution:
    """Return plain aging evolution: no surrogate, adaptation, crossover, elites, or newcomers; sizes as configured."""
    config = setting.config.model_copy(
        update={"survival": "aging", "elitism": 0, "crossover": 0.0, "mutations": _MUTATIONS, "mode": "steady"}
    )
    search = setting.search.model_copy(
        update={"surrogate": False, "adaptive": False, "without": ["immigrants", "restarts"]}
    )
    return Evolution(replace(setting, config=config, search=search))
