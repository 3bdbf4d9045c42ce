"""The figures of an epoch by the names of a learning curve's columns, those that Keras does not log computed.

A metric of the validation part is computed by the function that scores the trained network, so that the best row of a
curve and the result agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras

from evonas.errors import DataError
from evonas.training.curves import epoch_metrics, logged, plain_names
from evonas.training.data import Part
from evonas.training.heads import Heads, Scored
from evonas.training.metrics import MetricSettings, compute

__all__ = ["EpochColumns", "metrics_of"]


def metrics_of(columns: Iterable[str], heads: Heads, part: Part) -> tuple[str, ...]:
    """Return the metrics that columns of a learning curve are named after, each once.

    ``val_`` before a metric is that metric. One head of several may have given a column of its own the same name, such
    as ``val_energy_mae``, the error of the head ``energy`` for all events: it is then replaced.

    Args:
        columns: columns of the learning curve.
        heads: what the network answers.
        part: the validation part.
    """
    known = epoch_metrics(heads, part.events)
    named = (column.removeprefix("val_") for column in columns if column.startswith("val_"))
    return tuple(dict.fromkeys(name for name in named if name in known))


class EpochColumns(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Has the columns of the epoch that ended last. It comes before the callbacks that read them.

    The network is asked about the validation part once more only if a metric neither is in Keras's logs nor follows
    from them.

    Args:
        heads: what the network answers; they name the columns.
        metrics: metrics of the validation part to have a column each, see :func:`metrics_of`.
        ask: returns the network's answers about the validation part beside the truth.
        settings: signal class and efficiencies of metrics.

    Attributes:
        values: the columns of the epoch; NaN for a metric that is not defined, or of answers that are not finite.
        undefined: why a metric had no value when that happened last; empty while it did not.
    """

    def __init__(
        self,
        heads: Heads,
        metrics: Iterable[str],
        ask: Callable[[], Scored],
        settings: MetricSettings,
    ) -> None:
        super().__init__()
        self.values: dict[str, float] = {}
        self.undefined = ""
        self._heads = heads
        self._metrics = tuple(metrics)
        self._ask = ask
        self._settings = settings

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Name what Keras has logged, and add what it has not."""
        plain = plain_names(logs, self._heads)
        kept = {name: float(value) for name, value in plain.items() if name not in ("lr", "learning_rate")}
        self.values = kept | self._measured(kept)

    def _measured(self, kept: Mapping[str, float]) -> dict[str, float]:
        penalties = bool(self._metrics and self.model.losses)
        measured: dict[str, float] = {}
        scored: Scored | None = None
        for metric in self._metrics:
            known = logged(self._heads, metric, penalties=penalties)
            if known is not None:
                measured[f"val_{metric}"] = kept[known.column] ** known.power
                continue
            scored = self._ask() if scored is None else scored
            measured[f"val_{metric}"] = self._value(metric, scored)
        return measured

    def _value(self, metric: str, scored: Scored) -> float:
        try:
            return compute((metric,), scored, self._settings)[metric]
        except (DataError, FloatingPointError) as error:
            self.undefined = f"`val_{metric}` has no value: {error}"
            return math.nan
