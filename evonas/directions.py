"""Which metrics are better when they are less, where nobody says it: a plain set that takes no time to import."""

from __future__ import annotations

__all__ = ["MINIMISED"]

MINIMISED = frozenset(
    {
        "loss",
        "cross_entropy",
        "mae",
        "rmse",
        "energy_resolution",
        "energy_mae",
        "angular_resolution",
        "parameters",
        "operations",
        "seconds_per_inference",
        "seconds",
        "epochs",
    }
)
"""Metrics of which less is better; of every other metric more is better, unless the objective says otherwise."""
