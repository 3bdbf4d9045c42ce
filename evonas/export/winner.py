"""Export an individual: ``model.keras``, ``inputs.json``, ``genome.yaml`` and ``MODEL_CARD.md`` in a folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evonas.config import RunConfig, load_config
from evonas.errors import ExportError, StorageError
from evonas.export.card import model_card
from evonas.genome import GenomeFile, write_genome
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult, Individual
from evonas.run import RunDirectory, training_settings

__all__ = [
    "Exported",
    "chosen",
    "export_winner",
    "genome_file",
    "inputs_json",
    "kept_weights",
    "why_no_model",
    "write_text",
]


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes:
        folder: the folder.
        files: names of the files in it, in the order they were written.
        note: why there is no model file; empty where there is one.
    """

    folder: Path
    files: tuple[str, ...]
    note: str = ""


def export_winner(run: RunDirectory, store: LineageStore, number: int, to: Path) -> Exported:
    """Write an individual into a folder.

    The model carries the weights of the search's evaluation; where those were not kept, there is no model file and the
    note says how to get one.

    Args:
        run: the run directory.
        store: its lineage.
        number: the individual.
        to: a new or existing folder; files of an earlier export are replaced.

    Raises:
        LineageError: if there is no such individual.
        ExportError: if the individual has no completed evaluation, or its weights do not fit its genome.
        StorageError: if the folder cannot be written.
    """
    individual, result = chosen(run, store, number)
    config = load_config(run.config_file)
    try:
        to.mkdir(parents=True, exist_ok=True)
        files = []
        weights = None if config.model is None else kept_weights(run, result)
        note = "" if weights is not None else why_no_model(run, config, number)
        if weights is not None:
            _write_model(config, individual, run, weights, to / "model.keras")
            write_text(to / "inputs.json", inputs_json(run))
            files += ["model.keras", "inputs.json"]
        write_genome(to / "genome.yaml", genome_file(store, individual, result))
        write_text(to / "MODEL_CARD.md", model_card(store, config, individual, result, has_model=weights is not None))
    except OSError as error:
        raise StorageError(f"the export cannot be written: {error.strerror or error}", file=to) from error
    return Exported(to, (*files, "genome.yaml", "MODEL_CARD.md"), note)


def chosen(run: RunDirectory, store: LineageStore, number: int) -> tuple[Individual, EvaluationResult]:
    """Return an individual and its own training at the highest rung that it completed.

    Its epochs and seconds are those of all its rungs together; repeats with other seeds play no part, unless its own
    training failed at every rung.

    Raises:
        LineageError: if there is no such individual.
        ExportError: if it has no completed evaluation.
    """
    individual = store.individual(number)
    completed = [stored for stored in store.results_of(number) if stored.result.completed]
    if not completed:
        raise ExportError(
            f"individual {number} has no completed evaluation",
            file=run.path,
            got=[stored.result.status.value for stored in store.results_of(number)] or "no evaluation",
            expected="an individual that was trained",
            hint=f"`evonas best {run.shown}` lists those that were",
        )
    own = [stored for stored in completed if not stored.repeat] or completed
    last = max(own, key=lambda stored: (stored.result.rung, stored.completion))
    seconds = sum(stored.result.seconds for stored in own)
    return individual, replace(last.result, epochs=last.total_epochs, seconds=seconds)


def genome_file(store: LineageStore, individual: Individual, result: EvaluationResult) -> GenomeFile:
    """Return the genome with its provenance: run, individual, metrics, parents, versions."""
    run = store.run
    provenance: dict[str, Any] = {
        "run": run.id,
        "run_name": run.name,
        "individual": individual.number,
        "parents": [parent.number for parent in individual.birth.parents if parent.run is None],
        "operators": list(individual.birth.operators),
        "generation": individual.birth.generation,
        "metrics": dict(result.metrics),
        "epochs": result.epochs,
        "seed": result.seed,
        "versions": dict(run.versions),
    }
    return GenomeFile(
        individual.genome,
        name=f"{run.name}-{individual.number}",
        description=f"Individual {individual.number} of the run {run.name}.",
        source="evolved with evonas",
        provenance=provenance,
    )


def kept_weights(run: RunDirectory, result: EvaluationResult) -> Path | None:
    """Return the file with the weights of an evaluation; None if they were not kept."""
    relative = result.artifacts.get("weights")
    path = None if relative is None else run.path / relative
    return path if path is not None and path.is_file() else None


def why_no_model(run: RunDirectory, config: RunConfig, number: int) -> str:
    """Return why there are no weights of an individual, and how to get some."""
    if config.model is None:
        return "the run evolves a function of yours: build the model from genome.yaml as that function does"
    return (
        f"the weights of individual {number} were not kept (training.keep_weights: {config.training.keep_weights}); "
        f"`evonas evaluate {run.shown}:{number} --to DIR` trains it again and keeps them"
    )


def _write_model(config: RunConfig, individual: Individual, run: RunDirectory, weights: Path, file: Path) -> None:
    from evonas.training.retrain import rebuild, save_keras

    save_keras(rebuild(individual.genome, training_settings(config), run.path, weights), file)


def inputs_json(run: RunDirectory, *, raw: bool = False) -> str:
    """Return what has to be known to feed the network: shape, standardisation, names; JSON.

    Args:
        run: the run directory.
        raw: whether the network takes events as they were read, and standardises them itself.
    """
    from evonas.training.data import FOLDER, read_summary

    summary = read_summary(run.path / FOLDER)
    fitted = None if raw else summary.standardisation
    content = {
        "task": summary.task,
        "input_shape": list(summary.input_shape),
        "input_names": list(summary.input_names),
        "class_names": list(summary.class_names),
        "shift": [0.0] if fitted is None else list(fitted.shift),
        "scale": [1.0] if fitted is None else list(fitted.scale),
    }
    return json.dumps(content, indent=2) + "\n"


def write_text(file: Path, text: str) -> None:
    """Write a text file, whole or not at all.

    Raises:
        OSError: if it cannot be written.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
