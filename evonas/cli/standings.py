"""The rows of lists of the best: values with their errors, and what else there is room for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from evonas.cli.output import Format, uncertain
from evonas.errors import LineageError, nearest

if TYPE_CHECKING:
    from evonas.lineage import Scored

__all__ = ["SPARE", "check_metric", "fitting", "scored_row"]

SPARE = ("seconds", "genome", "generation", "operators", "parameters")
"""What a narrow terminal does without, the first one first."""


def scored_row(one: Scored, objectives: Sequence[str], format: Format) -> dict[str, Any]:
    """Return the row of an individual: its values with their errors, everything else that is known of it."""
    individual, stored = one.individual, one.result
    row: dict[str, Any] = {"individual": individual.number}
    errors = one.errors or (None,) * len(one.values)
    for name, value, error in zip(objectives, one.values, errors, strict=True):
        row[name] = uncertain(value, error, one.trainings) if format is Format.table and error is not None else value
        if format is not Format.table:
            row[f"{name}_error"] = error
    known = {**individual.costs, **stored.result.metrics}
    row |= {name: value for name, value in known.items() if name not in row}
    return row | {
        "generation": individual.birth.generation,
        "operators": " ".join(individual.birth.operators),
        "rung": stored.result.rung,
        "epochs": stored.trained + stored.result.epochs,
        "trainings": one.trainings,
        "seconds": round(stored.result.seconds, 2),
        "genome": individual.genome.id,
    }


def fitting(rows: Sequence[dict[str, Any]], figures: Sequence[str | None]) -> list[dict[str, Any]]:
    """Return the columns that people look at, without those that say nothing; JSON and CSV have everything."""
    telling = [name for name in ("violation", "rung") if any(row.get(name) for row in rows)]
    shown = ["individual", *figures, "knee", *telling, "parameters", "generation", "operators", "seconds", "genome"]
    kept = [{name: row[name] for name in dict.fromkeys(shown) if name in row} for row in rows]
    return [row | {"knee": "yes" if row["knee"] else None} if "knee" in row else row for row in kept]


def check_metric(metric: str, known: Collection[str], place: str) -> None:
    """Refuse a metric that the run does not know.

    Args:
        metric: the metric or cost.
        known: those of the run.
        place: its lineage, for the message.

    Raises:
        LineageError: if it is none of them.
    """
    if metric not in known:
        close = nearest(metric, known)
        raise LineageError(
            "no evaluation of this run reports such a metric",
            file=place,
            got=metric,
            expected=f"one of {', '.join(sorted(known))}",
            hint=f"did you mean `{close}`?" if close else None,
        )
