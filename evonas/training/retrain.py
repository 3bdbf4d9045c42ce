"""A genome becomes a trained network again: for evaluations, for finalists on the test part, and for export."""

from __future__ import annotations

import os
import statistics
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evonas.errors import StorageError
from evonas.genome import Genome
from evonas.training import keras_compat
from evonas.training.answers import EVALUATION_BATCH, predict, scored
from evonas.training.backend import seed_everything
from evonas.training.callbacks import DivergedError
from evonas.training.data import load_part, load_some, read_summary
from evonas.training.families import load_family
from evonas.training.heads import Scored
from evonas.training.metrics import compute
from evonas.training.pooling import pooled, pooled_shape
from evonas.training.settings import Settings, always_reported
from evonas.training.trainer import Outcome, Row, train
from evonas.training.weights import TrainingState, load_state

__all__ = [
    "Retrained",
    "answer",
    "fit_genome",
    "measure",
    "rebuild",
    "retrain",
    "save_keras",
    "score",
    "seconds_per_inference",
]


@dataclass(frozen=True)
class Retrained:
    """A network trained from scratch.

    Attributes:
        metrics: name to value, on the part that was asked for.
        curve: its learning curve.
        model: the ``keras.Model``, with the weights of its best epoch.
        state: its weights and where its training stands.
    """

    metrics: dict[str, float]
    curve: list[Row]
    model: Any
    state: TrainingState


def retrain(
    genome: Genome, settings: Mapping[str, Any], run_dir: Path, *, seed: int, epochs: int, part: str = "test"
) -> Retrained:
    """Train a genome from scratch and score it.

    Args:
        genome: the genome.
        settings: the evaluator's settings.
        run_dir: the run directory with the prepared arrays.
        seed: seed of weights, order and dropout.
        epochs: epochs to train, at most.
        part: part to score on: ``validation`` or ``test``.

    Raises:
        DataError: if the run has no such part.
        GenomeError: if the genome cannot be built.
        FloatingPointError: if it diverges.
    """
    read = Settings.read(settings)
    folder = Path(run_dir) / read.cache
    load_part(folder, part)  # a part that is missing is said before hours of training
    model, outcome = fit_genome(genome, read, folder, epochs=epochs, seed=seed)
    return Retrained(_scores(model, read, folder, part), outcome.curve, model, outcome.state)


def rebuild(genome: Genome, settings: Mapping[str, Any], run_dir: Path, weights: Path) -> Any:
    """Build a network and give it weights from a file.

    Args:
        genome: the genome.
        settings: the evaluator's settings.
        run_dir: the run directory.
        weights: the file, absolute or relative to the run directory.

    Returns:
        The ``keras.Model``, not compiled.

    Raises:
        GenomeError: if the genome cannot be built.
        StorageError: if the weights are missing, damaged, or of another genome.
    """
    read = Settings.read(settings)
    path = Path(run_dir) / weights
    state = load_state(path, genome=genome.id)
    model = _build(genome, read, Path(run_dir) / read.cache)
    try:
        model.set_weights(state.weights)
    except ValueError as error:
        hint = "they learned from images of a lower resolution, at a low rung" if state.pooling > 1 else None
        raise StorageError(f"the weights do not fit the network: {error}", file=path, hint=hint) from error
    return model


def score(model: Any, settings: Mapping[str, Any], run_dir: Path, part: str = "validation") -> dict[str, float]:
    """Return a network's metrics on a part of the prepared data.

    Raises:
        DataError: if the run has no such part.
        FloatingPointError: if a prediction is not finite.
    """
    read = Settings.read(settings)
    return _scores(model, read, Path(run_dir) / read.cache, part)


def answer(model: Any, folder: Path, part: str = "validation", pooling: int = 1) -> Scored:
    """Return a network's answers about a part of the prepared data, beside the truth.

    Args:
        model: the network.
        folder: folder of the prepared arrays.
        part: ``train``, ``validation`` or ``test``.
        pooling: pixels of images a side that are averaged into one.

    Raises:
        DataError: if there is no such part.
    """
    summary = read_summary(folder)
    events = pooled(load_part(folder, part), pooling)
    return scored(predict(model, events, summary.heads), events, summary.heads, summary.facts)


def save_keras(model: Any, file: Path) -> None:
    """Write a network as one `.keras` file, whole or not at all.

    Args:
        model: the ``keras.Model``.
        file: the file; its name ends in ``.keras``.

    Raises:
        StorageError: if it cannot be written.
    """
    file = Path(file)
    temporary = file.with_name(f".{file.stem}.{os.getpid()}.tmp.keras")  # Keras tells the format by the ending
    try:
        with warnings.catch_warnings():
            # Keras converts TensorFlow's variables as NumPy 1 did
            warnings.filterwarnings("ignore", message="__array__ implementation", category=DeprecationWarning)
            model.save(temporary)
        temporary.replace(file)
    except OSError as error:
        raise StorageError(f"the network cannot be written: {error}", file=file, hint="free some space") from error
    finally:
        temporary.unlink(missing_ok=True)


def fit_genome(
    genome: Genome,
    settings: Settings,
    folder: Path,
    *,
    epochs: int,
    seed: int,
    resume: TrainingState | None = None,
    report: Callable[[Row], None] = lambda row: None,
    fraction: float = 1.0,
    floor: Sequence[tuple[int, float]] | None = None,
    pooling: int = 1,
) -> tuple[Any, Outcome]:
    """Build the network of a genome and train it.

    Args:
        genome: the genome.
        settings: the evaluator's settings.
        folder: folder of the prepared arrays.
        epochs: epochs to train now, at most.
        seed: seed of weights, order and dropout.
        resume: the state of a training to go on with.
        report: called with each row of the learning curve.
        fraction: part of the training events to learn from.
        floor: epochs, those before a resumption included, and what the watched column must have reached by them for
            the training to go on; None where nobody watches it, so that the learning curve may do without it.
        pooling: pixels of images a side that are averaged into one.

    Returns:
        The ``keras.Model`` with the weights of its best epoch, and the outcome of the training.

    Raises:
        GenomeError: if the genome cannot be built.
        FloatingPointError: if it diverges.
    """
    seed_everything(seed, 0 if resume is None else resume.epochs)
    summary = read_summary(folder)
    model = _build(genome, settings, folder, pooling)
    outcome = train(
        model,
        genome,
        pooled(load_some(folder, "train", fraction, settings.split_seed), pooling),
        pooled(load_part(folder, "validation"), pooling),
        settings.training,
        heads=summary.heads,
        epochs=epochs,
        seed=seed,
        resume=resume,
        report=report,
        floor=floor or (),
        watch=None if floor is None else settings.watched(summary.heads),
        facts=summary.facts,
    )
    return model, replace(outcome, state=replace(outcome.state, pooling=pooling))


def measure(
    model: Any, genome: Genome, settings: Settings, folder: Path, outcome: Outcome, *, test: bool
) -> dict[str, float]:
    """Return all metrics of an evaluation: scores, costs and what was measured.

    Args:
        model: the trained network.
        genome: its genome.
        settings: the evaluator's settings.
        folder: folder of the prepared arrays.
        outcome: its training.
        test: whether to score the test part, too, with the prefix ``test_``.

    Raises:
        FloatingPointError: if a prediction is not finite.
        DataError: if there is no test part.
    """
    summary, pooling = read_summary(folder), outcome.state.pooling
    try:
        metrics = _scores(model, settings, folder, "validation", pooling)
        if test:
            tested = _scores(model, settings, folder, "test", pooling)
            metrics |= {f"test_{name}": value for name, value in tested.items()}
    except FloatingPointError as error:
        raise DivergedError(str(error), outcome.state.best_epoch, outcome.curve) from error
    asked = always_reported(settings, summary)
    costs = load_family(settings.family).costs(genome, summary.input_shape, summary.heads)
    metrics |= {name: float(value) for name, value in costs.items() if name in asked}
    if "seconds" in asked:
        metrics["seconds"] = outcome.seconds
    if "epochs" in asked:
        metrics["epochs"] = float(outcome.epochs)
    if "seconds_per_inference" in asked:
        events = pooled(load_part(folder, "validation"), pooling)
        metrics["seconds_per_inference"] = seconds_per_inference(model, events.gather(0, EVALUATION_BATCH))
    return metrics


def seconds_per_inference(model: Any, inputs: Any, *, batch: int = EVALUATION_BATCH, repeats: int = 11) -> float:
    """Return the wall time of one inference, s: that of a batch, divided by its events.

    The median over repeated batches, after two to warm up. Copying a batch to the device and back is part of it. It
    depends on the machine, and on what else runs there: compare figures of one run on one idle machine only.

    Args:
        model: the network.
        inputs: events to infer; the first ``batch`` of them are used, all if there are fewer.
        batch: events of a batch.
        repeats: number of batches timed.
    """
    events = inputs[:batch]
    for _ in range(2):
        keras_compat.predict_on_batch(model, events)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        keras_compat.predict_on_batch(model, events)
        times.append(time.perf_counter() - started)
    return statistics.median(times) / len(events)


def _build(genome: Genome, settings: Settings, folder: Path, pooling: int = 1) -> Any:
    summary = read_summary(folder)
    return load_family(settings.family).build(genome, pooled_shape(summary.input_shape, pooling), summary.heads)


def _scores(model: Any, settings: Settings, folder: Path, part: str, pooling: int = 1) -> dict[str, float]:
    names = always_reported(settings, read_summary(folder))
    return compute(names, answer(model, folder, part, pooling), settings.metric_settings)
