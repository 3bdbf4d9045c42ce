"""Writing XML piece by piece: a lineage of any length needs no tree of elements in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

__all__ = ["element", "kinds", "literal"]


def element(name: str, attributes: Mapping[str, Any], text: str | None = None, *, closed: bool = True) -> str:
    """Return an element, or with ``closed`` false its opening tag alone."""
    head = name + "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    if not closed:
        return f"<{head}>"
    return f"<{head}/>" if text is None else f"<{head}>{escape(text)}</{name}>"


def literal(value: Any) -> str:
    """Write a scalar as XML Schema does: ``true``, ``INF``, ``NaN``, else as Python."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "NaN" if value != value else "INF" if value > 0 else "-INF"
    return str(value)


def kinds(items: Iterable[Mapping[str, Any]], names: Mapping[type, str]) -> dict[str, str]:
    """Return each attribute's type in the words of a format; of mixed types the one that holds them all.

    Args:
        items: attributes of the nodes or edges.
        names: what the format calls bool, int, float and str.
    """
    found: dict[str, type] = {}
    for attributes in items:
        for name, value in attributes.items():
            kind = type(value) if type(value) in names else str
            before = found.setdefault(name, kind)
            if before is not kind:
                found[name] = float if {before, kind} == {int, float} else str
    return {name: names[kind] for name, kind in found.items()}
