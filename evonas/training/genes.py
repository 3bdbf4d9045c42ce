"""Reading genes one by one, with errors that name the gene."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from evonas.errors import GenomeError, nearest

__all__ = ["GeneReader"]

_REQUIRED: Any = object()


class GeneReader:
    """Reads the genes of one group; a gene with a default may be left out, an unknown gene is an error.

    Args:
        genes: the group, a mapping of gene names to values.
        path: the way to the group, such as ``stages.0``; empty for a genome.

    Raises:
        GenomeError: from any method, with the gene as ``key``.

    >>> reader = GeneReader({"units": 64, "activation": "rleu"}, "layers.0")
    >>> reader.whole("units")
    64
    >>> reader.choice("activation", ["relu", "tanh"])
    Traceback (most recent call last):
    ...
    evonas.errors.GenomeError: layers.0.activation: no such choice
      got:      'rleu'
      expected: one of relu, tanh
      next:     did you mean `relu`?
    """

    def __init__(self, genes: Any, path: str = "") -> None:
        if not isinstance(genes, Mapping):
            raise GenomeError("a group of genes is a mapping", key=path or None, got=genes, expected="a mapping")
        self._genes = genes
        self._path = path
        self._read: set[str] = set()

    def key(self, gene: str) -> str:
        """Return the dotted name of a gene of this group."""
        return f"{self._path}.{gene}" if self._path else gene

    def whole(self, gene: str, default: int = _REQUIRED, *, at_least: int = 1) -> int:
        """Return a whole number of at least ``at_least``."""
        value = self._get(gene, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
            raise self._wrong(gene, value, f"a whole number of at least {at_least}")
        return value

    def number(
        self,
        gene: str,
        default: float = _REQUIRED,
        *,
        above: float | None = None,
        below: float = math.inf,
        at_most: float = math.inf,
    ) -> float:
        """Return a finite number of at least 0 (or above ``above``), below ``below`` and of at most ``at_most``."""
        value = self._get(gene, default)
        fits = not isinstance(value, bool) and isinstance(value, (int, float)) and math.isfinite(value)
        if not fits or value < 0 or (above is not None and value <= above) or value >= below or value > at_most:
            limits = "of at least 0" if above is None else f"above {above:g}"
            limits += "" if below == math.inf else f" and below {below:g}"
            limits += "" if at_most == math.inf else f" and at most {at_most:g}"
            raise self._wrong(gene, value, f"a number {limits}")
        return float(value)

    def flag(self, gene: str, default: bool = _REQUIRED) -> bool:
        """Return true or false."""
        value = self._get(gene, default)
        if not isinstance(value, bool):
            raise self._wrong(gene, value, "true or false")
        return value

    def choice(self, gene: str, options: Sequence[str], default: str = _REQUIRED) -> str:
        """Return one of the options."""
        value = self._get(gene, default)
        if not isinstance(value, str) or value not in options:
            close = nearest(value, options) if isinstance(value, str) else None
            raise GenomeError(
                "no such choice",
                key=self.key(gene),
                got=value,
                expected=f"one of {', '.join(options)}",
                hint=f"did you mean `{close}`?" if close else None,
            )
        return value

    def group(self, gene: str, default: Mapping[str, Any] = _REQUIRED) -> GeneReader:
        """Return a reader of the group of genes below."""
        return GeneReader(self._get(gene, default), self.key(gene))

    def groups(self, gene: str, *, at_least: int = 0) -> list[GeneReader]:
        """Return a reader for each item of a list of groups."""
        value = self._get(gene, _REQUIRED)
        if not isinstance(value, (list, tuple)) or len(value) < at_least:
            raise self._wrong(gene, value, f"a list of at least {at_least} item{'s' if at_least != 1 else ''}")
        return [GeneReader(item, f"{self.key(gene)}.{index}") for index, item in enumerate(value)]

    def finish(self, besides: Sequence[str] = ()) -> None:
        """Refuse genes that nobody has read.

        Args:
            besides: genes that are read elsewhere.
        """
        known = self._read | set(besides)
        for gene in self._genes:
            if gene not in known:
                close = nearest(gene, known)
                raise GenomeError(
                    "this gene is unknown here",
                    key=self.key(gene),
                    got=self._genes[gene],
                    expected=f"one of {', '.join(sorted(known))}",
                    hint=f"did you mean `{close}`?" if close else None,
                )

    def _get(self, gene: str, default: Any) -> Any:
        self._read.add(gene)
        if gene in self._genes:
            return self._genes[gene]
        if default is _REQUIRED:
            raise GenomeError(
                "the gene is missing",
                key=self.key(gene),
                got=sorted(self._genes),
                expected=f"a gene `{gene}`",
                hint="is this a genome of another model family?",
            )
        return default

    def _wrong(self, gene: str, value: Any, expected: str) -> GenomeError:
        return GenomeError("the gene has an impossible value", key=self.key(gene), got=value, expected=expected)
