"""The family tree as a graph over one or several runs, and which part of it is shown.

Thousands of individuals cannot be looked at. Shown first are the winner with its ancestors, and the best and the living
with their lines of primary parents; of the rest each shown individual tells how many children are not shown, and can be
expanded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from evonas.dashboard.findings import Findings
from evonas.records import Individual, Parent

__all__ = ["MOST", "Family", "Tie", "View", "Wish", "shown"]

MOST = 240
"""Individuals shown at most, but for those that were asked for by name or by expanding: more cannot be told apart."""

_BEST = 40  # of the best, and of the living, with their lines
_ANCESTORS = 120  # of the winner
_CHILDREN = 60  # shown by expanding once, the best


@dataclass(frozen=True)
class Tie:
    """A parent of an individual.

    Attributes:
        parent, child: their nodes.
        role: ``primary``, ``mate`` or ``seed``.
    """

    parent: str
    child: str
    role: str


class Family:
    """The individuals of some runs and who descends from whom. A node is ``run:number``, run being the run's key.

    A parent from a run that is not there, or from a file, is a node with that name and without an individual.

    Args:
        runs: what is known of each run, by key, the one of interest first.
    """

    def __init__(self, runs: Mapping[str, Findings]) -> None:
        self.runs = runs
        self._keys = {findings.history.run.id: key for key, findings in runs.items()}
        self._seeded = {} if len(runs) < 2 else self._across()

    def __contains__(self, node: str) -> bool:
        key, _, number = node.rpartition(":")
        return key in self.runs and number.isdigit() and int(number) in self.runs[key].history.individuals

    def __len__(self) -> int:
        return sum(len(findings.history.individuals) for findings in self.runs.values())

    def __iter__(self) -> Iterator[str]:
        for key, findings in self.runs.items():
            for number in findings.history.individuals:
                yield f"{key}:{number}"

    def place(self, node: str) -> tuple[Findings, int]:
        """Return the run of an individual and its number there."""
        key, _, number = node.rpartition(":")
        return self.runs[key], int(number)

    def individual(self, node: str) -> Individual | None:
        """Return the individual; None for one from outside."""
        if node not in self:
            return None
        findings, number = self.place(node)
        return findings.history.individuals[number]

    def ties(self, node: str) -> list[Tie]:
        """Return the parents of an individual, each once, the primary one first."""
        individual = self.individual(node)
        if individual is None:
            return []
        key = node.rpartition(":")[0]
        found: dict[str, Tie] = {}
        for parent in individual.birth.parents:
            name = self._name(key, parent)
            own = name.rpartition(":")[0] == key
            # A parent is older than its child; a store that says otherwise must not send anybody in circles.
            if not own or int(name.rpartition(":")[2]) < individual.number:
                found.setdefault(name, Tie(name, node, parent.role))
        return list(found.values())

    def children(self, node: str) -> list[str]:
        """Return the children of an individual, those in other runs last."""
        if node not in self:
            return []
        findings, number = self.place(node)
        key = node.rpartition(":")[0]
        own = [f"{key}:{child}" for child in findings.children.get(number, ())]
        return own + self._seeded.get(node, [])

    @cached_property
    def outside(self) -> Mapping[str, tuple[str, ...]]:
        """Parents that are none of these individuals, by name: their children here."""
        found: dict[str, list[str]] = {}
        for node in self:
            for tie in self.ties(node):
                if tie.parent not in self:
                    found.setdefault(tie.parent, []).append(node)
        return {name: tuple(children) for name, children in found.items()}

    def value(self, node: str) -> float:
        """Return a figure that is less the better an individual is; infinite where it has no fitness."""
        findings, number = self.place(node)
        scored = findings.scored.get(number)
        if scored is None or findings.goal is None:
            return float("inf")
        return scored.violation * 1e12 + findings.goal.rank(scored.value)

    def line(self, node: str) -> list[str]:
        """Return the line of primary parents, the founder first, the individual itself last; over runs where known."""
        found = [node]
        seen = {node}
        while True:
            ties = self.ties(found[-1])
            if not ties or ties[0].parent in seen:
                return found[::-1]
            seen.add(ties[0].parent)
            found.append(ties[0].parent)

    def winners(self) -> dict[str, str]:
        """Return the node of each run's winner, by the run's key."""
        return {key: f"{key}:{one.winner}" for key, one in self.runs.items() if one.winner is not None}

    def _name(self, key: str, parent: Parent) -> str:
        if parent.number is None:
            return parent.source or "from a file"
        home = key if parent.run in (None, self.runs[key].history.run.id) else self._keys.get(parent.run or "")
        if home is not None and parent.number in self.runs[home].history.individuals:
            return f"{home}:{parent.number}"
        return f"{parent.source or (parent.run or 'elsewhere')[:8]} #{parent.number}"

    def _across(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key, findings in self.runs.items():
            for number, individual in findings.history.individuals.items():
                for parent in individual.birth.parents:
                    if parent.run not in (None, findings.history.run.id) and parent.number is not None:
                        found.setdefault(self._name(key, parent), []).append(f"{key}:{number}")
        return found


@dataclass(frozen=True)
class Wish:
    """What somebody wants to see of a family.

    Attributes:
        scope: ``auto`` (all if they are few), ``all``, or ``winner`` (the winner and its ancestors).
        matching: individuals that a filter found; None for no filter.
        expanded: individuals whose children are shown.
        collapsed: individuals whose descendants are hidden.
        asked: individuals that were searched for; always shown, with their lines.
    """

    scope: str = "auto"
    matching: Collection[str] | None = None
    expanded: Sequence[str] = ()
    collapsed: Sequence[str] = ()
    asked: Sequence[str] = ()


@dataclass(frozen=True)
class View:
    """The part of a family that is shown.

    Attributes:
        nodes: in order of birth, those from outside first.
        ties: between shown nodes.
        hidden: children of a shown individual that are not shown, by node.
        lit: the winners' lines of primary parents.
        faded: shown for the connection alone: the filter did not find them.
        said: what was chosen, in words.
    """

    nodes: tuple[str, ...]
    ties: tuple[Tie, ...]
    hidden: Mapping[str, int]
    lit: frozenset[str]
    faded: frozenset[str] = field(default=frozenset())
    said: str = ""


def shown(family: Family, wish: Wish) -> View:
    """Return what is shown of a family."""
    lit = frozenset(node for winner in family.winners().values() for node in family.line(winner))
    chosen, said = _chosen(family, wish)
    for node in wish.expanded:
        if node in chosen:
            chosen |= set(sorted(family.children(node), key=family.value)[:_CHILDREN])
    for node in wish.asked:
        chosen |= set(family.line(node)) | {tie.parent for tie in family.ties(node)}
    hidden_below = _below(family, wish.collapsed, chosen) - set(wish.asked)
    chosen -= hidden_below
    # Parents from outside the runs are shown beside their children; they are no individuals that could be too many.
    for node in list(chosen):
        chosen |= {tie.parent for tie in family.ties(node) if tie.parent not in family}
    nodes = sorted(chosen, key=lambda node: _order(family, node))
    ties = tuple(tie for node in nodes for tie in family.ties(node) if tie.parent in chosen)
    counts = {node: sum(child not in chosen for child in family.children(node)) for node in nodes}
    faded = frozenset() if wish.matching is None else frozenset(chosen - set(wish.matching) - lit - set(wish.asked))
    hidden = {node: amount for node, amount in counts.items() if amount}
    return View(tuple(nodes), ties, hidden, lit & chosen, faded, said)


def _chosen(family: Family, wish: Wish) -> tuple[set[str], str]:
    winners = list(family.winners().values())
    if wish.matching is not None:
        found = sorted((node for node in wish.matching if node in family), key=family.value)
        chosen = _with_lines(family, found, MOST)
        left_out = "" if len(found) <= MOST and all(node in chosen for node in found) else ", the best of them"
        return chosen, f"what the filter found ({len(found):,} individuals{left_out}) with its lines of primary parents"
    if wish.scope == "all" or (wish.scope == "auto" and len(family) <= MOST):
        everyone = list(family)
        if len(everyone) <= 4 * MOST:
            return set(everyone), "all individuals"
        best = sorted(everyone, key=family.value)
        return _with_lines(family, best, 4 * MOST), f"the best of all, as many as can be drawn ({4 * MOST:,})"
    chosen = {node for winner in winners for node in family.line(winner)}
    for winner in winners:
        chosen |= _ancestors(family, winner, _ANCESTORS)
    if wish.scope == "winner":
        return chosen, "the winner and its ancestors"
    ranked = [f"{key}:{one.individual.number}" for key, run in family.runs.items() for one in run.ordered[:_BEST]]
    living = [
        f"{key}:{one.individual.number}"
        for key, run in family.runs.items()
        for one in [one for one in run.ordered if run.alive(one.individual.number)][:_BEST]
    ]
    chosen = _with_lines(family, [*ranked, *living], MOST, chosen)
    return chosen, "the winner with its ancestors, the best and the living with their lines of primary parents"


def _with_lines(family: Family, wanted: Iterable[str], most: int, chosen: set[str] | None = None) -> set[str]:
    """Return individuals with their lines of primary parents, as many as there is room for."""
    found = set() if chosen is None else set(chosen)
    for node in wanted:
        if len(found) >= most:
            break
        line = set(family.line(node))
        if not found or len(found | line) <= most:
            found |= line
    return found


def _ancestors(family: Family, node: str, most: int) -> set[str]:
    """Return the nearest ancestors, breadth first."""
    found: set[str] = set()
    waiting = deque([node])
    while waiting and len(found) < most:
        current = waiting.popleft()
        if current not in found:
            found.add(current)
            waiting += [tie.parent for tie in family.ties(current)]
    return found


def _below(family: Family, collapsed: Iterable[str], chosen: set[str]) -> set[str]:
    """Return who is chosen and descends from a collapsed individual by primary parents."""
    closed = set(collapsed)
    known: dict[str, bool] = {}
    for node in chosen if closed else ():
        path = []
        current: str | None = node
        while current is not None and current not in known:
            path.append(current)
            ties = family.ties(current)
            parent = ties[0].parent if ties else None
            if parent in closed:
                known[current] = True
                break
            current = parent if parent not in path else None
        verdict = known.get(current, False) if current is not None else False
        known |= dict.fromkeys(path, verdict)
    return {node for node in chosen if known.get(node, False)}


def _order(family: Family, node: str) -> tuple[int, int, int, str]:
    if node not in family:
        return 0, 0, 0, node
    key, _, number = node.rpartition(":")
    return 1, list(family.runs).index(key), int(number), node
