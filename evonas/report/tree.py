"""The family tree as a drawing: scalable, printable, and readable without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping

from evonas.records import GeneChange
from evonas.report.ancestry import FamilyTree, Kinship, Member
from evonas.report.formats import count, gene_value, label, number, shortened
from evonas.report.history import Goal
from evonas.report.html import Html, join, tag
from evonas.report.palette import VIRIDIS, viridis

__all__ = ["change_in_words", "draw_tree"]

_LANE = 34  # distance of lanes, px
_MARGIN = 34  # px
_WIDTH = 1040  # the drawing is at least so wide unless columns would be more than _WIDEST apart, px
_WIDEST = 72  # distance of columns, px
_DIGIT = 7  # width of a digit of a number below a node, px
_RADIUS = 7.5  # px
_LEGEND = 46  # height of the legend, px


def draw_tree(tree: FamilyTree, goal: Goal, values: Mapping[int, float]) -> Html:
    """Draw the ancestors of an individual as SVG.

    Args:
        tree: who is drawn where.
        goal: the objective that colours the individuals.
        values: by number; individuals without one are drawn hollow.
    """
    narrowest = max(24, _DIGIT * len(tree.winner) + 6)
    column = min(max(_WIDTH / max(len(tree.members), 1), narrowest), _WIDEST)
    lanes = [member.lane for member in tree.members] + [kinship.lane for kinship in tree.kinships]
    top = min(lanes)
    width = round(2 * _MARGIN + column * max(len(tree.members) - 1, 1))
    width = max(width, 420)
    lanes_height = _LANE * (max(lanes) - top)
    height = round(2 * _MARGIN + lanes_height + _LEGEND)
    places = {
        member.key: (_MARGIN + column * member.column, _MARGIN + _LANE * (member.lane - top)) for member in tree.members
    }
    numbers = [member.individual.number for member in tree.members if member.individual is not None]
    shown = [values[number_] for number_ in numbers if number_ in values]
    colours = _Colours(goal, shown)
    described = (
        f"Family tree of individual {tree.winner}: {count(len(tree.members) - 1, 'ancestor')} from left to right in "
        f"order of birth; the line of primary parents is in bold, mates join it with dashed lines."
    )
    main = _main_line(tree)
    edges = [
        _edge(kinship, places, column, _MARGIN + _LANE * (kinship.lane - top), kinship in main)
        for kinship in tree.kinships
    ]
    nodes = [_node(member, places[member.key], colours, values, member.key == tree.winner) for member in tree.members]
    legend = _legend(colours, height - _LEGEND + 8)
    return tag(
        "svg",
        tag("g", *edges, class_="kinships"),
        tag("g", *nodes, class_="members"),
        legend,
        class_="tree fits" if width <= _WIDTH + 2 * _MARGIN else "tree",
        role="img",
        aria_label=described,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        xmlns="http://www.w3.org/2000/svg",
    )


def change_in_words(change: GeneChange, limit: int = 90) -> str:
    """Write a gene-level change as ``gene: before → after``."""
    before, after = shortened(gene_value(change.before), limit), shortened(gene_value(change.after), limit)
    if change.kind == "added":
        return f"{change.gene}: added {after}"
    if change.kind == "removed":
        return f"{change.gene}: removed {before}"
    if change.kind == "moved":
        return f"{change.gene}: moved from place {before} to {after}"
    return f"{change.gene}: {before} → {after}"


class _Colours:
    """Viridis from the worst (dark) to the best (bright) of those drawn."""

    def __init__(self, goal: Goal, values: list[float]) -> None:
        self.goal = goal
        self.best = min(values, key=goal.rank) if values else None
        self.worst = max(values, key=goal.rank) if values else None

    def __getitem__(self, value: float) -> str:
        if self.best is None or self.worst is None or self.best == self.worst:
            return viridis(1.0)
        return viridis((value - self.worst) / (self.best - self.worst))


def _main_line(tree: FamilyTree) -> list[Kinship]:
    """Return the kinships of the line of primary parents that leads to the winner."""
    by_child = {kinship.child: kinship for kinship in tree.kinships if kinship.role != "mate"}
    line: list[Kinship] = []
    key = tree.winner
    while key in by_child:
        line.append(by_child[key])
        key = by_child[key].parent
    return line


def _edge(kinship: Kinship, places: Mapping[str, tuple[float, float]], column: float, lane: float, main: bool) -> Html:
    (x1, y1), (x2, y2) = places[kinship.parent], places[kinship.child]
    path = [f"M{_px(x1)} {_px(y1)}"]
    if x2 - x1 <= 1.01 * column:
        path.append(_bend(x1, y1, x2, y2))
    else:
        if y1 != lane:
            path.append(_bend(x1, y1, x1 + column, lane))
        path.append(f"H{_px(x2 if y2 == lane else x2 - column)}")
        if y2 != lane:
            path.append(_bend(x2 - column, lane, x2, y2))
    words = {"mate": "mate", "seed": "seed"}.get(kinship.role, "primary parent")
    changes = "\n".join(change_in_words(change) for change in kinship.changes)
    if kinship.role != "mate":
        changes = changes or "no gene changed"
    way = " ".join(path)
    return tag(
        "g",
        tag("title", f"{kinship.parent} → {kinship.child} ({words})" + (f"\n{changes}" if changes else "")),
        tag("path", d=way, class_="hover"),
        tag("path", d=way, class_=f"kin {kinship.role}{' main' if main else ''}"),
    )


def _bend(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = _px((x1 + x2) / 2)
    return f"C{middle} {_px(y1)} {middle} {_px(y2)} {_px(x2)} {_px(y2)}"


def _node(
    member: Member, place: tuple[float, float], colours: _Colours, values: Mapping[int, float], winner: bool
) -> Html:
    x, y = place
    individual = member.individual
    if individual is None:
        side = 2 * _RADIUS - 2
        shape = tag(
            "rect", x=_px(x - side / 2), y=_px(y - side / 2), width=_px(side), height=_px(side), class_="foreign"
        )
        return tag("g", tag("title", f"{member.key}\nfrom outside this run"), shape, _caption(x, y, "seed"))
    value = values.get(individual.number)
    words = [
        f"individual {individual.number}, generation {individual.birth.generation}",
        f"{label(colours.goal.metric)}: {number(value) if value is not None else 'none'}",
        ", then ".join(individual.birth.operators),
        f"genome {individual.genome.id}",
    ]
    if member.parents_hidden:
        words.append(f"{count(member.parents_hidden, 'parent')} not drawn")
    stub = None
    if member.parents_hidden:
        stub = tag("path", d=f"M{_px(x - 16)} {_px(y - 10)}L{_px(x)} {_px(y)}", class_="stub")
    fill = colours[value] if value is not None else None
    return tag(
        "g",
        tag("title", "\n".join(words)),
        stub,
        tag("circle", cx=_px(x), cy=_px(y), r=_px(_RADIUS + 4), class_="ring") if winner else None,
        tag("circle", cx=_px(x), cy=_px(y), r=_px(_RADIUS), fill=fill, class_="node" if fill else "node unscored"),
        _caption(x, y + (4 if winner else 0), str(individual.number)),
    )


def _caption(x: float, y: float, text: str) -> Html:
    return tag("text", text, x=_px(x), y=_px(y + 2 * _RADIUS + 6), class_="name")


def _legend(colours: _Colours, y: float) -> Html:
    if colours.best is None or colours.worst is None:
        return Html("")
    name = label(colours.goal.metric)
    parts = [tag("text", name, x=_MARGIN, y=_px(y + 8), class_="legend")]
    left = _MARGIN + 8 * len(name) * 0.85 + 14
    if colours.best == colours.worst:
        parts.append(tag("rect", x=_px(left), y=_px(y), width=14, height=10, fill=viridis(1.0)))
        parts.append(tag("text", number(colours.best), x=_px(left + 20), y=_px(y + 9), class_="legend"))
        return tag("g", *parts)
    worst, best = number(colours.worst), number(colours.best)
    parts.append(tag("text", worst, x=_px(left), y=_px(y + 8), class_="legend"))
    left += 7.2 * len(worst) + 8
    step = 12
    parts += [
        tag("rect", x=_px(left + step * at), y=_px(y), width=step, height=10, fill=colour)
        for at, colour in enumerate(VIRIDIS)
    ]
    parts.append(tag("text", f"{best} (best)", x=_px(left + step * len(VIRIDIS) + 8), y=_px(y + 8), class_="legend"))
    return join(parts)


def _px(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
