"""Which metrics are better when they are less, where nobody says it: a plain set that takes no time to import."""

from __future__ import annotations

__all__ = ["MINIMISED", "more_is_better"]

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


def more_is_better(metric: str, direction: str = "auto") -> bool:
    """Return whether more of a metric is better.

    Args:
        metric: its name.
        direction: ``max``, ``min``, or ``auto`` for what the name says.

    >>> more_is_better("accuracy"), more_is_better("loss"), more_is_better("loss", "max")
    (True, False, True)
    """
    return direction == "max" or (direction == "auto" and metric not in MINIMISED)
