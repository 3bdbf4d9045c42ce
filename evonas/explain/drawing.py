"""What the figures of a line and of an ablation show, as plain values: page and printed figure draw the same."""

from __future__ import annotations

from dataclasses import dataclass

from evonas.explain.descent import Descent, Step
from evonas.explain.ranking import Ablation, Worth
from evonas.explain.words import gain_words, genes_words, measured, p_value, verdict
from evonas.report.formats import count, label, shortened
from evonas.report.palette import BLUE, GREY, VERMILLION

__all__ = ["KINDS", "Bar", "Drawing", "Kind", "line_drawing", "worth_drawing"]

_MOST = 60  # births drawn, the newest and the founder
_LABEL = 46  # characters


@dataclass(frozen=True)
class Kind:
    """How a bar of a kind looks; no kind is told by its colour alone.

    Attributes:
        name: in the legend.
        colour: of the bar.
        plotly: its pattern in Plotly; empty for none.
        matplotlib: its hatch in Matplotlib; empty for none.
    """

    name: str
    colour: str
    plotly: str = ""
    matplotlib: str = ""


KINDS = {
    "better": Kind("better, significant", BLUE),
    "worse": Kind("worse, significant", VERMILLION, "x", "xxx"),
    "unclear": Kind("not significant", GREY, "/", "///"),
}
"""Kinds of bars, in the order of the legend."""


@dataclass(frozen=True)
class Bar:
    """A row.

    Attributes:
        label: beside it.
        detail: what is told when it is pointed at.
        start: where the bar starts, in units of the metric; None for a point.
        end: where it ends, or the point is; None for a row without a figure.
        error: standard error at its end; None where it is not known.
        kind: key of :data:`KINDS`.
        joined: whether it starts where the row before ended, so that a line leads over.
    """

    label: str
    detail: str
    start: float | None
    end: float | None
    error: float | None
    kind: str = "unclear"
    joined: bool = False


@dataclass(frozen=True)
class Drawing:
    """A figure.

    Attributes:
        name: for files.
        bars: from top to bottom.
        axis: title of the axis of values.
        note: what the reader has to know.
        described: what it shows, for those who do not see it.
    """

    name: str
    bars: tuple[Bar, ...]
    axis: str
    note: str
    described: str

    @property
    def kinds(self) -> list[str]:
        """The kinds of bars that are there."""
        drawn = {bar.kind for bar in self.bars if bar.start is not None}
        return [kind for kind in KINDS if kind in drawn]


def line_drawing(descent: Descent) -> Drawing:
    """Return the line of an individual as a waterfall: a bar a birth, from the parent's fitness to its own."""
    goal, steps = descent.goal, descent.steps
    shown = [steps[0], *steps[1:][-(_MOST - 1) :]]
    bars: list[Bar] = []
    before: Step | None = None
    for step in shown:
        bars.append(_bar(step, before, descent))
        before = step
    hidden = len(steps) - len(shown)
    direction = "more is better" if goal.maximise else "less is better"
    note = "Bars lead from a parent's fitness to its child's; error bars are standard errors of that step"
    note += f"; {count(hidden, 'older birth')} not drawn." if hidden else "."
    described = (
        f"Waterfall of the fitness steps from founder {descent.founder.number} to individual {descent.winner.number}."
    )
    return Drawing("line", tuple(bars), f"{label(goal.metric)}, {direction}", note, described)


def worth_drawing(found: Ablation) -> Drawing:
    """Return what the changes are worth as bars from zero, the one that is worth most first."""
    measured_rows = [row for row in found.rows if row.worth is not None][:_MOST]
    bars = [
        Bar(_named(row, at), _told(row), 0.0, row.worth, row.error, _worth_kind(row))
        for at, row in enumerate(measured_rows)
    ]
    note = (
        f"Mean difference of {count(len(found.seeds), 'pair')} of trainings with and without the change, on the "
        f"{found.part} part; error bars are standard errors."
    )
    metric = label(found.metric)
    gain = metric if found.maximise else f"{metric} saved"
    described = f"What each inherited change of individual {found.individual} is worth."
    return Drawing("worth", tuple(bars), f"worth of the change: {gain}", note, described)


def _bar(step: Step, before: Step | None, descent: Descent) -> Bar:
    number = step.individual.number
    what = genes_words(step.telling[0].genes, 24) if step.telling else " ".join(step.individual.birth.operators)
    more = f" +{len(step.telling) - 1}" if len(step.telling) > 1 else ""
    name = f"{number}: {shortened(what, _LABEL - len(more))}{more}"
    value = None if step.fitness is None else step.fitness.value
    detail = f"individual {number}: {measured(value, None if step.fitness is None else step.fitness.error)}"
    if step.before is None or step.after is None or step.size is None:
        return Bar(name, detail, None, value, None if step.fitness is None else step.fitness.error)
    told = verdict(step, maximise=descent.goal.maximise)
    joined = before is not None and before.fitness is not None and before.fitness.value == step.before.value
    return Bar(
        name,
        f"{detail}, step {measured(step.size, step.error, signed=True)}, {told}",
        step.before.value,
        step.after.value,
        step.error,
        told if told in KINDS else "unclear",
        joined,
    )


def _named(row: Worth, at: int) -> str:
    more = 0 if row.kind == "order" else len(row.genes) - 1
    behind = f"{f' +{more}' if more else ''} ({row.birth})"
    what = genes_words(row.genes if row.kind == "order" else row.genes[:1], 24)
    return f"{at + 1}. {shortened(what, _LABEL - len(behind))}{behind}"


def _told(row: Worth) -> str:
    return f"{genes_words(row.genes)}: {measured(row.worth, row.error, signed=True)}, p = {p_value(row.corrected)}"


def _worth_kind(row: Worth) -> str:
    return {"helps": "better", "harms": "worse"}.get(gain_words(row), "unclear")
