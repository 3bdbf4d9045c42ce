"""What a logger is told: one entry a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from evonas.records import EvaluationResult, Individual

__all__ = ["Entry", "Logger", "flat_genes"]


@dataclass(frozen=True)
class Entry:
    """A result that the lineage holds, and what a logger needs beside it.

    Attributes:
        key: names the result in its run, such as ``evaluation-12`` or ``final-3-seed-7``.
        part: the training it belongs to: empty for an individual's own, ``repeat-1``, ``final-seed-7``.
        individual: who was trained.
        result: how it ended.
        epochs: epochs that the individual was trained by its end, those of lower rungs included.
        order: evaluations completed by then, from 1; 0 for one of the last round.
        best: value of each objective's best so far.
    """

    key: str
    part: str
    individual: Individual
    result: EvaluationResult
    epochs: int
    order: int
    best: Mapping[str, float]


class Logger(Protocol):
    """Writes entries somewhere; every method is called in one thread of its own, and may raise what it likes."""

    name: str
    """What people call it."""

    def open(self) -> set[str]:
        """Begin, and return the keys of the entries that earlier sessions of the run have written."""
        ...

    def log(self, entry: Entry) -> None:
        """Write an entry."""
        ...

    def close(self) -> None:
        """End the session."""
        ...


def flat_genes(genes: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """Return genes by their dotted paths, as hyperparameters; a list has its length beside its items.

    >>> flat_genes({"layers": [{"units": 8}], "optimizer": {"type": "adam"}, "limit": None})
    {'layers.length': 1, 'layers.0.units': 8, 'optimizer.type': 'adam', 'limit': 'none'}
    """
    return dict(_flat(genes, ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, bool | int | float | str]]:
    prefix = f"{path}." if path else ""
    if isinstance(value, Mapping):
        for name, gene in value.items():
            yield from _flat(gene, prefix + name)
    elif isinstance(value, (list, tuple)):
        yield f"{prefix}length", len(value)
        for place, item in enumerate(value):
            yield from _flat(item, f"{prefix}{place}")
    else:
        yield path, "none" if value is None else value
