"""Print figures on genes: all together, over the search, over the generations, over two of them, and what matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evonas.lineage import Scored
from evonas.report.analysis.bins import ABSENT
from evonas.report.analysis.frequency import GeneFrequency
from evonas.report.analysis.genes import Floats, GeneArray, GeneTable
from evonas.report.analysis.heatmap import FitnessHeatmap
from evonas.report.analysis.importance import Importance, Marginal
from evonas.report.formats import gene_value, label, number, shortened, shortened_gene
from evonas.report.history import Goal
from evonas.report.palette import BLUE, ORANGE
from evonas.report.print.style import PAGE, blank, in_percent, look, panels
from evonas.report.scales import robust_range, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

__all__ = ["frequency_print", "heatmap_print", "importance_print", "marginal_print", "parallel_print", "spread_print"]

_GENES = 12  # drawn at most where each has a line
_SMALL: dict[str, Any] = {  # values written on lines
    "fontsize": 6,
    "va": "center",
    "bbox": {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.6},
}
_AXES = 10  # genes side by side
_PANELS = 12
_TICKS = 5  # numbers up to which each has a tick
_ACROSS = 3
_ROOM = 32  # letters beside each other below a column
_WORDS = 14  # letters of a value beside an axis
_LINES = 1500  # individuals drawn as lines at most
_VALUES = 8  # values of a gene that each have a tick


def frequency_print(frequency: GeneFrequency) -> Figure:
    """Draw the share of each value of a gene among the births of each generation."""
    figure, axes = blank(5.8)
    bottom = np.zeros(len(frequency.births))
    middle = (frequency.starts + frequency.ends) / 2
    width = (frequency.ends - frequency.starts + 1) * 0.96
    shift = int(frequency.options[:1] == (ABSENT,))
    for at, option in enumerate(frequency.options):
        style, missing = look(at - shift), option == ABSENT
        axes.bar(
            middle,
            frequency.shares[:, at],
            width,
            bottom,
            label=shortened(option, 22),
            color="#d7dade" if missing else style.colour,
            hatch="" if missing else style.hatch,
            edgecolor="white",
        )
        bottom += frequency.shares[:, at]
    axes.set_ylim(0, 1)
    axes.set_xlim(frequency.starts[0] - 0.5, frequency.ends[-1] + 0.5)
    in_percent(axes)
    axes.set_xlabel(frequency.axis)
    axes.set_ylabel("share of births")
    figure.legend(loc="outside upper center", ncols=3, title=frequency.gene, title_fontsize=8, columnspacing=1.0)
    return figure


def heatmap_print(heatmap: FitnessHeatmap) -> Figure:
    """Draw a figure over two genes; in each cell its value and the number of individuals."""
    rows, columns = heatmap.values.shape
    figure, axes = blank(min(14.0, 3.6 + 0.72 * rows))
    shown = np.ma.masked_invalid(heatmap.values)
    low, high = heatmap.scale
    image = axes.imshow(
        shown,
        origin="lower",
        aspect="auto",
        cmap="viridis" if heatmap.goal.maximise else "viridis_r",
        vmin=low,
        vmax=high,
    )
    for up, across in np.argwhere(heatmap.counts > 0):
        part = (float(heatmap.values[up, across]) - low) / (high - low)
        bright = part if heatmap.goal.maximise else 1 - part
        words = f"{number(float(heatmap.values[up, across]), 3)}\nn={heatmap.counts[up, across]}"
        size = 6.0 if columns <= 5 else 4.6
        axes.text(
            across, up, words, ha="center", va="center", fontsize=size, color="black" if bright > 0.6 else "white"
        )
    axes.grid(visible=False)
    turned = sum(len(text) + 1 for text in heatmap.x.labels) > _ROOM
    names = [shortened(text, _WORDS + 4) for text in heatmap.x.labels]
    axes.set_xticks(range(columns), names, rotation=35 if turned else 0, ha="right" if turned else "center")
    axes.set_yticks(range(rows), [shortened(text, _WORDS + 4) for text in heatmap.y.labels])
    axes.set_xlabel(shortened_gene(heatmap.x.name, 44))
    axes.set_ylabel(shortened_gene(heatmap.y.name, 30))
    words_of = heatmap.words.replace(heatmap.goal.metric, label(heatmap.goal.metric), 1)
    title = words_of if heatmap.statistic == "failures" else f"{heatmap.statistic} {words_of}"
    figure.colorbar(image, ax=axes, label=title, fraction=0.06, pad=0.02)
    return figure


def importance_print(importance: Importance) -> Figure:
    """Draw the importance of the genes by functional ANOVA and by permutation, with their standard deviations."""
    genes = importance.genes[:_GENES]
    figure, [[left, right]] = panels(1, 2, 2.4 + 0.42 * len(genes), sharey=True)
    places = np.arange(len(genes))
    known = np.nan_to_num(importance.fanova_error[: len(genes)])
    least = np.minimum(known, importance.fanova[: len(genes)])  # a share of the variance is never negative
    style: dict[str, Any] = {"capsize": 2, "elinewidth": 0.9, "markersize": 4}
    left.errorbar(importance.fanova[: len(genes)], places, xerr=[least, known], fmt="o", color=BLUE, **style)
    errors = np.nan_to_num(importance.permutation_error[: len(genes)])
    right.errorbar(importance.permutation[: len(genes)], places, xerr=errors, fmt="D", color=ORANGE, **style)
    right.axvline(0, color="#9ca3af", linewidth=0.6)
    left.set_yticks(places, [shortened_gene(name, 26) for name in genes])
    left.invert_yaxis()
    for axes in (left, right):
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x")
    left.set_xlim(left=0)
    in_percent(left, "x")
    left.set_xlabel("share of variance\n(functional ANOVA)")
    right.set_xlabel("drop of $R^2$\n(permutation)")
    return figure


def marginal_print(importance: Importance) -> Figure:
    """Draw what the forest expects along each of the most important genes."""
    shown = importance.marginals[:6]
    rows = -(-len(shown) // 2)
    figure, axes = panels(rows, 2, 3.2 * rows + 0.6, sharey=True)
    flat = [one for row in axes for one in row]
    for one, place in zip(shown, flat, strict=False):
        _marginal(place, one)
    for place in flat[len(shown) :]:
        place.set_visible(False)
    words = "share of failures" if importance.target == "failure" else f"expected {label(importance.goal.metric)}"
    figure.supylabel(words, fontsize=8)
    return figure


def parallel_print(ordered: Sequence[Scored], genes: GeneTable, names: Sequence[str], goal: Goal) -> Figure:
    """Draw each individual as a line through the values of its genes; the best are on top and bright.

    Args:
        ordered: individuals, the best first.
        genes: of all individuals.
        names: of the genes with an axis, in order.
        goal: the first objective.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import LineCollection

    figure, axes = blank(8.6, PAGE)
    chosen = [ordered[at] for at in reversed(thinned(len(ordered), _LINES, set(range(min(50, len(ordered))))))]
    own = genes.rows(sorted(one.individual.number for one in chosen))
    columns = [own.column(name) for name in names[:_AXES]]
    places = own.places(one.individual.number for one in chosen)
    heights = np.stack([_heights(column) for column in columns], axis=1)[places]
    scale, norm = _colours([one.value for one in chosen], goal)
    lines = [np.column_stack([np.arange(len(columns)), row]) for row in heights]
    colours = scale([norm(one.value) for one in chosen])
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=0.7, alpha=0.8, rasterized=len(lines) > 300))
    for at, column in enumerate(columns):
        axes.axvline(at, color="#374151", linewidth=0.6)
        for height, words in _ticks(column):
            axes.annotate(words, (at, height), xytext=(2, 0), textcoords="offset points", **_SMALL)
    axes.set_xticks(
        range(len(columns)), [shortened_gene(column.name, 28) for column in columns], rotation=25, ha="right"
    )
    axes.set_yticks([])
    axes.set_ylim(-0.2, 1.06)
    axes.set_xlim(-0.1, len(columns) - 0.55)
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    figure.colorbar(ScalarMappable(norm, scale), ax=axes, label=label(goal.metric), fraction=0.03, pad=0.01)
    return figure


def spread_print(ordered: Sequence[Scored], genes: GeneTable, names: Sequence[str], goal: Goal) -> Figure:
    """Draw a panel for each gene: the values of those that completed, over the evaluations; bright is better.

    Args:
        ordered: individuals, the best first.
        genes: of all individuals.
        names: of the genes with a panel, in order.
        goal: the first objective.
    """
    from matplotlib.cm import ScalarMappable

    shown = names[:_PANELS]
    rows = -(-len(shown) // _ACROSS)
    figure, axes = panels(rows, _ACROSS, 2.9 * rows + 0.8, PAGE, sharex=True)
    chosen = sorted(ordered, key=lambda one: -goal.rank(one.value))  # the best last, on top
    scale, norm = _colours([one.value for one in chosen], goal)
    at = genes.places([one.individual.number for one in chosen])
    order = np.array([one.result.completion + 1 for one in chosen])
    colours = np.array([norm(one.value) for one in chosen])
    flat = [one for row in axes for one in row]
    for name, place in zip(shown, flat, strict=False):
        column = genes.column(name)
        values, own = _values(column)[at], column.present[at]
        place.scatter(order[own], values[own], c=scale(colours[own]), s=6, linewidths=0, rasterized=len(order) > 2000)
        place.set_title(shortened_gene(name, 32))
        _gene_axis(place, column)
    for place in flat[len(shown) :]:
        place.set_visible(False)
    figure.supxlabel("evaluations, in order of completion", fontsize=8)
    figure.colorbar(ScalarMappable(norm, scale), ax=flat, label=label(goal.metric), fraction=0.03, pad=0.01)
    return figure


def _marginal(axes: Axes, one: Marginal) -> None:
    from matplotlib.ticker import NullFormatter

    error = np.nan_to_num(one.error)
    if one.labels:
        axes.errorbar(one.places, one.mean, yerr=error, fmt="o", color=BLUE, capsize=2, elinewidth=0.9)
        long = max(len(text) for text in one.labels) * len(one.labels) > 24
        words = [shortened(text, 12) for text in one.labels]
        axes.set_xticks(one.places, words, rotation=30 if long else 0, ha="right" if long else "center")
        axes.set_xlim(-0.6, len(words) - 0.4)
    else:
        axes.fill_between(one.places, one.mean - error, one.mean + error, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(one.places, one.mean, color=BLUE)
        if one.logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())  # a decade is enough beside another panel
    axes.set_title(shortened_gene(one.gene, 28), fontsize=7)


def _values(column: GeneArray) -> Floats:
    return column.codes.astype(np.float64) if column.categorical else column.numbers


def _gene_axis(axes: Axes, column: GeneArray) -> None:
    if column.categorical:
        axes.set_yticks(range(len(column.options)), [shortened(text, _WORDS) for text in column.options])
        axes.set_ylim(-0.6, len(column.options) - 0.4)
    elif column.logarithmic:
        axes.set_yscale("log")
    elif len(column.options) <= _TICKS:
        axes.set_yticks(np.unique(column.numbers[column.present]), column.options)


def _heights(column: GeneArray) -> Floats:
    """Return where each individual's line meets the gene's axis: from 0 to 1, and below where it lacks the gene."""
    places = column.codes / max(1, len(column.options) - 1) if column.categorical else column.scaled
    return np.where(column.present, places, -0.15)


def _ticks(column: GeneArray) -> list[tuple[float, str]]:
    absent = [] if column.present.all() else [(-0.15, ABSENT)]
    if column.categorical or len(column.options) <= _VALUES:
        codes = np.arange(len(column.options))
        if column.categorical:
            places = codes / max(1, len(codes) - 1)
        else:
            places = np.array([column.scaled[column.codes == code][0] for code in codes])
        return [*absent, *zip(places.tolist(), (shortened(text, _WORDS) for text in column.options), strict=True)]
    known = column.numbers[column.present]
    return [*absent, (0.0, gene_value(float(known.min()))), (1.0, gene_value(float(known.max())))]


def _colours(values: Sequence[float], goal: Goal) -> tuple[Any, Normalize]:
    """Return a scale on which bright is better, and what maps values to it; far outliers share its dark end."""
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    low, high = robust_range(values, maximise=goal.maximise) or (min(values), max(values))
    low, high = max(low, min(values)), min(high, max(values))
    scale = colormaps["viridis" if goal.maximise else "viridis_r"]
    return scale, Normalize(low, high if high > low else low + 1e-9, clip=True)
