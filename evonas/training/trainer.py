"""Trains a network on prepared arrays: the same as ``model.fit``, as fast, with a curve, a guard and an end.

One training is: a seed, a network built from the genome, its optimizer, epochs over the training part in an order that
seed and epoch decide, the validation part scored after each, and the weights of the best epoch put back at the end.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evonas.config.schema import TrainingConfig
from evonas.training import keras_compat, learning
from evonas.training.answers import EVALUATION_BATCH, asked_again, scored
from evonas.training.backend import backend_name
from evonas.training.batches import Columns, EventOrder, batches, in_order, shared_tensor, steps_per_epoch
from evonas.training.callbacks import BestEpoch, DivergedError, Floor, LearningCurve, NanGuard
from evonas.training.curves import check_monitor, curve_columns
from evonas.training.data import Part
from evonas.training.epochs import EpochColumns, metrics_of
from evonas.training.heads import Heads
from evonas.training.metrics import MetricSettings
from evonas.training.objectives import keras_targets, keras_weights, losses_and_metrics
from evonas.training.weights import TrainingState

__all__ = ["Outcome", "train"]

_STEPS_PER_EXECUTION = 16  # batches between two returns to Python; measured with benchmarks/trainer.py
_WORTH_A_LOOP = 400  # batches of a training: tracing the loop takes about 0.3 s and saves about 0.7 ms a batch

Row = dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """A training that ended well.

    Attributes:
        curve: one row an epoch: ``epoch`` (from 1), ``loss``, ``val_loss``, ``accuracy`` and ``val_accuracy`` (or
            ``mae`` and ``val_mae``; with several heads those of each, see
            :func:`~evonas.training.curves.curve_columns`), ``val_`` before a metric that was watched (absent in an
            epoch in which it had no value), ``learning_rate`` (at its begin), ``seconds`` (wall time).
        epochs: epochs trained now, those before a resumption left out.
        seconds: wall time of the training, s.
        state: what is needed to use the network, or to go on training it.
        stopped: why the training was given up as hopeless; empty if it was not.
        undefined: why a metric that was watched had no value; empty if it always had one.
    """

    curve: list[Row]
    epochs: int
    seconds: float
    state: TrainingState
    stopped: str = ""
    undefined: str = ""


def train(
    model: Any,
    genome: Mapping[str, Any],
    training: Part,
    validation: Part,
    config: TrainingConfig,
    *,
    heads: Heads,
    epochs: int,
    seed: int,
    resume: TrainingState | None = None,
    report: Callable[[Row], None] = lambda row: None,
    floor: Sequence[tuple[int, float]] = (),
    watch: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Outcome:
    """Train a network; it is left with the weights of its best epoch.

    Args:
        model: the ``keras.Model`` that the genome encodes, not compiled.
        genome: the genome; its learning genes are read here.
        training: events to learn from.
        validation: events to watch.
        config: early stopping, class weights, and what metrics are told.
        heads: what the network answers.
        epochs: epochs to train now, at most.
        seed: seed of the order of the events.
        resume: the state of a training to go on with; its epochs come on top.
        report: called with each row of the learning curve.
        floor: epochs, counted as in the learning curve, and what ``watch`` must have reached by them for the training
            to go on.
        watch: column of the learning curve, see :func:`~evonas.training.curves.watchable_columns`; None for
            ``monitor``.
        facts: what else is known of the data, for metrics.

    Returns:
        The outcome.

    Raises:
        DivergedError: (a FloatingPointError) if the loss is not finite.
        GenomeError: if a learning gene is missing or impossible.
        ConfigError: if ``monitor`` is no column of the learning curve, or a class weight is of no class.
    """
    check_monitor(config.monitor, heads, validation.events, signal_class=config.signal_class)
    watch = watch or config.monitor
    batch_size = min(learning.batch_size(genome), len(training))
    steps = steps_per_epoch(len(training), batch_size)
    start = 0 if resume is None else resume.epochs
    smoothing = learning.label_smoothing(genome) if any(head.classes for head in heads) else 0.0
    made = None if resume is None else keras_compat.steps_done(resume.optimizer)
    optimizer = learning.optimizer(genome, steps, epochs, steps * start if made is None else made)
    if resume is not None:
        model.set_weights(resume.last)
        keras_compat.restore_optimizer_state(optimizer, model.trainable_variables, resume.optimizer)
    elif not getattr(optimizer, "built", False):
        optimizer.build(model.trainable_variables)  # variables made inside the graph would have it traced twice
    per_execution = _steps_per_execution(model, steps, epochs)
    structured = isinstance(model.output, Mapping)
    _compile(model, optimizer, heads, smoothing, structured, per_execution)

    order = EventOrder(len(training), seed, start)
    learned = Columns(
        training.inputs,
        keras_targets(heads, training.targets, smoothing or None, structured),
        keras_weights(heads, training.targets, config.class_weights, structured),
        training.rows,
    )
    watched = Columns(
        validation.inputs,
        keras_targets(heads, validation.targets, 0.0 if smoothing else None, structured),
        rows=validation.rows,
    )
    guard = NanGuard(max(1, _STEPS_PER_EXECUTION // per_execution))
    asked = asked_again(model, validation, heads)
    columns = EpochColumns(
        heads,
        metrics_of((config.monitor, watch), heads, validation),
        lambda: scored(asked(), validation, heads, facts or {}),
        MetricSettings.of(config),
    )
    curve = LearningCurve(order, report, columns)
    best = BestEpoch(
        config.monitor,
        config.patience,
        config.min_delta,
        columns=columns,
        best=None if resume is None else resume.best,
        epoch=0 if resume is None else resume.best_epoch,
        weights=None if resume is None or resume.best is None else resume.weights,
    )
    hopeless = Floor(floor, watch, columns=columns, best=_reached(resume, watch, heads))
    started = time.perf_counter()
    try:
        with warnings.catch_warnings():
            # Keras counts the executions of several steps as steps, and then thinks that events ran out
            warnings.filterwarnings("ignore", message=".*input ran out of data.*")
            model.fit(
                batches(learned, order, batch_size),
                **_validation(watched),
                initial_epoch=start,
                epochs=start + epochs,
                shuffle=False,
                verbose=0,
                callbacks=[guard, columns, *learning.callbacks(genome), curve, best, hopeless],
            )
    except DivergedError as error:
        raise DivergedError(str(error), error.epoch, curve.rows) from error
    seconds = time.perf_counter() - started
    last = keras_compat.weights(model)
    if best.weights is not None:
        model.set_weights(best.weights)
    done = start + len(curve.rows)
    state = TrainingState(
        weights=last if best.weights is None else best.weights,
        last=last,
        optimizer=keras_compat.optimizer_state(model.optimizer),
        epochs=done,
        best_epoch=done if best.weights is None else best.epoch,
        best=best.best,
        reached=hopeless.best,
        watched=watch,
    )
    return Outcome(curve.rows, len(curve.rows), seconds, state, hopeless.reason, columns.undefined)


def _reached(resume: TrainingState | None, watch: str, heads: Heads) -> float | None:
    """Return what the watched column had reached before a resumption; None where another one was watched then.

    Weights that do not say which it was are older than columns that Keras does not log.
    """
    if resume is None:
        return None
    same = resume.watched == watch or (not resume.watched and watch in curve_columns(heads))
    return resume.reached if same else None


def _compile(model: Any, optimizer: Any, heads: Heads, smoothing: float, structured: bool, per_execution: int) -> None:
    loss, metrics = losses_and_metrics(heads, smoothing, structured)
    several = {"steps_per_execution": per_execution} if per_execution > 1 else {}
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics, **several)


def _validation(watched: Columns) -> dict[str, Any]:
    """Return the arguments of ``fit`` for the validation part: whole tensors where there are, else batches."""
    if watched.rows is not None:
        return {"validation_data": in_order(watched, EVALUATION_BATCH)}
    return {
        "validation_data": (shared_tensor(watched.inputs), _shared(watched.targets)),
        "validation_batch_size": EVALUATION_BATCH,
    }


def _shared(arrays: Any) -> Any:
    if isinstance(arrays, Mapping):
        return {name: shared_tensor(array) for name, array in arrays.items()}
    return shared_tensor(arrays)


def _steps_per_execution(model: Any, steps: int, epochs: int) -> int:
    """Return how many batches to run between two returns to Python.

    Only TensorFlow runs several in a loop of its own; the others would unroll it. Keras 3 before this attribute loses
    count where the batches of an epoch are no multiple of it.
    """
    loops = keras_compat.keras_major() < 3 or hasattr(model, "unrolled_steps_per_execution")
    if backend_name() != "tensorflow" or not loops or steps * epochs < _WORTH_A_LOOP:
        return 1
    return min(_STEPS_PER_EXECUTION, steps)
