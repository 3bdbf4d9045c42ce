"""Where a run's data come from: what their files say of themselves, stored with the run, and ctapipe's own log.

For the sources that read DL1 files the run directory gets ``provenance.log``, as every tool of ctapipe writes one: an
activity a session, with its files and their reference metadata, the versions of all packages, start and end. What names
the machine or its user, which ctapipe notes as well, is left out: a run directory is given away.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evonas.lineage import LineageStore
from evonas.run.assembly import Question

__all__ = ["LOG", "provenance_log", "remember_data"]

LOG = "provenance.log"
"""Name of ctapipe's log in the run directory."""

_EVENT = "data"
_ENDS = {"finished": ("completed", 0), "interrupted": ("interrupted", 130)}
_PRIVATE = {"platform": ("node", "boot_time"), "environment": None, "arguments": None, "executable": None}
_log = logging.getLogger("evonas")


def remember_data(store: LineageStore, question: Question) -> None:
    """Store what the run learns from, once: the prepared data, and what its files say of themselves.

    Args:
        store: the run's lineage.
        question: the run; one of a user's callable has no data that are known.
    """
    data = question.data
    if data is None or any(event.data.get("digest") == data.digest for event in store.events(_EVENT)):
        return
    files: list[dict[str, Any]] = []
    if "signal_files" in data.facts:
        from evonas.training.ctlearn.provenance import describe_files

        base = question.config.base
        files = describe_files(data, question.config.data.options, None if base is None else Path(base))
    about = f"{sum(data.counts.values()):,} events of the source {data.source}"
    message = f"{about}, {len(files)} files" if files else about
    facts = {"source": data.source, "origin": data.origin, "digest": data.digest, "counts": dict(data.counts)}
    store.add_event(_EVENT, message, **facts, files=files)


@contextmanager
def provenance_log(store: LineageStore, run_dir: Path) -> Iterator[None]:
    """Write this session into ctapipe's log when it ends, however it ends; only for runs that learn from DL1 files.

    A log that cannot be written is told, and costs nothing.
    """
    told = store.events(_EVENT)
    files = told[-1].data.get("files", []) if told else []
    began = time.time()
    try:
        yield
    finally:
        if files:
            try:
                _append(run_dir / LOG, _activity(store, run_dir, files, began))
            except Exception as error:  # ctapipe may be gone, the disk full: not worth a run
                _log.warning("%s is not written: %s", LOG, error)


def _activity(store: LineageStore, run_dir: Path, files: list[dict[str, Any]], began: float) -> dict[str, Any]:
    """Return the session as ctapipe describes an activity."""
    from astropy.time import Time
    from ctapipe.core import Provenance

    run = store.run
    status, code = _ENDS.get(run.status, ("error", 1))
    log = Provenance()
    activity = log.start_activity("evonas")
    try:
        activity.provenance["start"]["time_utc"] = Time(began, format="unix").utc.isot
        for file in files:
            about = {"add_meta": False, "reference_meta": file.get("metadata")}
            log.add_input_file(file["path"], role=f"DL1 {file['role']}", **about)
        log.add_config({"run": run.id, **dict(run.config)})
        outputs = [(run_dir / "lineage.sqlite", "lineage"), *((run_dir / a.path, a.kind) for a in store.artifacts())]
        for path, role in outputs:
            log.add_output_file(str(path), role=role, add_meta=False)
    finally:
        log.finish_activity(status, code, "evonas")
    described: dict[str, Any] = json.loads(json.dumps(log.finished_activities[-1].provenance, default=str))
    return _without_machine(described)


def _without_machine(activity: dict[str, Any]) -> dict[str, Any]:
    system = activity.get("system", {})
    for name, parts in _PRIVATE.items():
        if parts is None:
            system.pop(name, None)
        for part in parts or ():
            system.get(name, {}).pop(part, None)
    return activity


def _append(path: Path, activity: dict[str, Any]) -> None:
    """Add an activity to the list in a file, which is there whole or as it was."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = []
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps([*known, activity], indent=3), encoding="utf-8")
    temporary.replace(path)
