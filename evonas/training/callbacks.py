"""What watches a training epoch by epoch: the learning curve, the NaN guard, early stopping and the best weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from numpy.typing import NDArray

from evonas.config.curves import more_is_better
from evonas.training import keras_compat
from evonas.training.batches import EventOrder
from evonas.training.epochs import EpochColumns
from evonas.training.metrics.registry import monitor_direction

__all__ = ["BestEpoch", "DivergedError", "Floor", "LearningCurve", "NanGuard"]

Row = dict[str, float]


class DivergedError(FloatingPointError):
    """The loss is not finite.

    Attributes:
        epoch: the epoch it happened in, from 1, those before a resumption included.
        curve: rows of the epochs that ended well.
    """

    def __init__(self, message: str, epoch: int, curve: list[Row] | None = None) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.curve = curve or []


class NanGuard(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Stops a training whose loss is not finite, in the middle of an epoch where it can.

    Args:
        every: look at the loss after so many executions; looking makes the host wait for the device.
    """

    _supports_tf_logs = True  # Keras 2: hand over tensors instead of converting all of them after every batch

    def __init__(self, every: int = 16) -> None:
        super().__init__()
        self._every = every
        self._epoch = 0
        self._seen = 0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Look at the running loss now and then; once NaN, it stays NaN."""
        self._seen += 1
        if self._seen % self._every == 0 and logs and "loss" in logs:
            self._check("loss", float(logs["loss"]))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Look at the losses of the epoch."""
        for name in ("loss", "val_loss"):
            if logs and name in logs:
                self._check(name, float(logs[name]))

    def _check(self, name: str, value: float) -> None:
        if not math.isfinite(value):
            raise DivergedError(f"{name} = {value} in epoch {self._epoch}", self._epoch)


class LearningCurve(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Keeps one row an epoch, tells it on, and turns the page of the event order.

    Args:
        order: the order of the events, set to the next epoch at the end of each.
        report: called with each row.
        columns: what a row is made of; what has no value in an epoch is left out of its row.
    """

    def __init__(self, order: EventOrder, report: Callable[[Row], None], columns: EpochColumns) -> None:
        super().__init__()
        self._columns = columns
        self.rows: list[Row] = []
        self._order = order
        self._report = report
        self._started = 0.0
        self._rate = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Note the time and the learning rate that the epoch begins with."""
        self._started = time.perf_counter()
        self._rate = keras_compat.learning_rate(self.model.optimizer)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Add a row."""
        self._order.epoch = epoch + 1
        row = {
            "epoch": epoch + 1,
            **{name: value for name, value in self._columns.values.items() if not math.isnan(value)},
            "learning_rate": self._rate,
            "seconds": time.perf_counter() - self._started,
        }
        self.rows.append(row)
        self._report(row)


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Keeps the weights of the best epoch, and stops when there was no better one for long.

    The best epoch is the one with the best value of ``monitor``, however small the gain. ``patience`` counts the epochs
    since the last gain of more than ``min_delta``. An epoch in which the column has no value is never the best.

    Args:
        monitor: a column of the learning curve.
        patience: epochs without improvement after which to stop; None never stops.
        min_delta: least change that counts as improvement.
        best: value of the best epoch before a resumption; None at the start.
        epoch: that epoch, from 1.
        weights: its weights.
        columns: the columns of an epoch.
    """

    def __init__(
        self,
        monitor: str,
        patience: int | None,
        min_delta: float = 0.0,
        *,
        columns: EpochColumns,
        best: float | None = None,
        epoch: int = 0,
        weights: list[NDArray[Any]] | None = None,
    ) -> None:
        super().__init__()
        self._columns = columns
        self.best = best
        self.epoch = epoch
        self.weights = weights
        self.stopped = False
        self._monitor = monitor
        self._patience = patience
        self._min_delta = min_delta
        self._sign = 1.0 if monitor_direction(monitor) == "max" else -1.0
        self._level = -math.inf if best is None else self._sign * best
        self._waited = 0

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Compare this epoch with the best one."""
        value = self._columns.values[self._monitor]
        if not math.isnan(value) and (self.best is None or self._sign * value > self._sign * self.best):
            self.best, self.epoch = value, epoch + 1
            self.weights = keras_compat.weights(self.model)
        if self._sign * value > self._level + self._min_delta:
            self._level, self._waited = self._sign * value, 0
        else:
            self._waited += 1
        if self._patience is not None and self._waited >= self._patience:
            self.stopped = self.model.stop_training = True


class Floor(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Stops a training that is hopeless: whose best epoch so far misses what it must have reached by then.

    Args:
        floor: pairs of an epoch, from 1, those before a resumption included, and the least good value that goes on.
        monitor: the column that is compared.
        columns: the columns of an epoch.
        best: its value in the best epoch before a resumption; None at the start.

    Attributes:
        reason: why it stopped, in words; empty while it did not.
        best: value of the column in the best epoch so far; None while it had none.
    """

    def __init__(
        self, floor: Sequence[tuple[int, float]], monitor: str, *, columns: EpochColumns, best: float | None = None
    ) -> None:
        super().__init__()
        self.reason = ""
        self._floor = dict(floor)
        self._monitor = monitor
        self._better: Callable[[float, float], float] = max if more_is_better(monitor) else min
        self.best = best
        self._columns = columns

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Compare the best epoch so far with the floor of this one."""
        value = self._columns.values[self._monitor]
        if not math.isnan(value):
            self.best = value if self.best is None else self._better(self.best, value)
        least = self._floor.get(epoch + 1)
        if least is None or self.best is None:
            return
        if self._better(self.best, least) != self.best:
            self.reason = f"hopeless: {self._monitor} is {self.best:.6g} in epoch {epoch + 1}, short of {least:.6g}"
            self.model.stop_training = True
