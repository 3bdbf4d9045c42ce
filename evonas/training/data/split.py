"""Disjoint parts of the events: training, validation (chooses), test (reports)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Split", "leading", "split_events", "subsample"]

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Indices of the events of each part, sorted; disjoint, and together all events.

    Attributes:
        train: events to train on.
        validation: events that every evaluation is scored on.
        test: events that no evaluation sees; empty where the source brings its own.
    """

    train: Indices
    validation: Indices
    test: Indices


def split_events(
    classes: NDArray[Any] | None,
    events: int,
    *,
    validation: float,
    test: float,
    seed: int,
    groups: NDArray[Any] | None = None,
) -> Split:
    """Split events at random, stratified by class.

    Every class is shared out in the same proportions, to within one event a part. The sizes of validation and test are
    the fractions of all events, rounded.

    Args:
        classes: (events,) the class of each event; None for a regression, which is not stratified.
        events: number of events.
        validation: fraction of all events, 0 < validation < 1.
        test: fraction of all events; 0 makes no test part.
        seed: the same seed gives the same split.
        groups: (events,) events with the same number stay in one part; the fractions are then those of the groups, and
            a group is of the class of its first event.
    """
    if groups is not None:
        return _split_groups(classes, groups, validation=validation, test=test, seed=seed)
    order = _mixed(classes, events, np.random.default_rng([seed, 0]))
    tested = _every(order, round(events * test))
    rest = order[~tested]
    validated = _every(rest, round(events * validation))
    return Split(np.sort(rest[~validated]), np.sort(rest[validated]), np.sort(order[tested]))


def _split_groups(
    classes: NDArray[Any] | None, groups: NDArray[Any], *, validation: float, test: float, seed: int
) -> Split:
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    leading = None if classes is None else classes[first]
    whole = split_events(leading, len(first), validation=validation, test=test, seed=seed)
    parts = (np.flatnonzero(np.isin(group, part)) for part in (whole.train, whole.validation, whole.test))
    return Split(*parts)


def subsample(indices: Indices, classes: NDArray[Any] | None, fraction: float, seed: int) -> Indices:
    """Return a random part of some events, stratified by class, sorted.

    Args:
        indices: the events to choose from, such as the training part.
        classes: (all events,) the class of each event; None for a regression.
        fraction: part to keep, 0 < fraction <= 1; at least one event is kept.
        seed: the same seed gives the same events.
    """
    if fraction >= 1:
        return indices
    chosen = None if classes is None else classes[indices]
    order = _mixed(chosen, len(indices), np.random.default_rng([seed, 1]))
    keep = order[_every(order, max(1, round(len(indices) * fraction)))]
    return np.sort(indices[keep])


def leading(classes: NDArray[Any] | None, events: int, fraction: float, seed: int) -> Indices:
    """Return the first part of some events in a random order of their own, stratified by class, sorted.

    A smaller fraction is a part of a larger one, so that a network that is trained on with more events has seen them
    before.

    Args:
        classes: (events,) the class of each event; None for a regression.
        events: number of events.
        fraction: part to take, 0 < fraction <= 1; at least one event of each class is taken.
        seed: the same seed gives the same order.
    """
    order = _mixed(classes, events, np.random.default_rng([seed, 2]))
    borders: Any = [] if classes is None else np.flatnonzero(np.diff(classes[order])) + 1
    kept = [members[: max(1, round(len(members) * fraction))] for members in np.split(order, borders)]
    return np.sort(np.concatenate(kept))


def _mixed(classes: NDArray[Any] | None, events: int, rng: np.random.Generator) -> Indices:
    """Return all events, class after class, at random within each class."""
    order = rng.permutation(events)
    return order if classes is None else order[np.argsort(classes[order], kind="stable")]


def _every(order: Indices, count: int) -> NDArray[np.bool_]:
    """Mark ``count`` places at even distances, so that every run of neighbours (a class) gets its share."""
    places = np.arange(len(order) + 1, dtype=np.int64) * count // max(1, len(order))
    marked: NDArray[np.bool_] = np.diff(places) > 0
    return marked
