"""WHAT HAPPENED: the store of a run's births, evaluations and deaths, its graph and its exports.

The names below are loaded when they are first used: a command that asks one short question
(:mod:`evonas.lineage.kin`) does not wait for the database toolkit.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evonas.lineage.database import FILE_NAME
    from evonas.lineage.entries import RUN_STATUSES, Artifact, Event, Replay, RunRecord, Session, StoredResult
    from evonas.lineage.exports import FORMATS, export_lineage
    from evonas.lineage.graph import Relative, Step, ancestors, descendants, lineage_graph, primary_line
    from evonas.lineage.lock import RunLock
    from evonas.lineage.ranking import Scored
    from evonas.lineage.selections import select
    from evonas.lineage.store import LineageStore

__all__ = [
    "FILE_NAME",
    "FORMATS",
    "RUN_STATUSES",
    "Artifact",
    "Event",
    "LineageStore",
    "Relative",
    "Replay",
    "RunLock",
    "RunRecord",
    "Scored",
    "Session",
    "Step",
    "StoredResult",
    "ancestors",
    "descendants",
    "export_lineage",
    "lineage_graph",
    "primary_line",
    "select",
]

_HOMES = {
    "database": ("FILE_NAME",),
    "entries": ("RUN_STATUSES", "Artifact", "Event", "Replay", "RunRecord", "Session", "StoredResult"),
    "exports": ("FORMATS", "export_lineage"),
    "graph": ("Relative", "Step", "ancestors", "descendants", "lineage_graph", "primary_line"),
    "lock": ("RunLock",),
    "ranking": ("Scored",),
    "selections": ("select",),
    "store": ("LineageStore",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"evonas.lineage.{home}"), name)
            return value
    raise AttributeError(f"module 'evonas.lineage' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
