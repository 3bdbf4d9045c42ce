"""What a data source is: a name, its options, and a function that reads arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from evonas.training.heads import Head

__all__ = ["Arrays", "DataSource", "FileArray", "Options"]


class Options(BaseModel):
    """Base of the options of a data source: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True)


@dataclass(frozen=True)
class FileArray:
    """An array that lies in a file as plain numbers, row after row: any process can map it into memory.

    Attributes:
        path: the file.
        offset: bytes before the first number; a multiple of 64, because TensorFlow takes no other memory.
        shape: shape of the array.
        dtype: type of its numbers, as NumPy writes it: ``float32``.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    dtype: str = "float32"

    def map(self) -> NDArray[Any]:
        """Map the array into memory; pages are read when they are used, and nothing is ever written back.

        Raises:
            OSError: if the file is missing or cannot be read.
            ValueError: if it is shorter than the array.
        """
        return np.memmap(self.path, np.dtype(self.dtype), mode="c", offset=self.offset, shape=self.shape)


@dataclass(frozen=True)
class Arrays:
    """The events of a source, as they were read: not split, not standardised, not checked.

    Attributes:
        inputs: one event a row: (events, features) for vectors, (events, rows, columns, channels) for images.
        targets: (events,) classes as whole numbers or strings, (events, classes) one-hot, or for a regression
            (events,) or (events, quantities) in their own unit.
        class_names: names of the classes 0, 1, ...; empty takes the classes' own values as names.
        test_inputs: a test part that the source brings itself, shaped as ``inputs``; None leaves it to the split.
        test_targets: the targets of ``test_inputs``; None exactly when ``test_inputs`` is.
        input_names: names of the features, or of the channels of images; empty where unknown.
        origin: the file or the package that the events come from, for error messages and the lineage.
        keys: what ``inputs`` and ``targets`` are called in that file, for error messages.
        heads: what a network is to answer, where the source knows it: ``targets`` are then (events, columns) numbers,
            the columns of the heads side by side, one column with the class for a classification. Empty leaves it to
            the targets.
        groups: (events,) whole numbers; events of one group, such as the images of one shower, never fall into two
            parts. None lets every event fall where it may.
        events: further columns by name, (events,) each: what metrics need beside the answers, and where events are
            from.
        file: where ``inputs`` lie in a file already; workers then map that file, and nothing is copied. Its numbers
            are known to be finite.
        digest: stands for all of the arrays, where the source knows a digest of their content; saves computing one.
        zeros_mean_absent: whether inputs of nothing but zeros stand for something that is not there, such as a
            telescope that did not trigger; such inputs are never standardised.
        facts: what else is to be recorded of the data, in JSON's types.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    class_names: tuple[str, ...] = ()
    test_inputs: NDArray[Any] | None = None
    test_targets: NDArray[Any] | None = None
    input_names: tuple[str, ...] = ()
    origin: str = ""
    keys: tuple[str, str] = field(default=("inputs", "targets"))
    heads: tuple[Head, ...] = ()
    groups: NDArray[Any] | None = None
    events: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    file: FileArray | None = None
    digest: str = ""
    zeros_mean_absent: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.test_inputs is None) != (self.test_targets is None):
            raise ValueError("a source brings test_inputs and test_targets together, or neither")


@runtime_checkable
class DataSource(Protocol):
    """Reads events. A package offers one through the entry point group ``evonas.data``.

    The class attributes ``name`` and ``Options`` say how it is called in a configuration and what it can be told; a
    source is made without arguments. :mod:`evonas.testing.data` holds the tests that every source has to pass.
    """

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]

    def load(self, options: Any, base: Path | None) -> Arrays:
        """Read all events.

        Args:
            options: an instance of this class's ``Options``.
            base: the folder that relative paths start from; None for the current one.

        Raises:
            DataError: if a file is missing, unreadable or of the wrong shape; with file, key, got and expected.
            DependencyError: if a package that the source needs is not installed.
        """
        ...
