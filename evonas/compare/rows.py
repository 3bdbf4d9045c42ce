"""A comparison as rows of plain values, unrounded: for tables, JSON and CSV."""

from __future__ import annotations

import math
from typing import Any

from evonas.compare.comparison import Comparison

__all__ = ["plain", "score_rows", "setting_rows", "target_rows", "verdict_rows"]


def plain(comparison: Comparison) -> dict[str, Any]:
    """Return all of a comparison as JSON values."""
    return {
        "metric": comparison.goal.metric,
        "maximise": comparison.goal.maximise,
        "source": comparison.source,
        "groups": [
            {"group": group.label, "runs": [run.label for run in group.runs], "seeds": list(group.seeds)}
            for group in comparison.groups
        ],
        "settings": setting_rows(comparison),
        "runs": score_rows(comparison),
        "targets": target_rows(comparison),
        "tests": verdict_rows(comparison),
        "notes": list(comparison.notes),
    }


def setting_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Return a row for each setting that differs: its key, and its value in each run."""
    labels = [run.label for run in comparison.runs]
    return [{"setting": key, **dict(zip(labels, values, strict=True))} for key, values in comparison.settings.items()]


def score_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Return a row for each run: what it found, and what it spent."""
    metric = comparison.goal.metric
    rows = []
    for score in comparison.scores:
        run = score.run
        ended = run.history.evaluations
        row = {
            "run": run.label,
            "folder": run.directory.shown,
            "id": run.record.id,
            "group": score.group,
            "seed": run.record.seed,
            "status": run.status,
            "evaluations": len(ended),
            "failed": sum(not one.result.completed for one in ended),
            "epochs": run.epochs,
            "seconds": run.history.seconds,
            f"best_{metric}": score.best,
            f"best_{metric}_error": score.best_error,
            "individual": score.individual,
            "trainings": score.trainings,
            "retrained": score.retrained,
            "seeds": score.seeds,
            f"final_{metric}": score.final,
            f"final_{metric}_error": score.final_error,
            f"test_{metric}": score.test,
            f"test_{metric}_error": score.test_error,
        }
        rows.append(row | ({"hypervolume": score.hypervolume} if len(run.history.goals) > 1 else {}))
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]


def target_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Return a row for each run and target: what it had spent when it reached it; None where it never did."""
    return [
        {
            "run": one.run,
            "target": one.target,
            "evaluations": one.evaluations,
            "epochs": one.epochs,
            "seconds": one.seconds,
        }
        for one in comparison.targets
    ]


def verdict_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Return a row for each pair of groups: the difference, and whether it is more than luck."""
    rows = []
    for verdict in comparison.verdicts:
        interval = verdict.interval
        rows.append(
            {
                "figure": verdict.figure,
                "one": verdict.one,
                "other": verdict.other,
                "method": verdict.method or None,
                "values_one": verdict.counts[0],
                "values_other": verdict.counts[1],
                "difference": None if interval is None else interval.difference,
                "low": None if interval is None or math.isnan(interval.low) else interval.low,
                "high": None if interval is None or math.isnan(interval.high) else interval.high,
                "superiority": verdict.superiority,
                "p": verdict.p,
                "p_holm": verdict.p_holm,
                "least_p": verdict.least if verdict.method else None,
                "better": verdict.better or None,
                "significant": verdict.significant,
                "missing": verdict.missing or None,
                "advice": list(verdict.advice),
            }
        )
    return rows
