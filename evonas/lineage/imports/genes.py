"""Flat columns and parameters as genes: names with dots become groups, values a space."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["GeneNames", "space_of_values", "tidy"]

_MOST_OPTIONS = 1000  # of a choice; a column of more texts is no choice but a description


class GeneNames:
    """Where each parameter of another program stands among the genes.

    ``optimizer.rate`` is the gene ``rate`` of the group ``optimizer``, unless that is a parameter itself; then the
    dot becomes an underscore, and so do brackets.

    Args:
        names: all parameters.
        renamed: parameter to the gene that it shall be, where the user says so.
    """

    def __init__(self, names: Iterable[str], renamed: Mapping[str, str] | None = None) -> None:
        wanted = {name: tidy((renamed or {}).get(name) or name) for name in names}
        groups = {".".join(parts[:end]) for parts in _split(wanted.values()) for end in range(1, len(parts))}
        clash = groups & set(wanted.values())
        paths: dict[str, tuple[str, ...]] = {}
        for name, gene in wanted.items():
            parts = tuple(gene.split("."))
            torn = any(".".join(parts[:end]) in clash for end in range(1, len(parts)))
            paths[name] = ("_".join(parts),) if torn else parts
        self._paths = paths

    def nested(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by parameter as nested genes; also a space by parameter as a nested space."""
        genes: dict[str, Any] = {}
        for name, value in values.items():
            *groups, leaf = self._paths[name]
            group = genes
            for step in groups:
                group = group.setdefault(step, {})
            group[leaf] = value
        return genes


def space_of_values(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return the smallest space that holds all values: ranges of numbers, choices of everything else.

    Args:
        columns: gene to its values; one with more than 1,000 different texts is left out.
    """
    space: dict[str, Any] = {}
    for name, values in columns.items():
        known = [value for value in values if value is not None]
        kinds = {type(value) for value in known}
        if known and kinds <= {int, float} and len(known) == len(values):
            whole = kinds == {int} and max(map(abs, known)) <= 2**40
            space[name] = {"int" if whole else "float": [min(known), max(known)]}
            continue
        options = list(dict.fromkeys(values))
        if 0 < len(options) <= _MOST_OPTIONS:
            space[name] = {"choice": options}
    return space


def tidy(name: str) -> str:
    """Return a name that a gene may have: no brackets, no empty parts between dots."""
    parts = [part for part in re.sub(r"[\[\]]", "_", name).split(".") if part]
    return ".".join(parts) or "_"


def _split(names: Iterable[str]) -> list[list[str]]:
    return [name.split(".") for name in names]
