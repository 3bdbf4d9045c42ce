"""Genomes as columns: every gene that differs between individuals, lists by their length and their first items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, TypeAlias

from evonas.genome import Genome

__all__ = ["GeneColumn", "Scalar", "flat_genes", "gene_columns", "in_gene_order"]

Scalar: TypeAlias = "bool | int | float | str | None"

_POSITIONS = 3  # items of a list with an axis each
_AXES = 18  # more cannot be told apart; lists are then summarised by their means
_MOST_AXES = 24


@dataclass(frozen=True)
class GeneColumn:
    """One gene over many genomes.

    Attributes:
        name: such as ``learning.rate``, ``stages: length``, ``stages 1: filters`` (items counted from 1) or
            ``stages: mean filters``.
        values: one a genome; None where the genome has no such gene.
    """

    name: str
    values: tuple[Scalar, ...]

    @property
    def categorical(self) -> bool:
        """Whether values are words or truth values, not numbers."""
        return any(isinstance(value, (bool, str)) for value in self.values)


def gene_columns(
    genomes: Sequence[Genome], *, positions: int = _POSITIONS, most: int = _AXES
) -> tuple[list[GeneColumn], int]:
    """Return the genes that vary, and how many more vary and were left out.

    Where the items of lists would need too many columns, the numeric genes of a list are given by their mean.

    Args:
        genomes: of one space.
        positions: items of a list that have columns of their own.
        most: columns above which lists are given by their means.
    """
    columns = _varying([dict(flat_genes(genome, positions)) for genome in genomes])
    if len(columns) > most:
        columns = _varying([_by_mean(genome) for genome in genomes])
    return columns[:_MOST_AXES], max(0, len(columns) - _MOST_AXES)


def _varying(rows: list[dict[str, Scalar]]) -> list[GeneColumn]:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = [GeneColumn(name, tuple(row.get(name) for row in rows)) for name in names]
    varying = [column for column in columns if len(set(column.values)) > 1]
    return sorted(varying, key=lambda column: in_gene_order(column.name))


def in_gene_order(name: str) -> tuple[str, bool, str]:
    """Return what names are sorted by: the columns of a list stay together, its length first."""
    head, _, rest = name.partition(":")
    return head.split(" ")[0].split(".")[0], bool(rest) and rest != " length", name


def flat_genes(genome: Genome, positions: int) -> list[tuple[str, Scalar]]:
    """Return the genes of a genome by name; of a list its length and the genes of its first ``positions`` items."""
    found: list[tuple[str, Scalar]] = []
    for name, value in genome.genes.items():  # plain lists and dicts: thousands are looked at once each
        _flatten(name, value, positions, found.append)
    return found


def _flatten(name: str, value: Any, positions: int, add: Callable[[tuple[str, Scalar]], None]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(f"{name}.{key}", inner, positions, add)
    elif isinstance(value, list):
        add((f"{name}: length", len(value)))
        for place, item in enumerate(value[:positions], start=1):
            if isinstance(item, dict):
                head = f"{name} {place}: "
                for key, inner in item.items():
                    _flatten_item(head + key, inner, add)
            elif isinstance(item, list):
                add((f"{name} {place}: length", len(item)))
            else:
                add((f"{name} {place}:", item))
    else:
        add((name, value))


def _flatten_item(name: str, value: Any, add: Callable[[tuple[str, Scalar]], None]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten_item(f"{name}.{key}", inner, add)
    else:
        add((f"{name} length", len(value)) if isinstance(value, list) else (name, value))


def _by_mean(genome: Genome) -> dict[str, Scalar]:
    row: dict[str, Scalar] = {}
    for name, value in _leaves(genome, ""):
        if not isinstance(value, tuple):
            row[name] = value
            continue
        row[f"{name}: length"] = len(value)
        numbers: dict[str, list[float]] = {}
        for item in value:
            inside = _leaves(item, "") if isinstance(item, Mapping) else [("", item)]
            for inner, found in inside:
                if isinstance(found, (int, float)) and not isinstance(found, bool):
                    numbers.setdefault(inner, []).append(found)
        row |= {f"{name}: mean {inner}".rstrip(): fmean(found) for inner, found in numbers.items()}
    return row


def _leaves(genes: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield scalars and lists of a nested mapping with their dotted names."""
    for key, value in genes.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            yield from _leaves(value, name)
        else:
            yield name, value
