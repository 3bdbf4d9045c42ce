"""The runs of a folder, one line each: how far it is, what it found, what it cost, where its seeds came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evonas.compare.tags import read_tags
from evonas.errors import EvonasError
from evonas.lineage import LineageStore, RunLock, RunRecord, Scored
from evonas.lineage.ranking import best_first, score_constrained
from evonas.records import FAILURES, EvaluationStatus, Individual
from evonas.run import RunDirectory, find_runs

__all__ = ["Origin", "RunOverview", "overview", "overviews", "seeded_from", "status_of"]


@dataclass(frozen=True)
class Origin:
    """Where some of the seeds of a run came from.

    Attributes:
        run: id of the run that they were born in; None for a genome file.
        source: as the user named it.
        seeds: how many came from there.
    """

    run: str | None
    source: str
    seeds: int


@dataclass(frozen=True)
class RunOverview:
    """A run in a line.

    Attributes:
        directory: where it lies.
        record: its question.
        status: as in the lineage; ``killed`` where no process works on a run that never ended.
        individuals: born so far.
        evaluations: that ended for good.
        failed: of them, those that did not complete.
        pending: evaluations requested and not ended.
        seconds: wall time of all sessions, s.
        best: the best by the first objective, by its value at the highest rung; None before the first success.
        origins: runs and genome files that gave it seeds.
        tags: words of people.
    """

    directory: RunDirectory
    record: RunRecord
    status: str
    individuals: int
    evaluations: int
    failed: int
    pending: int
    seconds: float
    best: Scored | None
    origins: tuple[Origin, ...]
    tags: tuple[str, ...]


def overviews(folder: Path) -> tuple[list[RunOverview], list[EvonasError]]:
    """Return the runs of a folder, the newest first, and what is wrong with those that cannot be read."""
    found, errors = [], []
    for directory in find_runs(folder):
        try:
            with LineageStore.open(directory.lineage_file, read_only=True) as store:
                found.append(overview(directory, store))
        except EvonasError as error:  # one broken run does not hide the others
            errors.append(error)
    return found, errors


def overview(directory: RunDirectory, store: LineageStore) -> RunOverview:
    """Return one run.

    Raises:
        LineageError: if it cannot be read.
        StorageError: likewise.
    """
    record, counts, individuals = store.run, store.counts(), store.individuals()
    metric, maximise = record.directions[0]
    ranked = best_first(
        score_constrained(individuals, store.results(curves=False), (metric,), record.allowed), maximise
    )
    final = {status.value: counts[status.value] for status in EvaluationStatus}
    lost = {status.value for status in FAILURES} | {EvaluationStatus.LOST.value}
    return RunOverview(
        directory=directory,
        record=record,
        status=status_of(directory, record),
        individuals=counts["individuals"],
        evaluations=sum(final.values()),
        failed=sum(number for name, number in final.items() if name in lost),
        pending=counts["pending"],
        seconds=store.elapsed(),
        best=ranked[0] if ranked else None,
        origins=seeded_from(individuals, record.id),
        tags=read_tags(directory),
    )


def status_of(directory: RunDirectory, record: RunRecord) -> str:
    """Return how a run stands: ``killed`` if nobody works on one that never ended."""
    gone = record.status == "running" and RunLock.holder(directory.path) is None
    return "killed" if gone else record.status


def seeded_from(individuals: Iterable[Individual], run: str) -> tuple[Origin, ...]:
    """Return the other runs and the genome files that gave a run seeds; a network that its family brings is no seed.

    Args:
        individuals: of the run.
        run: its id.
    """
    found: dict[tuple[str | None, str], int] = {}
    for individual in individuals:
        for parent in individual.birth.parents:
            if not parent.is_of_the_family and (parent.number is None or parent.run not in (None, run)):
                origin = (parent.run, parent.source or "a genome file")
                found[origin] = found.get(origin, 0) + 1
    return tuple(Origin(*origin, seeds) for origin, seeds in found.items())
