"""All searches of a folder, with those whose summaries are kept with the project."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.search.runner import read_traces
from benchmarks.search.statistics import Curve, curve_of_trace
from benchmarks.search.tables import open_table
from benchmarks.search.tables.protocol import best_of

__all__ = ["KEPT", "Found", "Searched", "collect", "label_of", "write_kept"]

KEPT = Path(__file__).resolve().parent / "results"
"""Summaries of the peers' searches: their values at a few costs."""


@dataclass(frozen=True)
class Searched:
    """One search.

    Attributes:
        label: method, with what sets the search apart from others of it.
        table: name of the table.
        seed: its seed.
        evaluations: its budget, full trainings.
        curve: best value so far.
        trace: the whole trace; None where only a summary is kept.
    """

    label: str
    table: str
    seed: int
    evaluations: int
    curve: Curve
    trace: Mapping[str, Any] | None


@dataclass(frozen=True)
class Found:
    """Searches, and what is known of their tables."""

    searches: list[Searched]
    maximise: dict[str, bool]
    best: dict[str, float | None]

    @property
    def labels(self) -> list[str]:
        """Methods in order of appearance."""
        return list(dict.fromkeys(one.label for one in self.searches))

    @property
    def tables(self) -> list[str]:
        """Tables in order of appearance."""
        return list(dict.fromkeys(one.table for one in self.searches))

    def of(self, label: str, table: str) -> dict[int, Searched]:
        """Return the searches of a method on a table, by seed."""
        found = [one for one in self.searches if one.label == label and one.table == table]
        return {one.seed: one for one in sorted(found, key=lambda one: one.seed)}

    def before(self, cost: float, label: str, table: str) -> dict[int, Searched]:
        """Return those whose budget was at least so much, and of which is known what they had by then."""
        of = self.of(label, table)
        return {seed: one for seed, one in of.items() if one.evaluations >= cost and one.curve.knows(cost)}


def label_of(job: Mapping[str, Any]) -> str:
    """Return the name of a job's method in reports: with rungs, workers and the whole house where they are used."""
    parts = [job["method"]]
    if job["rungs"] and not job["method"].startswith(("optuna", "smac", "dehb")):
        parts.append("rungs")
    if job["workers"] > 1:
        parts.append(f"{job['workers']} workers")
    if job["times"] != "table":
        parts.append(f"{job['times']} times")
    if job["charge"]:
        parts.append("charged")
    if job["through"] == "run":
        parts.append("through run")
    return " + ".join(parts)


def collect(
    out: Path,
    *,
    tables: Iterable[str] | None = None,
    methods: Iterable[str] | None = None,
    evaluations: int | None = None,
    count: str = "full",
    kept: Path | None = None,
) -> Found:
    """Read the searches of a folder.

    Args:
        out: the folder.
        tables: only these.
        methods: only these, by their labels.
        evaluations: only searches with this budget; by default, of each the one with the largest.
        count: as of :func:`benchmarks.search.statistics.curve_of_trace`.
        kept: folder of summaries, for searches that the folder does not hold.
    """
    searches: dict[tuple[str, str, int], Searched] = {}
    maximise: dict[str, bool] = {}
    best: dict[str, float | None] = {}
    wanted = (None if tables is None else set(tables), None if methods is None else set(methods), evaluations)
    for answer in read_traces(out):
        job, trace = answer["job"], answer["trace"]
        label, table = label_of(job), job["table"]
        if not _is_wanted(wanted, label, table, job["evaluations"]):
            continue
        about = trace.get("table") or _about(table)
        maximise[table], best[table] = about["maximise"], about["best"]
        curve = curve_of_trace(trace, full=about["epochs"], maximise=about["maximise"], count=count)
        _put(searches, Searched(label, table, job["seed"], job["evaluations"], curve, trace))
    for one, more_is_better in _kept(kept) if kept is not None else ():
        if _is_wanted(wanted, one.label, one.table, one.evaluations):
            maximise.setdefault(one.table, more_is_better)
            best.setdefault(one.table, None)
            if (one.label, one.table, one.seed) not in searches:
                _put(searches, one)
    return Found(list(searches.values()), maximise, best)


def write_kept(found: Found, at: Sequence[int], file: Path) -> None:
    """Write the values of each search at some costs, for `results/`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines, lineterminator="\n")
        rows.writerow(["method", "table", "seed", "evaluations", "maximise", *(f"at_{cost}" for cost in at)])
        for one in sorted(found.searches, key=lambda one: (one.label, one.table, one.seed)):
            values = [one.curve.at(cost) if cost <= one.evaluations else math.nan for cost in at]
            shown = ["" if math.isnan(value) else f"{value:.4f}" for value in values]
            rows.writerow([one.label, one.table, one.seed, one.evaluations, int(found.maximise[one.table]), *shown])


def _kept(folder: Path) -> Iterable[tuple[Searched, bool]]:
    for file in sorted(folder.glob("values*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                known = [(float(name[3:]), float(value)) for name, value in row.items() if name[:3] == "at_" and value]
                curve = Curve([cost for cost, _ in known], [value for _, value in known])
                seed, budget = int(row["seed"]), int(row["evaluations"])
                yield Searched(row["method"], row["table"], seed, budget, curve, None), row["maximise"] == "1"


def _is_wanted(
    wanted: tuple[set[str] | None, set[str] | None, int | None], label: str, table: str, budget: int
) -> bool:
    tables, methods, evaluations = wanted
    return (
        (tables is None or table in tables)
        and (methods is None or label in methods)
        and (evaluations is None or budget == evaluations)
    )


def _put(searches: dict[tuple[str, str, int], Searched], one: Searched) -> None:
    key = (one.label, one.table, one.seed)
    known = searches.get(key)
    if known is None or known.evaluations < one.evaluations:
        searches[key] = one


def _about(name: str) -> dict[str, Any]:
    table = open_table(name)
    return {"epochs": table.epochs, "maximise": table.maximise, "best": best_of(table)}
