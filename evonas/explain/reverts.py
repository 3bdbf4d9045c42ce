"""Taking back one inherited change: the last individual of a line with that gene as it was before.

A value is set back; an item that was added goes, and one that was removed comes back, with all that is in it; a
switched alternative is switched back with the genes it had; items that changed places go back to their order. The space
then computes what follows from it, and says whether the result is one of its genomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evonas.explain.changes import Inherited
from evonas.explain.places import Place, item_marks, located, marks_below, place_of, with_marks
from evonas.genome import GeneChange, Genome, gene_diff, thaw
from evonas.space import Space, get_at, set_at

__all__ = ["Refuse", "Revert", "revert"]

Refuse = Callable[[Genome], str | None]
"""Says why a genome must not be trained, such as a limit that it is over; None where it may."""

_NOTES = 2  # of what the space mended, named in a reason


@dataclass(frozen=True)
class Revert:
    """A change taken back, or why it cannot be.

    Attributes:
        change: the change.
        genome: the genome without it; None where it cannot be taken back alone.
        reason: why it cannot; empty where it can.
        along: what else is different then: genes that follow, and later changes inside what goes.
    """

    change: Inherited
    genome: Genome | None
    reason: str = ""
    along: tuple[GeneChange, ...] = ()


@dataclass(frozen=True)
class _Draft:
    """Mutable genes with their marks, before the space has mended them."""

    genes: Any
    marks: Any


def revert(
    space: Space, winner: Genome, parent: Genome, change: Inherited, refuse: Refuse = lambda genome: None
) -> Revert:
    """Take one inherited change back.

    Args:
        space: where the genomes live.
        winner: the genome that has the change.
        parent: the genome of the primary parent of the birth that made it.
        change: one that is still present.
        refuse: says why a genome must not be trained.
    """
    if change.kind == "tied":
        return Revert(change, None, "the space computes it from another gene, and reverts it with that one")
    winner, parent = (space.complete(one.genes, one.marks) for one in (winner, parent))  # every item has its mark
    draft = _DRAFTS[change.kind](winner, parent, change)
    if draft is None:
        return Revert(change, None, "the place that it changed is no longer there")
    if change.kind != "gene":
        _free_followers(space, winner, draft, change)
    genome = space.complete(draft.genes, draft.marks)
    if not _is_back(genome, parent, change, _lengths(draft.genes)):
        notes = space.repair(Genome(draft.genes, winner.family, draft.marks)).changes
        told = "; ".join([note for note in notes if "that is " not in note][:_NOTES] or notes[:_NOTES])
        return Revert(change, None, f"the space does not allow it{f': {told}' if told else ''}")
    if genome.id == winner.id:
        return Revert(change, None, "the network is the same without it: what it changed is equal")
    refused = space.why_not(genome) or refuse(genome)
    if refused is not None:
        return Revert(change, None, refused)
    own = [place_of(gene.gene) for gene in change.genes]
    along = tuple(gene for gene in gene_diff(winner, genome) if place_of(gene.gene) not in own)
    return Revert(change, genome, along=along)


def _free_followers(space: Space, winner: Genome, draft: _Draft, change: Inherited) -> None:
    """Set back what followed another gene and, without the change, may stand first and follow none any more."""
    free = {site.path for site in space.genes(winner)}
    there = Genome(draft.genes, winner.family, draft.marks)
    for gene in change.followers:
        place = place_of(gene.gene)
        path = located(there, place)
        if path is not None and located(winner, place) not in free:
            set_at(draft.genes, path, gene.before)  # computed again where it still follows


def _value(winner: Genome, parent: Genome, change: Inherited) -> _Draft | None:
    gene = change.genes[0]
    place = place_of(gene.gene)
    holder = located(winner, place[:-1])
    path = located(winner, place) if gene.kind != "removed" else None if holder is None else (*holder, place[-1])
    if path is None:
        return None
    genes = winner.genes
    if gene.kind == "added":
        del get_at(genes, path[:-1])[path[-1]]
    else:
        set_at(genes, path, thaw(gene.before))
    theirs = located(parent, place)
    below = None if theirs is None else marks_below(parent.marks, theirs)
    return _Draft(genes, winner.marks if isinstance(path[-1], int) else with_marks(winner.marks, path, below))


def _branch(winner: Genome, parent: Genome, change: Inherited) -> _Draft | None:
    place = place_of(change.gene)[:-1]
    path, theirs = located(winner, place), located(parent, place)
    if path is None or theirs is None:
        return None
    genes = winner.genes
    set_at(genes, path, get_at(parent.genes, theirs))
    return _Draft(genes, with_marks(winner.marks, path, marks_below(parent.marks, theirs)))


def _item(winner: Genome, parent: Genome, change: Inherited) -> _Draft | None:
    *outer, mark = place_of(change.gene)
    path, theirs = located(winner, tuple(outer)), located(parent, tuple(outer))
    if path is None or theirs is None:
        return None
    genes, pairs = winner.genes, list(marks_below(winner.marks, path))
    items = get_at(genes, path)
    known = item_marks(pairs, len(items))
    if change.genes[0].kind == "added":
        if mark not in known:
            return None
        del items[known.index(int(mark))], pairs[known.index(int(mark))]
    else:
        before = list(marks_below(parent.marks, theirs))
        order = item_marks(before, len(before))
        if mark not in order or mark in known:
            return None
        at = order.index(int(mark))
        ahead = [known.index(one) for one in order[:at] if one in known]
        place = ahead[-1] + 1 if ahead else 0
        items.insert(place, get_at(parent.genes, theirs)[at])
        pairs.insert(place, before[at])
    return _Draft(genes, with_marks(winner.marks, path, pairs))


def _order(winner: Genome, parent: Genome, change: Inherited) -> _Draft | None:
    outer = place_of(change.gene)[:-1]
    path, theirs = located(winner, outer), located(parent, outer)
    if path is None or theirs is None:
        return None
    genes, pairs = winner.genes, list(marks_below(winner.marks, path))
    items = get_at(genes, path)
    known = item_marks(pairs, len(items))
    before = list(marks_below(parent.marks, theirs))
    shared = [one for one in item_marks(before, len(before)) if one in known]
    places = sorted(known.index(one) for one in shared)
    old_items, old_pairs = list(items), list(pairs)
    for place, one in zip(places, shared, strict=True):
        items[place], pairs[place] = old_items[known.index(one)], old_pairs[known.index(one)]
    return _Draft(genes, with_marks(winner.marks, path, pairs))


_DRAFTS: Mapping[str, Callable[[Genome, Genome, Inherited], _Draft | None]] = {
    "gene": _value,
    "branch": _branch,
    "item": _item,
    "order": _order,
}


def _is_back(genome: Genome, parent: Genome, change: Inherited, lengths: Mapping[Place, int]) -> bool:
    """Whether the gene is as it was before, and the space neither cut nor padded a list for it."""
    place = place_of(change.gene)
    path = located(genome, place)
    if _lengths(genome.genes) != lengths:
        return False
    if change.kind == "order":
        return _order(genome, parent, change) == _Draft(genome.genes, genome.marks)
    if change.genes[0].kind == "added":
        return path is None
    if change.kind == "item":
        return path is not None
    return path is not None and thaw(get_at(genome, path)) == change.genes[0].before


def _lengths(genes: Any, path: Place = ()) -> dict[Place, int]:
    """Return the length of every list of some genes."""
    found: dict[Place, int] = {}
    if isinstance(genes, list):
        found[path] = len(genes)
        for index, item in enumerate(genes):
            found |= _lengths(item, (*path, index))
    elif isinstance(genes, dict):
        for name, value in genes.items():
            found |= _lengths(value, (*path, name))
    return found
