"""Fitness over evaluations: every individual, the best so far, and what failed when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evonas.records import EvaluationStatus
from evonas.report.figures.style import blank, safe, thinned, value_axis
from evonas.report.formats import label, number
from evonas.report.history import Evaluation, Goal, comparable
from evonas.report.operators import in_order, look, operator_group
from evonas.report.palette import VERMILLION

__all__ = ["FitnessNotes", "fitness_over_evaluations"]

_POINTS = 4000  # drawn at most
_FAILURES = 1500  # drawn at most
_PANEL, _STRIP = 330, 26  # heights of a panel and of one kind of failure, px


@dataclass(frozen=True)
class FitnessNotes:
    """What the caption has to say.

    Attributes:
        left_out: points not drawn because there are too many.
        beyond: points outside the range that is shown first.
        generations: generations from one vertical line to the next; 0 without lines.
    """

    left_out: int = 0
    beyond: int = 0
    generations: int = 0


def fitness_over_evaluations(
    evaluations: Sequence[Evaluation], goals: Sequence[Goal], generation: int | None = None
) -> tuple[go.Figure, FitnessNotes]:
    """Draw one panel an objective over the evaluations in order of completion, and a strip of failures below.

    Args:
        evaluations: those that ended, in order of completion.
        goals: the objectives.
        generation: evaluations in one generation, for faint vertical lines; None for none.
    """
    failed = [evaluation for evaluation in evaluations if not evaluation.result.completed]
    kinds = [status for status in EvaluationStatus if any(evaluation.result.status is status for evaluation in failed)]
    heights = [_PANEL] * len(goals) + ([_STRIP * len(kinds) + 12] if kinds else [])
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=_gap(heights)
    )
    figure.update_layout(blank(sum(heights) + 130).layout)
    left_out = beyond = 0
    for row, goal in enumerate(goals, start=1):
        missed, outside = _panel(figure, row, goal, evaluations)
        left_out, beyond = max(left_out, missed), beyond + outside
    if kinds:
        _failure_strip(figure, len(heights), failed, kinds)
    once = all(found.result.rung == found.repeat == 0 for found in evaluations)
    founders = sum(evaluation.individual.birth.generation == 0 for evaluation in evaluations) if once else 0
    generations = _generation_lines(figure, len(evaluations), founders, generation)
    figure.update_xaxes(title_text="evaluation, in order of completion", row=len(heights), col=1)
    figure.update_xaxes(range=[0, len(evaluations) + 1], dtick=1 if len(evaluations) < 10 else None, showgrid=False)
    return figure, FitnessNotes(left_out, beyond, generations)


def _gap(heights: Sequence[int]) -> float:
    return 0.0 if len(heights) == 1 else 18 / sum(heights)


def _panel(figure: go.Figure, row: int, goal: Goal, evaluations: Sequence[Evaluation]) -> tuple[int, int]:
    points = [
        (found, value) for found in evaluations if (value := goal.value(found.individual, found.result)) is not None
    ]
    best_x: list[int] = []
    best_y: list[float] = []
    records: set[int] = set()
    compared = {id(found) for found in comparable(evaluations)}
    for at, (evaluation, value) in enumerate(points):
        if id(evaluation) in compared and (not best_y or goal.better(value, best_y[-1])):
            records.add(at)
            best_x.append(evaluation.order)
            best_y.append(value)
    if best_y:
        best_x.append(len(evaluations))
        best_y.append(best_y[-1])
    drawn = thinned(len(points), _POINTS, records)
    groups: dict[str, list[int]] = {}
    for at in drawn:
        groups.setdefault(operator_group(points[at][0].individual.birth.operators), []).append(at)
    listed = in_order(groups)
    size = 7 if len(points) < 1000 else 5
    for group in listed:
        colour, symbol = look(group, listed)
        own = [points[at] for at in groups[group]]
        figure.add_trace(
            go.Scatter(
                x=[evaluation.order for evaluation, _ in own],
                y=[value for _, value in own],
                mode="markers",
                name=safe(label(group)),
                legendgroup=group,
                showlegend=row == 1,
                marker={
                    "color": colour,
                    "symbol": [
                        f"{symbol}-open" if found.result.answered_by is not None else symbol for found, _ in own
                    ],
                    "size": [size if id(found) in compared else 0.6 * size for found, _ in own],
                    "opacity": 0.85 if len(points) < 1000 else 0.6,
                    "line": {"width": 1, "color": colour},
                },
                text=[_hover(evaluation, goal, value) for evaluation, value in own],
                hovertemplate="%{text}<extra></extra>",
            ),
            row=row,
            col=1,
        )
    if best_y:
        line = {"color": VERMILLION, "width": 2.5, "shape": "hv"}
        figure.add_trace(
            go.Scatter(
                x=best_x,
                y=best_y,
                mode="lines",
                name="best so far",
                legendgroup="best",
                showlegend=row == 1,
                line=line,
                hovertemplate="best so far: %{y}<extra></extra>",
            ),
            row=row,
            col=1,
        )
    axis, outside = value_axis([value for _, value in points], maximise=goal.maximise)
    direction = "more is better" if goal.maximise else "less is better"
    figure.update_yaxes(title_text=f"{safe(label(goal.metric))}<br><sub>{direction}</sub>", row=row, col=1, **axis)
    return len(points) - len(drawn), outside


def _hover(evaluation: Evaluation, goal: Goal, value: float) -> str:
    individual, result = evaluation.individual, evaluation.result
    rows = [
        f"<b>{safe(label(goal.metric))} {number(value)}</b>",
        f"individual {individual.number}, generation {individual.birth.generation}",
        safe(", then ".join(individual.birth.operators)),
    ]
    if result.rung or evaluation.trained or evaluation.repeat:
        again = f", repeat {evaluation.repeat}" if evaluation.repeat else ""
        rows.append(f"rung {result.rung}, {evaluation.trained + result.epochs} epochs{again}")
    if result.answered_by is not None:
        rows.append(f"answered by evaluation {result.answered_by}")
    return "<br>".join(rows)


def _failure_strip(
    figure: go.Figure, row: int, failed: Sequence[Evaluation], kinds: Sequence[EvaluationStatus]
) -> None:
    shown = [failed[at] for at in thinned(len(failed), _FAILURES, set())]
    figure.add_trace(
        go.Scatter(
            x=[evaluation.order for evaluation in shown],
            y=[kinds.index(evaluation.result.status) for evaluation in shown],
            mode="markers",
            name="failed",
            marker={
                "symbol": "x-thin",
                "size": 8 if len(shown) < 200 else 5,
                "line": {"width": 2 if len(shown) < 200 else 1, "color": VERMILLION},
            },
            text=[
                f"individual {evaluation.individual.number}: {evaluation.result.status.value}"
                f"<br>{safe(evaluation.result.error[:120])}"
                for evaluation in shown
            ],
            hovertemplate="%{text}<extra></extra>",
        ),
        row=row,
        col=1,
    )
    figure.update_yaxes(
        tickvals=list(range(len(kinds))),
        ticktext=[label(kind.value) for kind in kinds],
        range=[-0.6, len(kinds) - 0.4],
        fixedrange=True,
        row=row,
        col=1,
    )


def _generation_lines(figure: go.Figure, evaluations: int, founders: int, generation: int | None) -> int:
    """Draw a line where the founders end and, at most twenty, after generations; return the generations between two."""
    if generation is None or generation < 1 or not 0 < founders < evaluations:
        return 0
    together = -(-(evaluations - founders) // (20 * generation))
    line = {"width": 1, "color": "rgba(134,139,147,0.45)", "dash": "dot"}
    places = [at + 0.5 for at in range(founders, evaluations, generation * together)]
    # All at once, through all panels: Plotly's add_vline goes over the whole figure again for each line.
    figure.update_layout(
        shapes=[
            {"type": "line", "x0": at, "x1": at, "xref": "x", "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
            | {"line": line}
            for at in places
        ]
    )
    return together
