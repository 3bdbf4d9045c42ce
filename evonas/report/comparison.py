"""One page on several searches: what each found, how they converged, and which values of each gene they tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import numpy as np

from evonas.lineage import Scored
from evonas.report.analysis.progress import BestTrace, best_over_time
from evonas.report.analysis.winners import winner_rows
from evonas.report.cells import figures, heading, table_of, whole
from evonas.report.embedding import embed, scripts
from evonas.report.figures import (
    best_over_time_figure,
    fitness_over_evaluations,
    parallel_coordinates,
)
from evonas.report.figures.parallel import AXIS_WIDTH
from evonas.report.formats import DASH, count, duration, gene_value, label, number
from evonas.report.history import Goal, RunHistory, standings
from evonas.report.html import Html, join, page, section, tag
from evonas.report.page import run_body
from evonas.report.sheet import Sheet
from evonas.report.spread import spread_figure

__all__ = ["compose_comparison", "genes_in_words", "named_histories", "search_sections"]

_LISTS = 4  # genes of the items of a list that are told in words


def compose_comparison(histories: Sequence[RunHistory]) -> str:
    """Return a page on one or more searches as HTML: what each found side by side, then the whole report of each run.

    Args:
        histories: of our runs, or of tables of other tools, of which less is known; names may be equal.
    """
    named = named_histories(histories)
    content = [
        _title(named),
        tag("nav", tag("ul", *_links(named)), aria_label="Contents"),
        section("winners", "The winners", *_winners(named)),
        section("searches", "The searches", *_searches(named)),
        *(section(*part) for part in _convergence(named)),
        *(_search(name, f"search-{at}", history) for at, (name, history) in enumerate(named.items(), start=1)),
    ]
    title = next(iter(named)) if len(named) == 1 else f"{len(named)} searches"
    return page(title=f"{title}: evonas report", body=tag("main", *content), scripts=scripts())


def _search(name: str, anchor: str, history: RunHistory) -> Html:
    """Return the part of the page on one search; of a table of another tool no families and populations are known."""
    if not history.run.config:
        return search_sections(name, anchor, history)
    sheet = Sheet(replace(history, run=replace(history.run, name=name)), f"{anchor}-")
    return tag("article", run_body(sheet), id=anchor, class_="run")


def _winners(named: Mapping[str, RunHistory]) -> list[Html]:
    rows = winner_rows(named)
    if not rows:
        return [tag("p", "No evaluation has a figure yet.")]
    metrics = list(dict.fromkeys(row.metric for row in rows))
    metric = label(metrics[0]) if len(metrics) == 1 else "first objective"
    tested = any(row.test is not None for row in rows)
    head = [
        heading("Run"),
        heading("Individual", numeric=True),
        *([heading("Objective")] if len(metrics) > 1 else []),
        heading(f"Best {metric}", "validation part, which chose: optimistic", numeric=True),
        heading("Trainings", "behind that mean", numeric=True),
        *([heading(f"{metric}, test", "unseen by the search", numeric=True)] if tested else []),
        heading("Found at", "evaluations until its own training had ended", numeric=True),
        heading("Evaluations", numeric=True),
        heading("Epochs", "of all evaluations together", numeric=True),
        heading("Parameters", numeric=True),
    ]
    values = figures([row.value for row in rows], errors=[row.error for row in rows], strong=True)
    tests = figures([row.test for row in rows], errors=[row.test_error for row in rows])
    cells = [
        [
            tag("th", row.run, scope="row"),
            whole(row.individual),
            *([tag("td", label(row.metric))] if len(metrics) > 1 else []),
            values[at],
            whole(row.trainings),
            *([tests[at]] if tested else []),
            whole(row.found),
            whole(row.evaluations),
            whole(row.epochs),
            whole(None if row.parameters is None else round(row.parameters)),
        ]
        for at, row in enumerate(rows)
    ]
    words = (
        "Mean and its standard error over several trainings, where there are any: of those retrained from scratch the "
        "best mean, else the best of the search. A single training has no error, and the best of many is too good."
    )
    return [tag("p", words, class_="note"), table_of("The winner of each run", head, cells)]


def named_histories(histories: Sequence[RunHistory]) -> dict[str, RunHistory]:
    """Return the histories by names of their own, their common beginning cut off."""
    names = [history.run.name for history in histories]
    if len(set(names)) > 1:
        common = len(_common(names))
        names = [name[common:] or name for name in names]
    named: dict[str, RunHistory] = {}
    for name, history in zip(names, histories, strict=True):
        free = (f"{name} ({again})" for again in range(2, len(histories) + 2))
        named[name if name not in named else next(one for one in free if one not in named)] = history
    return named


def _common(names: Sequence[str]) -> str:
    """Return the beginning that all names share, up to a sign between words."""
    shortest, longest = min(names), max(names)
    same = next((at for at, sign in enumerate(shortest) if longest[at] != sign), len(shortest))
    last = max(shortest.rfind(sign, 0, same) for sign in "_-. ")
    return shortest[: last + 1]


def _title(named: Mapping[str, RunHistory]) -> Html:
    histories = list(named.values())
    evaluations = sum(len(history.evaluations) for history in histories)
    seconds = sum(found.result.seconds for history in histories for found in history.evaluations)
    searches = count(len(histories), "search", "searches")
    spent = f"{count(evaluations, 'evaluation')} in {searches}, {duration(seconds)} of training"
    reasons = dict.fromkeys(history.run.reason for history in histories if not history.run.config)
    sources = [tag("p", f"Read from {reason}.", class_="note") for reason in reasons]
    title = next(iter(named)) if len(named) == 1 else ", ".join(list(named)[:4]) + (", …" if len(named) > 4 else "")
    return tag("header", tag("h1", title), tag("p", f"{spent}.", class_="lead"), *sources)


def _links(named: Mapping[str, RunHistory]) -> list[Html]:
    targets = {"winners": "The winners", "searches": "The searches", "convergence": "The best over time"}
    targets |= {f"search-{at}": name for at, name in enumerate(named, start=1)}
    return [tag("li", tag("a", title, href=f"#{anchor}")) for anchor, title in targets.items()]


def _searches(named: Mapping[str, RunHistory]) -> list[Html]:
    best = {name: ordered[0] for name, history in named.items() if (ordered := standings(history))}
    if not best:
        return [tag("p", "No evaluation has a figure yet.")]
    goal = next(iter(named.values())).goals[0]
    found = [name for one in best.values() for name in one.result.result.metrics if name != goal.metric]
    metrics = list(dict.fromkeys(found))
    head = [
        heading("Search"),
        heading("Trainings", numeric=True),
        heading(f"Best {label(goal.metric)}", numeric=True),
        *(heading(label(name), "of the same network", numeric=True) for name in metrics),
        heading("Found at", "which evaluation it was", numeric=True),
        heading("A training", "wall time, mean", numeric=True),
    ]
    columns = [
        figures([one.value for one in best.values()], strong=True),
        *(figures([one.result.result.metrics.get(name) for one in best.values()]) for name in metrics),
    ]
    rows = [
        _row(name, named[name], one, [column[at] for column in columns]) for at, (name, one) in enumerate(best.items())
    ]
    words = "Values of the validation part, which chose the network: optimistic by the choice among so many."
    networks = [
        [tag("th", name, scope="row"), tag("td", genes_in_words(one.individual.genome.genes), class_="changes")]
        for name, one in best.items()
    ]
    return [
        tag("p", words, class_="note"),
        table_of("The best network of each search", head, rows),
        table_of("Its genes", [heading("Search"), heading("Genes")], networks),
    ]


def _row(name: str, history: RunHistory, one: Scored, cells: Sequence[Html]) -> list[Html]:
    order = next(found.order for found in history.evaluations if found.result.number == one.result.result.number)
    seconds = [found.result.seconds for found in history.evaluations if found.result.answered_by is None]
    mean = fmean(seconds) if seconds else 0.0
    return [
        tag("th", name, scope="row"),
        whole(len(history.evaluations)),
        *cells,
        whole(order),
        tag("td", duration(mean) if mean else DASH, class_="number"),
    ]


def genes_in_words(genes: Mapping[str, Any]) -> str:
    """Return the genes of a genome in a line; the items of a list gene by gene.

    >>> genes_in_words({"layers": [{"filters": 44, "kernel": 8}, {"filters": 32, "kernel": 6}], "rate": 0.001})
    'layers: filters 44, 32, kernel 8, 6; rate 0.001'
    """
    parts = []
    for name, value in genes.items():
        if isinstance(value, (list, tuple)) and value and all(isinstance(item, Mapping) for item in value):
            inner = list(dict.fromkeys(key for item in value for key in item))[:_LISTS]
            told = (f"{key} {', '.join(gene_value(item[key]) for item in value if key in item)}" for key in inner)
            parts.append(f"{name}: {', '.join(told)}")
        elif isinstance(value, Mapping):
            parts.append(f"{name}: {genes_in_words(value)}")
        else:
            parts.append(f"{name} {gene_value(value)}")
    return "; ".join(parts)


def _convergence(named: Mapping[str, RunHistory]) -> list[tuple[str, str, Html]]:
    """Return anchor, title and figures of the best over time, one for each first objective."""
    traces = {name: trace for name, history in named.items() if (trace := best_over_time(history)) is not None}
    goals = list(dict.fromkeys(trace.goal for trace in traces.values()))
    parts = []
    for goal in goals:
        own = {name: trace for name, trace in traces.items() if trace.goal == goal}
        anchor = "convergence" if goal == goals[0] else f"convergence-{goal.metric}"
        title = "The best over time" if len(goals) == 1 else f"The best over time: {label(goal.metric)}"
        drawn = [
            embed(best_over_time_figure(own, goal, over=over), f"figure-{anchor}-{over}", words, words)
            for over, words in _over(own, goal).items()
        ]
        parts.append((anchor, title, join(drawn)))
    return parts


def _over(traces: Mapping[str, BestTrace], goal: Goal) -> dict[str, str]:
    """Return over what the best is drawn, and the caption of each: wall time only where it is known."""
    metric = label(goal.metric, unit=False)
    captions = {"evaluations": f"The best {metric} after each evaluation; failures count as evaluations."}
    if len({int(trace.epochs[-1]) for trace in traces.values()} - {0}) > 1:
        captions["epochs"] = f"The best {metric} over the epochs that all evaluations had trained."
    if all(np.isfinite(trace.seconds).all() for trace in traces.values()):
        captions["seconds"] = f"The best {metric} over the time that each run had worked; pauses do not count."
    return captions


def search_sections(name: str, anchor: str, history: RunHistory) -> Html:
    """Return the section of one search: its metric over the evaluations, its spread over the genes, and all genes.

    Args:
        name: the heading.
        anchor: its id in the page.
        history: of the search.
    """
    ordered = standings(history)
    if not ordered:
        return section(anchor, name, tag("p", "No evaluation has a figure yet."))
    goal = history.goals[0]
    figure, notes = fitness_over_evaluations(history.evaluations, history.goals)
    caption = f"Each point is a training; the best is {number(ordered[0].value)}."
    if notes.beyond:
        lie = "lies" if notes.beyond == 1 else "lie"
        caption += f" {count(notes.beyond, 'point')} {lie} outside the range shown; double-click for all."
    parts = [tag("h3", "The metric over the evaluations"), embed(figure, f"{anchor}-fitness", caption, caption)]
    spread = spread_figure(history, goal, f"{anchor}-spread")
    if spread is not None:
        parts += [tag("h3", "The search's spread over each gene"), spread]
        drawing, genes = parallel_coordinates(ordered, goal)
        metric = label(goal.metric, unit=False)
        words = f"Every network is a line through the values of its genes; the brighter, the better its {metric}."
        width = AXIS_WIDTH * (genes.genes + 1) + 120
        parts += [tag("h3", "Genes together"), embed(drawing, f"{anchor}-genes", words, words, width)]
    return section(anchor, name, *parts)
