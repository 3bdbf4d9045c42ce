"""The family tree in the words of Cytoscape: nodes, edges, styles, places."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evonas.dashboard.colours import Colouring
from evonas.dashboard.family import Family, View
from evonas.records import FAILURES
from evonas.report.formats import label
from evonas.report.palette import GREY, VERMILLION

__all__ = ["BY_DAGRE", "SHAPES", "elements", "layout", "stylesheet", "wrapped"]

BY_DAGRE = 160
"""Nodes up to which dagre places them in the page; it takes seconds for many."""

SHAPES = {
    "founder": "square: founder",
    "seed": "hexagon: seed from another run or a file",
    "mutant": "circle: by mutation",
    "crossed": "diamond: by crossover",
    "failed": "triangle: failed",
}
"""Shapes of nodes and what they mean, in words."""

_FORMS = {
    "founder": "rectangle",
    "seed": "hexagon",
    "mutant": "ellipse",
    "crossed": "diamond",
    "failed": "triangle",
}
_FAILED = {status.value for status in FAILURES} | {"lost"}
_OUTSIDE_SIGNS, _OUTSIDE_LINES = 10, 3  # of the name of a parent from outside
_DOWN, _ACROSS = 78, 54  # px between generations, and between neighbours
_BETWEEN = 2.0  # from the last of a run to the first of the next one, in neighbours
_INKS = {
    "light": {"ink": "#1f2937", "soft": "#6b7280", "page": "#ffffff", "line": "#0072B2"},
    "dark": {"ink": "#e5e7eb", "soft": "#8b93a1", "page": "#14171c", "line": "#56B4E9"},
}


def elements(family: Family, view: View, colours: Colouring, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return nodes and edges; with several runs each run is a frame around its individuals.

    Args:
        family: the individuals.
        view: which of them are shown.
        colours: of the nodes.
        labels: name of each run, by key.
    """
    several = len({node.rpartition(":")[0] for node in view.nodes if node in family}) > 1
    frames = dict.fromkeys(node.rpartition(":")[0] for node in view.nodes if node in family) if several else {}
    found: list[dict[str, Any]] = [
        {
            "data": {"id": f"run {key}", "label": labels.get(key, key), "colour": GREY},
            "classes": "run",
            "selectable": False,
        }
        for key in frames
    ]
    winners = set(family.winners().values())
    found += [_node(family, view, colours, node, several, node in winners) for node in view.nodes]
    for tie in view.ties:
        lit = tie.parent in view.lit and tie.child in view.lit and tie.role != "mate"
        faded = tie.parent in view.faded and tie.child in view.faded
        classes = f"{tie.role}{' lit' if lit else ''}{' faded' if faded else ''}"
        data = {"id": f"{tie.parent}>{tie.child}", "source": tie.parent, "target": tie.child}
        found.append({"data": data, "classes": classes})
    return found


def _node(family: Family, view: View, colours: Colouring, node: str, several: bool, winner: bool) -> dict[str, Any]:
    if node not in family:
        told = f"{node}, from outside this graph"
        return {
            "data": {"id": node, "label": wrapped(node), "told": told, "colour": GREY},
            "classes": "outside",
        }
    findings, number = family.place(node)
    kind = kind_of(family, node)
    hidden = view.hidden.get(node, 0)
    text = colours.texts.get(node, "")
    name = f"{number}" + (f"  +{hidden}" if hidden else "") + (f"\n{text}" if text else "")
    status = findings.status(number)
    classes = [kind, *(["pending"] if status == "pending" else []), *(["winner"] if winner else [])]
    classes += ["lit"] if node in view.lit else ["faded"] if node in view.faded else []
    data: dict[str, Any] = {"id": node, "label": name, "colour": colours.colours.get(node, GREY), "number": number}
    data["told"] = _told(family, colours, node)
    if several:
        data["parent"] = f"run {node.rpartition(':')[0]}"
    return {"data": data, "classes": " ".join(classes)}


def _told(family: Family, colours: Colouring, node: str) -> str:
    """Return what a node says when the mouse rests on it."""
    findings, number = family.place(node)
    birth = findings.history.individuals[number].birth
    born = ", then ".join(label(one) for one in birth.operators)
    text = colours.texts.get(node) or label(findings.status(number))
    return f"individual {number}, generation {birth.generation}, born by {born}; {colours.name}: {text}"


def wrapped(name: str) -> str:
    """Return the name of a parent from outside in a few short lines, so that it stays clear of its neighbours.

    >>> wrapped("baseline SingleCNN").splitlines()
    ['baseline', 'SingleCNN']
    >>> wrapped("runs/a-long-name-of-a-search:best #12").splitlines()
    ['a-long-', 'name-of-a…', '#12']
    """
    head, sign, number = name.rpartition("/")[2].rpartition(" #")
    head, tail = (head, [f"#{number}"]) if sign else (number, [])
    lines = textwrap.wrap(head, _OUTSIDE_SIGNS, max_lines=_OUTSIDE_LINES - len(tail), placeholder="")
    if lines and len("".join(lines)) < len(head.replace(" ", "")):
        lines[-1] = f"{lines[-1][: _OUTSIDE_SIGNS - 1]}…"
    return "\n".join([*lines, *tail])


def kind_of(family: Family, node: str) -> str:
    """Return the kind of an individual, one of :data:`SHAPES`."""
    findings, number = family.place(node)
    birth = findings.history.individuals[number].birth
    if findings.status(number) in _FAILED:
        return "failed"
    if birth.operators[:1] == ("seed",) or any(parent.role == "seed" for parent in birth.parents):
        return "seed"
    if not birth.parents:
        return "founder"
    return "crossed" if any(parent.role == "mate" for parent in birth.parents) else "mutant"


def layout(family: Family, view: View, wanted: str) -> dict[str, Any]:
    """Return where the nodes are placed.

    Args:
        family: the individuals.
        view: which of them are shown.
        wanted: ``dagre``, ``generations``, or ``auto``: dagre where there are few, and of one run.
    """
    few = len(view.nodes) <= BY_DAGRE and len(_runs(family, view)) < 2 and not _lone(view)
    if wanted == "dagre" or (wanted == "auto" and few):
        return {
            "name": "dagre",
            "rankDir": "TB",
            "nodeSep": 30,
            "rankSep": 44,
            "ranker": "tight-tree",
            "animate": False,
            "fit": True,
            "padding": 24,
        }
    return {"name": "preset", "positions": positions(family, view), "animate": False, "fit": True, "padding": 24}


def positions(family: Family, view: View) -> dict[str, dict[str, float]]:
    """Return a place for each node: a row for each generation, near its parents (barycentres, Sugiyama et al. 1981).

    Who has no kin that is shown stands in a block below. Several runs stand side by side, who seeded another before it.
    """
    places: dict[str, dict[str, float]] = {}
    left, lone = 0.0, frozenset(_lone(view))
    for run in _runs(family, view):
        own = _placed(run, lone)
        start = min(x for x, _ in own.values())
        for node, (x, y) in own.items():
            places[node] = {"x": round(_ACROSS * (left + x - start), 1), "y": _DOWN * y}
        left += max(x for x, _ in own.values()) - start + _BETWEEN
    return places


def _runs(family: Family, view: View) -> list[View]:
    """Return the view of each run alone, with the parents from outside that its individuals have."""
    homes = {node: node.rpartition(":")[0] for node in view.nodes if node in family}
    for tie in view.ties:
        if tie.parent not in homes:
            homes[tie.parent] = homes.get(tie.child, "")
    seeded = [(homes[tie.parent], homes[tie.child]) for tie in view.ties if homes[tie.parent] != homes[tie.child]]
    keys = list(dict.fromkeys(homes.get(node, "") for node in view.nodes))
    for source, target in seeded * len(keys):  # who seeds stands to the left, as far as nobody seeds in circles
        if keys.index(source) > keys.index(target):
            keys.remove(source)
            keys.insert(keys.index(target), source)
    views = []
    for key in keys:
        nodes = tuple(node for node in view.nodes if homes.get(node, "") == key)
        ties = tuple(tie for tie in view.ties if homes[tie.parent] == homes[tie.child] == key)
        views.append(replace(view, nodes=nodes, ties=ties))
    return views


def _placed(view: View, alone: Collection[str]) -> dict[str, tuple[float, float]]:
    """Return the places of the individuals of a run, in nodes across and rows down; who is alone stands below."""
    lone = [node for node in view.nodes if node in alone]
    rows = _rows(view, lone)
    parents: dict[str, list[str]] = {}
    for tie in view.ties:
        parents.setdefault(tie.child, []).append(tie.parent)
    x: dict[str, float] = {}
    for row in rows:
        wished = {node: _mean([x[one] for one in parents.get(node, ()) if one in x], at) for at, node in enumerate(row)}
        ordered = sorted(row, key=lambda node: (wished[node], row.index(node)))
        left = _mean([wished[node] for node in ordered], 0) - (len(ordered) - 1) / 2
        for at, node in enumerate(ordered):
            x[node] = left + at
    places = {node: (x[node], float(depth)) for depth, row in enumerate(rows) for node in row}
    left, right = min(x.values(), default=0.0), max(x.values(), default=0.0)
    wide = max(12.0, (2.6 * len(lone)) ** 0.5, right - left + 1)
    for at, node in enumerate(lone):
        places[node] = (left + at % int(wide), float(len(rows) + at // int(wide)))
    return places


def _lone(view: View) -> list[str]:
    """Return who has neither a parent nor a child that is shown."""
    tied = {node for tie in view.ties for node in (tie.parent, tie.child)}
    return [node for node in view.nodes if node not in tied]


def _rows(view: View, lone: Collection[str]) -> list[list[str]]:
    """Return the nodes that have kin by depth: one below the deepest of the shown parents."""
    depth: dict[str, int] = {}
    ties: dict[str, list[str]] = {}
    for tie in view.ties:
        ties.setdefault(tie.child, []).append(tie.parent)

    def deepest(node: str) -> int:
        stack = [node]
        while stack:
            current = stack[-1]
            waiting = [one for one in ties.get(current, ()) if one not in depth and one not in stack]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            above = [depth[one] for one in ties.get(current, ()) if one in depth]
            depth[current] = 1 + max(above, default=-1)
        return depth[node]

    apart = set(lone)
    nodes = [node for node in view.nodes if node not in apart]
    for node in nodes:
        if node not in depth:
            deepest(node)
    rows: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        rows[depth[node]].append(node)
    return rows


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else float(otherwise)


def stylesheet(scheme: str) -> list[dict[str, Any]]:
    """Return how nodes and edges look.

    Args:
        scheme: ``light`` or ``dark``.
    """
    ink = _INKS["dark" if scheme == "dark" else "light"]
    text = {"color": ink["ink"], "font-size": 12, "font-family": "system-ui, sans-serif", "text-wrap": "wrap"}
    node = {
        **text,
        "label": "data(label)",
        "width": 24,
        "height": 24,
        "background-color": "data(colour)",
        "border-width": 1,
        "border-color": ink["soft"],
        "text-valign": "bottom",
        "text-margin-y": 3,
        "text-background-color": ink["page"],
        "text-background-opacity": 0.75,
        "min-zoomed-font-size": 6,
    }
    edge = {
        "width": 1.4,
        "line-color": ink["soft"],
        "curve-style": "bezier",
        "target-arrow-shape": "triangle",
        "target-arrow-color": ink["soft"],
        "arrow-scale": 0.7,
    }
    lit = {"line-color": ink["line"], "target-arrow-color": ink["line"], "width": 4, "z-index": 9}
    failed = {"background-opacity": 0, "border-color": VERMILLION, "border-width": 2.5}
    outside = {"shape": "hexagon", "background-opacity": 0, "border-style": "dashed", "border-width": 1.5}
    outside |= {"text-valign": "top", "text-margin-y": -3, "font-size": 9}  # above: its row has its labels below
    frame = {**text, "label": "data(label)", "font-size": 15, "font-weight": 600, "text-valign": "top"}
    frame |= {
        "background-color": ink["soft"],
        "background-opacity": 0.08,
        "border-width": 1,
        "shape": "round-rectangle",
    }
    return [
        {"selector": "node", "style": node},
        *({"selector": f".{kind}", "style": {"shape": form}} for kind, form in _FORMS.items()),
        {"selector": "node.failed", "style": failed},
        {"selector": "node.pending", "style": {"background-opacity": 0, "border-style": "dashed", "border-width": 2}},
        {"selector": "node.outside", "style": outside},
        {"selector": "node.lit", "style": {"border-width": 3, "border-color": ink["line"], "font-weight": 600}},
        {"selector": "node.winner", "style": {"width": 36, "height": 36, "border-width": 5, "font-size": 13}},
        {"selector": "node.faded", "style": {"opacity": 0.35}},
        {"selector": "node.run", "style": frame},
        {"selector": "edge", "style": edge},
        {"selector": "edge.mate", "style": {"line-style": "dashed", "width": 1.1}},
        {"selector": "edge.seed", "style": {"line-style": "dotted", "width": 2}},
        {"selector": "edge.lit", "style": lit},
        {"selector": "edge.faded", "style": {"opacity": 0.35}},
        {
            "selector": "node:selected",
            "style": {"border-width": 5, "border-color": ink["ink"], "overlay-opacity": 0.12},
        },
    ]
