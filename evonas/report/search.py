"""The part of the page on the search itself: what it spent, what its operators and its surrogate were worth."""

from __future__ import annotations

import math
from collections.abc import Callable

from evonas.report.analysis.forecasts import forecasts, measure_calibration, rank_correlation
from evonas.report.analysis.noise import pooled_deviation, repeated
from evonas.report.analysis.operators import successes
from evonas.report.analysis.progress import epochs_spent
from evonas.report.analysis.rungs import rung_pairs, rungs
from evonas.report.embedding import embed
from evonas.report.figures import (
    best_over_epochs,
    calibration,
    noise_figure,
    operator_mix,
    operator_success,
    rung_figure,
)
from evonas.report.formats import count, label, number, percent
from evonas.report.history import RunHistory
from evonas.report.html import Html, tag

__all__ = ["search_content"]

_CHILDREN = 10  # below that, shares say nothing
_FORECASTS = 5


def search_content(history: RunHistory, prefix: str = "") -> list[Html]:
    """Return headings and figures, each only where the run has data for it; ``prefix`` stands before the anchors."""
    if not history.evaluations or not history.goals:
        return []
    parts: dict[str, Callable[[RunHistory, str], Html | None]] = {
        "The best against epochs": _epochs,
        "Rungs": _rungs,
        "Operators": _mix,
        "What operators were worth": _success,
        "The surrogate's forecasts": _forecasts,
        "Noise": _noise,
    }
    content: list[Html] = []
    for title, make in parts.items():
        figure = make(history, prefix)
        if figure is not None:
            content += [tag("h3", title), figure]
    return content


def _epochs(history: RunHistory, prefix: str) -> Html | None:
    each = {one.result.epochs for one in history.evaluations if one.result.completed and one.result.answered_by is None}
    if len(each) < 2:  # all were trained alike: over epochs it is the curve over evaluations again
        return None
    spent = epochs_spent(history.evaluations)[-1]
    described = f"The best so far against epochs: {count(spent, 'epoch')} in all."
    caption = f"{described} Evaluations at lower rungs, repeats and failures are paid for, too."
    return embed(best_over_epochs(history.evaluations, history.goals[0]), f"{prefix}figure-epochs", described, caption)


def _rungs(history: RunHistory, prefix: str) -> Html | None:
    steps = rungs(history.evaluations)
    if len(steps) < 2:
        return None
    goal, top = history.goals[0], steps[-1]
    reached = ", ".join(f"{step.individuals:,} reached rung {step.rung} ({step.epochs} epochs)" for step in steps)
    told = []
    for step in steps[:-1]:
        pairs = rung_pairs(history.evaluations, goal, step.rung, top.rung)
        correlation = rank_correlation([low for _, low, _ in pairs], [high for _, _, high in pairs])
        if math.isfinite(correlation):
            told.append(f"{correlation:.2f} from rung {step.rung} ({len(pairs)} individuals)")
    described = f"Rungs: {reached}."
    caption = described
    if told:
        caption += (
            f" Rank correlation of the value at rung {top.rung} with that at a lower one, among those that went on: "
            f"{', '.join(told)}."
        )
    unasked = sum(one.birth.bypasses for one in history.individuals.values())
    if unasked:
        caption += f" {count(unasked, 'individual')} went on unasked, because low rungs said little of full trainings."
    return embed(rung_figure(history.evaluations, goal), f"{prefix}figure-rungs", described, caption, 640)


def _mix(history: RunHistory, prefix: str) -> Html | None:
    births = [history.individuals[number_].birth for number_ in sorted(history.individuals)]
    if sum(bool(birth.parents) and birth.generation > 0 for birth in births) < _CHILDREN:
        return None
    figure, window = operator_mix(births)
    described = f"Operator mix: the share of births by operator, over the last {window} births each."
    caption = f"{described} A birth with several operators is shown once: as crossover where that took part."
    return embed(figure, f"{prefix}figure-mix", described, caption)


def _success(history: RunHistory, prefix: str) -> Html | None:
    goal = history.goals[0]
    rows = successes(history.evaluations, goal)
    if sum(row.children for row in rows) < _CHILDREN:
        return None
    described = f"Operators by the share of their children that beat their primary parent in {label(goal.metric)}."
    caption = (
        f"{described} Bars: 95 % interval (Wilson). In brackets: children. A child of several operators counts for "
        "each; one that failed is not better. Both were trained alike."
    )
    return embed(operator_success(rows), f"{prefix}figure-success", described, caption)


def _forecasts(history: RunHistory, prefix: str) -> Html | None:
    goal = history.goals[0]
    found = forecasts(history.evaluations, goal)
    if len(found) < _FORECASTS:
        return None
    how = measure_calibration(found)
    described = f"What the surrogate predicted of {count(how.forecasts, 'individual')} at birth, and what was measured."
    caption = described
    if math.isfinite(how.correlation):
        caption += f" Rank correlation {how.correlation:.2f}."
    if math.isfinite(how.within_one):
        caption += (
            f" {percent(how.within_one)} of the values lie within one predicted standard deviation, "
            f"{percent(how.within_two)} within two; 68 % and 95 % would be well calibrated."
        )
    caption += " The surrogate chose whom to train by these predictions, so their best are likely to be too good."
    return embed(calibration(found, goal), f"{prefix}figure-calibration", described, caption)


def _noise(history: RunHistory, prefix: str) -> Html | None:
    goal = history.goals[0]
    found = repeated(history.evaluations, goal)
    if not found:
        return None
    described = f"Repeated trainings of {count(len(found), 'individual')}: {label(goal.metric)} by training."
    deviation = pooled_deviation(found)
    caption = f"{described} One training deviates by {number(deviation, 2)} (standard deviation, pooled)."
    return embed(noise_figure(found, goal), f"{prefix}figure-noise", described, caption)
