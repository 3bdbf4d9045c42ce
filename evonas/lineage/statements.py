"""The statements that write, compiled once for a dialect."""

from __future__ import annotations

from sqlalchemy import Table, Update, bindparam, delete, literal_column, update
from sqlalchemy.engine.interfaces import Dialect

from evonas.lineage import schema
from evonas.lineage.codec import PENDING
from evonas.lineage.database import Prepared

__all__ = ["Statements"]

_RESULT = (
    "status",
    "attempt",
    "epochs_trained",
    "metrics",
    "curve",
    "seconds",
    "setup_seconds",
    "device",
    "peak_memory",
    "error",
    "log",
    "answered_by",
    "completion",
    "completed_time",
)


class Statements:
    """What the writer does to the tables; updates take ``key_*`` to find a row and ``new_*`` to set it."""

    def __init__(self, dialect: Dialect) -> None:
        def insert(table: Table, *columns: str) -> Prepared:
            return Prepared(table.insert(), dialect, columns or [column.name for column in table.columns])

        pending = schema.evaluations.c.status == literal_column(f"'{PENDING}'")
        self.individual = insert(
            schema.individuals,
            *("run_id", "number", "genome_id", "family", "genes", "marks", "costs", "born_time", "born_evaluation"),
        )
        self.birth = insert(schema.births)
        self.parent = insert(schema.parents)
        self.request = insert(
            schema.evaluations,
            *("run_id", "number", "individual", "rung", "epochs_asked", "seed", "attempt", "resume_from"),
            *("trained", "fraction", "repeat", "floor", "pooling", "asked_time", "asked_evaluation", "status"),
        )
        self.attempt = Prepared(_update(schema.evaluations, "number", "attempt").where(pending), dialect)
        self.result = Prepared(_update(schema.evaluations, "number", *_RESULT).where(pending), dialect)
        self.death = Prepared(
            _update(schema.individuals, "number", "died_time", "died_evaluation").where(
                schema.individuals.c.died_evaluation.is_(None)
            ),
            dialect,
        )
        self.artifact = insert(schema.artifacts)
        self.artifact_deleted = Prepared(_update(schema.artifacts, "path", "deleted_time"), dialect)
        table = schema.artifacts
        self.artifact_gone = Prepared(
            delete(table).where(table.c.run_id == bindparam("key_run"), table.c.path == bindparam("key_path")), dialect
        )
        self.event = insert(schema.events, "run_id", "time", "kind", "message", "data")
        self.session = Prepared(_update(schema.sessions, "number", "seconds", "ended_time", "reason"), dialect)
        runs = schema.runs
        self.run_status = Prepared(
            update(runs)
            .where(runs.c.id == bindparam("key_run"))
            .values(status=bindparam("new_status"), reason=bindparam("new_reason")),
            dialect,
        )


def _update(table: Table, key: str, *columns: str) -> Update:
    return (
        update(table)
        .where(table.c.run_id == bindparam("key_run"), table.c[key] == bindparam(f"key_{key}"))
        .values({column: bindparam(f"new_{column}") for column in columns})
    )
