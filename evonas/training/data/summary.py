"""What was prepared for a run: shape, heads, counts, digests; JSON beside the arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evonas.errors import DataError
from evonas.training.data.protocol import FileArray
from evonas.training.data.standardise import Standardisation
from evonas.training.heads import Head

__all__ = ["SUMMARY", "VERSION", "DataSummary", "read_summary"]

VERSION = 2  # of the prepared arrays; raised when the same configuration would give other numbers
SUMMARY = "summary.json"
"""Name of the file; it is written last."""


@dataclass(frozen=True)
class DataSummary:
    """What was prepared; JSON-able, and stored beside the arrays.

    Attributes:
        source: name of the data source.
        origin: the file or package that the events come from.
        heads: what a network is to answer, in the order of the targets' columns.
        input_shape: shape of one event: (features,) or (rows, columns, channels).
        counts: number of events of each part; ``test`` is 0 where there is none.
        class_counts: number of events of each class in each part, in the order of ``class_names``.
        input_names: names of the features or channels; empty where unknown.
        test_from: ``split``, ``source`` (it brought its own), or ``none``.
        standardisation: ``shift`` and ``scale`` per feature or channel, fitted on the training part; None where
            inputs are as read.
        inputs_file: where all inputs lie, if they were not copied: parts then are rows of it; None where each part has
            its own array.
        columns: names of the further columns of the events.
        facts: what else the source knows of the data.
        config_digest: SHA-256 of the data configuration.
        source_digest: SHA-256 of the arrays as read, before splitting.
        digest: SHA-256 of the prepared arrays: two runs with the same digest saw the same numbers.
        files: SHA-256 of each prepared file by name.
    """

    source: str
    origin: str
    heads: tuple[Head, ...]
    input_shape: tuple[int, ...]
    counts: Mapping[str, int]
    class_counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    input_names: tuple[str, ...] = ()
    test_from: str = "split"
    standardisation: Standardisation | None = None
    inputs_file: FileArray | None = None
    columns: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    config_digest: str = ""
    source_digest: str = ""
    digest: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """``classification`` or ``regression`` of the one head, ``several tasks`` where there are more."""
        return self.heads[0].task if len(self.heads) == 1 else "several tasks"

    @property
    def outputs(self) -> int:
        """Classes and quantities of all heads together."""
        return sum(head.outputs for head in self.heads)

    @property
    def classification(self) -> Head | None:
        """The head that classifies; None where there is none."""
        return next((head for head in self.heads if head.classes), None)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; empty where nothing is classified."""
        return () if self.classification is None else self.classification.class_names

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return {"version": VERSION, **values}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DataSummary:
        """Read what :meth:`to_dict` wrote.

        Raises:
            DataError: if it is of another version, or lacks a value.
        """
        rest = {key: value for key, value in values.items() if key != "version"}
        if values.get("version") != VERSION:
            raise DataError(
                "the prepared data are of another version",
                key="version",
                got=values.get("version"),
                expected=str(VERSION),
            )
        fitted, file = rest.get("standardisation"), rest.get("inputs_file")
        try:
            return cls(
                **{
                    **rest,
                    "heads": tuple(
                        Head(**{**head, "class_names": tuple(head["class_names"])}) for head in rest["heads"]
                    ),
                    "input_shape": tuple(rest["input_shape"]),
                    "class_counts": {part: tuple(counts) for part, counts in rest["class_counts"].items()},
                    "input_names": tuple(rest["input_names"]),
                    "columns": tuple(rest["columns"]),
                    "standardisation": fitted and Standardisation(tuple(fitted["shift"]), tuple(fitted["scale"])),
                    "inputs_file": file
                    and FileArray(Path(file["path"]), file["offset"], tuple(file["shape"]), file["dtype"]),
                }
            )
        except (KeyError, TypeError) as error:
            raise DataError(
                f"the summary of the prepared data is damaged: {error!r}", hint="delete it; it is made again"
            ) from error


def read_summary(folder: Path) -> DataSummary:
    """Read the summary of prepared arrays.

    Args:
        folder: the folder with the arrays, ``<run directory>/data``.

    Raises:
        DataError: if it is missing or damaged.
    """
    path = folder / SUMMARY
    try:
        return DataSummary.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise DataError(
            "the run directory holds no prepared data", file=path, hint="`evonas resume` prepares them again"
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"the summary of the prepared data cannot be read: {error}", file=path) from error
