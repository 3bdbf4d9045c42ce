"""Short questions to a long lineage: the best, an individual's birth, its line of ancestors, over several runs.

Only the rows that are asked for are read, with Python's own SQLite, so that an answer is there in less time than the
database toolkit takes to be imported. :class:`evonas.lineage.LineageStore` answers everything else.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

from evonas.directions import more_is_better
from evonas.errors import EvonasError, LineageError, RunError
from evonas.genome import GeneChange, Genome
from evonas.lineage.access import read_mode
from evonas.records import Birth, Parent

__all__ = ["FILE", "Kin", "Measured", "Measures", "run_folder"]

FILE = "lineage.sqlite"
"""Name of the database in a run directory."""

_Some = TypeVar("_Some", bound="Kin")
_BUSY_SECONDS = 30.0
_SCHEMAS = ("1", "2", "3")


@dataclass(frozen=True)
class Measured:
    """A figure of an individual at a rung.

    Attributes:
        value: the mean over its completed trainings there; of a difference, child less parent.
        error: its standard error; None where there is one training only.
        trainings: how many; of a difference, those of the child.
    """

    value: float
    error: float | None = None
    trainings: int = 1

    def minus(self, other: Measured) -> Measured:
        """Return the difference, with its standard error where both are known."""
        known = self.error is not None and other.error is not None
        error = math.hypot(self.error or 0.0, other.error or 0.0) if known else None
        return Measured(self.value - other.value, error, self.trainings)


@dataclass(frozen=True)
class Measures:
    """The fitness of an individual.

    Attributes:
        by_rung: rung to the first objective there, the lowest first; empty before the first success.
        status: of its last evaluation by number, ``pending`` included; empty if there is none.
    """

    by_rung: Mapping[int, Measured]
    status: str = ""

    @property
    def rung(self) -> int | None:
        """The highest rung that it has completed; None before the first success."""
        return max(self.by_rung, default=None)

    @property
    def best(self) -> Measured | None:
        """The fitness at that rung."""
        return None if self.rung is None else self.by_rung[self.rung]

    def over(self, parent: Measures) -> Measured | None:
        """Return how much it differs from a parent, at the highest rung that both have completed; None for none."""
        shared = self.by_rung.keys() & parent.by_rung.keys()
        return self.by_rung[max(shared)].minus(parent.by_rung[max(shared)]) if shared else None


def run_folder(path: str | Path) -> Path:
    """Return a run directory that exists.

    Raises:
        RunError: if there is none, or it is another program's.
    """
    folder = Path(path)
    if not folder.exists():
        raise RunError("there is no such run directory", file=folder, hint="`evonas runs` lists those below runs/")
    if not (folder / FILE).is_file():
        raise RunError(
            "this is not a run directory of evonas",
            file=folder,
            got=sorted(entry.name for entry in folder.iterdir())[:8] if folder.is_dir() else folder.name,
            expected=f"a folder with {FILE}",
            hint="`evonas runs` lists those below runs/",
        )
    return folder.resolve()


class Kin:
    """One run's lineage, read a few rows at a time from one consistent state; closed by ``with``.

    Args:
        folder: the run directory.

    Raises:
        RunError: if it is none.
        LineageError: if its lineage cannot be read, as :meth:`evonas.lineage.LineageStore.open` says it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = run_folder(folder)
        self._file = self.folder / FILE
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = _connect(self._file)
            self._check()
            rows = self._rows("SELECT id, name, objectives FROM runs")
            if len(rows) != 1:
                raise sqlite3.DatabaseError(f"{len(rows)} runs")
        except sqlite3.Error as error:
            self.close()
            raise _in_words(self._file, error) from error
        self.run_id, self.name, objectives = rows[0]
        self._objectives: list[dict[str, Any]] = json.loads(objectives)

    def __enter__(self: _Some) -> _Some:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def objective(self) -> str:
        """The metric of the first objective."""
        return str(self._objectives[0]["metric"])

    @cached_property
    def highest_rung(self) -> int:
        """The highest rung that anybody was asked to train to; 0 where nobody was."""
        return max((rung for _, _, rung, _, _ in self._evaluations), default=0)

    def best(self) -> int:
        """Return who is best, as :meth:`evonas.lineage.LineageStore.best` has it.

        Raises:
            LineageError: if nothing has completed yet.
        """
        scored = self._ranked()
        if not scored:
            raise LineageError(
                "there is no best individual yet: no evaluation has completed",
                file=self._file,
                hint="name an individual",
            )
        return min(scored)[-1]

    def birth(self, number: int) -> Birth:
        """Return how an individual came to be; without the random state and what a surrogate said.

        Raises:
            LineageError: if there is no such individual.
        """
        of = (self.run_id, number)
        with self._worded():
            rows = self._rows(
                "SELECT generation, operators, changes, attempts FROM births WHERE run_id = ? AND individual = ?", *of
            )
            parents = self._rows(
                "SELECT parent, parent_run, role, source FROM parents WHERE run_id = ? AND individual = ?"
                " ORDER BY position",
                *of,
            )
        if not rows:
            raise self._unknown(number)
        generation, operators, changes, attempts = rows[0]
        return Birth(
            operators=tuple(json.loads(operators)),
            parents=tuple(Parent(*parent) for parent in parents),
            changes=tuple(GeneChange(*change) for change in json.loads(changes)),
            generation=generation,
            attempts=attempts,
        )

    def genome(self, number: int) -> Genome:
        """Return the genome of an individual.

        Raises:
            LineageError: if there is no such individual.
        """
        with self._worded():
            rows = self._rows(
                "SELECT genes, family, marks FROM individuals WHERE run_id = ? AND number = ?", self.run_id, number
            )
        if not rows:
            raise self._unknown(number)
        genes, family, marks = rows[0]
        return Genome(json.loads(genes), family, None if marks is None else json.loads(marks))

    def measures(self, numbers: Collection[int], metric: str | None = None) -> dict[int, Measures]:
        """Return the fitness of individuals, as :func:`evonas.lineage.ranking.score` has it, at each of their rungs.

        Args:
            numbers: who.
            metric: of which metric or cost; None: of the first objective.
        """
        metric = metric or self.objective
        wanted = set(numbers)
        rows = sorted(row for row in self._evaluations if row[0] in wanted)
        found: dict[int, dict[int, list[float]]] = {number: {} for number in wanted}
        status = dict.fromkeys(wanted, "")
        for number, _, rung, state, metrics in rows:
            status[number] = state
            if state == "completed":
                value = json.loads(metrics or "{}").get(metric)
                found[number].setdefault(rung, []).extend([] if value is None else [value])
        costs = self._costs_where({number: list(rungs.values()) for number, rungs in found.items()}, metric)
        means = {
            number: {rung: _mean(values, costs.get(number)) for rung, values in sorted(rungs.items())}
            for number, rungs in found.items()
        }
        return {
            number: Measures({rung: one for rung, one in rungs.items() if one is not None}, status[number])
            for number, rungs in means.items()
        }

    def line(self, number: int) -> list[tuple[int, Birth]]:
        """Return the births from an individual back to its founder in this run, by primary parents.

        Raises:
            LineageError: if there is no such individual.
        """
        found: dict[int, Birth] = {}
        current: int | None = number
        while current is not None and current not in found:
            found[current] = self.birth(current)
            primary = found[current].primary
            current = primary.number if primary is not None and self.owns(primary) else None
        return list(found.items())

    def owns(self, parent: Parent) -> bool:
        """Whether a parent was born in this run."""
        return parent.number is not None and parent.run in (None, self.run_id)

    @cached_property
    def _evaluations(self) -> list[tuple[int, int, int, str, str | None]]:
        """Individual, number, rung, status and metrics of all evaluations, read in one go."""
        query = "SELECT individual, number, rung, status, metrics FROM evaluations WHERE run_id = ?"
        with self._worded():
            return self._rows(query, self.run_id)

    def _ranked(self) -> list[tuple[float, float, int]]:
        """Return violation, sign times value, and number of those with a completed evaluation at the highest rung."""
        metric, allowed = self.objective, self._allowed()
        names = [metric, *(name for name in allowed if name != metric)]
        completed = [row for row in self._evaluations if row[3] == "completed"]
        highest = max((rung for _, _, rung, _, _ in completed), default=0)
        measured: dict[int, list[dict[str, float]]] = {}
        for number, _, rung, _, metrics in completed:
            if rung == highest:
                measured.setdefault(number, []).append(json.loads(metrics or "{}"))
        figures: dict[int, dict[str, float]] = {number: {} for number in measured}
        for name in names:
            values = {who: [one[name] for one in several if name in one] for who, several in measured.items()}
            costs = self._costs_where({who: [found] for who, found in values.items()}, name)
            for who, found in values.items():
                if found or who in costs:
                    figures[who][name] = sum(found) / len(found) if found else costs[who]
        sign = -1.0 if self._maximises() else 1.0
        return [
            (_violation(known, allowed), sign * known[metric], number)
            for number, known in figures.items()
            if len(known) == len(names)
        ]

    def _allowed(self) -> dict[str, tuple[float | None, float | None]]:
        with self._worded():
            ((text,),) = self._rows("SELECT config FROM runs WHERE id = ?", self.run_id)
        constraints = (json.loads(text).get("evolution") or {}).get("constraints") or {}
        return {metric: (limit.get("min"), limit.get("max")) for metric, limit in constraints.items()}

    def _maximises(self) -> bool:
        return more_is_better(self.objective, self._objectives[0].get("direction", "auto"))

    def _costs_where(self, measured: Mapping[int, Sequence[Sequence[float]]], name: str) -> dict[int, float]:
        """Return a cost of the individuals that were not measured everywhere, of those of them that have it."""
        if all(all(values) for values in measured.values()):
            return {}
        query = "SELECT number, costs FROM individuals WHERE run_id = ? AND costs LIKE ?"
        with self._worded():
            rows = self._rows(query, self.run_id, f"%{json.dumps(name, ensure_ascii=False)}%")
        found = {number: json.loads(costs).get(name) for number, costs in rows if number in measured}
        return {number: cost for number, cost in found.items() if cost is not None}

    def _unknown(self, number: int) -> LineageError:
        with self._worded():
            ((highest,),) = self._rows("SELECT max(number) FROM individuals WHERE run_id = ?", self.run_id)
        return LineageError(
            f"there is no individual {number} in this run",
            file=self._file,
            got=number,
            expected="a run with individuals" if highest is None else f"a number from 0 to {highest}",
        )

    def _check(self) -> None:
        """Begin to read one state of the file, and see whose it is."""
        self._rows("BEGIN")
        signed = dict(self._rows("SELECT name, value FROM evonas_meta"))
        if signed.get("program") != "evonas" or signed.get("schema_version") not in _SCHEMAS:
            raise sqlite3.DatabaseError("another program, or another version")
        self.schema = int(signed["schema_version"])
        """Version of the tables."""

    def _rows(self, query: str, *parameters: Any) -> list[Any]:
        if self._connection is None:
            raise LineageError("the lineage is closed", file=self._file)
        return self._connection.execute(query, parameters).fetchall()

    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _in_words(self._file, error) from error


def _mean(values: Sequence[float], cost: float | None) -> Measured | None:
    if not values:
        return None if cost is None else Measured(cost)
    mean = sum(values) / len(values)
    if len(values) == 1:
        return Measured(mean)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Measured(mean, math.sqrt(squares / (len(values) - 1) / len(values)), len(values))


def _violation(figures: Mapping[str, float], allowed: Mapping[str, tuple[float | None, float | None]]) -> float:
    if not allowed:
        return 0.0
    from evonas.frontier import violation  # NumPy takes a while to import

    return violation(figures, allowed)


def _connect(file: Path) -> sqlite3.Connection:
    """Open a database as :func:`evonas.lineage.sqlite.read_engine` does."""
    uri = f"file:{quote(str(file.absolute()))}?mode={read_mode(file)}"
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA query_only=1")
    return connection


def _in_words(file: Path, error: sqlite3.Error) -> EvonasError:
    """Return what is wrong with a lineage in the words of the store, which looks at everything."""
    from evonas.lineage.store import LineageStore

    try:
        LineageStore.open(file, read_only=True).close()
    except EvonasError as known:
        return known
    return LineageError(f"the lineage cannot be read: {error}", file=file)
