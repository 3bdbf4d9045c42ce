"""The tables of the lineage. Every table carries the run's id, so that several runs can share one database.

JSON is kept as text: each column's shape is the record's (see :mod:`evonas.records`), and no database needs to look
inside. Times are Unix seconds. ``*_evaluation`` columns count evaluations completed, the run's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import BigInteger, Column, Double, Index, Integer, MetaData, String, Table, Text, text

__all__ = [
    "ADDED",
    "PROGRAM",
    "SCHEMA_VERSION",
    "artifacts",
    "births",
    "evaluations",
    "events",
    "individuals",
    "meta",
    "parents",
    "runs",
    "sessions",
    "tables",
]

PROGRAM = "evonas"
SCHEMA_VERSION = 3

tables = MetaData()


def _run_id() -> Column[str]:
    return Column("run_id", String(64), primary_key=True)


def _number(name: str = "number") -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


meta = Table(
    "evonas_meta",
    tables,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""``program`` and ``schema_version``: whose database this is, and which evonas can read it."""

runs = Table(
    "runs",
    tables,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created", String(40), nullable=False),  # ISO 8601, UTC
    Column("config", Text, nullable=False),
    Column("space", Text, nullable=False),
    Column("objectives", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("status", String(32), nullable=False),
    Column("reason", Text, nullable=False),
)

individuals = Table(
    "individuals",
    tables,
    _run_id(),
    _number(),
    Column("genome_id", String(64), nullable=False),
    Column("family", Text, nullable=False),
    Column("genes", Text, nullable=False),  # JSON in the genome's own order
    Column("marks", Text),  # null: items numbered by position
    Column("costs", Text, nullable=False),
    Column("born_time", Double, nullable=False),
    Column("born_evaluation", Integer, nullable=False),
    Column("died_time", Double),  # null: in the population
    Column("died_evaluation", Integer),
)

births = Table(
    "births",
    tables,
    _run_id(),
    _number("individual"),
    Column("generation", Integer, nullable=False),
    Column("operators", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("random_state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("forecast", Text, nullable=False, server_default=text("'{}'")),  # what a surrogate said of it
)

parents = Table(
    "parents",
    tables,
    _run_id(),
    _number("individual"),
    _number("position"),  # 0: the primary parent
    Column("parent", Integer),  # null: a genome file
    Column("parent_run", String(64)),  # null: the same run
    Column("role", String(32), nullable=False),
    Column("source", Text),
)

evaluations = Table(
    "evaluations",
    tables,
    _run_id(),
    _number(),
    Column("individual", Integer, nullable=False),
    Column("rung", Integer, nullable=False),
    Column("epochs_asked", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("resume_from", Text),
    Column("trained", Integer, nullable=False, server_default=text("0")),  # epochs before this one
    Column("fraction", Double, nullable=False, server_default=text("1")),  # part of the training events
    Column("repeat", Integer, nullable=False, server_default=text("0")),  # 1, 2, ...: to measure the noise
    Column("floor", Text, nullable=False, server_default=text("'[]'")),  # pairs of an epoch and a value
    Column("pooling", Integer, nullable=False, server_default=text("1")),  # pixels a side that become one
    Column("asked_time", Double, nullable=False),
    Column("asked_evaluation", Integer, nullable=False),
    Column("status", String(32), nullable=False),  # pending, or a final EvaluationStatus
    Column("epochs_trained", Integer),
    Column("metrics", Text),
    Column("curve", Text),
    Column("seconds", Double),
    Column("setup_seconds", Double),
    Column("device", Text),
    Column("peak_memory", BigInteger),
    Column("error", Text),
    Column("log", Text),
    Column("answered_by", Integer),
    Column("completion", Integer),  # 0, 1, 2, ... in order of completion; null while pending
    Column("completed_time", Double),
)

artifacts = Table(
    "artifacts",
    tables,
    _run_id(),
    Column("path", String(512), primary_key=True),  # relative to the run directory
    Column("individual", Integer, nullable=False),
    Column("evaluation", Integer),
    Column("kind", String(64), nullable=False),
    Column("sha256", String(64)),
    Column("bytes", BigInteger),
    Column("deleted_time", Double),  # null: the file is there
)

events = Table(
    "events",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(64), nullable=False),
    Column("time", Double, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("data", Text, nullable=False),
    Index("events_of_run", "run_id"),
)

sessions = Table(
    "sessions",
    tables,
    _run_id(),
    _number(),
    Column("started_time", Double, nullable=False),
    Column("ended_time", Double),  # null: running, or killed
    Column("seconds", Double, nullable=False),  # up to its last result, if it was killed
    Column("reason", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("environment", Text, nullable=False),
)

ADDED: Mapping[int, tuple[Column[Any], ...]] = MappingProxyType(
    {
        2: (births.c.forecast, *(evaluations.c[name] for name in ("trained", "fraction", "repeat", "floor"))),
        3: (evaluations.c.pooling,),
    }
)
"""Columns that came with each version after the first. Each has a default, which stands for it in older databases."""
