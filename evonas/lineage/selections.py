"""Choosing individuals of a run by a word: ``best``, ``best(5)``, ``pareto``, ``knee``, ``baseline``, ``12``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evonas.errors import LineageError
from evonas.lineage.ranking import Scored, best_first, knee, non_dominated, score_constrained
from evonas.lineage.reading import Reading
from evonas.records import Individual

__all__ = ["GRAMMAR", "select"]

GRAMMAR = "best, best(K) with K at least 1, pareto, knee, baseline, or an individual's number"
"""What a selection may say."""

_BEST = re.compile(r"best(?:\((?P<k>[0-9]+)\))?")


def select(store: Reading, selection: str) -> list[Individual]:
    """Return the individuals that a selection names, the best first; of equal genomes only the first.

    ``best`` and ``best(K)`` go by the run's first objective, ``pareto`` by all of them (those that no other one
    dominates), ``knee`` by all of them, too (the front's best compromise). Only completed evaluations at the highest
    rung count, and those that break a constraint come last. ``12`` is individual 12, whatever became of it;
    ``baseline`` are the published networks that the run started with.

    Raises:
        LineageError: if the selection is not understood, there is no such individual, or nothing has completed.
    """
    text = "".join(selection.split())
    if text.isdecimal():
        return [store.individual(int(text))]
    if text == "baseline":
        return _baselines(store)
    match = _BEST.fullmatch(text)
    k = int(match["k"] or 1) if match else 0
    if k == 0 and text not in ("pareto", "knee"):
        raise LineageError("this selection is not understood", file=store.place, got=selection, expected=GRAMMAR)
    run = store.run
    directions = run.directions[:1] if match else run.directions
    metrics = [metric for metric, _ in directions]
    maximise = [more for _, more in directions]
    scored = score_constrained(store.individuals(), store.results(curves=False), metrics, run.allowed)
    if not scored:
        raise LineageError(
            f"no individual of this run has completed an evaluation that reports {' and '.join(metrics)}",
            file=store.place,
            got=selection,
            hint="choose another run, or an individual by its number",
        )
    if match is None:
        front = non_dominated(scored, maximise)
        return _distinct(front if text == "pareto" else [knee(front, scored, maximise)])
    return _distinct(best_first(scored, maximise[0]))[:k]


def _baselines(store: Reading) -> list[Individual]:
    found = [one for one in store.individuals() if one.birth.baseline]
    if not found:
        raise LineageError(
            "this run did not start with a baseline",
            file=store.place,
            got="baseline",
            hint="its model family has none, or the configuration says `baseline: none`",
        )
    return found


def _distinct(scored: Iterable[Scored]) -> list[Individual]:
    by_genome: dict[str, Individual] = {}
    for one in scored:
        by_genome.setdefault(one.individual.genome.id, one.individual)
    return list(by_genome.values())
