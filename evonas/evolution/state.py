"""An engine's state as plain JSON values: what was asked of it, who was born, what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evonas.config.schema import EvolutionConfig
from evonas.evolution.breeding import SeedGenome
from evonas.genome import Genome
from evonas.records import Birth, EvaluationResult, Individual, Parent
from evonas.space import Space

__all__ = ["read_history", "read_question", "write_state"]

_VERSION = 1


def write_state(
    space: Space,
    config: EvolutionConfig,
    seed: int,
    elapsed: float,
    seeds: Sequence[SeedGenome],
    individuals: Sequence[Individual],
    results: Sequence[EvaluationResult],
) -> dict[str, Any]:
    """Return all of it as plain JSON values."""
    return {
        "version": _VERSION,
        "space": space.to_dict(),
        "family": space.family,
        "config": config.model_dump(mode="json"),
        "seed": seed,
        "elapsed": elapsed,
        "seeds": [_genome(one.genome) | {"parent": asdict(one.parent)} for one in seeds],
        "individuals": [
            _genome(one.genome) | {"birth": one.birth.to_dict(), "costs": dict(one.costs)} for one in individuals
        ],
        "results": [result.to_dict() for result in results],
    }


def read_question(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that an engine was made with.

    Raises:
        ValueError: if the state is of another version.
    """
    if state.get("version") != _VERSION:
        raise ValueError(f"an engine's state of version {_VERSION} is expected, got {state.get('version')!r}")
    return {
        "space": Space.from_dict(state["space"], family=state["family"]),
        "config": EvolutionConfig.model_validate(state["config"]),
        "seed": state["seed"],
        "seeds": [SeedGenome(_read_genome(one), Parent(**one["parent"])) for one in state["seeds"]],
        "elapsed": state["elapsed"],
    }


def read_history(state: Mapping[str, Any]) -> tuple[list[Individual], list[EvaluationResult]]:
    """Return the individuals by number, and the results in the order they were told."""
    individuals = [
        Individual(number, _read_genome(one), Birth.from_dict(one["birth"]), one["costs"])
        for number, one in enumerate(state["individuals"])
    ]
    return individuals, [EvaluationResult.from_dict(result) for result in state["results"]]


def _genome(genome: Genome) -> dict[str, Any]:
    return {"family": genome.family, "genes": genome.genes, "marks": genome.marks}


def _read_genome(values: Mapping[str, Any]) -> Genome:
    return Genome(values["genes"], values["family"], values["marks"])
