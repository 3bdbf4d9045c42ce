"""The genes: all together, over the generations, two against each other, and which of them matter."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State

from evonas.dashboard.address import Address
from evonas.dashboard.colours import genes_of
from evonas.dashboard.findings import Findings
from evonas.dashboard.pages.page import seen
from evonas.dashboard.parts import choice, controls, figure, filled, note, panel, words
from evonas.dashboard.shelf import RunState, Shelf
from evonas.errors import LineageError
from evonas.report.analysis import (
    STATISTICS,
    HeatmapChoices,
    Importance,
    fitness_heatmap,
    gene_frequency,
    gene_importance,
    heatmap_choices,
)
from evonas.report.figures import (
    frequency_figure,
    heatmap_figure,
    importance_figure,
    marginal_figure,
    parallel_coordinates,
)
from evonas.report.figures.parallel import AXIS_WIDTH
from evonas.report.formats import count, label, percent

__all__ = ["layout", "register"]

_GROWN = 1.1  # how much a run must have grown before importance, which takes seconds, is worked out again
_TARGETS = [{"value": "fitness", "label": "fitness"}, {"value": "failure", "label": "failing"}]


def layout(address: Address, state: RunState, shelf: Shelf) -> list[Any]:
    """Return the parts of the view."""
    findings = state.findings
    if findings is None:
        return []
    offered = _choices(findings)
    if not offered.genes:
        return [words("All individuals have the same genes so far: there is nothing to compare.")]
    first, second = _first_genes(findings, offered)
    genes = [{"value": name, "label": name} for name in offered.genes]
    return [
        panel("All genes", figure("genes-parallel", "Parallel coordinates of the genes.", height=460)),
        panel(
            "Over the generations",
            controls(choice("genes-one", "Gene", genes, first), label="Which gene"),
            figure("genes-frequency", "Frequency of each choice over the generations.", height=340),
        ),
        panel(
            "Two genes",
            controls(
                choice("genes-x", "Across", genes, first),
                choice("genes-y", "Up", genes, second),
                choice("genes-statistic", "Cell", [{"value": one, "label": one} for one in STATISTICS], "mean"),
                choice("genes-when", "Trained to", _whens(offered), "rung:"),
                choice("genes-metric", "Figure", _metrics(findings, offered), ""),
                label="What the heatmap shows",
            ),
            figure("genes-heatmap", "Heatmap over two genes."),
        ),
        panel(
            "Importance",
            controls(choice("genes-target", "For", _TARGETS, "fitness"), label="Importance for what"),
            figure("genes-importance", "Importance of the genes with errors; takes a few seconds."),
        ),
    ]


def register(app: Dash, shelf: Shelf) -> None:
    """Register what fills the parts."""
    place = (State("url", "pathname"), State("url", "search"))
    kept: dict[tuple[str, str], tuple[int, Any]] = {}

    @app.callback(Output("genes-parallel", "children"), Input("version", "data"), *place)
    def parallel(_: Any, pathname: str, search: str) -> Any:
        _, _, findings = seen(shelf, pathname, search, "genes")
        return findings.once("genes-parallel", lambda: _parallel(findings))

    @app.callback(Output("genes-frequency", "children"), Input("version", "data"), Input("genes-one", "value"), *place)
    def frequency(_: Any, gene: str, pathname: str, search: str) -> Any:
        _, _, findings = seen(shelf, pathname, search, "genes")
        return findings.once(("frequency", gene), lambda: _frequency(findings, gene))

    @app.callback(
        Output("genes-heatmap", "children"),
        Input("version", "data"),
        *(Input(f"genes-{name}", "value") for name in ("x", "y", "statistic", "when", "metric")),
        *place,
    )
    def heatmap(_: Any, x: str, y: str, statistic: str, when: str, metric: str, pathname: str, search: str) -> Any:
        _, _, findings = seen(shelf, pathname, search, "genes")
        asked = (x, y, statistic, when, metric)
        return findings.once(("heatmap", *asked), lambda: _heatmap(findings, *asked))

    @app.callback(
        Output("genes-importance", "children"), Input("version", "data"), Input("genes-target", "value"), *place
    )
    def importance(_: Any, target: str, pathname: str, search: str) -> Any:
        _, state, findings = seen(shelf, pathname, search, "genes")
        evaluations = len(findings.history.evaluations)
        behind, made = kept.get((state.key, target), (0, None))
        if made is None or evaluations < behind or (evaluations > _GROWN * behind) or state.status != "running":
            made = findings.once(("importance", target), lambda: _importance(findings, target))
            kept[state.key, target] = (evaluations, made)
        return made


def _choices(findings: Findings) -> HeatmapChoices:
    return findings.once("choices", lambda: heatmap_choices(findings.history, table=genes_of(findings)))


def _first_genes(findings: Findings, offered: HeatmapChoices) -> tuple[str, str]:
    """Return the two genes that are shown first: numbers before words, because they have more to tell."""
    table = genes_of(findings)
    ordered = sorted(offered.genes, key=lambda name: (table.column(name).categorical, "learning_rate" not in name))
    return ordered[0], (ordered[1] if len(ordered) > 1 else ordered[0])


def _whens(offered: HeatmapChoices) -> list[dict[str, str]]:
    found = [{"value": "rung:", "label": "the highest rung"}]
    if len(offered.rungs) > 1:
        found += [{"value": f"rung:{rung}", "label": f"rung {rung}"} for rung in offered.rungs]
    return found + [{"value": f"epoch:{epoch}", "label": f"epoch {epoch}"} for epoch in _epochs(offered.epochs)]


def _epochs(last: int, most: int = 30) -> list[int]:
    step = max(1, -(-last // most))
    return sorted({*range(1, last + 1, step), *([last] if last else [])})


def _metrics(findings: Findings, offered: HeatmapChoices) -> list[dict[str, str]]:
    found = {"": "the first objective"}
    found |= {f"metric:{name}": label(name) for name in offered.metrics}
    found |= {f"curve:{name}": f"{label(name)} (learning curve)" for name in offered.curve_metrics}
    return [{"value": value, "label": text} for value, text in found.items()]


def _parallel(findings: Findings) -> Any:
    if len(findings.ordered) < 2 or findings.goal is None:
        return words("Two individuals with a fitness are needed to compare genes.")
    drawn, notes = parallel_coordinates(findings.ordered, findings.goal)
    if not notes.genes:
        return words("All individuals with a fitness have the same genes.")
    lines = len(findings.ordered) - notes.lines_left_out
    described = f"Parallel coordinates of {count(notes.genes, 'gene')} over {count(lines, 'individual')}, "
    described += f"coloured by {label(findings.goal.metric, unit=False)}; bright is better."
    caption = f"{described} Drag along an axis to choose individuals, drag a title to move an axis."
    caption += " Scroll sideways where it is wider than the page."
    if notes.genes_left_out:
        caption += f" {count(notes.genes_left_out, 'further gene')} found no room."
    if notes.lines_left_out:
        caption += f" {notes.lines_left_out:,} individuals are left out of the drawing, never one of the 50 best."
    shown = filled(drawn, "figure-genes", described, caption)
    shown.children[0].style = {"minWidth": f"{AXIS_WIDTH * (notes.genes + 1) + 120}px"}
    return shown


def _frequency(findings: Findings, gene: str) -> Any:
    found = gene_frequency(findings.history, gene, table=genes_of(findings))
    if found is None:
        return words("There are too few births to say how this gene changed.")
    described = f"How often each choice of {gene} was born, over the generations. The width of a step says nothing."
    return filled(
        frequency_figure(found), "figure-frequency", described.replace(" The width of a step says nothing.", "")
    )


def _heatmap(findings: Findings, x: str, y: str, statistic: str, when: str, metric: str) -> Any:
    if x == y:
        return words("Choose two different genes.")
    kind, _, name = metric.partition(":")
    unit, _, number = when.partition(":")
    rung = int(number) if unit == "rung" and number else None
    epoch = int(number) if unit == "epoch" else None
    if kind == "curve" and epoch is None:
        return words("A column of the learning curves has a value at each epoch: choose an epoch under “Trained to”.")
    if kind == "metric" and epoch is not None:
        return words("At an epoch only the columns of the learning curves are known: choose one under “Figure”.")
    try:
        found = fitness_heatmap(
            findings.history,
            x,
            y,
            table=genes_of(findings),
            metric=name or None,
            rung=rung,
            epoch=epoch,
            statistic=statistic,
        )
    except LineageError as error:  # such as an objective that nobody reports
        return words(str(error))
    if found is None:
        return words("No individual has this figure.")
    described = f"{statistic.capitalize()} of {found.words} over {x} (across) and {y} (up); bright is better."
    described += " The mean's standard error and the number of individuals show when a cell is pointed at."
    return filled(heatmap_figure(found), "figure-heatmap", described)


def _importance(findings: Findings, target: str) -> Any:
    found = gene_importance(findings.history, table=genes_of(findings), target=target)
    if found is None:
        why = "no evaluation failed" if target == "failure" and not findings.summary.failures else "there are too few"
        return words(f"Which genes matter cannot be said yet: {why}.")
    described = f"Importance of each gene for {found.words}, over {count(found.individuals, 'individual')}."
    caption = (
        f"{described} Left: share of the variance by functional ANOVA, ± over trees. Right: by permutation, ± over "
    )
    caption += f"repeats. The forest explains {percent(max(0.0, found.explained))} of the variance out of its bags"
    caption += "; at so little, the figures say little." if found.explained < 0.2 else "."
    parts: list[Any] = [filled(importance_figure(found), "figure-importance", described, caption)]
    if found.pairs:
        parts.append(note(_pairs(found)))
    if found.marginals:
        expected = "What the forest expects at each value of the most important genes, averaged over all others."
        parts.append(filled(marginal_figure(found), "figure-marginals", expected))
    return parts


def _pairs(found: Importance) -> str:
    told = [f"{one.first} with {one.second} {percent(one.share)}" for one in found.pairs[:3]]
    return f"Together, beyond what each explains alone: {'; '.join(told)}."
