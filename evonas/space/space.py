"""The space: a set of genomes that can be sampled, searched, repaired into, encoded and counted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from evonas.errors import GenomeError, SpaceError
from evonas.genome import Genome, Marks
from evonas.space.build import Slot, build, coordinates, slots
from evonas.space.count import count, grid
from evonas.space.leaves import Choice
from evonas.space.member import first_reason
from evonas.space.merge import merge
from evonas.space.nodes import Group, Node, Select
from evonas.space.parse import node_from, spec_of
from evonas.space.repair import Repaired, fill_marks, mend
from evonas.space.ties import check_ties
from evonas.space.walk import GeneSite, ListSite, get_at, list_sites, node_at, set_at, sites
from evonas.space.words import Path, dotted

__all__ = ["Space"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """A set of genomes, described by a tree of genes. It never changes.

    Attributes:
        root: the group of all genes.
        family: name of the model family that its genomes are for; empty for a space without one.

    Raises:
        SpaceError: if a tied gene scales nothing.

    >>> space = Space.from_dict({"layers": {"repeat": {"units": {"int": [8, 512], "log": True}}, "length": [1, 3]}})
    >>> genome = space.sample(np.random.default_rng(0))
    >>> space.contains(genome), space.why_not(Genome({"layers": [{"units": 700}]}))
    (True, 'layers.0.units: 700 is above 512')
    """

    root: Group
    family: str = ""
    _slots: tuple[Slot, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        if not isinstance(self.root, Group):
            raise SpaceError("a space is a group of genes", got=self.root, expected="a mapping of gene names")
        check_ties(self.root)
        object.__setattr__(self, "_slots", tuple(slots(self.root)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Space, (self.root, self.family)

    # description

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any], *, family: str = "") -> Space:
        """Return the space that a specification describes; its syntax is in the reference of spaces.

        Args:
            spec: mapping of gene names to genes, as in the key ``space`` of a configuration.
            family: name of the model family.

        Raises:
            SpaceError: with the key path of what is wrong.
        """
        if not isinstance(spec, Mapping):
            raise SpaceError("a space is a mapping of gene names", got=spec, expected="a mapping")
        root = node_from(spec)
        if not isinstance(root, Group):
            raise SpaceError(
                "a space is a group of genes, not a single one",
                got=dict(spec),
                expected="gene names with a gene each",
                hint="give the gene a name",
            )
        return cls(root, family)

    def to_dict(self) -> dict[str, Any]:
        """Return the specification, in the one form that equal spaces share; :meth:`from_dict` reads it back equal."""
        spec: dict[str, Any] = spec_of(self.root)
        return spec

    def merged(self, changes: Mapping[str, Any]) -> Space:
        """Return this space narrowed or widened gene by gene.

        Args:
            changes: specifications of the genes to change; ``{length: [1, 2]}`` alone keeps a list's items,
                ``{only: [adam]}`` keeps those branches of a select, groups are changed from within.

        Raises:
            SpaceError: if it names a gene that is not there, with the nearest one that is.
        """
        root = merge(self.root, changes)
        assert isinstance(root, Group)  # merge keeps the kind of a group
        return Space(root, self.family)

    def size(self) -> int | float:
        """Return the exact number of genomes; ``math.inf`` where a gene is continuous."""
        return count(self.root)

    # genomes

    def sample(self, rng: np.random.Generator) -> Genome:
        """Draw a genome: every gene independent and uniform in its unit scale, lengths and branches alike."""
        return self._genome(build(self.root, rng.random(len(self._slots) + 1).tolist()))

    @property
    def unit_dimension(self) -> int:
        """Coordinates of the unit cube: one for each place of a free gene, length and branch."""
        return len(self._slots)

    def from_unit(self, u: FloatArray) -> Genome:
        """Return the genome at a point of the unit cube; a design that fills the cube fills the space.

        Args:
            u: coordinates in [0, 1], shape (unit_dimension,); those of inactive genes are not read.

        Raises:
            ValueError: if the shape is another.
        """
        return self._genome(build(self.root, [*_checked(u, len(self._slots)), 0.5]))

    def grid(self, points: int = 5) -> Iterator[Genome]:
        """Yield all combinations of the genes' values, in order.

        Args:
            points: values taken from a continuous or longer numeric gene (and lengths from a list), evenly spaced in
                unit scale, ends included; shorter genes and choices give all their values.
        """
        return (self._genome(genes) for genes in grid(self.root, points))

    def neighbours(self, genome: Genome) -> Iterator[Genome]:
        """Yield every genome one step away from a member of the space.

        A step is the next value of a number (0.1 in unit scale where continuous), another option, an item more or
        fewer at the end of a list, or another branch of a select with its middle values. Tied genes follow.
        """
        for path, gene, value in self.genes(genome):
            node = self.node_at(path[:-1], genome)
            for other in gene.neighbours(value):
                genes = genome.genes
                if isinstance(node, Select) and path[-1] == node.by:
                    set_at(genes, path[:-1], {node.by: other})
                else:
                    set_at(genes, path, other)
                yield self.complete(genes, genome.marks)
        for path, repeat, length in self.lists(genome):
            if length < repeat.max:
                yield self._resized(genome, path, length + 1)
            if length > repeat.min:
                yield self._resized(genome, path, length - 1)

    # membership

    def contains(self, genome: Genome) -> bool:
        """Return whether a genome belongs to the space, tied genes included."""
        return self.why_not(genome) is None

    def why_not(self, genome: Genome) -> str | None:
        """Return the first reason why a genome does not belong, such as ``layers.2.units: 700 is above 512``."""
        if genome.family != self.family:
            return f"the genome is {_of(genome.family)}, the space is {_of(self.family)}"
        reason = first_reason(self.root, genome)
        return None if reason is None else f"{dotted(reason[0])}: {reason[1]}"

    def repair(self, genome: Genome) -> Repaired:
        """Return the nearest genome that belongs to the space, and what was changed.

        Unknown genes are dropped, missing ones get their middle value, numbers are clipped, options are matched by
        value or spelling, lists are cut or padded with their last item, tied genes are computed. A member is returned
        unchanged, with marks for list items that have none.
        """
        notes: list[str] = []
        if genome.family != self.family:
            notes.append(f"family: {genome.family!r} -> {self.family!r}")
        genes = mend(self.root, genome, notes)
        return Repaired(self._genome(genes, genome.marks), tuple(notes))

    def complete(self, genes: Mapping[str, Any], marks: Marks = None, rng: np.random.Generator | None = None) -> Genome:
        """Return the genome of genes that an operator has changed.

        Tied genes are computed, list items without a mark get one, and after the switch of a branch its genes are
        filled in. It is :meth:`repair` without words.

        Args:
            genes: nested mapping; it is not changed.
            marks: marks of its list items, as far as they are known.
            rng: where missing genes are drawn from; None for the middle values.
        """
        return self._genome(mend(self.root, genes, None, rng), marks)

    # parts

    def genes(self, genome: Genome) -> list[GeneSite]:
        """Return the free genes that are active in a member of the space, in order; constants are not free."""
        found: list[GeneSite] = []
        sites(self.root, genome, found)
        return found

    def lists(self, genome: Genome) -> list[ListSite]:
        """Return the lists that are active in a member of the space, outer ones before inner ones."""
        found: list[ListSite] = []
        list_sites(self.root, genome, found)
        return found

    def node_at(self, path: Path, genes: Mapping[str, Any]) -> Node:
        """Return the node at a path, with the branches that are active in a genome or its genes.

        Raises:
            SpaceError: if the path leads nowhere.
        """
        return node_at(self.root, path, genes)

    # vectors

    @property
    def vector_dimension(self) -> int:
        """Length of the vectors of :meth:`encode`."""
        return self.root.vector_width

    @property
    def vector_names(self) -> tuple[str, ...]:
        """Name of each vector entry, such as ``layers.0.units`` or ``optimizer.type=adam``."""
        names: list[str] = []
        for name, leaf in self._slots:
            options = leaf.options if isinstance(leaf, Choice) else ()
            names += [f"{name}={option}" for option in options] or [name]
        return tuple(names)

    def encode(self, genome: Genome) -> FloatArray:
        """Return a member of the space as a vector of fixed length, for a surrogate model.

        Returns:
            float64, shape (vector_dimension,): numbers and lengths of lists in unit scale, switches 0 or 1, choices
            and branches one-hot; -1 where the gene is inactive. Constants have no entry.

        Raises:
            GenomeError: if the genome lacks a gene of the space; values themselves are not checked, for speed.
        """
        units = [-1.0] * len(self._slots)
        try:
            coordinates(self.root, genome, units)
        except (KeyError, IndexError, TypeError, AttributeError):
            raise GenomeError(
                "the genome does not belong to the space", got=genome, expected=self.why_not(genome)
            ) from None
        entries: list[float] = []
        for u, (_, leaf) in zip(units, self._slots, strict=True):
            if not isinstance(leaf, Choice):
                entries.append(u)
            elif u < 0.0:
                entries += [-1.0] * leaf.vector_width
            else:
                hot = min(int(u * leaf.vector_width), leaf.vector_width - 1)
                entries += [1.0 if place == hot else 0.0 for place in range(leaf.vector_width)]
        return np.array(entries, dtype=np.float64)

    def decode(self, vector: FloatArray) -> Genome:
        """Return the genome of a vector; any vector gives one, the nearest option or the clipped number at each place.

        Args:
            vector: shape (vector_dimension,); an entry below 0 where a gene is active stands for its middle value.

        Raises:
            ValueError: if the shape is another.
        """
        entries = _checked(vector, self.vector_dimension)
        units: list[float] = []
        at = 0
        for _, leaf in self._slots:
            width = leaf.vector_width
            if isinstance(leaf, Choice):
                hot = max(range(width), key=entries[at : at + width].__getitem__)
                units.append((hot + 0.5) / width)
            else:
                units.append(entries[at] if entries[at] >= 0.0 else 0.5)
            at += width
        return self._genome(build(self.root, [*units, 0.5]))

    def _genome(self, genes: Any, marks: Marks = None) -> Genome:
        return Genome(genes, self.family, fill_marks(self.root, genes, marks))

    def _resized(self, genome: Genome, path: Path, length: int) -> Genome:
        genes = genome.genes
        items = get_at(genes, path)
        if length < len(items):
            items.pop()
        else:
            items.append(items[-1] if items else None)
        return self.complete(genes, genome.marks)


def _of(family: str) -> str:
    return f"of the family {family!r}" if family else "of no family"


def _checked(values: Any, width: int) -> list[float]:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (width,):
        raise ValueError(f"an array of shape ({width},) is expected, got {array.shape}")
    listed: list[float] = array.tolist()
    return [0.5 if math.isnan(value) else value for value in listed]
