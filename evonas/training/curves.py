"""What the columns of a learning curve are called, whatever the version of Keras, and which it can have; no Keras."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evonas.errors import ConfigError, nearest
from evonas.training.heads import Heads
from evonas.training.metrics.catalogue import METRICS
from evonas.training.metrics.registry import check_metrics, defaults

__all__ = [
    "Logged",
    "check_monitor",
    "curve_columns",
    "epoch_metrics",
    "logged",
    "plain_names",
    "watchable_columns",
    "watched_column",
]

_METRIC = {"classification": "accuracy", "regression": "mae"}
_PART = "val_"


@dataclass(frozen=True)
class Logged:
    """A metric that Keras logs under another name, or but for a power.

    Attributes:
        column: what Keras logs, by its plain name.
        power: the metric is the column to this power.
    """

    column: str
    power: float = 1.0


def curve_columns(heads: Heads) -> tuple[str, ...]:
    """Return the columns of every learning curve that tell how good a network is: losses and metrics of both parts.

    With several heads, each has a loss and a metric of its own, with its name before it.

    >>> from evonas.training.heads import classifier
    >>> curve_columns(classifier(2))
    ('loss', 'val_loss', 'accuracy', 'val_accuracy')
    """
    if len(heads) == 1:
        names = [_METRIC[heads[0].task]]
    else:
        names = [f"{head.name}_{kind}" for head in heads for kind in ("loss", _METRIC[head.task])]
    return tuple(part + name for name in ("loss", *names) for part in ("", _PART))


def epoch_metrics(heads: Heads, events: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the metrics that can be watched from epoch to epoch: of answers, and better when they are more, or less.

    Args:
        heads: what the network answers.
        events: the columns that are known of the events; None leaves them unchecked.
    """
    return tuple(name for name in defaults(heads, events) if METRICS[name].best is None)


def watchable_columns(heads: Heads, events: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the columns that a learning curve can have: those that it always has, and ``val_`` before metrics.

    >>> from evonas.training.heads import regressor
    >>> watchable_columns(regressor(1))
    ('loss', 'val_loss', 'mae', 'val_mae', 'val_rmse')
    """
    return tuple(dict.fromkeys((*curve_columns(heads), *(_PART + name for name in epoch_metrics(heads, events)))))


def watched_column(heads: Heads, metric: str, monitor: str) -> str:
    """Return the column of a learning curve that tells best what a training comes to.

    That is the objective's own on the validation part where there is one, else the one that is monitored: a loss
    depends on label smoothing and other genes, and among good networks it says little of their accuracy.

    Args:
        heads: what the network answers.
        metric: the objective's; empty where there is none to watch.
        monitor: the column by which the best epoch is chosen.

    >>> from evonas.training.heads import classifier
    >>> [watched_column(classifier(2), metric, "val_loss") for metric in ("accuracy", "auc", "parameters")]
    ['val_accuracy', 'val_auc', 'val_loss']
    """
    return _PART + metric if metric in epoch_metrics(heads) else monitor


def logged(heads: Heads, metric: str, *, penalties: bool = False) -> Logged | None:
    """Return what Keras logs that a metric of the validation part follows from; None where it has to be computed.

    Args:
        heads: what the network answers.
        metric: a metric of these heads.
        penalties: whether the loss has terms beside those of the heads, as regularised layers add.

    >>> from evonas.training.heads import classifier, regressor
    >>> logged(classifier(2), "cross_entropy"), logged(classifier(2), "auc")
    (Logged(column='val_loss', power=1.0), None)
    >>> logged(regressor(1), "rmse").power
    0.5
    """
    head = METRICS[metric].head(heads)
    if head is None:
        return None
    before = _PART if len(heads) == 1 else f"{_PART}{head.name}_"
    if metric == "loss":
        return Logged(f"{_PART}loss")
    if metric == _METRIC[head.task]:
        return Logged(before + metric)
    if penalties and len(heads) == 1:
        return None
    if metric == "cross_entropy":
        return Logged(f"{before}loss")
    if metric == "rmse" and head.loss == "mean_squared_error":
        return Logged(f"{before}loss", 0.5)
    return None


def check_monitor(monitor: str, heads: Heads, events: Iterable[str] | None = None, *, signal_class: int = 1) -> None:
    """Check that a column can be watched.

    Args:
        monitor: the column.
        heads: what the network answers.
        events: the columns that are known of the events; None leaves them unchecked.
        signal_class: the class that is the signal.

    Raises:
        ConfigError: if the learning curve cannot have it, with the nearest that it can, or why its metric is none of
            these data.
    """
    columns = watchable_columns(heads, events)
    if monitor in columns:
        return
    metric = METRICS.get(monitor.removeprefix(_PART))
    if metric is not None and metric.prepare is not None and monitor.startswith(_PART) and metric.best is None:
        check_metrics([metric.name], heads, signal_class=signal_class, key="training.monitor", events=events)
    close = _PART + monitor if _PART + monitor in columns else nearest(monitor, columns)
    if metric is not None and metric.best is not None:
        hint: str | None = f"`{metric.name}` is best at {metric.best:g}: neither less nor more of it is better"
    else:
        hint = f"did you mean `{close}`?" if close else None
    raise ConfigError(
        "the learning curve has no such column",
        key="training.monitor",
        got=monitor,
        expected=f"one of {', '.join(columns)}",
        hint=hint,
    )


def plain_names(logs: Mapping[str, Any] | None, heads: Heads) -> dict[str, Any]:
    """Return Keras's logs with the names of :func:`curve_columns`; some versions prefix the name of a single head."""
    if len(heads) > 1 or not logs:
        return dict(logs or {})
    prefix = f"{heads[0].name}_"
    plain = {}
    for name, value in logs.items():
        part, bare = (_PART, name[4:]) if name.startswith(_PART) else ("", name)
        if bare == f"{prefix}loss":
            continue  # the same as the loss
        plain[part + bare.removeprefix(prefix)] = value
    return plain
