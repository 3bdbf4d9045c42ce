"""An engine's state as plain JSON values: what was asked of it, who was born, what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.evolution.births import PriorEvaluation, SeedGenome
from evonas.genome import Genome
from evonas.records import Birth, EvaluationRequest, EvaluationResult, Individual, Parent
from evonas.space import Space

__all__ = ["read_history", "read_question", "write_state"]

_VERSION = 2


def write_state(
    question: Mapping[str, Any],
    individuals: Sequence[Individual],
    requests: Sequence[EvaluationRequest],
    results: Sequence[EvaluationResult],
) -> dict[str, Any]:
    """Return all of it as plain JSON values.

    Args:
        question: the arguments that the engine was made with.
        individuals: by number.
        requests: by number.
        results: in the order they were told.
    """
    space, seeds, prior = question["space"], question["seeds"], question["prior"]
    return {
        **question,
        "version": _VERSION,
        "space": space.to_dict(),
        "family": space.family,
        "config": question["config"].model_dump(mode="json"),
        "search": question["search"].model_dump(mode="json"),
        "seeds": [_genome(one.genome) | {"parent": asdict(one.parent)} for one in seeds],
        "prior": [_genome(one.genome) | {"values": list(one.values), "run": one.run} for one in prior],
        "individuals": [
            _genome(one.genome) | {"birth": one.birth.to_dict(), "costs": dict(one.costs)} for one in individuals
        ],
        "requests": [
            {name: value for name, value in one.to_dict().items() if name not in ("family", "genes", "marks")}
            for one in requests
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
        "search": SearchConfig.model_validate(state["search"]),
        "seeds": [SeedGenome(_read_genome(one), Parent(**one["parent"])) for one in state["seeds"]],
        "prior": [PriorEvaluation(_read_genome(one), tuple(one["values"]), one["run"]) for one in state["prior"]],
        **{name: state[name] for name in ("seed", "elapsed", "training", "watch")},
    }


def read_history(
    state: Mapping[str, Any],
) -> tuple[list[Individual], list[EvaluationRequest], list[EvaluationResult]]:
    """Return the individuals and the requests by number, and the results in the order they were told."""
    individuals = [
        Individual(number, _read_genome(one), Birth.from_dict(one["birth"]), one["costs"])
        for number, one in enumerate(state["individuals"])
    ]
    requests = []
    for one in state["requests"]:
        genome = individuals[one["individual"]].genome
        carried = {"family": genome.family, "genes": genome.genes, "marks": genome.marks}
        requests.append(EvaluationRequest.from_dict({**one, **carried}))
    return individuals, requests, [EvaluationResult.from_dict(result) for result in state["results"]]


def _genome(genome: Genome) -> dict[str, Any]:
    return {"family": genome.family, "genes": genome.genes, "marks": genome.marks}


def _read_genome(values: Mapping[str, Any]) -> Genome:
    return Genome(values["genes"], values["family"], values["marks"])
