"""The parts of a run's events, mapped into memory: all workers share one copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError
from evonas.training.data.split import leading
from evonas.training.data.summary import read_summary
from evonas.training.heads import columns_of

__all__ = ["FOLDER", "PARTS", "Part", "load_part", "load_some"]

FOLDER = "data"
"""Folder of the prepared arrays in a run directory."""

PARTS = ("train", "validation", "test")
"""Names of the parts, as in the names of their files."""


@dataclass(frozen=True)
class Part:
    """One part, mapped into memory: pages are shared by all processes, and nothing is copied until it is written to.

    Attributes:
        inputs: (stored events, *input_shape) float32: the events of the part, or those of all parts.
        targets: (events,) int32 classes, or (events, columns) float32.
        rows: (events,) int64, which of ``inputs`` belong to the part; None where all do, in their order.
        events: further columns by name, (events,) each.
    """

    inputs: NDArray[np.float32]
    targets: NDArray[Any]
    rows: NDArray[np.int64] | None = None
    events: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.targets)

    def gather(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return the inputs of neighbouring events of the part, (stop - start, *input_shape)."""
        return self.inputs[start:stop] if self.rows is None else self.inputs[self.rows[start:stop]]


def load_part(folder: Path, part: str) -> Part:
    """Map a prepared part into memory.

    The maps are private (copy on write): a page that nobody writes to is shared, and stays on disk until read.

    Args:
        folder: the folder with the arrays, ``<run directory>/data``.
        part: ``train``, ``validation`` or ``test``.

    Raises:
        DataError: if there is no such part, or it cannot be read.
    """
    missing = "data.split.test is 0 and the source has no test part" if part == "test" else None
    targets = _array(folder / f"{part}_targets.npy", part, missing)
    rows, events = folder / f"{part}_rows.npy", folder / f"{part}_events.npy"
    if not rows.exists():
        return Part(_array(folder / f"{part}_inputs.npy", part, missing), targets, None, _columns(events, part))
    file = read_summary(folder).inputs_file
    if file is None:
        raise DataError("the summary of the prepared data does not name the file with the inputs", file=folder)
    try:
        inputs = file.map()
    except (OSError, ValueError) as error:
        raise DataError(
            f"the cached images of this run cannot be read: {error}",
            file=file.path,
            hint="`evonas resume` reads the events again and puts them back",
        ) from error
    return Part(inputs, targets, np.asarray(_array(rows, part, missing)), _columns(events, part))


def load_some(folder: Path, part: str, fraction: float, seed: int) -> Part:
    """Map some events of a prepared part into memory: always the same ones, stratified by class.

    The inputs stay where they are: the events are rows of them. A smaller fraction is a part of a larger one.

    Args:
        folder: the folder with the arrays, ``<run directory>/data``.
        part: ``train``, ``validation`` or ``test``.
        fraction: part of the events, 0 < fraction <= 1.
        seed: seed of the order that the first events are taken of; the split's own.

    Raises:
        DataError: as :func:`load_part`.
    """
    whole = load_part(folder, part)
    if fraction >= 1:
        return whole
    summary = read_summary(folder)
    head = summary.classification
    classes = None if head is None else columns_of(summary.heads, whole.targets)[head.name]
    chosen = leading(classes, len(whole), fraction, seed)
    rows = chosen.astype(np.int64) if whole.rows is None else whole.rows[chosen]
    events = {name: column[chosen] for name, column in whole.events.items()}
    return Part(whole.inputs, whole.targets[chosen], rows, events)


def _columns(path: Path, part: str) -> dict[str, NDArray[Any]]:
    if not path.exists():
        return {}
    table = _array(path, part, None)
    return {name: table[name] for name in table.dtype.names or ()}


def _array(path: Path, part: str, hint: str | None) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="c", allow_pickle=False)
    except FileNotFoundError as error:
        raise DataError(f"there is no {part} part", file=path, expected="prepared arrays", hint=hint) from error
    except (OSError, ValueError) as error:
        raise DataError(f"the prepared array cannot be read: {error}", file=path) from error
    return array
