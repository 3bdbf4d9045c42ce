"""The section on the population: how diverse it is, whose descent it has, and how old its common ancestor is."""

from __future__ import annotations

import math

from evonas.report.analysis.population import common_ancestor, diversity_over_time, founder_shares
from evonas.report.figures import ancestor_figure, diversity_figure, founder_figure
from evonas.report.formats import count, number, percent
from evonas.report.html import Html, tag
from evonas.report.sheet import Sheet

__all__ = ["population_section"]


def population_section(sheet: Sheet, title: str) -> Html:
    """Return the section on the population."""
    parts = {
        "Diversity": _diversity(sheet),
        "Whose descent": _founders(sheet),
        "The common ancestor": _ancestor(sheet),
    }
    content: list[str] = []
    for heading, part in parts.items():
        if part is not None:
            content += [tag("h3", heading), part]
    return sheet.section("population", title, *(content or [tag("p", "Nobody has lived yet.")]))


def _diversity(sheet: Sheet) -> Html | None:
    found = diversity_over_time(sheet.history)
    if found is None:
        return None
    last = float(found.distance[-1])
    described = f"Diversity of the living: their mean genome distance is {number(last, 3)} at the end."
    if not math.isfinite(last):
        described = "Diversity of the living: their mean genome distance over the run."
    caption = (
        f"{described} 0: all are equal; 1: they differ in every gene (Gower 1971). A gene of numbers counts with its "
        "difference as a part of the range that the run tried, and one that only one of two has counts in full."
    )
    if all(died is None for _, died in sheet.history.lives.values()):
        caption += " Nobody leaves this search's population: the living are all that completed."
    return sheet.figure(diversity_figure(found), "diversity", described, caption)


def _founders(sheet: Sheet) -> Html | None:
    found = founder_shares(sheet.history)
    if found is None or not any(one.birth.generation for one in sheet.history.individuals.values()):
        return None
    share, at = max((float(value), place) for place, value in enumerate(found.shares[-1]))
    lines = count(int(found.lines[-1]), "founder")
    described = f"Founder shares: the living descend from {lines} at the end."
    if at < len(found.founders):
        described += f" {percent(share)} of them from individual {found.founders[at]}."
    caption = f"{described} By the line of primary parents. Individuals without parents in this run are founders."
    return sheet.figure(founder_figure(found), "founders", described, caption)


def _ancestor(sheet: Sheet) -> Html | None:
    found = common_ancestor(sheet.history)
    if found is None or not any(one.birth.generation for one in sheet.history.individuals.values()):
        return None
    who = int(found.individual[-1])
    described = "The living have no common ancestor at the end: they descend from several founders."
    if who >= 0:
        described = (
            f"The youngest common ancestor of the living at the end is individual {who}, born "
            f"{count(int(found.age[-1]), 'evaluation')} before."
        )
    caption = f"{described} By lines of primary parents. Where the age falls, a younger individual took over."
    return sheet.figure(ancestor_figure(found), "ancestor", described, caption)
