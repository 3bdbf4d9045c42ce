"""The genome: a frozen nested value that encodes a network and how it is trained.

A genome is made of JSON scalars, lists and mappings. Its identity is its content: two genomes with the same family and
the same genes have the same ``id``, whoever made them. Beside the genes it carries *historical marks* for the items of
its variable-length lists, so that crossover can align parents of unequal depth (the innovation numbers of NEAT,
Stanley & Miikkulainen 2002, doi:10.1162/106365602320169811). Marks are history, not content: no part of the id.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from evonas.errors import GenomeError

__all__ = ["Genes", "Genome", "Marks", "canonical_json", "freeze", "thaw"]

Genes: TypeAlias = Any
"""A nested value of None, bool, int, float, str, list and dict with str keys."""

Marks: TypeAlias = Any
"""Historical marks, mirroring the genes: a mapping for a group or select (only children that hold a list), and for a
list one ``[mark, marks of the item]`` pair per item. None where there is no list below."""

_ATOMS = frozenset({type(None), bool, int, str})
_ID_LENGTH = 16  # hex digits: 64 bits, a collision among a million genomes has probability 3e-8


class Genome(Mapping[str, Any]):
    """A network and its training as a value; read it as a mapping.

    Args:
        genes: nested mapping of gene names to values; frozen on the way in.
        family: name of the model family that can build it; empty for a space without one.
        marks: historical marks of list items, see :data:`Marks`; None numbers items by position.

    Raises:
        GenomeError: if ``genes`` holds anything but finite JSON values.

    >>> genome = Genome({"layers": [{"units": 64}], "dropout": 0.1}, family="dense")
    >>> genome["layers"][0]["units"], genome.id == Genome({"dropout": 0.1, "layers": [{"units": 64}]}, "dense").id
    (64, True)
    """

    __slots__ = ("_family", "_genes", "_id", "_json", "_marks")

    def __init__(self, genes: Mapping[str, Any], family: str = "", marks: Marks = None) -> None:
        if not isinstance(genes, Mapping):
            raise GenomeError("a genome is a mapping of gene names to values", got=genes, expected="a mapping")
        self._genes = freeze(genes)
        self._family = family
        self._marks = freeze(marks)
        self._json: str | None = None
        self._id: str | None = None

    @property
    def family(self) -> str:
        """Name of the model family that can build it; empty for a space without one."""
        return self._family

    @property
    def id(self) -> str:
        """The first 16 hex digits of the SHA-256 of the canonical JSON of family and genes."""
        if self._id is None:
            content = f'{{"family":{json.dumps(self.family)},"genes":{self.json}}}'
            self._id = hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]
        return self._id

    @property
    def json(self) -> str:
        """The genes as canonical JSON: sorted keys, no spaces, shortest float that reads back equal."""
        if self._json is None:
            self._json = canonical_json(self._genes)
        return self._json

    @property
    def genes(self) -> dict[str, Any]:
        """A fresh, mutable copy of the genes as plain dicts and lists."""
        copy: dict[str, Any] = thaw(self._genes)
        return copy

    @property
    def marks(self) -> Marks:
        """A fresh, mutable copy of the historical marks."""
        return thaw(self._marks)

    def __getitem__(self, gene: str) -> Any:
        return self._genes[gene]

    def __iter__(self) -> Iterator[str]:
        return iter(self._genes)

    def __len__(self) -> int:
        return len(self._genes)

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Genome) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"Genome({self.json}, family={self.family!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Genome, (self.genes, self.family, self.marks)


def canonical_json(value: Genes) -> str:
    """Write a nested value as JSON with one spelling for equal content."""
    return _ENCODER.encode(value)


def freeze(value: Any, at: str = "") -> Any:
    """Return a deeply immutable copy: mappings become read-only, lists become tuples, NumPy scalars become Python's.

    Raises:
        GenomeError: for a value that JSON cannot hold, with the path to it.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is float:
        if not math.isfinite(value):
            raise GenomeError("a gene is not finite", key=at, got=value, expected="a finite number")
        return value + 0.0  # -0.0 becomes 0.0: one spelling
    if kind is dict or kind is MappingProxyType or isinstance(value, Mapping):
        for key in value:
            if type(key) is not str:
                raise GenomeError("a gene's name is not a string", key=at, got=key, expected="a string")
        return MappingProxyType({key: freeze(item, f"{at}.{key}" if at else key) for key, item in value.items()})
    if kind is list or kind is tuple or isinstance(value, (list, tuple)):
        return tuple([freeze(item, at) for item in value])
    if hasattr(value, "item") and getattr(value, "shape", None) == ():  # a NumPy scalar, without importing NumPy
        return freeze(value.item(), at)
    for plain in (bool, int, float, str):  # a subclass, such as an enum's member
        if isinstance(value, plain):
            return str.__str__(value) if plain is str else freeze(plain(value), at)
    raise GenomeError("a gene is of a type that JSON cannot hold", key=at, got=value, expected="a JSON value")


def thaw(value: Any) -> Any:
    """Return a deep copy of a frozen value as plain dicts and lists."""
    kind = type(value)
    if kind in _ATOMS or kind is float:
        return value
    if kind is MappingProxyType or isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if kind is tuple:
        return [thaw(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if type(value) is MappingProxyType or isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"not a JSON value: {value!r}")


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
)  # made once: it costs as much as encoding a small genome
