"""One page on several searches: what each found, how they converged, and which values of each gene they tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from evonas.lineage import Scored
from evonas.report.cells import figures, heading, table_of, whole
from evonas.report.embedding import embed, scripts
from evonas.report.figures import (
    best_so_far,
    convergence,
    fitness_over_evaluations,
    parallel_coordinates,
)
from evonas.report.figures.parallel import AXIS_WIDTH
from evonas.report.formats import DASH, count, duration, gene_value, label, number
from evonas.report.history import RunHistory, standings
from evonas.report.html import Html, page, section, tag
from evonas.report.spread import spread_figure

__all__ = ["compose_comparison", "genes_in_words", "search_sections"]

_LISTS = 4  # genes of the items of a list that are told in words


def compose_comparison(histories: Sequence[RunHistory]) -> str:
    """Return a page on one or more searches as HTML, from the figures that the report of a run is made of.

    Args:
        histories: of our runs, or of tables of other tools; names may be equal.
    """
    named = _named(histories)
    content = [
        _title(named),
        tag("nav", tag("ul", *_links(named)), aria_label="Contents"),
        section("searches", "The searches", *_searches(named)),
        *(section(*part) for part in _convergence(named)),
        *(search_sections(name, f"search-{at}", history) for at, (name, history) in enumerate(named.items(), start=1)),
    ]
    title = next(iter(named)) if len(named) == 1 else f"{len(named)} searches"
    return page(title=f"{title}: evonas report", body=tag("main", *content), scripts=scripts())


def _named(histories: Sequence[RunHistory]) -> dict[str, RunHistory]:
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
    targets = {"searches": "The searches", "convergence": "Convergence"}
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
    goals = list(dict.fromkeys(history.goals[0] for history in named.values() if history.goals and history.evaluations))
    parts = []
    for goal in goals:
        own = {name: one for name, one in named.items() if one.goals[:1] == (goal,) and one.evaluations}
        traces = {name: [best_so_far(history.evaluations, goal)] for name, history in own.items()}
        anchor = "convergence" if len(goals) == 1 or goal == goals[0] else f"convergence-{goal.metric}"
        words = f"The best {label(goal.metric, unit=False)} after each evaluation."
        figure = embed(convergence(traces, goal), f"figure-{anchor}", words, words)
        parts.append((anchor, "Convergence" if len(goals) == 1 else f"Convergence: {label(goal.metric)}", figure))
    return parts


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
