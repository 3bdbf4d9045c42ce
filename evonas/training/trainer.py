"""Trains a network on prepared arrays: the same as ``model.fit``, as fast, with a curve, a guard and an end.

One training is: a seed, a network built from the genome, its optimizer, epochs over the training part in an order that
seed and epoch decide, the validation part scored after each, and the weights of the best epoch put back at the end.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from evonas.config.schema import TrainingConfig
from evonas.errors import ConfigError
from evonas.training import keras_compat, learning
from evonas.training.backend import backend_name
from evonas.training.batches import EventOrder, batches, shared_tensor, steps_per_epoch
from evonas.training.callbacks import BestEpoch, DivergedError, LearningCurve, NanGuard
from evonas.training.data import Part
from evonas.training.weights import TrainingState

__all__ = ["EVALUATION_BATCH", "Outcome", "event_weights", "predict", "train"]

EVALUATION_BATCH = 512
"""Events scored at once."""

_STEPS_PER_EXECUTION = 16  # batches between two returns to Python; measured with benchmarks/trainer.py
_WORTH_A_LOOP = 400  # batches of a training: tracing the loop takes about 0.3 s and saves about 0.7 ms a batch
_EAGER_BATCHES = 8  # up to so many batches are scored without tracing a graph for them first, which takes longer

Row = dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """A training that ended well.

    Attributes:
        curve: one row an epoch: ``epoch`` (from 1), ``loss``, ``val_loss``, ``accuracy`` and ``val_accuracy`` (or
            ``mae`` and ``val_mae``), ``learning_rate`` (at its begin), ``seconds`` (wall time).
        epochs: epochs trained now, those before a resumption left out.
        seconds: wall time of the training, s.
        state: what is needed to use the network, or to go on training it.
    """

    curve: list[Row]
    epochs: int
    seconds: float
    state: TrainingState


def train(
    model: Any,
    genome: Mapping[str, Any],
    training: Part,
    validation: Part,
    config: TrainingConfig,
    *,
    classes: int | None,
    epochs: int,
    seed: int,
    resume: TrainingState | None = None,
    report: Callable[[Row], None] = lambda row: None,
) -> Outcome:
    """Train a network; it is left with the weights of its best epoch.

    Args:
        model: the ``keras.Model`` that the genome encodes, not compiled.
        genome: the genome; its learning genes are read here.
        training: events to learn from.
        validation: events to watch.
        config: early stopping and class weights.
        classes: number of classes; None for a regression.
        epochs: epochs to train now, at most.
        seed: seed of the order of the events.
        resume: the state of a training to go on with; its epochs come on top.
        report: called with each row of the learning curve.

    Returns:
        The outcome.

    Raises:
        DivergedError: (a FloatingPointError) if the loss is not finite.
        GenomeError: if a learning gene is missing or impossible.
        ConfigError: if ``monitor`` is no column of the learning curve, or a class weight is of no class.
    """
    batch_size = min(learning.batch_size(genome), len(training.inputs))
    steps = steps_per_epoch(len(training.inputs), batch_size)
    start = 0 if resume is None else resume.epochs
    smoothing = learning.label_smoothing(genome) if classes is not None else 0.0
    optimizer = learning.optimizer(genome, steps, start + epochs)
    if resume is not None:
        model.set_weights(resume.last)
        keras_compat.restore_optimizer_state(optimizer, model.trainable_variables, resume.optimizer)
    per_execution = _steps_per_execution(model, steps, epochs)
    _compile(model, optimizer, classes, smoothing, per_execution)

    order = EventOrder(len(training.inputs), seed, start)
    learned = [training.inputs, _targets(training.targets, classes, smoothing or None)]
    weights = event_weights(training.targets, config.class_weights, classes)
    learned += [] if weights is None else [weights]
    watched = [validation.inputs, _targets(validation.targets, classes, 0.0 if smoothing else None)]
    guard = NanGuard(max(1, _STEPS_PER_EXECUTION // per_execution))
    curve = LearningCurve(order, report)
    best = BestEpoch(
        config.monitor,
        config.patience,
        config.min_delta,
        best=None if resume is None else resume.best,
        epoch=0 if resume is None else resume.best_epoch,
        weights=None if resume is None else resume.weights,
    )
    started = time.perf_counter()
    try:
        with warnings.catch_warnings():
            # Keras counts the executions of several steps as steps, and then thinks that events ran out
            warnings.filterwarnings("ignore", message=".*input ran out of data.*")
            model.fit(
                batches(learned, order, batch_size),
                validation_data=tuple(shared_tensor(array) for array in watched),
                validation_batch_size=EVALUATION_BATCH,
                initial_epoch=start,
                epochs=start + epochs,
                shuffle=False,
                verbose=0,
                callbacks=[guard, *learning.callbacks(genome), curve, best],
            )
    except DivergedError as error:
        raise DivergedError(str(error), error.epoch, curve.rows) from error
    seconds = time.perf_counter() - started
    last = keras_compat.weights(model)
    if best.weights is not None:
        model.set_weights(best.weights)
    state = TrainingState(
        weights=last if best.weights is None else best.weights,
        last=last,
        optimizer=keras_compat.optimizer_state(model.optimizer),
        epochs=start + len(curve.rows),
        best_epoch=best.epoch,
        best=best.best,
    )
    return Outcome(curve.rows, len(curve.rows), seconds, state)


def predict(model: Any, inputs: NDArray[Any]) -> NDArray[np.float64]:
    """Return the network's answers, (events, outputs): probabilities of the classes, or quantities.

    Args:
        model: a trained network.
        inputs: (events, *input_shape) float32.
    """
    if backend_name() == "tensorflow" and len(inputs) <= _EAGER_BATCHES * EVALUATION_BATCH:
        pieces = [inputs[start : start + EVALUATION_BATCH] for start in range(0, len(inputs), EVALUATION_BATCH)]
        scores = np.concatenate([keras_compat.to_numpy(model(np.asarray(piece), training=False)) for piece in pieces])
    else:
        scores = model.predict(shared_tensor(inputs), batch_size=EVALUATION_BATCH, verbose=0)
    answers: NDArray[np.float64] = np.asarray(scores, np.float64)
    return answers


def event_weights(
    targets: NDArray[Any], class_weights: str | Mapping[int, float], classes: int | None
) -> NDArray[np.float32] | None:
    """Return the weight of each event in the loss, (events,); None where all weigh the same.

    Args:
        targets: (events,) classes.
        class_weights: ``none``; ``balanced``, events / (classes x events of the class); or weights by class, where a
            class that is not named weighs 1.
        classes: number of classes; None for a regression, which has no class weights.

    Raises:
        ConfigError: if a weight is of no class, or is not positive, or the task is a regression.
    """
    if class_weights == "none":
        return None
    if classes is None:
        raise ConfigError("a regression has no classes to weigh", key="training.class_weights", got=class_weights)
    if isinstance(class_weights, str):
        counts = np.bincount(targets, minlength=classes)
        weights = len(targets) / (classes * np.maximum(counts, 1))
    else:
        weights = np.ones(classes)
        for number, weight in class_weights.items():
            if not 0 <= int(number) < classes or not weight > 0:
                raise ConfigError(
                    "a class weight is of no class, or is not positive",
                    key=f"training.class_weights.{number}",
                    got=weight,
                    expected=f"a positive weight of a class from 0 to {classes - 1}",
                )
            weights[int(number)] = weight
    chosen: NDArray[np.float32] = weights[targets].astype(np.float32)
    return chosen


def _compile(model: Any, optimizer: Any, classes: int | None, smoothing: float, per_execution: int) -> None:
    if classes is None:
        loss, metric = "mean_squared_error", keras.metrics.MeanAbsoluteError(name="mae")
    elif smoothing:
        loss, metric = "categorical_crossentropy", keras.metrics.CategoricalAccuracy(name="accuracy")
    else:
        loss, metric = "sparse_categorical_crossentropy", keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    several = {"steps_per_execution": per_execution} if per_execution > 1 else {}
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric], **several)


def _steps_per_execution(model: Any, steps: int, epochs: int) -> int:
    """Return how many batches to run between two returns to Python.

    Only TensorFlow runs several in a loop of its own; the others would unroll it. Keras 3 before this attribute loses
    count where the batches of an epoch are no multiple of it.
    """
    loops = keras_compat.keras_major() < 3 or hasattr(model, "unrolled_steps_per_execution")
    if backend_name() != "tensorflow" or not loops or steps * epochs < _WORTH_A_LOOP:
        return 1
    return min(_STEPS_PER_EXECUTION, steps)


def _targets(targets: NDArray[Any], classes: int | None, smoothing: float | None) -> NDArray[Any]:
    """Return targets as the loss takes them: classes, or one-hot rows where labels are smoothed.

    Labels are smoothed here and not in the loss, so that the validation loss is that of the true labels and compares
    between genomes (Szegedy et al. 2016, doi:10.1109/CVPR.2016.308, section 7).

    Args:
        targets: classes or quantities.
        classes: number of classes; None for a regression.
        smoothing: probability that is spread over all classes; None keeps whole numbers, 0 gives one-hot rows.
    """
    if classes is None or smoothing is None:
        return targets
    hot = np.full((len(targets), classes), smoothing / classes, np.float32)
    hot[np.arange(len(targets)), targets] += 1.0 - smoothing
    return hot
