"""The part of the page on several objectives: the Pareto front with its knee, and the hypervolume over the search."""

from __future__ import annotations

from collections.abc import Sequence

from evonas.frontier import REFERENCE
from evonas.lineage import Scored
from evonas.lineage.ranking import knee
from evonas.report.analysis.fronts import hypervolume_trace
from evonas.report.embedding import embed
from evonas.report.figures import hypervolume_over_evaluations, pareto_scatter
from evonas.report.formats import count, label, number, percent
from evonas.report.history import RunHistory, pareto_front
from evonas.report.html import Html, tag

__all__ = ["pareto_content"]


def pareto_content(history: RunHistory, ordered: Sequence[Scored], prefix: str = "") -> list[Html]:
    """Return headings and figures; nothing with one objective, or before anybody has a value.

    Args:
        history: the run.
        ordered: all individuals with values, the best first.
        prefix: before the anchors of the figures.
    """
    goals = history.goals
    if len(goals) < 2 or not ordered:
        return []
    front = pareto_front(history, ordered)
    maximise = [goal.maximise for goal in goals]
    chosen = knee(front, ordered, maximise)
    names = ", ".join(label(goal.metric, unit=False) for goal in goals)
    described = f"Pareto front over {names}: {count(len(front), 'individual')} of {len(ordered):,}."
    caption = f"{described} None of them is beaten by another individual in every objective."
    if history.run.allowed:
        kept = sum(one.violation == 0 for one in ordered)
        caption += f" {count(kept, 'individual')} of {len(ordered):,} kept the constraints; only those can be on it."
    if len(front) > 1:
        values = ", ".join(
            f"{label(goal.metric)} {number(value)}" for goal, value in zip(goals, chosen.values, strict=True)
        )
        caption += (
            f" The knee, from where on a little more of one objective costs much of another, is individual "
            f"{chosen.individual.number}: {values}."
        )
    scatter = pareto_scatter(goals, ordered, front, chosen if len(front) > 1 else None)
    content = [tag("h3", "Pareto front"), embed(scatter, f"{prefix}figure-pareto", described, caption)]
    trace = hypervolume_trace(history.evaluations, goals, history.run.allowed)
    if len(trace) > 1 and trace[-1] > 0:
        content += [tag("h3", "Hypervolume"), _hypervolume(trace, prefix)]
    return content


def _hypervolume(trace: Sequence[float], prefix: str) -> Html:
    described = f"Hypervolume over evaluations: {percent(trace[-1])} of the box at the end."
    caption = (
        f"{described} The share of the box between the best value of each objective and a point "
        f"{round(100 * (REFERENCE - 1))} % beyond the worst on the last front that some individual dominates. An "
        "objective that spans a factor of 20 or more counts by its logarithm."
    )
    return embed(hypervolume_over_evaluations(trace), f"{prefix}figure-hypervolume", described, caption)
