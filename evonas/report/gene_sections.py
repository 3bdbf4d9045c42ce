"""The sections on genes: together, over the search, how often each value was born, over any two, and what matters."""

from __future__ import annotations

from itertools import combinations

from evonas.report.analysis.frequency import gene_frequency
from evonas.report.analysis.heatmap import FitnessHeatmap, fitness_heatmap, heatmap_choices
from evonas.report.analysis.importance import Importance, gene_importance
from evonas.report.figures import (
    frequency_menu,
    heatmap_menu,
    importance_figure,
    marginal_figure,
    parallel_coordinates,
)
from evonas.report.figures.parallel import AXIS_WIDTH
from evonas.report.formats import count, label, number, percent
from evonas.report.html import Html, tag
from evonas.report.sheet import Sheet
from evonas.report.spread import spread_figure

__all__ = ["genes_section", "heatmaps", "important_genes"]

_MENU = 12  # genes whose frequency can be chosen
_PAIRED = 4  # most important genes of which each two have a heatmap
_FAILED = 10  # failures from which on it is worth asking what they depend on


def genes_section(sheet: Sheet, title: str) -> Html:
    """Return the section on genes."""
    if len(sheet.ordered) < 2:
        return sheet.section("genes", title, tag("p", "Two individuals with a fitness are needed to compare genes."))
    if not sheet.genes.varying():
        return sheet.section("genes", title, tag("p", "All individuals with a fitness have the same genes."))
    parts = {
        "": _together(sheet),
        "The search's spread over each gene": spread_figure(
            sheet.history, sheet.summary.goals[0], f"{sheet.prefix}figure-spread"
        ),
        "What was born": _frequency(sheet),
        "Fitness over two genes": _heatmaps(sheet),
        "Which genes matter": _importance(sheet),
        "What failures depend on": _failures(sheet),
    }
    content: list[str | None] = []
    for heading, part in parts.items():
        if part is not None:
            content += [tag("h3", heading) if heading else None, part]
    return sheet.section("genes", title, *content)


def important_genes(sheet: Sheet) -> tuple[str, ...]:
    """Return the genes that vary, the most important first where that is known."""
    return sheet.genes.varying() if sheet.importance is None else sheet.importance.genes


def _together(sheet: Sheet) -> Html | None:
    goal = sheet.summary.goals[0]
    figure, notes = parallel_coordinates(sheet.ordered, goal)
    if not notes.genes:
        return None
    lines = len(sheet.ordered) - notes.lines_left_out
    described = (
        f"Parallel coordinates of {count(notes.genes, 'gene')} over {count(lines, 'individual')}, "
        f"coloured by {label(goal.metric, unit=False)}; bright is better."
    )
    caption = (
        f"{described} Genes that never vary have no axis; items of lists are counted from 1; “absent” is a gene that "
        "the genome does not have. Drag along an axis to choose individuals, drag a title to move an axis."
    )
    if notes.genes_left_out:
        caption += f" {count(notes.genes_left_out, 'further gene')} found no room."
    if notes.lines_left_out:
        caption += f" {notes.lines_left_out:,} individuals are left out of the drawing, never one of the 50 best."
    return sheet.figure(figure, "genes", described, caption, AXIS_WIDTH * (notes.genes + 1) + 120)


def _frequency(sheet: Sheet) -> Html | None:
    genes = important_genes(sheet)[:_MENU]
    found = [one for gene in genes if (one := gene_frequency(sheet.history, gene, table=sheet.genes)) is not None]
    if not found or len(found[0].starts) < 2:
        return None
    described = f"How often each value of a gene was born, by {found[0].axis}."
    caption = f"{described} Choose the gene above the figure; ranges of numbers are parts of what the search tried."
    return sheet.figure(frequency_menu(found), "frequency", described, caption)


def heatmaps(sheet: Sheet) -> list[FitnessHeatmap]:
    """Return heatmaps of the most important genes: each two, and the first two by rung, by epoch and by failures."""
    genes = important_genes(sheet)[:_PAIRED]
    if len(genes) < 2:
        return []
    history, table = sheet.history, sheet.genes
    found = [fitness_heatmap(history, x, y, table=table) for x, y in combinations(genes, 2)]
    x, y = genes[:2]
    choices = heatmap_choices(history, table=table)
    found += [fitness_heatmap(history, x, y, table=table, statistic="best")]
    found += [fitness_heatmap(history, x, y, table=table, rung=rung) for rung in choices.rungs[:-1]]
    if choices.epochs > 1:
        epochs = sorted({1, choices.epochs // 2} - {0})
        found += [fitness_heatmap(history, x, y, table=table, epoch=epoch) for epoch in epochs]
    if sheet.summary.failures:
        found.append(fitness_heatmap(history, x, y, table=table, statistic="failures"))
    return [one for one in found if one is not None]


def _heatmaps(sheet: Sheet) -> Html | None:
    found = heatmaps(sheet)
    if not found:
        return None
    goal = sheet.summary.goals[0]
    described = f"The mean of {label(goal.metric)} over two genes, with the number of individuals in each cell."
    caption = (
        f"{described} Choose the genes above the figure: each two of those that matter most; the first two also by "
        "their best, by epoch or rung, and by failures. Bright is better; empty cells were never tried."
    )
    return sheet.figure(heatmap_menu(found), "heatmap", described, caption, 560)


def _importance(sheet: Sheet) -> Html | None:
    told = sheet.importance
    if told is None:
        return tag("p", "20 individuals with a fitness are needed before it can be said which genes matter.")
    described = (
        f"Importance of {count(len(told.genes), 'gene')} for {told.words}, from {told.individuals:,} individuals."
    )
    figure = sheet.figure(importance_figure(told), "importance", described, f"{described} {_method(told)}", 640)
    marginals = (
        f"What the forest expects of {told.words} along the most important genes, averaged over all others; band and "
        "bars: standard deviation over its trees."
    )
    return Html(figure + sheet.figure(marginal_figure(told), "marginals", marginals, marginals, 640))


def _failures(sheet: Sheet) -> Html | None:
    if sheet.summary.failures < _FAILED:
        return None
    told = gene_importance(sheet.history, table=sheet.genes, target="failure")
    if told is None:
        return None
    described = f"Importance of genes for failing, from {told.individuals:,} individuals."
    return sheet.figure(importance_figure(told), "failing", described, f"{described} {_method(told)}", 640)


def _method(told: Importance) -> str:
    words = (
        "Left: the share of a forest's variance that a gene explains alone (functional ANOVA, Hutter, Hoos and "
        "Leyton-Brown 2014), mean and standard deviation over its trees. Right: how much less a forest explains of "
        "individuals that it did not see where the gene is shuffled, mean and standard deviation over the repeats. "
    )
    words += f"The forest explains {percent(max(0.0, told.explained))} of the variance out of its bags"
    words += ": the figures mean little." if told.explained < 0.1 else "."
    if told.pairs and told.pairs[0].share > 0.01:
        pair = told.pairs[0]
        words += (
            f" Beyond what each explains alone, {pair.first} and {pair.second} explain {percent(pair.share)} "
            f"(± {number(100 * pair.error, 2)} %) together."
        )
    return words + " Genes that go together share their importance; a cause is shown by reverting a change alone."
