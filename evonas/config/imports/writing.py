"""YAML with remarks: beside a key where the line has room, above it otherwise."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evonas.documents import format_document

__all__ = ["Noted", "commented", "remark", "without_notes"]

_WIDTH = 118
_COLUMN = 44  # where remarks beside keys begin, at least


@dataclass(frozen=True)
class Noted:
    """A value with a remark.

    Attributes:
        value: plain values, or mappings of further noted ones.
        note: the remark, one sentence; empty for none.
    """

    value: Any
    note: str


def without_notes(value: Any) -> Any:
    """Return a value with all remarks taken off."""
    if isinstance(value, Noted):
        return without_notes(value.value)
    return {name: without_notes(inner) for name, inner in value.items()} if isinstance(value, Mapping) else value


def commented(content: Mapping[str, Any], indent: int = 0) -> list[str]:
    """Return the rows of a YAML mapping with the remarks as comments."""
    rows: list[str] = []
    for name, entry in content.items():
        value, note = (entry.value, entry.note) if isinstance(entry, Noted) else (entry, "")
        room = " " * indent
        if isinstance(value, Mapping) and (_has_notes(value) or _deep(value)):
            rows += _row(f"{room}{name}:", note, room)
            rows += commented(value, indent + 2)
        else:
            text = format_document(without_notes(value), flow=True)
            rows += _row(f"{room}{name}: {text}", note, room)
        if indent == 0 and isinstance(value, Mapping):
            rows.append("")
    return rows


def remark(text: str, indent: str = "") -> list[str]:
    """Return a text as comment rows; a text indented by two spaces stays so."""
    lead = "  " if text.startswith("  ") else ""
    lines = textwrap.wrap(" ".join(text.split()), _WIDTH - len(indent) - 2 - len(lead))
    return [f"{indent}# {lead}{line}" for line in lines]


def _row(text: str, note: str, room: str) -> list[str]:
    if not note:
        return [text]
    beside = f"{text:{_COLUMN}}  # {note}"
    return [beside] if len(beside) <= _WIDTH else [*remark(note, room), text]


def _has_notes(value: Any) -> bool:
    return isinstance(value, Noted) or (isinstance(value, Mapping) and any(map(_has_notes, value.values())))


def _deep(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is better read as a block: it holds a mapping that holds another."""
    inner = [one for one in value.values() if isinstance(one, Mapping)]
    return any(isinstance(one, Mapping) for each in inner for one in each.values())
