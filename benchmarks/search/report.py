"""Tables and plots of the searches in a folder."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.collected import Found, collect, write_kept
from benchmarks.search.methods import METHODS
from benchmarks.search.statistics import mean_ranks, milliseconds_before, wilcoxon
from evonas.report.analysis.corrections import holm

__all__ = ["write_report"]

Rows = list[dict[str, Any]]

_MARKS = (100, 200, 500, 1000)  # trainings at which a method's own time is shown
_SIGNIFICANT = 0.05


def write_report(
    out: Path,
    at: Sequence[int],
    reference: str,
    *,
    target: str = "optuna_tpe@200",
    count: str = "full",
    kept: Path | None = None,
    keep: Path | None = None,
    plots: bool = True,
    **chosen: Any,
) -> None:
    """Write ``report/`` in a folder of traces, and print its tables.

    Args:
        out: the folder.
        at: costs at which values are compared, full trainings.
        reference: label of the method that the others are tested against.
        target: value to reach, for the costs that a method needs: a number, ``METHOD@COST`` or ``peers@COST``.
        count: ``full`` or ``any``, the trainings whose values count.
        kept: folder of summaries to compare with.
        keep: file to write the summary of these searches to.
        plots: whether to draw.
        chosen: as of :func:`benchmarks.search.collected.collect`.
    """
    found = collect(out, count=count, kept=kept, **chosen)
    if keep is not None:
        write_kept(found, at, keep)
    folder = out / "report"
    folder.mkdir(parents=True, exist_ok=True)
    parts = {
        "values": value_rows(found, at),
        "ranks": rank_rows(found, at),
        "tests": test_rows(found, at, reference),
        "across": across_rows(found, at, reference),
        "targets": target_rows(found, target),
        "engine": engine_rows(found),
        "busy": busy_rows(found),
    }
    page = []
    for name, rows in parts.items():
        if rows:
            _write_csv(folder / f"{name}.csv", rows)
            page.append(f"## {_TITLES[name]}\n\n{_markdown(rows)}")
    (folder / "report.md").write_text("\n\n".join(["# Searches", *page]) + "\n", encoding="utf-8")
    print("\n\n".join(page))
    if plots:
        _draw(found, folder)
    print(f"\nwritten to {folder}")


def _draw(found: Found, folder: Path) -> None:
    try:
        from benchmarks.search.plots import write_plots
    except ImportError:
        print("\nno plots: matplotlib is not installed (the extra `benchmarks` has it)")
    else:
        write_plots(found, folder)


_TITLES = {
    "values": "Best value, mean over seeds with its standard error",
    "ranks": "Mean rank over the tables that all these methods have run on",
    "tests": "Wilcoxon's signed-rank test on pairs of seeds, p adjusted by Holm over the tables",
    "across": "The same test on pairs of tables' means over common seeds, p adjusted by Holm over the methods",
    "targets": "Full trainings until a value is reached",
    "engine": "The method's own time, ms a training: mean of the 20 before a mark, median (range) over searches",
    "busy": "Busy fraction of the simulated workers",
}


def value_rows(found: Found, at: Sequence[int]) -> Rows:
    """Return mean, standard error and number of seeds at each cost, a row for each method and table."""
    rows = []
    for table in found.tables:
        for label in found.labels:
            row: dict[str, Any] = {"table": table, "method": label, "seeds": len(found.of(label, table))}
            for cost in at:
                values = [one.curve.at(cost) for one in found.before(cost, label, table).values()]
                known = np.asarray([value for value in values if not math.isnan(value)])
                if len(known):
                    row[f"{cost}"] = round(float(known.mean()), 4)
                    row[f"{cost} se"] = (
                        round(float(known.std(ddof=1)) / math.sqrt(len(known)), 4) if known.size > 1 else ""
                    )
            if len(row) > 3:
                rows.append(row)
    return rows


def rank_rows(found: Found, at: Sequence[int]) -> Rows:
    """Return each method's mean rank of its mean over seeds, and of its single searches, at each cost."""
    rows: dict[str, dict[str, Any]] = {}
    for cost in at:
        tables = [table for table in found.tables if any(found.before(cost, label, table) for label in found.labels)]
        labels = [label for label in found.labels if all(found.before(cost, label, table) for table in tables)]
        if len(labels) < 2 or not tables:
            continue
        of_means = mean_ranks(
            {label: [_mean_at(found, cost, label, table) for table in tables] for label in labels},
            [found.maximise[table] for table in tables],
        )
        of_searches = _ranks_of_searches(found, cost, labels, tables)
        for label in labels:
            row = rows.setdefault(label, {"method": label, "tables": len(tables)})
            row[f"{cost}"] = round(of_means[label], 2)
            row[f"{cost} single"] = round(of_searches[label], 2) if of_searches else ""
    return sorted(rows.values(), key=lambda row: list(row.values())[-2])


def _mean_at(found: Found, cost: float, label: str, table: str) -> float:
    return float(np.mean([one.curve.at(cost) for one in found.before(cost, label, table).values()]))


def _ranks_of_searches(found: Found, cost: float, labels: Sequence[str], tables: Sequence[str]) -> dict[str, float]:
    scores: dict[str, list[float]] = {label: [] for label in labels}
    maximise = []
    for table in tables:
        of = {label: found.before(cost, label, table) for label in labels}
        for seed in sorted(set.intersection(*(set(one) for one in of.values()))):
            maximise.append(found.maximise[table])
            for label in labels:
                scores[label].append(of[label][seed].curve.at(cost))
    return mean_ranks(scores, maximise) if maximise else {}


def test_rows(found: Found, at: Sequence[int], reference: str) -> Rows:
    """Return how the reference compares with each other method on each table: p, adjusted p, who is better."""
    rows: Rows = []
    for label in found.labels:
        for cost in at:
            family = list(_pairs(found, cost, reference, label)) if label != reference else []
            for row, adjusted in zip(family, holm([row["p"] for row in family]), strict=True):
                verdict = ("better" if row["difference"] > 0 else "worse") if adjusted < _SIGNIFICANT else "-"
                rows.append({**row, "p": f"{row['p']:.3g}", "p_holm": f"{adjusted:.3g}", reference: verdict})
    return rows


def _pairs(found: Found, cost: int, reference: str, label: str) -> Iterator[dict[str, Any]]:
    for table in found.tables:
        ours, theirs = found.before(cost, reference, table), found.before(cost, label, table)
        seeds = sorted(set(ours) & set(theirs))
        pairs = np.asarray([[ours[seed].curve.at(cost), theirs[seed].curve.at(cost)] for seed in seeds])
        pairs = pairs[~np.isnan(pairs).any(axis=1)] if len(pairs) else pairs
        if len(pairs) < 2:
            continue
        sign = 1.0 if found.maximise[table] else -1.0
        difference = round(float(np.median(sign * (pairs[:, 0] - pairs[:, 1]))), 4)
        common = {"other": label, "at": cost, "table": table, "pairs": len(pairs), "difference": difference}
        yield {**common, "p": wilcoxon(pairs[:, 0].tolist(), pairs[:, 1].tolist())}


def across_rows(found: Found, at: Sequence[int], reference: str) -> Rows:
    """Return how the reference compares with each other method over the tables (Demsar 2006), a pair for each table.

    It tells methods apart of which each table has too few seeds for a test of its own.
    """
    rows: Rows = []
    for cost in at:
        family = []
        for label in found.labels:
            pairs = _pairs_of_means(found, cost, reference, label) if label != reference else []
            if len(pairs) > 1:
                better = sum(one > other for one, other in pairs)
                p = wilcoxon(*zip(*pairs, strict=True))
                family.append(
                    {"other": label, "at": cost, "tables": len(pairs), f"{reference} better on": better, "p": p}
                )
        for row, adjusted in zip(family, holm([row["p"] for row in family]), strict=True):
            rows.append({**row, "p": f"{row['p']:.3g}", "p_holm": f"{adjusted:.3g}"})
    return rows


def _pairs_of_means(found: Found, cost: int, reference: str, label: str) -> list[tuple[float, float]]:
    """Return the means of both methods over their common seeds on each table; more is better."""
    pairs = []
    for table in found.tables:
        both = [found.before(cost, one, table) for one in (reference, label)]
        seeds = sorted(set(both[0]) & set(both[1]))
        sign = 1.0 if found.maximise[table] else -1.0
        if seeds:
            one, other = (sign * float(np.mean([of[seed].curve.at(cost) for seed in seeds])) for of in both)
            if not math.isnan(one + other):
                pairs.append((one, other))
    return pairs


def target_rows(found: Found, target: str) -> Rows:
    """Return the cost at which the mean curve, and each search, reaches the target of its table."""
    rows = []
    for table in found.tables:
        wanted = _target(found, table, target)
        if math.isnan(wanted):
            continue
        for label in found.labels:
            searches = [one for one in found.of(label, table).values() if one.trace is not None]
            if not searches:
                continue
            maximise = found.maximise[table]
            costs = [one.curve.reaches(wanted, maximise) for one in searches]
            end = max(one.evaluations for one in searches)
            row = {"table": table, "target": round(wanted, 4), "method": label, "seeds": len(searches)}
            row["mean curve"] = _shown(_mean_reaches([one.curve for one in searches], wanted, maximise, end), end)
            row["median"] = _shown(float(np.median(costs)), end)
            row["reached"] = sum(math.isfinite(cost) for cost in costs)
            row["per seed"] = " ".join(_shown(cost, end) for cost in costs)
            rows.append(row)
    return rows


def _target(found: Found, table: str, text: str) -> float:
    """Return a target: a number, ``METHOD@COST`` for a method's mean, ``peers@COST`` for the best mean of the peers."""
    name, at, cost = text.partition("@")
    if not at:
        return float(text)
    labels = [
        label for label in found.labels if label == name or (name == "peers" and METHODS[_base(label)].environment)
    ]
    means = [_mean_at(found, float(cost), label, table) for label in labels if found.before(float(cost), label, table)]
    known = [mean for mean in means if not math.isnan(mean)]
    return (max(known) if found.maximise[table] else min(known)) if known else math.nan


def _base(label: str) -> str:
    return label.partition(" + ")[0].partition(",")[0]


def _mean_reaches(curves: Sequence[Any], target: float, maximise: bool, end: int) -> float:
    for cost in range(1, end + 1):
        value = float(np.mean([curve.at(cost) for curve in curves]))
        if value >= target if maximise else value <= target:
            return float(cost)
    return math.inf


def _shown(cost: float, end: int) -> str:
    return f"{cost:.0f}" if math.isfinite(cost) else f">{end}"


def engine_rows(found: Found) -> Rows:
    """Return each method's own time near each mark."""
    rows = []
    for table in found.tables:
        for label in found.labels:
            row: dict[str, Any] = {"table": table, "method": label}
            for mark in _MARKS:
                traces = [one.trace for one in found.of(label, table).values() if one.trace is not None]
                times = [ms for trace in traces if (ms := milliseconds_before(trace, mark)) is not None]
                used = [ms for trace in traces if (ms := milliseconds_before(trace, mark, column="cpu_ms")) is not None]
                ahead = [ms for trace in traces if (ms := milliseconds_before(trace, mark, column="ahead_ms"))]
                if times:
                    row[f"at {mark}"] = f"{np.median(times):.2f} ({min(times):.2f} - {max(times):.2f})"
                    row[f"CPU at {mark}"] = f"{np.median(used):.2f}" if used else ""
                    row[f"ahead at {mark}"] = f"{np.median(ahead):.2f}" if ahead else ""
            if len(row) > 2:
                rows.append(row)
    return rows


def busy_rows(found: Found) -> Rows:
    """Return the busy fraction of searches with several workers: mean and least over seeds."""
    rows = []
    for table in found.tables:
        for label in found.labels:
            several = [
                one.trace["busy"] for one in found.of(label, table).values() if one.trace and " workers" in label
            ]
            if several:
                row: dict[str, Any] = {"table": table, "method": label, "seeds": len(several)}
                for part in ("until_last_start", "whole"):
                    shares = [busy[part] for busy in several]
                    row[part.replace("_", " ")] = f"{np.mean(shares):.4f} (least {min(shares):.4f})"
                rows.append(row)
    return rows


# -- writing


def _write_csv(file: Path, rows: Rows) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _markdown(rows: Rows) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, ["---"] * len(names), *([f"{row.get(name, '')}" for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
