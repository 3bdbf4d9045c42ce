"""Print figure of the family tree of the winner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evonas.report.ancestry import FamilyTree, Kinship
from evonas.report.formats import label
from evonas.report.history import Goal
from evonas.report.print.style import PAGE, blank
from evonas.report.scales import robust_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["family_print"]

_LANE = 0.62  # distance of lanes, cm
_NUMBERED = 45  # members up to which each is numbered

_LINES: dict[str, Any] = {"primary": "-", "mate": "--", "seed": ":"}


def family_print(tree: FamilyTree, goal: Goal, values: Mapping[int, float]) -> Figure:
    """Draw the ancestors of the winner from left to right in order of birth, coloured by their value.

    Args:
        tree: who is drawn where.
        goal: the objective that colours the individuals.
        values: by number; individuals without one are drawn hollow.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.lines import Line2D

    lanes = [member.lane for member in tree.members] + [kinship.lane for kinship in tree.kinships]
    figure, axes = blank(3.4 + _LANE * (max(lanes) - min(lanes)), PAGE)
    places = {member.key: (member.column, -member.lane) for member in tree.members}
    line = _main_line(tree)
    for kinship in tree.kinships:
        _edge(axes, kinship, places, main=(kinship.parent, kinship.child) in line)
    known = [
        values[one.individual.number] for one in tree.members if one.individual and one.individual.number in values
    ]
    low, high = robust_range(known, maximise=goal.maximise) or (min(known, default=0.0), max(known, default=1.0))
    norm = Normalize(low, high if high > low else low + 1e-9, clip=True)
    scale = colormaps["viridis" if goal.maximise else "viridis_r"]
    for member in tree.members:
        number = member.individual.number if member.individual is not None else None
        value = values.get(number) if number is not None else None
        winner = member.key == tree.winner
        axes.plot(
            *places[member.key],
            marker="s" if number is None else "*" if winner else "o",
            markersize=11 if winner else 6,
            mfc="white" if value is None else scale(norm(value)),
            mec="#1f2937",
            mew=0.7,
            zorder=3,
        )
        if number is not None and (winner or len(tree.members) <= _NUMBERED):
            place: dict[str, Any] = {"xytext": (0, -8), "textcoords": "offset points"}
            axes.annotate(str(number), places[member.key], **place, ha="center", va="center", fontsize=5.5)
    axes.set_axis_off()
    axes.margins(x=0.02, y=0.12)
    handles = [Line2D([], [], color="#374151", linestyle=dash, label=role) for role, dash in _LINES.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    figure.colorbar(ScalarMappable(norm, scale), ax=axes, label=label(goal.metric), fraction=0.03, pad=0.01)
    return figure


def _main_line(tree: FamilyTree) -> set[tuple[str, str]]:
    """Return the births on the line of primary parents that leads to the winner: parent and child."""
    primary = {one.child: one.parent for one in tree.kinships if one.role == "primary"}
    line, child = set(), tree.winner
    while child in primary:
        line.add((primary[child], child))
        child = primary[child]
    return line


def _edge(axes: Axes, kinship: Kinship, places: Mapping[str, tuple[int, int]], *, main: bool) -> None:
    """Draw a line that leaves the parent, runs along the kinship's lane, and joins the child."""
    (left, start), (right, end), lane = places[kinship.parent], places[kinship.child], -kinship.lane
    near = min(0.8, (right - left) / 2)
    way = [(left, start), (left + near, lane), (right - near, lane), (right, end)]
    axes.plot(
        *zip(*way, strict=True),
        color="#111827" if main else "#868B93",
        linestyle=_LINES.get(kinship.role, "-"),
        linewidth=2.2 if main else 0.9,
        zorder=2 if main else 1,
        solid_joinstyle="round",
    )
