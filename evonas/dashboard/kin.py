"""The panel beside the family tree: the chosen individual in words, with ways to its parents and children."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from evonas.dashboard.address import Address
from evonas.dashboard.family import Family
from evonas.report.formats import count, label, number
from evonas.report.tree import change_in_words

__all__ = ["kin"]

_LISTED = 12


def kin(family: Family, node: str | None, opened: Mapping[str, Any], address: Address) -> list[Any]:
    """Return the panel.

    Args:
        family: the individuals.
        node: who is chosen; None for nobody yet.
        opened: who is expanded, collapsed and asked for.
        address: of the page.
    """
    if node is None:
        return [html.P("Choose an individual in the drawing, or by its number above.", className="note")]
    if node in family.outside:
        return _outside(family, node)
    if node not in family:
        name = node.rpartition(":")[2] if node.rpartition(":")[0] in family.runs else node
        return [html.P(f"There is no individual {name} in this run.", className="note")]
    findings, who = family.place(node)
    individual = findings.history.individuals[who]
    birth = individual.birth
    told = [
        ("Generation", str(birth.generation)),
        ("Born by", ", then ".join(label(one) for one in birth.operators)),
        ("Status", label(findings.status(who)) + (", in the population" if findings.alive(who) else "")),
        *_values(findings, who),
        *((label(name), number(value)) for name, value in individual.costs.items()),
    ]
    parents = [(f"{tie.role}: ", tie.parent) for tie in family.ties(node)]
    children = sorted(family.children(node), key=family.value)
    changes = [html.Li(change_in_words(change)) for change in birth.changes[:_LISTED]]
    return [
        html.H2(f"Individual {who}"),
        html.P(dcc.Link("Everything about it", href=address.of(node).href)),
        html.Table(html.Tbody([html.Tr([html.Th(name, scope="row"), html.Td(text)]) for name, text in told])),
        html.Div(_folds(node, opened, len(children)), className="folds"),
        html.H3("Parents") if parents else None,
        html.Ul([html.Li([role, _way(family, one)]) for role, one in parents]),
        html.H3("What its birth changed") if changes else None,
        html.Ul(changes, className="changes"),
        html.H3(count(len(children), "child", "children") + (", the best first" if len(children) > 1 else "")),
        html.Ul([html.Li(_way(family, one)) for one in children[:_LISTED]]),
        html.P(f"and {len(children) - _LISTED:,} more", className="note") if len(children) > _LISTED else None,
    ]


def _outside(family: Family, node: str) -> list[Any]:
    """Return the panel of a parent that is none of these individuals."""
    children = family.outside[node]
    said = (
        "It is no individual of this graph: a published network, an individual of another run, or a genome of a file."
    )
    return [
        html.H2(node),
        html.P(said, className="note"),
        html.H3(count(len(children), "child", "children") + " here"),
        html.Ul([html.Li(_way(family, one)) for one in children[:_LISTED]]),
        html.P(f"and {len(children) - _LISTED:,} more", className="note") if len(children) > _LISTED else None,
    ]


def _values(findings: Any, who: int) -> list[tuple[str, str]]:
    scored = findings.scored.get(who)
    if scored is None:
        result = findings.telling(who)
        cause = "" if result is None else result.error
        return [("Cause", cause)] if cause else []
    rows = []
    for at, (goal, value) in enumerate(zip(findings.history.goals, scored.values, strict=True)):
        error = scored.errors[at] if scored.errors else None
        rows.append((label(goal.metric), number(value) + (f" ± {number(error, 2)}" if error is not None else "")))
    return rows


def _folds(node: str, opened: Mapping[str, Any], children: int) -> list[Any]:
    if not children:
        return []
    wide = "Show fewer children" if node in opened["expanded"] else "Show its children"
    closed = "Unfold its descendants" if node in opened["collapsed"] else "Fold its descendants"
    return [
        html.Button(wide, id={"fold": "expanded"}, type="button"),
        html.Button(closed, id={"fold": "collapsed"}, type="button"),
    ]


def _way(family: Family, node: str) -> Any:
    if node not in family:
        return node
    findings, who = family.place(node)
    scored = findings.scored.get(who)
    value = number(scored.value) if scored is not None else label(findings.status(who))
    return html.Button(f"{who} ({value})", id={"kin": node}, type="button", className="link")
