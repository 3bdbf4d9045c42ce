"""What the circles of the family tree are coloured by: any metric, cost or gene, and what the colours mean."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evonas.dashboard.findings import Findings
from evonas.report.analysis import GeneTable, gene_table
from evonas.report.formats import gene_value, label, number, shortened
from evonas.report.history import Goal
from evonas.report.palette import GREY, LINES, viridis
from evonas.report.scales import is_logarithmic

__all__ = ["Colouring", "colour_choices", "colouring", "genes_of", "value_of"]

_NONE = "absent"
_MANY = 20  # values from which on the worst tenth may lie beyond the scale


@dataclass(frozen=True)
class Colouring:
    """Colours of nodes.

    Attributes:
        name: what they stand for.
        colours: of each node that has a value.
        texts: the value of each node in words.
        legend: colours with their meaning: the options, or the ends of the scale.
        scale: whether the colours are a scale.
    """

    name: str
    colours: Mapping[str, str]
    texts: Mapping[str, str]
    legend: tuple[tuple[str, str], ...]
    scale: bool


def genes_of(findings: Findings) -> GeneTable:
    """Return the genes of a run's individuals as a table."""
    return findings.once("genes", lambda: gene_table(findings.history.individuals.values()))


def colour_choices(findings: Findings) -> list[dict[str, str]]:
    """Return what the drop-down offers, the first objective first."""
    history = findings.history
    metrics = dict.fromkeys(goal.metric for goal in history.goals)
    for evaluation in history.evaluations[:50]:
        metrics |= dict.fromkeys(evaluation.result.metrics)
    costs = dict.fromkeys(name for one in list(history.individuals.values())[:50] for name in one.costs)
    offered = {f"metric:{name}": label(name) for name in metrics}
    offered |= {f"metric:{name}": label(name) for name in costs if name not in metrics}
    offered |= {"birth:operator": "operator", "birth:generation": "generation", "birth:status": "status"}
    offered |= {f"gene:{name}": f"gene {name}" for name in genes_of(findings).varying()}
    return [{"value": value, "label": text} for value, text in offered.items()]


def value_of(findings: Findings, number_: int, what: str) -> Any:
    """Return a figure or a word of an individual; None where it has none."""
    kind, _, name = what.partition(":")
    individual = findings.history.individuals[number_]
    if kind == "metric":
        scored = findings.scored.get(number_)
        if scored is not None and findings.goal is not None and name == findings.goal.metric:
            return scored.value
        result = findings.telling(number_)
        found = None if result is None or not result.completed else result.metrics.get(name)
        return individual.costs.get(name) if found is None else found
    if kind == "gene":
        table = genes_of(findings)
        if name not in table.names:
            return None
        rows = findings.once("gene rows", lambda: {int(one): row for row, one in enumerate(table.numbers)})
        row = rows.get(number_)
        return None if row is None else table.column(name).values[row]
    return {
        "operator": individual.birth.operators[0] if individual.birth.operators else None,
        "generation": individual.birth.generation,
        "status": findings.status(number_),
    }[name]


def colouring(places: Mapping[str, tuple[Findings, int]], what: str) -> Colouring:
    """Return the colours of nodes.

    Args:
        places: of each node its run and its number there.
        what: one of the values of :func:`colour_choices`.
    """
    values = {node: value_of(findings, number_, what) for node, (findings, number_) in places.items()}
    known = {node: value for node, value in values.items() if value is not None}
    kind, _, name = what.partition(":")
    title = label(name) if kind != "gene" else name
    if any(isinstance(value, (str, bool)) for value in known.values()):
        return _options(title, values)
    figures = {node: float(value) for node, value in known.items() if math.isfinite(float(value))}
    return _scale(title, figures, _goal(places, name) if kind == "metric" else None)


def _goal(places: Mapping[str, tuple[Findings, int]], metric: str) -> Goal | None:
    """Return the objective of a metric, whose best is bright, also where less is better; None for other metrics."""
    goals = (goal for findings, _ in places.values() for goal in findings.history.goals if goal.metric == metric)
    return next(goals, None)


def _scale(title: str, figures: Mapping[str, float], goal: Goal | None) -> Colouring:
    if not figures:
        return Colouring(title, {}, {}, (), True)
    known = sorted(figures.values())
    low, high = known[0], known[-1]
    reverse = goal is not None and not goal.maximise
    if goal is not None and len(known) >= _MANY:  # the worst lie beyond the scale, so that one outlier hides nothing
        worst = known[len(known) // 10] if goal.maximise else known[-1 - len(known) // 10]
        low, high = (worst, high) if goal.maximise else (low, worst)
    logarithmic = is_logarithmic([low, high])
    place = math.log if logarithmic else float
    start, width = place(low), place(high) - place(low)

    def colour(value: float) -> str:
        share = (place(min(max(value, low), high)) - start) / width if width else 1.0
        return viridis(1 - share if reverse else share)

    ends = (low, high) if low != high else (high,)
    signs = ("≤ " if low > known[0] else "", "≥ " if high < known[-1] else "")
    legend = tuple((colour(end), sign + number(end, 4)) for end, sign in zip(ends, signs, strict=False))
    texts = {node: number(value, 4) for node, value in figures.items()}
    return Colouring(title, {node: colour(value) for node, value in figures.items()}, texts, legend, True)


def _options(title: str, values: Mapping[str, Any]) -> Colouring:
    texts = {node: _NONE if value is None else shortened(gene_value(value), 24) for node, value in values.items()}
    frequent = [text for text, _ in Counter(texts.values()).most_common()]
    own = {text: LINES[at] for at, text in enumerate(frequent[: len(LINES) - 1])}
    legend = [(colour, text) for text, colour in own.items()]
    if len(frequent) > len(own):
        legend.append((GREY, "others"))
    colours = {node: own.get(text, GREY) for node, text in texts.items()}
    return Colouring(title, colours, texts, tuple(legend), False)
