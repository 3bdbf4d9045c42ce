"""What a line of births changed, taken apart into what can be told apart, and what became of each change.

A birth may change many genes at once. Some of them are one change: the switch of an optimizer brings and takes its own
genes; a layer comes or goes with all that is in it; layers that change places do so together. A gene that the space
computes from another follows that one and is no change of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evonas.errors import SpaceError
from evonas.explain.places import Place, above, located, place_of
from evonas.genome import GeneChange, Genome
from evonas.records import Individual
from evonas.space import Space
from evonas.space.nodes import Node, Select, Tied

__all__ = ["Inherited", "inherited_changes"]


@dataclass(frozen=True)
class Inherited:
    """A change that a birth in the line made.

    Attributes:
        birth: number of the individual in which it first stood.
        kind: ``gene`` a value; ``item`` a list item that came or went; ``branch`` another alternative with its genes;
            ``order`` items that changed places; ``tied`` a value that the space computes from another gene.
        genes: what changed, the telling one first.
        fate: ``kept``, it is still in the last individual of the line as it was made; ``altered``, it is still there,
            and genes inside it were changed later; ``overwritten``.
        overwritten_by: number of the first later individual whose birth overwrote it; None where it was not.
        followers: genes that the space computed from others and that were changed by the same birth.
    """

    birth: int
    kind: str
    genes: tuple[GeneChange, ...]
    fate: str = "kept"
    overwritten_by: int | None = None
    followers: tuple[GeneChange, ...] = ()

    @property
    def present(self) -> bool:
        """Whether it is still in the last individual of the line."""
        return self.fate != "overwritten"

    @property
    def gene(self) -> str:
        """The gene that tells it from others: of a switched alternative the one that names it."""
        return self.genes[0].gene


def inherited_changes(line: Sequence[Individual], space: Space | None) -> dict[int, tuple[Inherited, ...]]:
    """Return the changes of each birth in a line after the first, by number of the individual.

    Args:
        line: each the primary parent of the next, as :func:`evonas.report.ancestry.line_of_descent` returns them.
        space: where the genomes live; None where that is not known: alternatives and tied genes are then not told.
    """
    later = _Later()
    found: dict[int, tuple[Inherited, ...]] = {}
    for individual in reversed(line[1:]):
        apart = _apart(individual, space)
        found[individual.number] = tuple(later.judged(change) for change in apart)
        later.note(individual)
    return dict(reversed(found.items()))


class _Later:
    """What the births after the one that is looked at have touched, each with the first of them that did."""

    def __init__(self) -> None:
        self._set: dict[Place, int] = {}
        self._inside: dict[Place, int] = {}
        self._reordered: dict[Place, int] = {}

    def note(self, individual: Individual) -> None:
        """Take note of the birth before those noted so far."""
        for change in individual.birth.changes:
            place = place_of(change.gene)
            if change.kind == "moved":
                self._reordered[place[:-1]] = individual.number
                continue
            self._set[place] = individual.number
            for outer in above(place[:-1]):
                self._inside[outer] = individual.number

    def judged(self, change: Inherited) -> Inherited:
        """Return a change with its fate."""
        by = self._overwritten(change)
        if by is not None:
            return replace(change, fate="overwritten", overwritten_by=by)
        place = place_of(change.gene)
        inside = place[:-1] if change.kind == "branch" else place
        altered = change.kind in ("branch", "item", "gene") and inside in self._inside
        return replace(change, fate="altered") if altered else change

    def _overwritten(self, change: Inherited) -> int | None:
        if change.kind != "order":
            return self._first(place_of(change.gene))
        places = [place_of(gene.gene) for gene in change.genes]
        again = self._reordered.get(places[0][:-1])
        gone = [self._first(place) for place in places]
        if again is None and None in gone:
            return None
        last = max((by for by in gone if by is not None), default=None) if None not in gone else None
        return min(by for by in (again, last) if by is not None)

    def _first(self, place: Place) -> int | None:
        return min((self._set[outer] for outer in above(place) if outer in self._set), default=None)


def _apart(individual: Individual, space: Space | None) -> list[Inherited]:
    """Take the changes of a birth apart."""
    changes = individual.birth.changes
    branches = _switched(changes, individual.genome, space)
    together: dict[Place, list[GeneChange]] = {place: [] for place in branches}
    moved: dict[Place, list[GeneChange]] = {}
    found: list[Inherited] = []
    number = individual.number
    for change in changes:
        place = place_of(change.gene)
        branch = next((outer for outer in above(place[:-1]) if outer in branches), None)
        if branch is not None:
            together[branch].append(change)
        elif change.kind == "moved":
            moved.setdefault(place[:-1], []).append(change)
        else:
            found.append(Inherited(number, _kind(change, place, individual.genome, space), (change,)))
    for place, genes in together.items():
        telling = [gene for gene in genes if place_of(gene.gene) == (*place, branches[place])]
        rest = [gene for gene in genes if gene not in telling]
        found.append(Inherited(number, "branch", (*telling, *rest)))
    found += [Inherited(number, "order", tuple(genes)) for genes in moved.values()]
    order = {change.gene: at for at, change in enumerate(changes)}
    followers = tuple(one.genes[0] for one in found if one.kind == "tied")
    return sorted((replace(one, followers=followers) for one in found), key=lambda one: order[one.gene])


def _switched(changes: Sequence[GeneChange], genome: Genome, space: Space | None) -> Mapping[Place, str]:
    """Return the places of the alternatives that a birth switched, outermost only, each with the gene that names it."""
    if space is None:
        return {}
    found: dict[Place, str] = {}
    for change in changes:
        place = place_of(change.gene)
        if not place or change.kind != "changed" or not isinstance(place[-1], str):
            continue
        node = _node(space, genome, place[:-1])
        inside = any(outer in found for outer in above(place[:-1]))
        if isinstance(node, Select) and node.by == place[-1] and not inside:
            found[place[:-1]] = node.by
    return found


def _kind(change: GeneChange, place: Place, genome: Genome, space: Space | None) -> str:
    if change.kind in ("added", "removed") and place and isinstance(place[-1], int):
        return "item"
    if space is None or not isinstance(_node(space, genome, place), Tied):
        return "gene"
    # The first item of a list that scales the one before has nothing to follow: there the gene is free.
    free = {site.path for site in space.genes(genome)}
    return "gene" if located(genome, place) in free else "tied"


def _node(space: Space, genome: Genome, place: Place) -> Node | None:
    path = located(genome, place)
    if path is None:
        return None
    try:
        return space.node_at(path, genome)
    except (SpaceError, KeyError, TypeError):  # the space is not the one that the genome was bred in
        return None
