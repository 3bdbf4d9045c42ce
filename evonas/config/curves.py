"""Which column of a learning curve tells how a training is going, before it has ended.

Both ends read it here: the search, which learns from the curves of the past how good a curve has to be at an epoch
(:attr:`evonas.records.EvaluationRequest.floor`), and the training, which is stopped when its own is worse.
"""

from __future__ import annotations

from collections.abc import Iterable

from evonas.config.schema import Objective

__all__ = ["watched_column"]

_LOSS = "val_loss"


def watched_column(objective: Objective, columns: Iterable[str]) -> tuple[str, bool] | None:
    """Return the column that stands for an objective, and whether more of it is better; None if there is none.

    In this order: the objective on the validation part (``val_accuracy`` for ``accuracy``); the objective by its plain
    name, in curves that have no validation columns at all; the loss on the validation part, for all that is only
    measured at the end, such as ``auc``.

    >>> watched_column(Objective(metric="accuracy"), ["epoch", "accuracy", "val_accuracy", "val_loss"])
    ('val_accuracy', True)
    >>> watched_column(Objective(metric="auc"), ["epoch", "accuracy", "val_accuracy", "val_loss"])
    ('val_loss', False)
    """
    known = set(columns)
    if f"val_{objective.metric}" in known:
        return f"val_{objective.metric}", objective.maximise
    if objective.metric in known and not any(column.startswith("val_") for column in known):
        return objective.metric, objective.maximise
    return (_LOSS, False) if _LOSS in known else None
