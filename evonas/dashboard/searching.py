"""Which individuals of a family tree a filter finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evonas.dashboard.family import Family
from evonas.dashboard.findings import Findings
from evonas.errors import EvonasError
from evonas.lineage import StoredResult
from evonas.lineage.facts import matching

__all__ = ["Found", "Sieve", "sieve"]


@dataclass(frozen=True)
class Sieve:
    """What an individual must be.

    Attributes:
        low, high: the first and last generation; None for no limit.
        operators: of its birth, one of them at least; empty for any.
        where: a condition in the language of ``evonas lineage --where``; empty for none.
        problem: what was not understood, in words.
    """

    low: int | None = None
    high: int | None = None
    operators: tuple[str, ...] = ()
    where: str = ""
    problem: str = ""

    @classmethod
    def of(cls, low: Any, high: Any, operators: Iterable[str] | None, where: Any) -> Sieve:
        """Return what the fields of the page say."""
        texts = [str(text if text is not None else "").strip() for text in (low, high)]
        wrong = [text for text in texts if text and not text.isdigit()]
        problem = f"A generation is a whole number from 0 on, not “{wrong[0]}”." if wrong else ""
        numbers = [int(text) if text.isdigit() else None for text in texts]
        return cls(numbers[0], numbers[1], tuple(operators or ()), str(where or "").strip(), problem)

    @property
    def open(self) -> bool:
        """Whether everybody passes."""
        return self.low is None and self.high is None and not self.operators and not self.where


@dataclass(frozen=True)
class Found:
    """Who passed.

    Attributes:
        nodes: of the family; None if nothing was asked.
        problem: what was not understood, in words; empty if all was.
    """

    nodes: frozenset[str] | None
    problem: str = ""


def sieve(family: Family, wanted: Sieve) -> Found:
    """Return the individuals of a family that pass."""
    if wanted.open:
        return Found(None, wanted.problem)
    nodes: set[str] = set()
    problem = wanted.problem
    for key, findings in family.runs.items():
        try:
            numbers = _where(findings, wanted.where)
        except EvonasError as error:
            return Found(None, str(error).replace("\n  ", "; "))
        for number, individual in findings.history.individuals.items():
            birth = individual.birth
            low_enough = wanted.high is None or birth.generation <= wanted.high
            high_enough = wanted.low is None or birth.generation >= wanted.low
            born_so = not wanted.operators or any(one in wanted.operators for one in birth.operators)
            if low_enough and high_enough and born_so and (numbers is None or number in numbers):
                nodes.add(f"{key}:{number}")
    return Found(frozenset(nodes), problem or ("" if nodes else "Nobody is like that."))


def _where(findings: Findings, text: str) -> frozenset[int] | None:
    """Return the numbers that a condition finds; None for no condition."""
    if not text:
        return None

    def made() -> frozenset[int]:
        history = findings.history
        results = [
            StoredResult(one.result, one.order - 1, one.finished, 0, one.trained, one.repeat)
            for one in history.evaluations
        ]
        objective = findings.goal.metric if findings.goal is not None else ""
        return frozenset(matching(text, history.individuals.values(), results, history.lives, objective=objective))

    return findings.once(("where", text), made)
