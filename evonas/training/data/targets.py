"""What the targets say: classes or quantities, how many, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError
from evonas.training.data.protocol import Arrays
from evonas.training.heads import Head, classifier, columns_of, regressor

__all__ = ["Targets", "TaskChoice", "read_targets"]

TaskChoice = Literal["auto", "classification", "regression"]


@dataclass(frozen=True)
class Targets:
    """Targets as networks take them.

    Attributes:
        heads: what they ask for.
        values: one classification: (events,) int32 classes from 0; one regression: (events, outputs) float32, in the
            unit they came in; several heads: (events, columns) float32.
        test: the source's own test part, likewise; None where it brings none.
    """

    heads: tuple[Head, ...]
    values: NDArray[Any]
    test: NDArray[Any] | None

    @property
    def classes(self) -> NDArray[np.int32] | None:
        """(events,) the class of each event; None where nothing is classified."""
        head = next((head for head in self.heads if head.classes), None)
        return None if head is None else columns_of(self.heads, self.values)[head.name]

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name a class; empty where nothing is classified."""
        return next((head.class_names for head in self.heads if head.classes), ())


def read_targets(arrays: Arrays, choice: TaskChoice = "auto") -> Targets:
    """Read the targets of a source.

    With ``auto``, strings, whole numbers and one-hot rows are classes; everything else is regressed. Classes that are
    not numbered 0, 1, ... are numbered in sorted order, and keep their values as names.

    Raises:
        DataError: if the targets do not fit the task: strings to regress, fractions as classes, a class without name.
    """
    if arrays.heads:
        return _by_heads(arrays)
    values = _plain(arrays.targets, arrays)
    test = None if arrays.test_targets is None else _plain(arrays.test_targets, arrays)
    classes = _are_classes(values) if choice == "auto" else choice == "classification"
    return _classes(values, test, arrays) if classes else _quantities(values, test, arrays)


def _by_heads(arrays: Arrays) -> Targets:
    """Take the source's word for the tasks, and check that the columns are there."""
    columns = sum(head.columns for head in arrays.heads)
    one_class = len(arrays.heads) == 1 and arrays.heads[0].classes is not None

    def read(targets: NDArray[Any] | None) -> NDArray[Any] | None:
        if targets is None:
            return None
        table = _plain(targets, arrays).reshape(len(targets), -1)
        if table.shape[1] != columns:
            expected = f"{columns} columns for " + ", ".join(head.name for head in arrays.heads)
            raise _error(arrays, "the targets do not fit the tasks", f"{table.shape[1]} columns", expected)
        return table[:, 0].astype(np.int32) if one_class else table.astype(np.float32)

    values = read(arrays.targets)
    assert values is not None
    return Targets(arrays.heads, values, read(arrays.test_targets))


def _plain(targets: NDArray[Any], arrays: Arrays) -> NDArray[Any]:
    targets = np.asarray(targets)
    if targets.dtype.kind == "S":
        targets = np.char.decode(targets, "utf-8")
    if targets.dtype.kind not in "biufU":
        raise _error(arrays, "the targets are neither numbers nor strings", str(targets.dtype), "numbers or strings")
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if targets.ndim not in (1, 2):
        raise _error(
            arrays,
            "the targets have the wrong number of dimensions",
            f"shape {targets.shape}",
            "(events,) or (events, outputs)",
        )
    if targets.dtype.kind == "f" and not np.isfinite(targets).all():
        rows = np.flatnonzero(~np.isfinite(targets.reshape(len(targets), -1)).all(axis=1))
        raise _error(
            arrays,
            f"{len(rows)} targets are not finite",
            f"{targets[rows[0]]} in event {rows[0]}",
            "finite numbers",
            "remove these events from the file",
        )
    return targets


def _one_hot(values: NDArray[Any]) -> bool:
    if values.ndim != 2 or values.dtype.kind == "U":
        return False
    return bool(((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all())


def _whole(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "biuU" or bool((values == np.round(values)).all())


def _are_classes(values: NDArray[Any]) -> bool:
    return _whole(values) if values.ndim == 1 else _one_hot(values)


def _quantities(values: NDArray[Any], test: NDArray[Any] | None, arrays: Arrays) -> Targets:
    for part in (values, test):
        if part is not None and part.dtype.kind == "U":
            raise _error(
                arrays,
                "strings cannot be regressed",
                f"{part.flat[0]!s}",
                "numbers",
                "set data.task: classification, or name another array",
            )
    columns = [part.reshape(len(part), -1).astype(np.float32) for part in (values, test) if part is not None]
    if len({column.shape[1] for column in columns}) > 1:
        raise _error(
            arrays,
            "training and test targets have different numbers of quantities",
            f"{columns[0].shape[1]} and {columns[1].shape[1]}",
            "the same",
        )
    return Targets(regressor(columns[0].shape[1]), columns[0], columns[1] if test is not None else None)


def _classes(values: NDArray[Any], test: NDArray[Any] | None, arrays: Arrays) -> Targets:
    hot = values.ndim == 2
    for part in (values, test):
        if part is None:
            continue
        if part.ndim != values.ndim or (hot and (not _one_hot(part) or part.shape[1] != values.shape[1])):
            raise _error(
                arrays,
                "these targets are not classes",
                f"shape {part.shape}",
                "(events,) whole numbers, or one-hot rows",
            )
        if not hot and not _whole(part):
            fraction = part[part != np.round(part)][0]
            raise _error(
                arrays, "these targets are not classes", fraction, "whole numbers", "set data.task: regression"
            )
    if hot:
        names = arrays.class_names or tuple(str(column) for column in range(values.shape[1]))
        labels, test_labels = values.argmax(axis=1), None if test is None else test.argmax(axis=1)
        _check_names(names, values.shape[1], arrays)
        return _classification(labels, test_labels, names)
    if arrays.class_names and values.dtype.kind != "U":
        names, known = arrays.class_names, np.arange(len(arrays.class_names))
    else:
        known = np.unique(values)
        names = arrays.class_names or tuple(_label(value) for value in known)
        _check_names(names, len(known), arrays)
    if len(known) < 2:
        raise _error(arrays, "there is one class only", f"every target is {_label(values[0])}", "two classes or more")
    labels = _indices(values, known, arrays)
    return _classification(labels, None if test is None else _indices(test, known, arrays), names)


def _classification(labels: NDArray[Any], test: NDArray[Any] | None, names: tuple[str, ...]) -> Targets:
    return Targets(
        classifier(len(names), names), labels.astype(np.int32), None if test is None else test.astype(np.int32)
    )


def _indices(values: NDArray[Any], known: NDArray[Any], arrays: Arrays) -> NDArray[Any]:
    """Return the place of each value in the sorted array of known classes."""
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    wrong = np.flatnonzero(known[places] != values)
    if len(wrong):
        raise _error(
            arrays,
            f"{len(wrong)} events are of a class that is not known",
            f"{_label(values[wrong[0]])} in event {wrong[0]}",
            f"one of {', '.join(_label(value) for value in known[:20])}",
            "a test part has the classes of the training part; class_names name the classes 0, 1, ...",
        )
    return places


def _check_names(names: tuple[str, ...], count: int, arrays: Arrays) -> None:
    if len(names) != count:
        raise _error(
            arrays, "the number of class names is not the number of classes", f"{len(names)} names", f"{count} names"
        )


def _label(value: Any) -> str:
    return str(int(value)) if getattr(value, "dtype", np.dtype("U")).kind in "biuf" else str(value)


def _error(arrays: Arrays, message: str, got: Any, expected: str, hint: str | None = None) -> DataError:
    file = arrays.origin or None
    return DataError(message, file=file, key=arrays.keys[1], got=got, expected=expected, hint=hint)
