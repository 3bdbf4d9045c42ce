"""How values and places are written in messages."""

from __future__ import annotations

from typing import Any

from evonas.genome import thaw

__all__ = ["Path", "dotted", "is_number", "show"]

Path = tuple["str | int", ...]
"""The way to a gene: names of groups and places in lists."""


def dotted(path: Path) -> str:
    """Write a path as people do: ``layers.2.units``."""
    return ".".join(map(str, path))


def is_number(value: Any) -> bool:
    """Return whether a value is a number; true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def show(value: Any, limit: int = 60) -> str:
    """Write a value for a message, shortened."""
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    text = repr(thaw(value))
    return text if len(text) <= limit else text[: limit - 3] + "..."
