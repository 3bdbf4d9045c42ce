"""Print figures on the population: diversity, founder shares, age of the common ancestor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evonas.report.analysis.population import CommonAncestor, Diversity, FounderShares
from evonas.report.palette import BLUE, ORANGE
from evonas.report.print.style import blank, in_percent, look, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ancestor_print", "diversity_print", "founder_print"]

_MARKED = 80  # times up to which each has its mark
_TIME = "evaluations completed"


def diversity_print(diversity: Diversity) -> Figure:
    """Draw the mean genome distance of the living, and the share of different genomes among them."""
    figure, axes = blank(5.6)
    every = max(1, len(diversity.evaluations) // 10)
    axes.plot(
        diversity.evaluations,
        diversity.distance,
        color=BLUE,
        marker="o",
        markersize=3,
        markevery=every,
        label="mean genome distance",
    )
    axes.plot(
        diversity.evaluations,
        diversity.distinct,
        color=ORANGE,
        linestyle="--",
        marker="s",
        markersize=3,
        markevery=every,
        label="share of distinct genomes",
    )
    axes.set_ylim(0, 1.04)
    axes.set_xlim(left=0)
    axes.set_xlabel(_TIME)
    axes.set_ylabel("diversity of the living")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def founder_print(shares: FounderShares) -> Figure:
    """Draw the share of the living that descends from each founder, on top of each other."""
    figure, axes = blank(6.6)
    names = [*(f"founder {number}" for number in shares.founders.tolist()), "others"]
    drawn = [at for at in range(len(names)) if shares.shares[:, at].any()]
    areas = axes.stackplot(
        shares.evaluations,
        [shares.shares[:, at] for at in drawn],
        labels=[names[at] for at in drawn],
        edgecolor="white",
        linewidth=0.3,
    )
    for at, area in zip(drawn, areas, strict=True):
        others = at == len(names) - 1
        area.set_facecolor("#d7dade" if others else look(at).colour)
        area.set_hatch("" if others else look(at).hatch)
    axes.set_xlim(int(shares.evaluations[0]), int(shares.evaluations[-1]))
    axes.set_ylim(0, 1)
    in_percent(axes)
    axes.set_xlabel(_TIME)
    axes.set_ylabel("share of the living")
    figure.legend(loc="outside upper center", ncols=3, columnspacing=1.0)
    return figure


def ancestor_print(ancestor: CommonAncestor) -> Figure:
    """Draw the age of the common ancestor of the living, and below it how many founder lines live."""
    figure, [[above], [below]] = panels(2, 1, 7.2, sharex=True, height_ratios=[3, 2])
    mark = "o" if len(ancestor.evaluations) <= _MARKED else ""
    above.plot(ancestor.evaluations, ancestor.age, color=BLUE, marker=mark, markersize=2)
    if not np.isfinite(ancestor.age[len(ancestor.age) // 2 :]).any():
        place: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7, "transform": above.transAxes}
        above.text(0.5, 0.5, "several founder lines live:\nno common ancestor", **place)
    above.set_ylim(bottom=0)
    above.set_ylabel("age of common\nancestor (evaluations)")
    below.step(ancestor.evaluations, ancestor.lines, where="post", color=ORANGE)
    below.set_ylim(bottom=0)
    below.set_ylabel("founder\nlines alive")
    below.set_xlabel(_TIME)
    below.set_xlim(left=0)
    return figure
