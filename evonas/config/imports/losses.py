"""What a file says that its translation cannot: collected on the way, told at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from evonas.documents import Document, KeyPath, format_document

__all__ = ["Loss", "Losses"]


@dataclass(frozen=True)
class Loss:
    """Something that is not carried over, or not exactly.

    Attributes:
        key: the dotted key in the old file.
        line: its line in that file, counted from 1; None if it has none.
        old: its old value, as one line of YAML; empty where the key stands for a whole section.
        why: why it is not carried over, and what stands in its place.
    """

    key: str
    line: int | None
    old: str
    why: str

    def __str__(self) -> str:
        where = self.key if self.line is None else f"line {self.line}: {self.key}"
        return f"{where}: {self.old}\n  {self.why}" if self.old else f"{where}\n  {self.why}"


@dataclass
class Losses:
    """The list of what is lost from one document.

    Attributes:
        document: the old file.
    """

    document: Document
    _found: list[Loss] = field(default_factory=list)

    def add(self, path: KeyPath, why: str, *, value: Any = None) -> None:
        """Note that a key is not carried over; the same key and reason count once.

        Args:
            path: the key path in the old file.
            why: the reason, and what stands in its place.
            value: its value, unless it is a section.
        """
        old = "" if value is None else format_document(value, flow=True)
        loss = Loss(".".join(map(str, path)), self.document.line(path), old, why)
        if loss not in self._found:
            self._found.append(loss)

    def __iter__(self) -> Iterator[Loss]:
        """Iterate in the order of the old file."""
        return iter(sorted(self._found, key=lambda loss: (loss.line or 0, loss.key)))
