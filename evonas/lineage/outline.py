"""A whole run in outline: who was born of whom, what became of everybody, without changes, curves and artifacts.

As :class:`evonas.lineage.kin.Kin` it reads with Python's own SQLite: figures of a long run are there in less time than
the database toolkit needs to be imported and to build what they do not look at.
"""

from __future__ import annotations

import json

from evonas.lineage import codec
from evonas.lineage.entries import RunRecord, StoredResult
from evonas.lineage.kin import Kin
from evonas.records import Individual, Parent

__all__ = ["Outline"]

_RUN = (
    *("id", "name", "created", "config", "space", "objectives", "versions", "command", "seed", "environment"),
    *("status", "reason"),
)
_PARSED = {"config", "space", "objectives", "versions", "command", "environment"}


class Outline(Kin):
    """One run, read whole from one consistent state; closed by ``with``."""

    @property
    def run(self) -> RunRecord:
        """The run as it is now."""
        with self._worded():
            ((*values,),) = self._rows(f"SELECT {', '.join(_RUN)} FROM runs WHERE id = ?", self.run_id)
        pairs = zip(_RUN, values, strict=True)
        return RunRecord(**{name: json.loads(value) if name in _PARSED else value for name, value in pairs})

    def individuals(self) -> list[Individual]:
        """Return all individuals by number; of their births operators, parents and generation alone."""
        query = (
            "SELECT number, genome_id, family, genes, marks, costs, operators, '[]', generation, '', attempts, '{}'"
            " FROM individuals JOIN births ON births.run_id = individuals.run_id AND births.individual = number"
            " WHERE individuals.run_id = ? ORDER BY number"
        )
        of_parents = (
            "SELECT individual, parent, parent_run, role, source FROM parents WHERE run_id = ?"
            " ORDER BY individual, position"
        )
        with self._worded(), codec.collector_paused():
            parents: dict[int, tuple[Parent, ...]] = {}
            for child, *parent in self._rows(of_parents, self.run_id):
                parents[child] = (*parents.get(child, ()), Parent(*parent))
            rows = self._rows(query, self.run_id)
            return [codec.individual_from_rows(row, parents.get(row[0], ())) for row in rows]

    def results(self) -> list[StoredResult]:
        """Return the final results in order of completion."""
        # What a schema before the second lacks has a default.
        further = "trained, repeat" if self.schema > 1 else "0, 0"
        query = (
            "SELECT number, individual, status, metrics, epochs_trained, rung, seed, attempt, seconds, 0.0, NULL, NULL,"
            f" error, NULL, answered_by, completion, completed_time, epochs_asked, {further}"
            " FROM evaluations WHERE run_id = ? AND completion IS NOT NULL ORDER BY completion"
        )
        with self._worded(), codec.collector_paused():
            rows = self._rows(query, self.run_id)
            return [StoredResult(codec.result_from_row(row[:15], None, {}), *row[15:]) for row in rows]

    def pending(self) -> list[int]:
        """Return the individual of each evaluation that has no final result."""
        query = "SELECT individual FROM evaluations WHERE run_id = ? AND status = ?"
        with self._worded():
            return [individual for (individual,) in self._rows(query, self.run_id, codec.PENDING)]

    def lives(self) -> dict[int, tuple[int, int | None]]:
        """Return when each individual entered and left the population, in completed evaluations; None: it is there."""
        query = "SELECT number, born_evaluation, died_evaluation FROM individuals WHERE run_id = ? ORDER BY number"
        with self._worded():
            return {number: (born, died) for number, born, died in self._rows(query, self.run_id)}

    def elapsed(self) -> float:
        """Return the wall time of all sessions together, s."""
        with self._worded():
            ((seconds,),) = self._rows("SELECT sum(seconds) FROM sessions WHERE run_id = ?", self.run_id)
        return float(seconds or 0.0)
