"""What a column of a learning curve means: both ends of a floor read it here.

The search learns from the curves of the past how good a column has to be at an epoch
(:attr:`evonas.records.EvaluationRequest.floor`), and the training is stopped when its own is worse. It is the column of
the first objective that a network is scored with (:func:`evonas.training.curves.watched_column`), else
``training.monitor``.
"""

from __future__ import annotations

from evonas.directions import MINIMISED

__all__ = ["more_is_better"]

_LESS_IS_BETTER = tuple(f"_{name}" for name in ("loss", "mae", "rmse"))


def more_is_better(column: str) -> bool:
    """Return whether more of a column of a learning curve is better; ``val_`` before its name means nothing here.

    >>> [more_is_better(column) for column in ("val_accuracy", "val_loss", "val_energy_mae", "type_accuracy")]
    [True, False, False, True]
    >>> [more_is_better(column) for column in ("val_auc", "val_angular_resolution", "val_cross_entropy")]
    [True, False, False]
    """
    bare = column.removeprefix("val_")
    return bare not in MINIMISED and not bare.endswith(_LESS_IS_BETTER)
