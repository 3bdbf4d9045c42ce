"""CTLearn's reconstruction tasks as heads of a network, with its labels, losses and units.

They are those of ``ctlearn.core.loader.DLDataLoader`` and of ``ctlearn.tools.train_model`` in CTLearn 0.10: classes 0
(background) and 1 (signal) with cross-entropy, all others with the mean absolute error.
"""

from __future__ import annotations

from collections.abc import Iterable

from evonas.errors import ConfigError, nearest
from evonas.training.heads import Head

__all__ = ["CAMERA_DIRECTION", "ENERGY", "SKY_DIRECTION", "TASKS", "TYPE", "ctlearn_heads"]

TYPE = Head("type", "classification", 2, "cross_entropy", class_names=("background", "signal"))
"""The primary particle: CTLearn's classes, 1 for what its signal files hold."""

ENERGY = Head("energy", "regression", 1, "mean_absolute_error", "log10(TeV)")
"""The decimal logarithm of the true energy in TeV."""

CAMERA_DIRECTION = Head("cameradirection", "regression", 2, "mean_absolute_error", "m")
"""Where the true direction falls in the camera, x and y, from the telescope's pointing."""

SKY_DIRECTION = Head("skydirection", "regression", 2, "mean_absolute_error", "deg")
"""The true direction on the sky, longitude and latitude, from the array's pointing."""

TASKS = {head.name: head for head in (TYPE, ENERGY, CAMERA_DIRECTION, SKY_DIRECTION)}
"""All tasks by name, in CTLearn's order."""


def ctlearn_heads(tasks: Iterable[str]) -> tuple[Head, ...]:
    """Return the heads of some tasks, in CTLearn's order.

    Raises:
        ConfigError: for an unknown task, with the nearest, or for none.

    >>> [head.name for head in ctlearn_heads(["energy", "type"])]
    ['type', 'energy']
    """
    asked = list(tasks)
    for task in asked:
        if task not in TASKS:
            close = nearest(task, TASKS)
            raise ConfigError(
                "CTLearn has no such task",
                key="data.options.tasks",
                got=task,
                expected=f"some of {', '.join(TASKS)}",
                hint=f"did you mean `{close}`?" if close else None,
            )
    if not asked:
        raise ConfigError(
            "there is no task", key="data.options.tasks", got=asked, expected=f"some of {', '.join(TASKS)}"
        )
    return tuple(head for name, head in TASKS.items() if name in asked)
