"""Learning curves of the best individuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from evonas.lineage import Scored
from evonas.report.analysis.table import Table
from evonas.report.formats import number
from evonas.report.history import RunHistory

__all__ = ["Curve", "best_curves", "curve_metrics", "curve_table"]

Curve: TypeAlias = Sequence[Mapping[str, float]]
"""One mapping a trained epoch, see :class:`evonas.records.EvaluationResult`."""

_PREFIX = "val_"


def curve_metrics(curves: Sequence[Curve], wanted: Sequence[str] = ()) -> list[str]:
    """Return what to draw: the loss where it was recorded, and one further metric, one of ``wanted`` if it can be.

    Where neither was recorded, the first column that is not a counter.
    """
    columns = list(dict.fromkeys(name for curve in curves for row in curve for name in row))
    metrics = list(dict.fromkeys(name.removeprefix(_PREFIX) for name in columns))
    metrics = [name for name in metrics if name not in ("epoch", "learning_rate", "seconds", "lr")]
    drawn = [name for name in metrics if name == "loss"]
    others = [name for name in metrics if name != "loss"]
    further = [name for name in wanted if name in others] or [name for name in others if _PREFIX + name in columns]
    return drawn + (further or ([] if drawn else others))[:1]


def best_curves(history: RunHistory, ordered: Sequence[Scored], most: int = 5) -> dict[str, Curve]:
    """Return the learning curves of the best individuals by what they are called, those of lower rungs included.

    Args:
        history: the run.
        ordered: individuals, the best first; of equal genomes the first one counts.
        most: curves at most.
    """
    by_number = {evaluation.result.number: evaluation.result for evaluation in history.evaluations}
    own: dict[int, dict[float, Mapping[str, float]]] = {}
    for evaluation in history.evaluations:
        if evaluation.result.completed and not evaluation.repeat:
            rows = own.setdefault(evaluation.individual.number, {})
            rows |= {row.get("epoch", at): row for at, row in enumerate(evaluation.result.curve, start=1)}
    curves: dict[str, Curve] = {}
    seen: set[str] = set()
    for one in ordered:
        who, genome = one.individual.number, one.individual.genome.id
        result = one.result.result
        curve: Curve = [row for _, row in sorted(own.get(who, {}).items())]
        if not curve and result.answered_by in by_number:
            curve = by_number[result.answered_by].curve
        if curve and genome not in seen:
            seen.add(genome)
            curves[f"individual {who} ({number(one.value)})"] = curve
        if len(curves) == most:
            break
    return curves


def curve_table(curves: Mapping[str, Curve]) -> Table:
    """Return an epoch of an individual a row."""
    rows = [(name, at, row) for name, curve in curves.items() for at, row in enumerate(curve, start=1)]
    columns = list(dict.fromkeys(column for _, _, row in rows for column in row if column != "epoch"))
    return Table(
        "learning-curves",
        {
            "individual": [name for name, _, _ in rows],
            "epoch": [int(row.get("epoch", at)) for _, at, row in rows],
            **{column: [row.get(column) for _, _, row in rows] for column in columns},
        },
    )
