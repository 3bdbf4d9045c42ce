"""The lineage as a graph: who descends from whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evonas.errors import LineageError
from evonas.genome import GeneChange
from evonas.lineage.entries import StoredResult
from evonas.lineage.reading import Reading
from evonas.records import Individual, Parent

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Relative", "Step", "ancestors", "descendants", "describe", "lineage_graph", "primary_line"]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold."""


@dataclass(frozen=True)
class Relative:
    """An ancestor or descendant.

    Attributes:
        individual: who it is.
        depth: births between the two, at least 1; the shortest way counts.
    """

    individual: Individual
    depth: int


@dataclass(frozen=True)
class Step:
    """One birth on the way from an individual to its founder.

    Attributes:
        individual: who was born.
        result: its own completed result at its highest rung, else its last one; None while there is none.
        changes: what its birth changed in the genome of the next step.
    """

    individual: Individual
    result: StoredResult | None
    changes: tuple[GeneChange, ...]


def lineage_graph(store: Reading) -> nx.DiGraph:
    """Return the lineage as a networkx graph with edges from parent to child.

    Nodes are numbers of individuals. A parent from another run is the node ``run:number``, one from a genome file is
    that file's name; both have ``foreign`` true. All attributes are scalars, and one that is unknown is left out:

    - of a node: ``genome`` (its id), ``family``, ``generation``, ``operators``, ``birth_order``, ``born_at`` and
      ``died_at`` (evaluations completed by then), ``founder``, ``foreign``, ``status``, ``rung``, ``epochs`` (those of
      lower rungs included), ``seconds``, ``device``, ``metric_NAME`` for each metric, and each cost by its name, such
      as ``parameters``;
    - of an edge: ``role``, ``position`` (0: the primary parent), and for the primary parent ``changes`` in words.
    """
    import networkx as nx  # a coordinator never needs it

    individuals, lives, results = store.individuals(), store.lives(), _telling_results(store)
    graph = nx.DiGraph(run=store.run_id, name=_clean(store.run.name))
    for individual in individuals:
        stored = results.get(individual.number)
        born, died = lives[individual.number]
        graph.add_node(individual.number, **_attributes(individual, stored, born, died))
    for individual in individuals:
        for position, parent in enumerate(individual.birth.parents):
            node = _node(parent, store.run_id)
            if isinstance(node, str) and node not in graph:
                graph.add_node(node, foreign=True, founder=True, **_foreign_attributes(parent))
            if graph.has_edge(node, individual.number):
                continue  # both parents are the same: the primary role says more
            edge = {"role": parent.role, "position": position}
            if position == 0:
                edge["changes"] = _clean(describe(individual.birth.changes))
            graph.add_edge(node, individual.number, **edge)
    return graph


def ancestors(store: Reading, number: int) -> list[Relative]:
    """Return the ancestors of an individual in its run, breadth first: parents, grandparents, ...

    Raises:
        LineageError: if there is no such individual.
    """
    individuals = _by_number(store, number)
    parents = {child: _parents(individual, store.run_id) for child, individual in individuals.items()}
    return _breadth_first(individuals, parents, number)


def descendants(store: Reading, number: int) -> list[Relative]:
    """Return the descendants of an individual in its run, breadth first: children, grandchildren, ...

    Raises:
        LineageError: if there is no such individual.
    """
    individuals = _by_number(store, number)
    children: dict[int, list[int]] = {known: [] for known in individuals}
    for child, individual in individuals.items():
        for parent in _parents(individual, store.run_id):
            children[parent].append(child)
    return _breadth_first(individuals, children, number)


def primary_line(store: Reading, number: int) -> list[Step]:
    """Return the births from an individual back to its founder, by primary parents.

    Raises:
        LineageError: if there is no such individual.
    """
    individuals, results = _by_number(store, number), _telling_results(store)
    line = []
    current: int | None = number
    while current is not None:
        individual = individuals[current]
        line.append(Step(individual, results.get(current), individual.birth.changes))
        primary = individual.birth.primary
        current = None if primary is None or _is_foreign(primary, store.run_id) else primary.number
    return line


def describe(changes: tuple[GeneChange, ...]) -> str:
    """Return gene changes in one line.

    >>> describe((GeneChange("dropout", "changed", 0.1, 0.2), GeneChange("stages[3]", "removed", {"filters": 8})))
    'dropout: 0.1 -> 0.2; stages[3] removed'
    """
    return "; ".join(
        f"{change.gene}: {change.before} -> {change.after}"
        if change.kind == "changed"
        else f"{change.gene} {change.kind}"
        for change in changes
    )


def _by_number(store: Reading, number: int) -> dict[int, Individual]:
    individuals = {individual.number: individual for individual in store.individuals()}
    if number not in individuals:
        store.individual(number)  # says which numbers there are
        raise LineageError(f"there is no individual {number} in this run", file=store.place, got=number)
    return individuals


def _breadth_first(individuals: Mapping[int, Individual], ways: Mapping[int, list[int]], start: int) -> list[Relative]:
    seen, level, found = {start}, [start], []
    depth = 0
    while level:
        depth += 1
        level = [number for number in dict.fromkeys(n for one in level for n in ways[one]) if number not in seen]
        seen.update(level)
        found += [Relative(individuals[number], depth) for number in level]
    return found


def _parents(individual: Individual, run_id: str) -> list[int]:
    own = [parent.number for parent in individual.birth.parents if not _is_foreign(parent, run_id)]
    return list(dict.fromkeys(number for number in own if number is not None))


def _is_foreign(parent: Parent, run_id: str) -> bool:
    return parent.number is None or parent.run not in (None, run_id)


def _node(parent: Parent, run_id: str) -> int | str:
    if parent.number is None:
        return _clean(parent.source or "genome file")
    return parent.number if not _is_foreign(parent, run_id) else f"{parent.run}:{parent.number}"


def _telling_results(store: Reading) -> dict[int, StoredResult]:
    """Return for each individual its own completed result at its highest rung, else its last one."""
    telling: dict[int, StoredResult] = {}
    for stored in store.results(curves=False):
        before = telling.get(stored.result.individual)
        if before is None or _worth(stored) >= _worth(before):
            telling[stored.result.individual] = stored
    return telling


def _worth(stored: StoredResult) -> tuple[bool, int, int]:
    return stored.result.completed, stored.result.rung, -stored.repeat


def _attributes(
    individual: Individual, stored: StoredResult | None, born: int, died: int | None
) -> dict[str, str | int | float | bool]:
    birth, genome = individual.birth, individual.genome
    result = None if stored is None else stored.result
    attributes: dict[str, Any] = {
        "genome": genome.id,
        "family": genome.family,
        "generation": birth.generation,
        "operators": ", ".join(birth.operators),
        "birth_order": individual.number,
        "born_at": born,
        "founder": not birth.parents or birth.parents[0].role == "seed",
        "foreign": False,
        "status": "pending" if result is None else result.status.value,
    }
    if died is not None:
        attributes["died_at"] = died
    if stored is not None and result is not None:
        attributes |= {"rung": result.rung, "epochs": stored.total_epochs, "seconds": float(result.seconds)}
        attributes["device"] = result.device
        attributes |= {f"metric_{name}": value for name, value in result.metrics.items()}
    # A cost must not hide an attribute of ours.
    attributes = {**{name: float(cost) for name, cost in individual.costs.items()}, **attributes}
    return {_clean(name): _clean(value) if isinstance(value, str) else value for name, value in attributes.items()}


def _foreign_attributes(parent: Parent) -> dict[str, str | int]:
    known = {"run": parent.run, "number": parent.number, "source": parent.source and _clean(parent.source)}
    return {name: value for name, value in known.items() if value is not None}


def _clean(text: str) -> str:
    return _CONTROL.sub("?", text)
