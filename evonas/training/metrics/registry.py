"""Metrics asked for by name: whether they fit the heads and the data, and their values."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from evonas.config.curves import more_is_better
from evonas.errors import ConfigError, DataError, nearest
from evonas.training.heads import Heads, Scored
from evonas.training.metrics.catalogue import METRICS
from evonas.training.metrics.metric import Metric, MetricSettings, heads_of_kind

__all__ = ["always", "check_metrics", "check_objectives", "compute", "defaults", "first_scored", "monitor_direction"]


def always(heads: Heads) -> tuple[str, ...]:
    """Return the metrics that every evaluation reports, asked or not: loss, accuracy, root mean square error.

    Accuracy and error are those of the only classification and the only regression among the heads.
    """
    return ("loss", *(name for name in ("accuracy", "rmse") if METRICS[name].head(heads) is not None))


def defaults(heads: Heads, events: Iterable[str] | None = ()) -> tuple[str, ...]:
    """Return all metrics that the answers of these heads allow, for reports.

    Args:
        heads: the heads.
        events: the columns that are known of the events; None leaves them unchecked.
    """
    known = None if events is None else set(events)
    return tuple(name for name, metric in METRICS.items() if metric.prepare and _fits(metric, heads, known))


def check_metrics(
    names: Iterable[str],
    heads: Heads,
    *,
    signal_class: int = 1,
    key: str = "evolution.objectives",
    events: Iterable[str] | None = None,
) -> None:
    """Check that metrics exist and fit the heads and the data.

    Args:
        names: names of metrics.
        heads: the heads of the network.
        signal_class: the class that is the signal.
        key: the configuration's key, for the error.
        events: the columns that are known of the events, such as ``true_energy``; None leaves them unchecked.

    Raises:
        ConfigError: for an unknown name (with the nearest), a metric of a task or a head that is not there or is there
            twice, a two-class metric where there are more classes, a column of the events that the data lack, or a
            signal class that is not there.
    """
    known = None if events is None else set(events)
    for name in names:
        metric = METRICS.get(name)
        fitting = ", ".join(one.name for one in METRICS.values() if _fits(one, heads, known))
        if metric is None:
            close = nearest(name, METRICS)
            hint = f"did you mean `{close}`?" if close else None
            raise ConfigError("there is no such metric", key=key, got=name, expected=f"one of {fitting}", hint=hint)
        wrong = _misfit(metric, heads, known)
        if wrong is not None:
            raise ConfigError(
                wrong[0], key=key, got=name, expected=wrong[1] or f"one of {fitting}", hint=wrong[2] or None
            )
    two = any(head.classes == 2 for head in heads)
    if two and signal_class >= 2:
        raise ConfigError("there is no such class", key="training.signal_class", got=signal_class, expected="0 or 1")


def check_objectives(names: Iterable[str], key: str = "evolution.objectives") -> None:
    """Check that metrics can be objectives: that less or more of each is better.

    Names that are no metrics of ours pass; a callable reports what it likes.

    Raises:
        ConfigError: for one that is best at some value.
    """
    for name in names:
        metric = METRICS.get(name)
        if metric is not None and metric.best is not None:
            raise ConfigError(
                f"`{name}` is best at {metric.best:g}: neither less nor more of it is better",
                key=key,
                got=name,
                expected="a metric to minimise or to maximise",
                hint="put it into `training.metrics` to have it reported",
            )


def first_scored(names: Iterable[str]) -> str:
    """Return the first of some metrics that is computed from a network's answers; empty if none is.

    >>> first_scored(("parameters", "auc", "accuracy"))
    'auc'
    """
    return next((name for name in names if name in METRICS and METRICS[name].prepare is not None), "")


def compute(names: Iterable[str], scored: Scored, settings: MetricSettings | None = None) -> dict[str, float]:
    """Compute metrics from a network's answers.

    Args:
        names: names of metrics; costs and measured ones are left out.
        scored: truth and answers, see also :meth:`evonas.training.heads.Scored.single`.
        settings: signal class and efficiencies.

    Raises:
        FloatingPointError: if an answer is not finite: the network has diverged.
        DataError: if a metric is not defined, because the events are all of one class.
        DependencyError: if a metric needs pyirf, and it is not installed.
        ValueError: if a metric does not fit the heads; :func:`check_metrics` says so sooner.
    """
    settings = settings or MetricSettings()
    _check_finite(scored)
    values = {}
    for name in names:
        metric = METRICS[name]
        if metric.prepare is None:
            continue
        values[name] = metric.statistic(scored, settings)(None)
        if np.isnan(values[name]):
            cause = metric.undefined.format(events=len(scored))
            raise DataError(f"the metric `{name}` is not defined: {cause}")
    return values


def monitor_direction(monitor: str) -> str:
    """Return ``max`` for a column of the learning curve of which more is better, else ``min``."""
    return "max" if more_is_better(monitor) else "min"


def _check_finite(scored: Scored) -> None:
    bad = np.zeros(len(scored), bool)
    for answers in scored.answers.values():
        bad |= ~np.isfinite(answers.reshape(len(answers), -1)).all(axis=1)
    if bad.any():
        raise FloatingPointError(f"{int(bad.sum())} predictions are not finite")


def _fits(metric: Metric, heads: Heads, events: set[str] | None) -> bool:
    return _misfit(metric, heads, events) is None


def _misfit(metric: Metric, heads: Heads, events: set[str] | None) -> tuple[str, str, str] | None:
    """Return what is wrong, what would be right (empty: any metric that fits) and what to do; None if it fits."""
    if metric.kind in ("cost", "measured", "any"):
        return None
    name = metric.name
    head = metric.head(heads)
    if head is None:
        return _no_head(metric, heads)
    if metric.two_classes and head.outputs != 2:
        return (
            f"`{name}` needs two classes, signal and background; the data have {head.outputs}",
            "a metric for several classes, such as accuracy or auc",
            "",
        )
    lacking = [column for column in metric.events if events is not None and column not in events]
    if lacking:
        return f"`{name}` needs `{lacking[0]}` of each event, which the data do not have", "", ""
    return None


def _no_head(metric: Metric, heads: Heads) -> tuple[str, str, str]:
    name, there = metric.name, ", ".join(head.name for head in heads)
    if metric.heads:
        wanted = " or ".join(metric.heads)
        return f"`{name}` is a metric of the head {wanted}, and the heads are {there}", "", "`data` says what is learnt"
    same = heads_of_kind(heads, metric.kind)
    if same:
        several = ", ".join(head.name for head in same)
        return f"`{name}` is a metric of one {metric.kind}, and there are {len(same)}: {several}", "", ""
    other = heads[0].task
    return (
        f"`{name}` is a metric of a {metric.kind}, and the data are a {other}",
        "",
        "data.task says what the targets are",
    )
