"""Noise: what the same network reached with other seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from evonas.report.figures.style import blank, safe
from evonas.report.formats import label, number
from evonas.report.history import Evaluation, Goal, comparable
from evonas.report.palette import BLUE, ORANGE

__all__ = ["Repeated", "noise_figure", "pooled_deviation", "repeated"]

_ROW, _MOST = 30, 25  # height of an individual, px; individuals drawn at most, the best ones


@dataclass(frozen=True)
class Repeated:
    """An individual that was trained several times in full.

    Attributes:
        individual: its number.
        values: of its trainings, its own one first.
    """

    individual: int
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the trainings."""
        return statistics.fmean(self.values)

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return statistics.stdev(self.values) / math.sqrt(len(self.values))


def repeated(evaluations: Sequence[Evaluation], goal: Goal) -> list[Repeated]:
    """Return the individuals that were trained more than once at the highest rung, the best mean first."""
    rung = max((one.result.rung for one in comparable(evaluations)), default=0)
    values: dict[int, list[tuple[int, float]]] = {}
    for one in evaluations:
        value = goal.value(one.individual, one.result)
        if value is not None and one.result.rung == rung:
            values.setdefault(one.individual.number, []).append((one.repeat, value))
    found = [Repeated(who, tuple(value for _, value in sorted(own))) for who, own in values.items() if len(own) > 1]
    return sorted(found, key=lambda one: (goal.rank(one.mean), one.individual))


def pooled_deviation(found: Sequence[Repeated]) -> float:
    """Return the standard deviation of one training, over all individuals together; NaN where nothing was repeated."""
    freedom = sum(len(one.values) - 1 for one in found)
    squares = math.fsum((value - one.mean) ** 2 for one in found for value in one.values)
    return math.sqrt(squares / freedom) if freedom else math.nan


def noise_figure(found: Sequence[Repeated], goal: Goal) -> go.Figure:
    """Draw the trainings of each individual, its own one apart, and mean and standard error."""
    shown = found[:_MOST]
    figure = blank(130 + _ROW * len(shown))
    names = {one.individual: f"individual {one.individual}" for one in shown}
    first = [(names[one.individual], one.values[0]) for one in shown]
    further = [(names[one.individual], value) for one in shown for value in one.values[1:]]
    for name, points, colour, symbol in (
        ("first training", first, BLUE, "circle"),
        ("repeats", further, BLUE, "circle-open"),
    ):
        figure.add_trace(
            go.Scatter(
                x=[value for _, value in points],
                y=[who for who, _ in points],
                mode="markers",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": 9, "line": {"width": 1.5}},
                hovertemplate="%{x}<extra>%{y}</extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[one.mean for one in shown],
            y=[names[one.individual] for one in shown],
            mode="markers",
            name="mean ± standard error",
            marker={"color": ORANGE, "symbol": "line-ns", "size": 16, "line": {"width": 3, "color": ORANGE}},
            error_x={
                "type": "data",
                "array": [one.error for one in shown],
                "color": ORANGE,
                "thickness": 2,
                "width": 5,
            },
            text=[f"{number(one.mean)} ± {number(one.error, 2)}, {len(one.values)} trainings" for one in shown],
            hovertemplate="%{text}<extra>%{y}</extra>",
        )
    )
    figure.update_xaxes(title_text=safe(label(goal.metric)))
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return figure
