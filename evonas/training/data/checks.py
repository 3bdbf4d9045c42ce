"""What every source's arrays must meet before they are split, whoever read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError
from evonas.training.data.protocol import Arrays
from evonas.training.data.split import Split
from evonas.training.data.standardise import chunks

__all__ = ["check_arrays", "check_classes", "check_finite"]


def check_arrays(arrays: Arrays) -> None:
    """Check types and shapes of inputs and targets.

    Raises:
        DataError: for inputs that are not numbers, have no events or no features, or do not go with the targets.
    """
    pairs = [(arrays.inputs, arrays.targets, "")]
    if arrays.test_inputs is not None and arrays.test_targets is not None:
        pairs.append((arrays.test_inputs, arrays.test_targets, "test "))
    inputs_key, targets_key = arrays.keys
    file = arrays.origin or None
    for inputs, targets, part in pairs:
        if inputs.dtype.kind not in "biuf":
            raise DataError(
                f"the {part}inputs are not numbers",
                file=file,
                key=inputs_key,
                got=f"dtype {inputs.dtype}",
                expected="an array of whole or floating-point numbers",
                hint="arrays of objects, strings or records are not inputs of a network; name another array",
            )
        if inputs.ndim < 2 or 0 in inputs.shape:
            raise DataError(
                f"the {part}inputs have the wrong shape",
                file=file,
                key=inputs_key,
                got=f"shape {inputs.shape}",
                expected="(events, features) or (events, rows, columns, channels), none of them 0",
                hint="a single feature has the shape (events, 1)",
            )
        if targets.ndim < 1 or len(inputs) != len(targets):
            raise DataError(
                f"the {part}inputs and targets do not have the same number of events",
                file=file,
                key=f"{inputs_key}, {targets_key}",
                got=f"{inputs_key} of shape {inputs.shape}, {targets_key} of shape {targets.shape}",
                expected="one target for each row of the inputs",
                hint="the two may belong to different files or parts",
            )
    if arrays.test_inputs is not None and arrays.test_inputs.shape[1:] != arrays.inputs.shape[1:]:
        raise DataError(
            "the events of the test part have another shape",
            file=file,
            key=inputs_key,
            got=f"shape {arrays.test_inputs.shape[1:]}",
            expected=f"{arrays.inputs.shape[1:]}, as in the training part",
        )


def check_finite(inputs: NDArray[Any], arrays: Arrays, part: str = "") -> None:
    """Check that all inputs are finite as float32.

    Raises:
        DataError: with how many events are not, and the first of them.
    """
    if inputs.dtype.kind != "f":
        return
    wrong, first = 0, -1
    with np.errstate(over="ignore"):
        for rows in chunks(inputs, np.arange(len(inputs))):
            good = np.isfinite(inputs[rows].astype(np.float32).reshape(len(rows), -1)).all(axis=1)
            wrong += int((~good).sum())
            if first < 0 and not good.all():
                first = int(rows[np.argmin(good)])
    if wrong:
        with np.errstate(over="ignore"):
            place = int(np.argmin(np.isfinite(inputs[first].astype(np.float32)).ravel()))
        raise DataError(
            f"{wrong} of {len(inputs)} {part}events have inputs that are not finite",
            file=arrays.origin or None,
            key=arrays.keys[0],
            got=f"{inputs[first].ravel()[place]} at place {place} of event {first}",
            expected="finite numbers in the range of float32",
            hint="remove these events, or replace the values before evonas reads them",
        )


def check_classes(classes: NDArray[Any], names: Sequence[str], parts: Split, arrays: Arrays) -> None:
    """Check that each class has an event in each part that the split made.

    Raises:
        DataError: with the class, its number of events, and how many it needs.
    """
    for part, rows in (("training", parts.train), ("validation", parts.validation), ("test", parts.test)):
        if part == "test" and not len(rows):
            continue
        counts = np.bincount(classes[rows], minlength=len(names))
        if counts.min() > 0:
            continue
        poor = int(counts.argmin())
        total = int((classes == poor).sum())
        hint = f"add events, merge classes, or enlarge data.{'fraction' if part == 'training' else f'split.{part}'}"
        if len(names) > 20:
            hint += f"; if these {len(names)} classes are quantities, set data.task: regression"
        raise DataError(
            f"the class `{names[poor]}` has too few events: none is left for the {part} part",
            file=arrays.origin or None,
            key=arrays.keys[1],
            got=f"{total} events of it among {len(classes)}",
            expected="at least one in each part",
            hint=hint,
        )
