"""Reads a phylogeny CSV of the ALife data standards.

Source: https://alife-data-standards.github.io/alife-data-standards/phylogeny.html

``id`` and ``ancestor_list`` are required, ``origin_time`` and ``destruction_time`` conventional, and everything else is
up to whoever wrote the file. A column of numbers is taken for a metric, a column of texts for a gene; the user may say
otherwise. What evonas exported itself comes back with genes, operators, statuses and costs in their places.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.config.schema import Objective
from evonas.errors import LineageError, nearest
from evonas.genome import gene_diff
from evonas.lineage.imports.alife_rows import Row, in_order, read_rows
from evonas.lineage.imports.columns import Columns
from evonas.lineage.imports.history import History, Life, Trial
from evonas.records import Birth, EvaluationRequest, EvaluationResult, EvaluationStatus, Individual, Parent

__all__ = ["read_alife"]

_USUAL = ("fitness", "score", "reward", "accuracy", "phenotype_score", "loss")
_NOTHING = "fitness"


def read_alife(
    file: str | Path,
    *,
    objective: str | None = None,
    direction: str = "auto",
    genes: Mapping[str, str] | None = None,
    name: str | None = None,
) -> History:
    """Read a phylogeny.

    Args:
        file: the CSV file.
        objective: the column by which individuals are judged; None looks for one that is called like a fitness.
        direction: ``max``, ``min``, or ``auto``: by the column's name.
        genes: columns that are genes, and what each gene is to be called (empty: as the column).
        name: of the run; None takes the file's.

    Raises:
        LineageError: if the file cannot be read, breaks the standard, or has no such column.
    """
    path = Path(file)
    rows = in_order(read_rows(path), path)
    columns = Columns.of(rows, genes or {}, path)
    metric, note = _objective(columns, objective, path)
    lives = _Reader(columns, rows).lives()
    return History(
        name=name or path.stem,
        kind="ALife phylogeny",
        source=str(file),
        objectives=[{"metric": metric, "direction": _checked(direction, metric)}],
        lives=lives,
        space=columns.space,
        notes=[*columns.notes, *note],
        facts={"columns": columns.roles},
    )


def _checked(direction: str, metric: str) -> str:
    return Objective(metric=metric, direction=direction).direction


def _objective(columns: Columns, wanted: str | None, path: Path) -> tuple[str, list[str]]:
    metrics = columns.metrics
    if wanted is not None:
        found = wanted.removeprefix("metric_") if wanted not in metrics.values() else wanted
        if found in metrics.values() or found in columns.costs.values():
            return found, []
        close = nearest(wanted, metrics.values())
        raise LineageError(
            "there is no column of numbers of this name to judge individuals by",
            file=path,
            key="--objective",
            got=wanted,
            expected=f"one of {', '.join(metrics.values())}" if metrics else "a file with a column of numbers",
            hint=f"did you mean `{close}`?" if close else None,
        )
    usual = [name for name in _USUAL if name in metrics.values()]
    if columns.ours and metrics:
        return next(iter(metrics.values())), []
    if usual:
        return usual[0], []
    known = f"columns of numbers: {', '.join(metrics.values())}" if metrics else "the file has no column of numbers"
    return _NOTHING, [f"no column is called like a fitness, so nobody is the best ({known}); see --objective"]


@dataclass
class _Reader:
    """Turns rows, in the order of birth, into lives."""

    columns: Columns
    rows: Sequence[Row]

    def lives(self) -> list[Life]:
        self._numbers = {row.id: number for number, row in enumerate(self.rows)}
        self._clock = _Clock([self._measured(row) for row in self.rows], self.rows, self.columns.ours)
        self._individuals: list[Individual] = []
        self._asked = 0
        return [self._life(number, row) for number, row in enumerate(self.rows)]

    def _life(self, number: int, row: Row) -> Life:
        individual = self._individual(number, row)
        self._individuals.append(individual)
        born, died = self._clock.born(number), self._clock.died(number)
        return Life(individual, born, died, self._trials(individual, row))

    def _individual(self, number: int, row: Row) -> Individual:
        genome = self.columns.genome(row)
        own = [Parent(self._numbers[ancestor], None, "mate" if place else "primary")
               for place, ancestor in enumerate(row.ancestors)]  # fmt: skip
        parents = (*own, *self.columns.foreign(row))
        generation = 1 + max(
            (self._individuals[p.number].birth.generation for p in own if p.number is not None), default=-1
        )
        changes = () if not own else gene_diff(self._individuals[int(own[0].number or 0)].genome, genome)
        birth = Birth(self.columns.operators(row, parents), parents, changes, generation)
        costs = self.columns.costs_of(row)
        if row.origin is not None and not self.columns.ours:
            costs["origin_time"] = row.origin
        if row.id != number:
            costs["id"] = float(row.id)
        return Individual(number, genome, birth, costs)

    def _measured(self, row: Row) -> bool:
        return self.columns.status(row) is not None

    def _trials(self, individual: Individual, row: Row) -> tuple[Trial, ...]:
        status = self.columns.status(row)
        asked = self.columns.ours or status is not None
        if not asked:
            return ()
        epochs = self.columns.whole(row, "epochs")
        request = EvaluationRequest(
            self._asked, individual.number, individual.genome, max(1, epochs), 0, self.columns.whole(row, "rung")
        )
        self._asked += 1
        if status is None:
            return (Trial(request, None),)
        details: dict[str, Any] = {"epochs": epochs, "seconds": self.columns.number(row, "seconds")}
        details["device"] = row.texts.get("device", "") if self.columns.ours else ""
        metrics = self.columns.metrics_of(row)
        if status is EvaluationStatus.COMPLETED:
            return (Trial(request, request.result(metrics, **(details | {"epochs": max(1, epochs)}))),)
        cause = "the file tells no cause"
        failed: EvaluationResult = request.failure(
            status, f"{status.value}: {cause}", **(details | {"metrics": metrics})
        )
        return (Trial(request, failed),)


class _Clock:
    """Times of the file in the run's own clock, which counts completed evaluations.

    Args:
        measured: of each row, whether it has a result.
        rows: in the order of birth.
        ours: whether the file's times are such counts already.
    """

    def __init__(self, measured: Sequence[bool], rows: Sequence[Row], ours: bool) -> None:
        self._rows, self._ours = rows, ours
        times = [row.origin for row in rows if row.origin is not None]
        self._timed = len(times) == len(rows)
        self._done = sorted(row.origin or 0.0 for row, known in zip(rows, measured, strict=True) if known)
        before = [0]
        for known in measured:
            before.append(before[-1] + known)
        self._before = before

    def born(self, number: int) -> int:
        origin = self._rows[number].origin
        if origin is None or not self._timed:
            return self._before[number]
        return int(origin) if self._ours else bisect_left(self._done, origin)

    def died(self, number: int) -> int | None:
        end = self._rows[number].destruction
        if end is None or not self._timed:
            return None
        return int(end) if self._ours else max(self.born(number), bisect_right(self._done, end))
