"""The population over the run: who lived when, how much they differ, and whom they all descend from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evonas.report.analysis.distance import genome_distances
from evonas.report.analysis.genes import EVERY_ITEM, Floats, GeneTable, Ints, gene_table
from evonas.report.analysis.table import Table
from evonas.report.history import RunHistory

__all__ = [
    "CommonAncestor",
    "Diversity",
    "FounderShares",
    "common_ancestor",
    "diversity_over_time",
    "founder_shares",
]

_SAMPLE = 100  # members whose distances are taken at a time, evenly spread where there are more
_DESCENT = ("primary", "pedigree")


@dataclass(frozen=True)
class _Living:
    """Who lived when.

    Attributes:
        numbers: of all individuals, ascending, shape (n,).
        times: in completed evaluations, ascending, shape (t,).
        alive: shape (n, t).
        born: completed evaluations at each individual's birth, shape (n,).
    """

    numbers: Ints
    times: Ints
    alive: NDArray[np.bool_]
    born: Ints


@dataclass(frozen=True)
class Diversity:
    """How much the living differ.

    Attributes:
        evaluations: completed by then, shape (t,).
        distance: mean distance between two of the living, 0 (equal) to 1, shape (t,); NaN below two. See
            :func:`evonas.report.analysis.distance.genome_distances`.
        distinct: share of different genomes among the living, shape (t,).
        living: how many live, shape (t,).
    """

    evaluations: Ints
    distance: Floats
    distinct: Floats
    living: Ints

    def table(self) -> Table:
        """Return a time a row."""
        return Table(
            "diversity",
            {
                "evaluations": self.evaluations,
                "mean genome distance": self.distance,
                "share of distinct genomes": self.distinct,
                "living": self.living,
            },
        )


@dataclass(frozen=True)
class FounderShares:
    """From whom the living descend.

    Attributes:
        evaluations: completed by then, shape (t,).
        founders: numbers of the individuals without parents in this run that have most descendants, shape (f,).
        shares: of the living that descend from each, and in the last column from all other founders, shape (t, f + 1).
        lines: founders of which descendants live, shape (t,).
        by: ``primary`` (by the line of primary parents: each has one founder) or ``pedigree`` (each parent counts in
            equal parts).
    """

    evaluations: Ints
    founders: Ints
    shares: Floats
    lines: Ints
    by: str

    def table(self) -> Table:
        """Return a time a row."""
        names = [*(f"share of founder {number}" for number in self.founders), "share of other founders"]
        shares = {name: self.shares[:, at] for at, name in enumerate(names)}
        return Table("founders", {"evaluations": self.evaluations, "founder lines": self.lines, **shares})


@dataclass(frozen=True)
class CommonAncestor:
    """The youngest individual that all the living descend from by their lines of primary parents.

    Attributes:
        evaluations: completed by then, shape (t,).
        individual: its number, shape (t,); -1 while there is none.
        age: evaluations completed since its birth, shape (t,); NaN while there is none.
        lines: founders of which descendants live, shape (t,).
    """

    evaluations: Ints
    individual: Ints
    age: Floats
    lines: Ints

    def table(self) -> Table:
        """Return a time a row."""
        return Table(
            "common-ancestor",
            {
                "evaluations": self.evaluations,
                "common ancestor": [None if who < 0 else who for who in self.individual.tolist()],
                "age (evaluations)": self.age,
                "founder lines": self.lines,
            },
        )


def diversity_over_time(history: RunHistory, *, table: GeneTable | None = None, points: int = 100) -> Diversity | None:
    """Return how much the living differ over the run; None before two have lived.

    Args:
        history: the run.
        table: of all individuals, where it has been made already; None for one with every item of every list.
        points: times at most, evenly spread.
    """
    living = _living(history, points)
    if living is None or not (living.alive.sum(axis=0) > 1).any():
        return None
    table = table or gene_table(history.individuals.values(), positions=EVERY_ITEM)
    ids: dict[str, int] = {}
    genomes = [ids.setdefault(history.individuals[int(who)].genome.id, len(ids)) for who in living.numbers]
    kinds = np.array(genomes, dtype=np.int64)
    distance = np.full(len(living.times), np.nan)
    distinct = np.full(len(living.times), np.nan)
    amounts = living.alive.sum(axis=0)
    known: tuple[bytes, float] = (b"", np.nan)
    for at, amount in enumerate(amounts):
        rows = np.flatnonzero(living.alive[:, at])
        if amount:
            distinct[at] = len(np.unique(kinds[rows])) / amount
        if amount > 1:
            if rows.tobytes() != known[0]:
                known = (rows.tobytes(), _mean_distance(table, rows))
            distance[at] = known[1]
    return Diversity(living.times, distance, distinct, amounts.astype(np.int64))


def founder_shares(
    history: RunHistory, *, by: str = "primary", points: int = 200, most: int = 8
) -> FounderShares | None:
    """Return from which founders the living descend over the run; None before anybody lived.

    Args:
        history: the run.
        by: ``primary`` or ``pedigree``, see :class:`FounderShares`.
        points: times at most, evenly spread.
        most: founders with a column of their own: those with the greatest shares, taken over the whole run.

    Raises:
        ValueError: if ``by`` is none of the two.
    """
    if by not in _DESCENT:
        raise ValueError(f"descent is one of {', '.join(_DESCENT)}, got {by!r}")
    living = _living(history, points)
    if living is None:
        return None
    reached, founders = _descend(history, living, primary=by == "primary")
    shares = reached[founders] / np.maximum(living.alive.sum(axis=0), 1)
    order = np.argsort(-shares.sum(axis=1), kind="stable")
    shown = np.sort(order[:most][shares[order[:most]].sum(axis=1) > 0])
    others = np.clip(shares.sum(axis=0) - shares[shown].sum(axis=0), 0.0, 1.0)
    return FounderShares(
        living.times,
        living.numbers[founders[shown]],
        np.vstack([shares[shown], others]).T,
        (shares > 0).sum(axis=0).astype(np.int64),
        by,
    )


def common_ancestor(history: RunHistory, points: int = 200) -> CommonAncestor | None:
    """Return the youngest common ancestor of the living over the run, by primary parents; None before anybody lived.

    Only those who descend from one founder have one. Where a single individual lives, it is its own.

    Args:
        history: the run.
        points: times at most, evenly spread.
    """
    living = _living(history, points)
    if living is None:
        return None
    below, founders = _descend(history, living, primary=True)
    amounts = living.alive.sum(axis=0)
    # Whoever has all the living below it, or is one of them, is a common ancestor; the youngest of those is the last.
    common = (below >= amounts - 0.5) & (amounts > 0)
    youngest = len(living.numbers) - 1 - common[::-1].argmax(axis=0)
    found = common.any(axis=0)
    individual = np.where(found, living.numbers[youngest], -1)
    age = np.where(found, living.times - living.born[youngest], np.nan)
    return CommonAncestor(living.times, individual, age, (below[founders] > 0).sum(axis=0).astype(np.int64))


def _living(history: RunHistory, points: int) -> _Living | None:
    """Return who lived at evenly spread times: from the first completed evaluation to the recorded death."""
    done = len(history.evaluations)
    ordered = sorted(history.individuals)
    places = {number: place for place, number in enumerate(ordered)}
    never = done + 1
    entered = np.full(len(ordered), never, dtype=np.int64)
    for one in reversed(history.evaluations):
        if one.result.completed:
            entered[places[one.individual.number]] = one.order
    if not (entered < never).any():
        return None
    lives = [history.lives.get(number, (0, None)) for number in ordered]
    born = np.array([at for at, _ in lives], dtype=np.int64)
    died = np.array([never if at is None else at for _, at in lives], dtype=np.int64)
    times = np.unique(np.linspace(1, done, min(points, done)).round().astype(np.int64))
    alive = (entered[:, None] <= times) & (times < died[:, None])
    return _Living(np.array(ordered, dtype=np.int64), times, alive, born)


def _descend(history: RunHistory, living: _Living, *, primary: bool) -> tuple[Floats, Ints]:
    """Return the living that descend from each individual, or are it, at each time, and the places of the founders.

    One walk from the youngest to the oldest: each hands its own share on to its parents. Who has no
    descendant among the living has nothing to hand on.

    Returns:
        Shape (n, t), and shape (f,).
    """
    reached = living.alive.astype(np.float64)
    below: list[bool] = np.any(living.alive, axis=1).tolist()
    numbers = living.numbers.tolist()
    places = {number: place for place, number in enumerate(numbers)}
    founders = []
    for at in range(len(numbers) - 1, -1, -1):
        parents = _own_parents(history, numbers[at])[: 1 if primary else None]
        if not parents:
            founders.append(at)
        elif below[at]:
            share = reached[at] / len(parents)
            for parent in parents:
                reached[places[parent]] += share
                below[places[parent]] = True
    return reached, np.array(founders[::-1], dtype=np.int64)


def _own_parents(history: RunHistory, number: int) -> list[int]:
    """Return the parents in this run, the primary one first; a parent is older than its child."""
    run = history.run.id
    return [
        parent.number
        for parent in history.individuals[number].birth.parents
        if parent.number is not None
        and parent.run in (None, run)
        and parent.number < number
        and parent.number in history.individuals
    ]


def _mean_distance(table: GeneTable, rows: Ints) -> float:
    if len(rows) > _SAMPLE:
        rows = rows[np.linspace(0, len(rows) - 1, _SAMPLE).round().astype(np.int64)]
    distances = genome_distances(table, rows)
    return float(distances.sum() / (len(rows) * (len(rows) - 1)))
