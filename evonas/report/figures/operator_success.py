"""Success of operators: how often a child was better than its primary parent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from evonas.records import FINAL, EvaluationStatus
from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, percent
from evonas.report.history import Evaluation, Goal
from evonas.report.operators import in_order, look

__all__ = ["Successes", "operator_success", "successes", "wilson_interval"]

_ROW = 30  # height of an operator, px


@dataclass(frozen=True)
class Successes:
    """How an operator's children did.

    Attributes:
        operator: its name.
        better: children that were better than their primary parent.
        children: all that could be compared, failures among them.
    """

    operator: str
    better: int
    children: int

    @property
    def share(self) -> float:
        """Part of the children that were better."""
        return self.better / self.children


def wilson_interval(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Return the confidence interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Args:
        successes: out of ``trials``.
        trials: at least 1.
        z: standard normal quantile; 1.96 for 95 %.

    >>> low, high = wilson_interval(5, 10)
    >>> round(low, 3), round(high, 3)
    (0.237, 0.763)
    """
    share, shrink = successes / trials, 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / shrink
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / shrink
    return max(0.0, middle - half), min(1.0, middle + half)


def successes(evaluations: Sequence[Evaluation], goal: Goal) -> list[Successes]:
    """Count for each operator how many of its children beat their primary parent in the first objective.

    A child of several operators counts for each of them. Both are compared by their own trainings at the highest rung
    that both completed. A child that failed is not better; one that was lost says nothing.

    Args:
        evaluations: those that ended.
        goal: the first objective.
    """
    values: dict[int, dict[int, float]] = {}
    individuals = {found.individual.number: found.individual for found in evaluations if found.result.status in FINAL}
    judged = {found.individual.number for found in evaluations if found.result.status is not EvaluationStatus.LOST}
    for found in evaluations:
        value = goal.value(found.individual, found.result)
        if value is not None and found.repeat == 0:
            values.setdefault(found.individual.number, {})[found.result.rung] = value
    counts: dict[str, list[int]] = {}
    for number in sorted(judged):
        birth = individuals[number].birth
        parent = birth.primary
        if parent is None or parent.run is not None or parent.number not in values:
            continue
        better = _beats(values.get(number, {}), values[parent.number], goal)
        if better is None:
            continue
        for operator in dict.fromkeys(birth.operators):
            row = counts.setdefault(operator, [0, 0])
            row[0] += better
            row[1] += 1
    return [Successes(name, *counts[name]) for name in in_order(counts)]


def operator_success(rows: Sequence[Successes]) -> go.Figure:
    """Draw the share of each operator with its 95 % interval, and the share over all of them together."""
    figure = blank(110 + _ROW * len(rows))
    names = [row.operator for row in rows]
    for row in rows:
        low, high = wilson_interval(row.better, row.children)
        colour, symbol = look(row.operator, names)
        figure.add_trace(
            go.Scatter(
                x=[row.share],
                y=[f"{safe(label(row.operator))} ({row.children:,})"],
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 11, "line": {"width": 1, "color": "#6b7280"}},
                error_x={
                    "type": "data",
                    "array": [high - row.share],
                    "arrayminus": [row.share - low],
                    "color": colour,
                    "thickness": 2,
                    "width": 5,
                },
                showlegend=False,
                cliponaxis=False,
                text=[
                    f"<b>{safe(label(row.operator))}</b><br>{row.better:,} of {row.children:,} children were better"
                    f"<br>{percent(row.share)}, 95 % from {percent(low)} to {percent(high)}"
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    highest = max((wilson_interval(row.better, row.children)[1] for row in rows), default=1.0)
    figure.update_xaxes(
        title_text="children better than their primary parent", tickformat=".0%", range=[0, min(1.0, 1.08 * highest)]
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return figure


def _beats(child: Mapping[int, float], parent: Mapping[int, float], goal: Goal) -> bool | None:
    """Return whether a child was better; None where the two cannot be compared."""
    if not child:
        return False  # it failed
    common = _common(child, parent)
    return None if common is None else goal.better(child[common], parent[common])


def _common(child: Iterable[int], parent: Iterable[int]) -> int | None:
    return max(set(child) & set(parent), default=None)
