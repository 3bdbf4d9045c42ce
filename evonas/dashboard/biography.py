"""An individual in words and tables: what it is, where it came from, what became of it."""

from __future__ import annotations

from collections import deque
from typing import Any

from dash import dcc, html

from evonas.dashboard.address import Address
from evonas.dashboard.findings import Findings
from evonas.dashboard.parts import fact, facts, note
from evonas.genome import gene_diff
from evonas.records import Individual, Parent
from evonas.report.formats import DASH, bytes_in_words, count, duration, gene_value, label, number, shortened
from evonas.report.tree import change_in_words

__all__ = ["descendants", "facts_of", "genes", "parents"]

_LISTED = 20


def facts_of(findings: Findings, who: int) -> list[Any]:
    """Return what an individual is, in figures."""
    history = findings.history
    individual, scored, result = history.individuals[who], findings.scored.get(who), findings.telling(who)
    birth = individual.birth
    shown = []
    for at, goal in enumerate(history.goals):
        if scored is not None:
            error = scored.errors[at] if scored.errors else None
            value = number(scored.values[at]) + (f" ± {number(error, 2)}" if error is not None else "")
            more = count(scored.trainings, "training")
        else:
            found = None if result is None else goal.value(individual, result)
            value, more = number(found), f"rung {result.rung} alone" if found is not None and result else ""
        shown.append(fact(label(goal.metric), value, more))
    place = [one.individual.number for one in findings.ordered].index(who) + 1 if scored is not None else None
    born, died = history.lives.get(who, (None, None))
    life = f"born after {count(born, 'evaluation')}" if born is not None else ""
    life += f", left after {died:,}" if died is not None else (", in the population" if findings.alive(who) else "")
    shown += [
        fact("Place", f"{place:,}", f"of {len(findings.ordered):,}") if place is not None else None,
        fact("Status", label(findings.status(who)), life),
        fact("Generation", str(birth.generation), ", then ".join(label(one) for one in birth.operators)),
        *(fact(label(name), number(value)) for name, value in individual.costs.items()),
        fact("Training", duration(result.seconds), result.device or "no device") if result is not None else None,
        fact("Peak memory", bytes_in_words(result.peak_memory)) if result is not None and result.peak_memory else None,
    ]
    parts: list[Any] = [facts(*shown)]
    if scored is not None and scored.violation:
        parts.append(note("It breaks a constraint of the run, and stands behind all that keep them."))
    if result is not None and result.error:
        parts.append(html.P([html.Strong(f"{label(result.status.value)}: "), result.error], className="problem"))
    return parts


def parents(findings: Findings, who: int, address: Address) -> list[Any]:
    """Return the parents, and gene by gene what the individual has otherwise than each of them."""
    individual = findings.history.individuals[who]
    birth = individual.birth
    if not birth.parents:
        return [note("A founder: it was drawn from the space, and has no parents.")]
    parts: list[Any] = []
    for parent in birth.parents:
        parts += _parent(findings, individual, parent, address)
    if birth.forecast:
        told = ", ".join(f"{label(name)} {number(value, 4)}" for name, value in birth.forecast.items())
        parts.append(note(f"What the surrogate said of it at birth: {told}."))
    return parts


def _parent(findings: Findings, individual: Individual, parent: Parent, address: Address) -> list[Any]:
    if parent.number is None or not findings.own(parent):
        origin = parent.source or f"run {parent.run}"
        where = f"{origin}, individual {parent.number}" if parent.number is not None else origin
        changes = [change_in_words(change) for change in individual.birth.changes]
        told = html.Ul([html.Li(one) for one in changes], className="changes") if changes else note("Taken as it was.")
        return [html.H3(f"{label(parent.role).capitalize()}: {where}"), told]
    other = findings.history.individuals[parent.number]
    rows = [
        html.Tr(
            [
                html.Th(change.gene if change.kind in ("changed",) else f"{change.gene} ({change.kind})", scope="row"),
                html.Td(DASH if change.kind == "added" else _gene(change.before)),
                html.Td(DASH if change.kind == "removed" else _gene(change.after)),
            ]
        )
        for change in gene_diff(other.genome, individual.genome)
    ]
    title = html.H3([f"{label(parent.role).capitalize()}: ", _link(findings, parent.number, address)])
    if not rows:
        return [title, note("The same genes.")]
    head = html.Tr([html.Th(text, scope="col") for text in ("Gene", f"Parent {parent.number}", "Here")])
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="diff")
    return [title, html.Div(table, className="scroll", tabIndex=0, role="region", **{"aria-label": "Difference"})]


def descendants(findings: Findings, who: int, address: Address) -> list[Any]:
    """Return how many descend from an individual, its children, and the best of all."""
    below = _below(findings, who)
    if not below:
        return [note("Nobody descends from it.")]
    children = findings.children.get(who, ())
    living = sum(findings.alive(one) for one in below)
    scored = [one for one in findings.ordered if one.individual.number in below]
    winner = findings.winner in below
    said = f"{count(len(below), 'descendant')}, {living:,} of them in the population"
    said += "; the winner is one of them." if winner else "."
    best = [one.individual.number for one in scored[:_LISTED]]
    lists = [
        ("The best of them: ", best, len(scored)),
        ("Children: ", list(children[:_LISTED]), len(children)),
    ]
    return [note(said), *(_list(findings, title, who_, total, address) for title, who_, total in lists if who_)]


def _list(findings: Findings, title: str, who: list[int], total: int, address: Address) -> html.P:
    parts: list[Any] = [title]
    for at, one in enumerate(who):
        parts += [", " if at else "", _link(findings, one, address)]
    if total > len(who):
        parts.append(f", and {total - len(who):,} more")
    return html.P(parts)


def _below(findings: Findings, who: int) -> set[int]:
    found: set[int] = set()
    waiting = deque(findings.children.get(who, ()))
    while waiting:
        one = waiting.popleft()
        if one not in found:
            found.add(one)
            waiting += findings.children.get(one, ())
    return found


def _link(findings: Findings, who: int, address: Address) -> Any:
    scored = findings.scored.get(who)
    told = number(scored.value) if scored is not None else label(findings.status(who))
    return dcc.Link(f"{who} ({told})", href=address.of(who).href)


def genes(findings: Findings, who: int) -> Any:
    """Return all genes of an individual, nested as they are."""
    genome = findings.history.individuals[who].genome
    table = html.Table(html.Tbody(_rows(genome.genes, "")), className="genes")
    identity = [f"Genome {genome.id}", f", of the family {genome.family}" if genome.family else ""]
    return html.Div(
        [note(*identity), html.Div(table, className="scroll", tabIndex=0, role="region", **{"aria-label": "Genes"})]
    )


def _rows(genes_: Any, prefix: str) -> list[html.Tr]:
    rows: list[html.Tr] = []
    for name, value in genes_.items():
        if isinstance(value, dict) and value:
            rows += _rows(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for at, item in enumerate(value, start=1):
                rows += _rows(item, f"{prefix}{name} {at}: ")
        else:
            rows.append(html.Tr([html.Th(prefix + name, scope="row"), html.Td(_gene(value))]))
    return rows


def _gene(value: Any) -> str:
    return shortened(gene_value(value), 120)
