"""A part of a lineage that reads as a whole: some individuals, and who of them descends from whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from evonas.genome import gene_diff
from evonas.lineage.entries import Artifact, Replay, StoredResult
from evonas.lineage.reading import Reading
from evonas.records import Birth, EvaluationRequest, Individual, Parent

__all__ = ["Excerpt"]


class Excerpt(Reading):
    """A run of which only some individuals are shown.

    A parent that is left out is replaced by its own nearest ancestor that is kept, by primary parents; where there is
    none, by nobody, or by the founder's own parent from elsewhere. The changes of a birth are then those to that
    ancestor. Everything that speaks of individuals left out (results, requests, files) is left out, too.

    Args:
        store: the whole run.
        kept: numbers of the individuals to show.
    """

    def __init__(self, store: Reading, kept: Collection[int]) -> None:
        super().__init__(store._database, store.run_id, store._version)
        self._kept = frozenset(kept)
        self._everyone: dict[int, Individual] | None = None

    def individuals(self) -> list[Individual]:
        """Return the individuals that are shown, by number."""
        everyone = self._whole()
        return [self._shortened(individual) for number, individual in everyone.items() if number in self._kept]

    def individual(self, number: int) -> Individual:
        """Return one individual, as :meth:`Reading.individual`; also one that is not shown."""
        super().individual(number)
        return self._shortened(self._whole()[number])

    def results(self, *, after: int = -1, curves: bool = True) -> list[StoredResult]:
        """Return the final results of those that are shown, as :meth:`Reading.results`."""
        return [
            stored for stored in super().results(after=after, curves=curves) if stored.result.individual in self._kept
        ]

    def pending_requests(self) -> list[EvaluationRequest]:
        """Return requests of those that are shown, as :meth:`Reading.pending_requests`."""
        return [request for request in super().pending_requests() if request.individual in self._kept]

    def lives(self) -> dict[int, tuple[int, int | None]]:
        """Return when those that are shown entered and left the population, as :meth:`Reading.lives`."""
        return {number: life for number, life in super().lives().items() if number in self._kept}

    def counts(self) -> dict[str, int]:
        """Return counts as :meth:`Reading.counts`, of those that are shown."""
        found = dict.fromkeys(super().counts(), 0)
        for stored in self.results(curves=False):
            found[stored.result.status.value] += 1
        return found | {"pending": len(self.pending_requests()), "individuals": len(self.individuals())}

    def artifacts(self, individual: int | None = None, *, deleted: bool = False) -> list[Artifact]:
        """Return the files of those that are shown, as :meth:`Reading.artifacts`."""
        files = super().artifacts(individual, deleted=deleted)
        return [file for file in files if file.individual in self._kept]

    def replay(self) -> Replay:
        """A part of a run cannot be gone on with.

        Raises:
            TypeError: always.
        """
        raise TypeError("an excerpt of a lineage cannot be replayed")

    def births_between(self, number: int, parent: Parent) -> int:
        """Return how many births lie between an individual and a kept ancestor that stands for one of its parents.

        1 for a parent of its own.
        """
        everyone = self._whole()
        for own in everyone[number].birth.parents:
            found, births = self._nearest(own)
            if found is not None and (found.number, found.run) == (parent.number, parent.run):
                return births
        return 1

    def _whole(self) -> dict[int, Individual]:
        if self._everyone is None:
            self._everyone = {individual.number: individual for individual in super().individuals()}
        return self._everyone

    def _nearest(self, parent: Parent) -> tuple[Parent | None, int]:
        """Return who stands for a parent, and the births up to there; None if the line ends before."""
        everyone, births = self._whole(), 1
        current: Parent | None = parent
        seen: set[int] = set()
        while current is not None and current.number in everyone and current.run in (None, self.run_id):
            if current.number in self._kept or current.number in seen:
                return (replace(current, role=parent.role), births) if current.number in self._kept else (None, births)
            seen.add(current.number)
            current, births = everyone[current.number].birth.primary, births + 1
        if current is not None and current is not parent and parent.role == "mate":
            current = replace(current, role="mate")
        return current, births

    def _shortened(self, individual: Individual) -> Individual:
        birth = individual.birth
        nearest = [self._nearest(parent)[0] for parent in birth.parents]
        if nearest == list(birth.parents):
            return individual
        found: dict[tuple[int | None, str | None, str | None], Parent] = {}
        for parent in nearest:
            if parent is not None:
                found.setdefault((parent.number, parent.run, parent.source), parent)
        parents = tuple(found.values())
        if parents and parents[0].role == "mate":  # the line of the primary parent ends before: this one leads on
            parents = (replace(parents[0], role="primary"), *parents[1:])
        return replace(individual, birth=self._born(individual, birth, parents))

    def _born(self, individual: Individual, birth: Birth, parents: tuple[Parent, ...]) -> Birth:
        primary = parents[0] if parents else None
        if primary == birth.primary:
            return replace(birth, parents=parents)
        inside = primary is not None and primary.number in self._kept and primary.run in (None, self.run_id)
        older = self._whole()[primary.number] if inside and primary is not None and primary.number is not None else None
        changes = () if older is None else gene_diff(older.genome, individual.genome)
        return replace(birth, parents=parents, changes=changes)
