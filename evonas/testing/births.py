"""Runs and births as the contracts of stores and their tests take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evonas.genome import GeneChange, Genome
from evonas.lineage import RunRecord
from evonas.records import Birth, EvaluationRequest, Individual, Parent

__all__ = ["bear", "new_run"]


def new_run(name: str = "contract", **fields: Any) -> RunRecord:
    """Return a run that maximises ``accuracy`` and minimises ``parameters``, unless ``fields`` say otherwise."""
    fields = {
        "config": {"name": name, "evolution": {"evaluations": 10}},
        "space": {"x": {"float": [0.0, 1.0]}},
        "objectives": [{"metric": "accuracy"}, {"metric": "parameters", "direction": "min"}],
        "versions": {"evonas": "0.1.0"},
        "command": ["evonas", "evolve", "run.yaml"],
        "seed": 2**40,
        "environment": {"devices": ["cpu:0"]},
        **fields,
    }
    return RunRecord.new(name, **fields)


def bear(
    number: int, parents: Sequence[Parent | int] = (), *, x: float | None = None, **birth: Any
) -> tuple[Individual, EvaluationRequest]:
    """Return an individual with a variable-length list and marks, and the request for its evaluation."""
    genes = {
        "z": number / 7 if x is None else x,
        "layers": [{"units": 8}, {"units": number + 1}],
        "name": "\N{SNOWMAN}",
    }
    genome = Genome(genes, "dense", {"layers": [[0, None], [number + 5, None]]})
    given = {
        "operators": ("crossover", "mutate_one") if parents else ("founder",),
        "parents": tuple(parent if isinstance(parent, Parent) else Parent(parent) for parent in parents),
        "changes": (GeneChange("layers[5].units", "changed", 8, [1, {"a": None}]),) if parents else (),
        "generation": 1 if parents else 0,
        "random_state": f"0/{number}",
        "attempts": 2,
        **birth,
    }
    individual = Individual(number, genome, Birth(**given), {"parameters": 100.0 + number})
    return individual, EvaluationRequest(number, number, genome, epochs=3, seed=2**33 + number)
