"""What a filter may ask about an individual, and which individuals of a run meet one.

A name is, in this order: one of :data:`FIELDS`; a metric that the run measured; a cost that is known before training;
a path to a gene. ``metric.NAME``, ``cost.NAME`` and ``gene.NAME`` say which where several are called the same.
``val_NAME`` is the metric ``NAME``: all of them are measured on the validation part.

A gene's path is that of the genome file: ``learning.optimizer.learning_rate``, ``layers[0].units`` (the first item;
``[-1]`` the last), ``layers[*].units`` (any item), ``layers.length`` (how many).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from evonas.errors import nearest
from evonas.lineage.codec import PENDING
from evonas.lineage.conditions import Comparison, Condition, FilterError
from evonas.lineage.entries import StoredResult
from evonas.lineage.filters import parse_filter
from evonas.lineage.reading import Reading
from evonas.records import EvaluationStatus, Individual

__all__ = ["FIELDS", "Facts", "Field", "chosen", "describe", "matching"]

_STEP = re.compile(r"\.?(\w+)|\[(\*|-?\d+)\]")
_INDEX = re.compile(r"\[[^\]]*\]")
_LENGTH = ".length"
_NAMED = 12  # names that an error lists


@dataclass
class Facts:
    """All that is known of one individual.

    Attributes:
        individual: who it is.
        own: its final results, in order of completion.
        life: when it entered and left the population, in completed evaluations; None where nobody recorded it.
        objective: the run's first metric; empty for none.
    """

    individual: Individual
    own: Sequence[StoredResult] = ()
    life: tuple[int, int | None] | None = None
    objective: str = ""
    _genes: dict[str, Any] | None = field(default=None, repr=False)
    _counted: list[StoredResult] | None = field(default=None, repr=False)

    @property
    def telling(self) -> StoredResult | None:
        """Its own completed result at its highest rung, else its last one; None while there is none."""
        counted = self.counted
        if counted:
            return min(counted, key=lambda stored: (stored.repeat, stored.result.number))
        return self.own[-1] if self.own else None

    @property
    def counted(self) -> list[StoredResult]:
        """Its completed results at the highest rung that it has reached: those that its figures are the mean of."""
        if self._counted is None:
            completed = [stored for stored in self.own if stored.result.completed]
            highest = max((stored.result.rung for stored in completed), default=0)
            self._counted = [stored for stored in completed if stored.result.rung == highest]
        return self._counted

    @property
    def genes(self) -> dict[str, Any]:
        """Its genes as plain values; not to be changed."""
        if self._genes is None:
            self._genes = self.individual.genome.genes
        return self._genes

    def figure(self, metric: str) -> float | None:
        """Return the mean of a metric, else the cost of that name; None where it is neither."""
        measured = [stored.result.metrics[metric] for stored in self.counted if metric in stored.result.metrics]
        return sum(measured) / len(measured) if measured else self.individual.costs.get(metric)


_Read: TypeAlias = Callable[[Facts], Any]


@dataclass(frozen=True)
class Field:
    """A name that every run has.

    Attributes:
        kind: ``number``, ``text`` or ``truth``.
        meaning: in words.
        read: its value: None where it is unknown, a tuple where there may be several.
    """

    kind: str
    meaning: str
    read: _Read = field(repr=False)


def _result(name: str, kind: str, meaning: str) -> Field:
    def read(facts: Facts) -> Any:
        telling = facts.telling
        value = None if telling is None else getattr(telling.result, name)
        return None if value == "" else value

    return Field(kind, meaning, read)


def _status(facts: Facts) -> str:
    telling = facts.telling
    return PENDING if telling is None else telling.result.status.value


def _parents(facts: Facts) -> tuple[int, ...]:
    parents = facts.individual.birth.parents
    return tuple(parent.number for parent in parents if parent.number is not None and parent.run is None)


def _alive(facts: Facts) -> bool | None:
    return None if facts.life is None else facts.life[1] is None and bool(facts.counted)


def _founder(facts: Facts) -> bool:
    parents = facts.individual.birth.parents
    return not parents or parents[0].role == "seed"


FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "individual": Field("number", "its number", lambda facts: facts.individual.number),
        "generation": Field("number", "0 for a founder", lambda facts: facts.individual.birth.generation),
        "fitness": Field("number", "the first objective", lambda facts: facts.figure(facts.objective)),
        "status": Field("text", "completed, diverged, ..., or pending", _status),
        "rung": _result("rung", "number", "the highest rung that it has completed, 0 the first"),
        "epochs": Field(
            "number",
            "trained in all by then, those of lower rungs included",
            lambda facts: None if facts.telling is None else facts.telling.trained + facts.telling.result.epochs,
        ),
        "trainings": Field("number", "completed at that rung, repeats included", lambda facts: len(facts.counted)),
        "seconds": _result("seconds", "number", "of its evaluation at that rung, s"),
        "device": _result("device", "text", "where that was"),
        "error": _result("error", "text", "why its evaluation failed"),
        "operator": Field("text", "each operator of its birth", lambda facts: facts.individual.birth.operators),
        "changed": Field(
            "text",
            "each gene that its birth changed",
            lambda facts: tuple(change.gene for change in facts.individual.birth.changes),
        ),
        "parents": Field("number", "the number of each of its parents in this run", _parents),
        "founder": Field("truth", "whether it has no parents in this run", _founder),
        "baseline": Field("text", "the published network that it is", lambda facts: facts.individual.birth.baseline),
        "born": Field("number", "evaluations completed before its birth", lambda facts: facts.life and facts.life[0]),
        "died": Field(
            "number", "evaluations completed when it left the population", lambda facts: facts.life and facts.life[1]
        ),
        "alive": Field("truth", "whether it is in the population", _alive),
        "family": Field("text", "the model family", lambda facts: facts.individual.genome.family),
        "genome": Field("text", "the genome's id", lambda facts: facts.individual.genome.id),
    }
)
"""Names that every run has. They go by the highest rung that the individual itself has reached."""

_ALIASES = {"operators": "operator", "parent": "parents", "number": "individual"}
_STATUSES = (PENDING, *(status.value for status in EvaluationStatus if status is not EvaluationStatus.CANCELLED))


def describe(store: Reading) -> list[Facts]:
    """Return what is known of each individual of a run, by number."""
    objective, lives = store.run.directions[0][0], store.lives()
    return _gathered(store.individuals(), store.results(curves=False), lives, objective)


def matching(
    condition: Condition | str,
    individuals: Iterable[Individual],
    results: Iterable[StoredResult],
    lives: Mapping[int, tuple[int, int | None]] | None = None,
    *,
    objective: str = "",
) -> set[int]:
    """Return the numbers of the individuals that meet a condition.

    Args:
        condition: what :func:`evonas.lineage.filters.parse_filter` returned, or its text.
        individuals: of the run.
        results: their final results in order of completion; learning curves are not needed.
        lives: by number, when each entered and left the population.
        objective: the run's first metric.

    Raises:
        FilterError: if the text is not understood, or speaks of what the run does not have.
    """
    return chosen(_gathered(individuals, results, lives or {}, objective), condition)


def chosen(everyone: Sequence[Facts], condition: Condition | str) -> set[int]:
    """As :func:`matching`, of what :func:`describe` returned.

    Raises:
        FilterError: if the text is not understood, or speaks of what the run does not have.
    """
    text = condition if isinstance(condition, str) else str(condition)
    parsed = parse_filter(text)
    test = parsed.bind(_Names(everyone, text).reader)
    return {facts.individual.number for facts in everyone if test(facts)}


def _gathered(
    individuals: Iterable[Individual],
    results: Iterable[StoredResult],
    lives: Mapping[int, tuple[int, int | None]],
    objective: str,
) -> list[Facts]:
    own: dict[int, list[StoredResult]] = {}
    for stored in results:
        own.setdefault(stored.result.individual, []).append(stored)
    return [
        Facts(individual, own.get(individual.number, ()), lives.get(individual.number), objective)
        for individual in individuals
    ]


class _Names:
    """The names of one run: finds what reads them, or says which ones there are."""

    def __init__(self, everyone: Sequence[Facts], text: str) -> None:
        self._everyone = everyone
        self._text = text
        self._metrics = {name for facts in everyone for stored in facts.own for name in stored.result.metrics}
        self._costs = {name for facts in everyone for name in facts.individual.costs}

    def reader(self, comparison: Comparison) -> _Read:
        """Return what reads the value that a comparison is about."""
        name = comparison.name
        plain = FIELDS.get(_ALIASES.get(name, name))
        if plain is not None:
            self._check(comparison, plain.kind)
            self._check_words(comparison)
            return plain.read
        kind, _, rest = name.partition(".")
        read = self._figure(name, costs=True)
        if read is None and kind in ("metric", "cost") and rest:
            read = self._figure(rest, costs=kind == "cost", metrics=kind == "metric")
        if read is not None:
            self._check(comparison, "number")
            return read
        found = self._gene(name) or (self._gene(rest) if kind == "gene" and rest else None)
        if found is not None:
            return found
        if not self._metrics:  # nothing has been measured yet: nobody knows what will be
            return lambda facts: None
        raise self._unknown(comparison)

    def _figure(self, name: str, *, costs: bool, metrics: bool = True) -> _Read | None:
        if metrics:
            for metric in (name, name.removeprefix("val_")):
                if metric in self._metrics:
                    return lambda facts: facts.figure(metric)
        return (lambda facts: facts.individual.costs.get(name)) if costs and name in self._costs else None

    def _gene(self, name: str) -> _Read | None:
        read = _gene_reader(name)
        if any(read(facts) not in (None, ()) for facts in self._everyone):
            return read
        pattern = _INDEX.sub("[*]", name)
        return read if pattern in self._paths() else None

    def _paths(self) -> set[str]:
        """Return the path of every gene of the run, ``[*]`` for every index."""
        found: set[str] = set()
        for genes in {facts.individual.genome.id: facts.genes for facts in self._everyone}.values():
            _walk(genes, "", found)
        return found

    def _check(self, comparison: Comparison, kind: str) -> None:
        """Refuse values of another kind than the name's."""
        fitting = {"number": (int, float), "text": (str,), "truth": (bool,)}[kind]
        for value in comparison.values:
            if not isinstance(value, fitting) or (kind == "number" and isinstance(value, bool)):
                alone = comparison.value_at == comparison.at and value is True
                message = (
                    f"`{comparison.name}` is a {kind}" if kind != "truth" else f"`{comparison.name}` is true or false"
                )
                raise FilterError(
                    message,
                    self._text,
                    comparison.value_at,
                    len(comparison.name) if alone else 1,
                    expected={
                        "number": f"such as `{comparison.name} > 0.5`",
                        "text": f"such as `{comparison.name} = word`",
                        "truth": f"`{comparison.name}` or `not {comparison.name}`",
                    }[kind],
                )

    def _check_words(self, comparison: Comparison) -> None:
        """Refuse a status or an operator that does not exist: it is a slip, and would silently find nothing."""
        field_name = _ALIASES.get(comparison.name, comparison.name)
        if field_name not in ("status", "operator") or comparison.compare == "contains":
            return
        operators = {name for facts in self._everyone for name in facts.individual.birth.operators}
        known = set(_STATUSES) if field_name == "status" else operators
        for value in comparison.values:
            if known and value not in known:
                close = nearest(str(value), known)
                raise FilterError(
                    f"there is no {field_name} `{value}`" + ("" if field_name == "status" else " in this run"),
                    self._text,
                    max(comparison.value_at, self._text.find(str(value), comparison.value_at)),
                    len(str(value)),
                    expected=f"one of {', '.join(sorted(known))}",
                    hint=f"did you mean `{close}`?" if close else None,
                )

    def _unknown(self, comparison: Comparison) -> FilterError:
        name = comparison.name
        measured, genes = sorted(self._metrics | self._costs), sorted(self._paths())
        # A gene is often called by its last word alone.
        endings = [path for path in genes if path.rpartition(".")[2] == name.rpartition(".")[2]]
        close = (
            nearest(name, [*FIELDS, *measured, *genes])
            or nearest(name.removeprefix("val_"), measured)
            or next(iter(endings), None)
        )
        kinds = {"metrics and costs": measured, "genes": genes, "every run has": list(FIELDS)}
        listed = [f"{kind} {_some(names)}" for kind, names in kinds.items() if names]
        return FilterError(
            f"`{name}` is no metric, cost or gene of this run",
            self._text,
            comparison.at,
            len(name),
            expected="; ".join(listed),
            hint=f"did you mean `{close}`?" if close else None,
        )


def _some(names: Sequence[str]) -> str:
    more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _gene_reader(name: str) -> _Read:
    """Return what reads a gene by its path."""
    steps: list[str | int] = []
    at = 0
    while at < len(name):
        match = _STEP.match(name, at)
        if match is None:
            return lambda facts: facts.genes.get(name)  # a name of odd characters
        steps.append(match[1] if match[1] is not None else match[2] if match[2] == "*" else int(match[2]))
        at = match.end()
    several = "*" in steps

    def read(facts: Facts) -> Any:
        found = _follow(facts.genes, steps)
        return tuple(found) if several else (found[0] if found else None)

    return read


def _follow(genes: Any, steps: Sequence[str | int]) -> list[Any]:
    values = [genes]
    for step in steps:
        values = [found for value in values for found in _below(value, step)]
    return [value for value in values if value is not None]


def _below(value: Any, step: str | int) -> Sequence[Any]:
    if isinstance(value, dict):
        return (value[step],) if step in value else ()
    if not isinstance(value, list):
        return ()
    if step == "*":
        return value
    if isinstance(step, int):
        return (value[step],) if -len(value) <= step < len(value) else ()
    return (len(value),) if step == "length" else ()


def _walk(value: Any, path: str, found: set[str]) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            below = f"{path}.{name}" if path else name
            found.add(below) if not isinstance(item, (dict, list)) else None
            _walk(item, below, found)
    elif isinstance(value, list):
        found.add(f"{path}{_LENGTH}")
        for item in value:
            if not isinstance(item, (dict, list)):
                found.add(f"{path}[*]")
            _walk(item, f"{path}[*]", found)
