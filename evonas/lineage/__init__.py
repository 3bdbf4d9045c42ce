"""WHAT HAPPENED: the store of a run's births, evaluations and deaths, its graph and its exports."""

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
