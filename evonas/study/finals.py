"""Networks of a study retrained with several seeds; every training is stored when it ends, and none is repeated."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.config import RunConfig
from evonas.errors import GenomeError, StorageError
from evonas.genome import Genome, canonical_json
from evonas.records import FINAL, EvaluationResult
from evonas.run import ask_question, retrain
from evonas.study.settings import Finals

__all__ = ["Retrained", "Say", "retrain_all", "why_not_buildable"]

Say = Callable[[str], None]
"""Tells a person a line."""

_FILE = "trainings.jsonl"


@dataclass(frozen=True)
class Retrained:
    """A network after its trainings.

    Attributes:
        genome: the network.
        results: one a seed, failures among them, in the order of the seeds.
        costs: ``parameters`` and ``operations``, from the genome alone.
    """

    genome: Genome
    results: tuple[EvaluationResult, ...]
    costs: Mapping[str, float]

    def values(self, metric: str) -> list[float]:
        """Return the metric of each training that completed and has it."""
        return [one.metrics[metric] for one in self.results if one.completed and metric in one.metrics]


def retrain_all(
    config: RunConfig, named: Mapping[str, Genome], finals: Finals, folder: Path, say: Say
) -> dict[str, Retrained]:
    """Retrain networks from scratch with each seed, and score them on validation and test part.

    Args:
        config: data and training.
        named: the networks by name; equal ones are trained once.
        finals: seeds and epochs.
        folder: where trainings are stored, logs and weights lie.
        say: told about each training.

    Raises:
        GenomeError: if a network cannot be built for these data.
        EvonasError: whatever stops a training that is no fault of the network.
    """
    folder.mkdir(parents=True, exist_ok=True)
    epochs = config.evolution.epochs if finals.epochs is None else finals.epochs
    seeds = list(range(finals.seeds))
    genomes = {genome.id: genome for genome in named.values()}
    keys = {(genome, seed): _key(config, genome, epochs, seed) for genome in genomes for seed in seeds}
    stored = _stored(folder / _FILE)
    costs = _costs(config, genomes, folder)
    names: dict[str, str] = {}
    for name, genome in named.items():
        names.setdefault(genome.id, name)
    for missing, together in _missing(keys, stored).items():
        chosen = [genomes[genome] for genome in together]

        def keep(result: EvaluationResult, chosen: Sequence[Genome] = chosen) -> None:
            genome = chosen[result.individual]
            outcome = "done" if result.completed else f"{result.status.value}: {result.error}"
            if result.status in FINAL:
                _store(folder / _FILE, keys[genome.id, result.seed], result)
            stored[keys[genome.id, result.seed]] = result
            say(f"{names[genome.id]}, seed {result.seed}: {outcome}, {result.seconds:.1f} s")

        retrain(config, chosen, list(missing), folder, epochs=epochs, on_result=keep)
    for leftover in ("data", "weights"):  # large, and made again when needed
        shutil.rmtree(folder / leftover, ignore_errors=True)
    return {
        name: Retrained(genome, tuple(stored[keys[genome.id, seed]] for seed in seeds), costs[genome.id])
        for name, genome in named.items()
    }


def why_not_buildable(config: RunConfig, genome: Genome, folder: Path) -> str | None:
    """Return why a network cannot be built for the data of a configuration; None if it can.

    Args:
        config: the data.
        genome: the network.
        folder: where prepared data lie.
    """
    folder.mkdir(parents=True, exist_ok=True)
    question = ask_question(config, folder)
    try:
        if question.appraise is not None:
            question.appraise(genome)
    except GenomeError as error:
        return " ".join(str(error).split())
    return None


def _key(config: RunConfig, genome: str, epochs: int, seed: int) -> str:
    """Return what stands for one training: equal keys, equal trainings."""
    plain = config.model_dump(mode="json", include={"model", "data", "training"})
    objectives = [objective.metric for objective in config.evolution.objectives]
    text = canonical_json([plain, objectives, genome, epochs, seed])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _missing(
    keys: Mapping[tuple[str, int], str], stored: Mapping[str, EvaluationResult]
) -> dict[tuple[int, ...], list[str]]:
    """Return the networks that lack trainings, by the seeds that they lack."""
    seeds: dict[str, list[int]] = {}
    for (genome, seed), key in keys.items():
        if key not in stored:
            seeds.setdefault(genome, []).append(seed)
    groups: dict[tuple[int, ...], list[str]] = {}
    for genome, own in seeds.items():
        groups.setdefault(tuple(own), []).append(genome)
    return groups


def _costs(config: RunConfig, genomes: Mapping[str, Genome], folder: Path) -> dict[str, Mapping[str, float]]:
    """Return the costs of each network, which are stored once known: they need the shape of the data."""
    file = folder / "costs.json"
    known: dict[str, Any] = {}
    if file.is_file():
        known = json.loads(file.read_text(encoding="utf-8"))
    if not set(genomes) <= set(known):
        question = ask_question(config, folder)
        for name, genome in genomes.items():
            known[name] = {} if question.appraise is None else dict(question.appraise(genome))
        _write(file, json.dumps(known, indent=1))
    return {name: known[name] for name in genomes}


def _stored(file: Path) -> dict[str, EvaluationResult]:
    """Read the trainings that ended; a line that was cut off by a kill is left out."""
    stored: dict[str, EvaluationResult] = {}
    if not file.is_file():
        return stored
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
            stored[row["key"]] = EvaluationResult.from_dict(row["result"])
        except (ValueError, KeyError, TypeError):
            continue
    return stored


def _store(file: Path, key: str, result: EvaluationResult) -> None:
    try:
        cut = file.is_file() and not file.read_bytes().endswith(b"\n")
        with file.open("a", encoding="utf-8") as rows:
            rows.write(("\n" if cut else "") + json.dumps({"key": key, "result": result.to_dict()}) + "\n")
    except OSError as error:
        raise StorageError(f"a training cannot be stored: {error.strerror}", file=file) from error


def _write(file: Path, text: str) -> None:
    try:
        temporary = file.with_suffix(".tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        raise StorageError(f"the study's folder cannot be written: {error.strerror}", file=file) from error
