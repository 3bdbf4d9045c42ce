"""What a data source is: a name, its options, and a function that reads arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

__all__ = ["Arrays", "DataSource", "Options"]


class Options(BaseModel):
    """Base of the options of a data source: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True)


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
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    class_names: tuple[str, ...] = ()
    test_inputs: NDArray[Any] | None = None
    test_targets: NDArray[Any] | None = None
    input_names: tuple[str, ...] = ()
    origin: str = ""
    keys: tuple[str, str] = field(default=("inputs", "targets"))

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
