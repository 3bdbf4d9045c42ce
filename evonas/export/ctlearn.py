"""Export an individual for CTLearn: configurations that its tools train and predict with, and trained models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from evonas.config import RunConfig, load_config
from evonas.errors import ExportError, StorageError
from evonas.export import ctlearn_readme as readme
from evonas.export.card import model_card
from evonas.export.ctlearn_events import event_files
from evonas.export.ctlearn_learning import ctlearn_learning
from evonas.export.ctlearn_settings import COMPONENTS, Network, predict_settings, train_script, train_settings
from evonas.export.winner import Exported, chosen, genome_file, inputs_json, kept_weights, why_no_model, write_text
from evonas.genome import Genome, write_genome
from evonas.lineage import LineageStore
from evonas.run import RunDirectory, training_settings

if TYPE_CHECKING:
    from evonas.training.data import DataSummary

__all__ = ["export_ctlearn"]

_SOURCES = ("ctlearn", "toy_showers")  # both read DL1 files with CTLearn's reader


@dataclass(frozen=True)
class _Source:
    """What is exported, from where and to where."""

    run: RunDirectory
    config: RunConfig
    genome: Genome
    summary: DataSummary
    seed: int
    to: Path

    @property
    def settings(self) -> dict[str, Any]:
        return training_settings(self.config)


def export_ctlearn(run: RunDirectory, store: LineageStore, number: int, to: Path) -> Exported:
    """Write an individual into a folder, for CTLearn's commands.

    Beside genome and model card: ``train.yaml`` for ``ctlearn-train-model`` (one for each task where CTLearn cannot
    train them together), ``untrained.keras`` where no class of CTLearn's builds the network, ``train.py`` that builds
    it with evonas's components, ``predict.yaml`` and ``predict.sh``, and, if the weights were kept, one trained model
    for each task.

    Args:
        run: the run directory; its data source is ``ctlearn`` or ``toy_showers``.
        store: its lineage.
        number: the individual.
        to: a new or existing folder; files of an earlier export are replaced.

    Raises:
        LineageError: if there is no such individual.
        ExportError: if the individual has no completed evaluation, or the run's data are not CTLearn's.
        DataError: if the run directory holds no prepared data.
        GenomeError: if the genome cannot be built.
        StorageError: if the folder cannot be written.
    """
    from evonas.training.data import FOLDER, read_summary

    individual, result = chosen(run, store, number)
    config = load_config(run.config_file)
    _check(run, config)
    source = _Source(run, config, individual.genome, read_summary(run.path / FOLDER), result.seed, to)
    weights = kept_weights(run, result)
    note = "" if weights is not None else why_no_model(run, config, number)
    try:
        to.mkdir(parents=True, exist_ok=True)
        models = {} if weights is None else _trained(source, weights)
        trainings, files = _trainings(source)
        files = [*[path.name for path in models.values()], *(["inputs.json"] if models else []), *files]
        files += _prediction(source, models)
        if models:
            write_text(to / "inputs.json", inputs_json(run, raw=True))
        write_text(to / "README.md", readme.readme(source.summary.facts, individual, trainings, models, note))
        write_genome(to / "genome.yaml", genome_file(store, individual, result))
        card = model_card(store, config, individual, result, has_model=bool(models), use=readme.USE)
        write_text(to / "MODEL_CARD.md", card)
    except OSError as error:
        raise StorageError(f"the export cannot be written: {error.strerror or error}", file=to) from error
    return Exported(to, (*files, "README.md", "genome.yaml", "MODEL_CARD.md"), note)


def _check(run: RunDirectory, config: RunConfig) -> None:
    if config.model is not None and config.data.source in _SOURCES:
        return
    raise ExportError(
        "CTLearn can use networks that were trained on its own events only",
        file=run.config_file,
        key="data.source",
        got=config.data.source if config.model is not None else f"the evaluator {config.evaluator}",
        expected="a run with `data.source: ctlearn` (or toy_showers)",
        hint=f"`evonas export {run.shown}` without --format writes a Keras model",
    )


def _trained(source: _Source, weights: Path) -> dict[str, Path]:
    from evonas.training.ctlearn.handover import write_trained

    return write_trained(source.genome, source.settings, source.run.path, weights, source.to)


def _trainings(source: _Source) -> tuple[list[readme.Training], list[str]]:
    """Write the configurations of ``ctlearn-train-model`` and what they need; return them and their files' names."""
    names = [head.name for head in source.summary.heads]
    # class weights, which CTLearn takes whenever there is background, are refused by Keras for several outputs
    together = "type" not in names
    groups = [names] if together else [[name] for name in names]
    trainings, files = [], []
    for tasks in groups:
        training, written = _training(source, tasks, "" if len(groups) == 1 else f"_{tasks[0]}")
        trainings.append(training)
        files += written
    return trainings, files


def _training(source: _Source, tasks: list[str], suffix: str) -> tuple[readme.Training, list[str]]:
    from evonas.training.learning import read_learning

    facts, to = source.summary.facts, source.to
    network, files = _network(source, tasks, suffix)
    counts = sum(source.summary.counts.values())
    events = counts if "type" in tasks else _signal_events(source.summary)
    learning = ctlearn_learning(read_learning(source.genome), source.config, tasks, events, source.seed)
    signal = event_files(facts["signal_files"], "signal", to)
    with_background = "type" in tasks and bool(facts["background_files"])
    background = event_files(facts["background_files"], "background", to) if with_background else None
    lost = list(learning.lost)
    if facts["background_files"] and not with_background:
        lost.append("It learns from the signal files alone: CTLearn cannot train a regression with background files.")
    name = f"train{suffix}.yaml"
    settings = train_settings(facts, signal, background, tasks, network, learning.traits)
    write_text(to / name, _HEADER.format(name=name) + yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))
    files.insert(0, name)
    script = None
    if not network.native and source.summary.standardisation is None and source.genome.family in COMPONENTS:
        script = f"train{suffix}.py"
        write_text(to / script, train_script(name, COMPONENTS[source.genome.family]))
        files.append(script)
    linked = signal.linked or (background is not None and background.linked)
    return readme.Training(tuple(tasks), name, network, script, tuple(lost), linked), files


def _network(source: _Source, tasks: list[str], suffix: str) -> tuple[Network, list[str]]:
    """Return CTLearn's own class where it builds the network, else a file with fresh weights."""
    from evonas.training.ctlearn.handover import write_untrained
    from evonas.training.families.ctlearn import native_component

    heads = [head for head in source.summary.heads if head.name in tasks]
    native = None if source.summary.standardisation is not None else native_component(source.genome, heads)
    if native is not None:
        return Network(*native), []
    name = f"untrained{suffix}"
    file = write_untrained(
        source.genome, source.settings, source.run.path, source.to, tasks=tasks, seed=source.seed, name=name
    )
    return Network.loaded(file.resolve()), [file.name]


def _signal_events(summary: DataSummary) -> int:
    counts = summary.class_counts
    return sum(part[1] for part in counts.values()) if counts else sum(summary.counts.values())


def _prediction(source: _Source, models: Mapping[str, Path]) -> list[str]:
    facts = source.summary.facts
    text = yaml.safe_dump(predict_settings(facts), sort_keys=False, allow_unicode=True)
    write_text(source.to / "predict.yaml", _HEADER.format(name="predict.yaml") + text)
    if not models:
        return ["predict.yaml"]
    script = source.to / "predict.sh"
    write_text(script, readme.predict_script(facts["mode"], models))
    script.chmod(0o755)
    return ["predict.yaml", "predict.sh"]


_HEADER = "# {name}: see README.md\n"
