"""The learning genes: optimizer, learning rate, schedule, batch size and regularisation, the same for every family.

Their place in a genome is the group ``learning``::

    learning:
      optimizer: {type: adamw, learning_rate: 1e-3, weight_decay: 1e-4}
      schedule: {type: cosine, final: 0.01}
      batch_size: 64
      label_smoothing: 0.0
      clipping: {type: none}

The learning rate stands within the optimizer because its good values differ between optimizers by factors of 10 to
1000. Adam has no weight decay here: with it, Keras's Adam is AdamW.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evonas.training import keras_compat
from evonas.training.genes import GeneReader

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "Learning",
    "batch_size",
    "callbacks",
    "default_learning",
    "label_smoothing",
    "optimizer",
    "read_learning",
]

OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop", "adadelta")
"""Kinds of optimizer."""

SCHEDULES = ("constant", "cosine", "exponential", "plateau")
"""Kinds of learning-rate schedule."""

_WITH_EPSILON = ("adam", "adamw", "rmsprop")


@dataclass(frozen=True)
class Learning:
    """The learning genes of a genome, read and checked.

    Attributes:
        optimizer: one of :data:`OPTIMIZERS`.
        learning_rate: the rate a schedule starts from.
        weight_decay: fraction of each kernel weight, times the learning rate, that a step takes away (decoupled, as
            Loshchilov & Hutter 2019, arXiv:1711.05101); biases and normalisation are spared; 0 for none.
        momentum: of ``sgd`` and ``rmsprop``; 0 for none.
        nesterov: whether ``sgd`` looks ahead.
        rho: decay of the running mean of squares, of ``rmsprop`` and ``adadelta``.
        epsilon: what is added to the root of the squares' mean, of ``adam``, ``adamw`` and ``rmsprop``.
        schedule: one of :data:`SCHEDULES`.
        final: part of the learning rate that is left at the end, of ``cosine`` and ``exponential``.
        factor: the learning rate is multiplied by this on a plateau.
        patience: epochs without a better ``val_loss`` that make a plateau.
        min_delta: least gain of ``val_loss`` that is one.
        min_rate: the learning rate is never lowered below this.
        batch_size: examples a step.
        label_smoothing: probability that is spread over all classes; without effect on regression.
        clip_norm: upper limit of the norm of all gradients together; None for no limit.
    """

    optimizer: str
    learning_rate: float
    weight_decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False
    rho: float = 0.9
    epsilon: float = 1e-7
    schedule: str = "constant"
    final: float = 0.0
    factor: float = 0.5
    patience: int = 3
    min_delta: float = 1e-4
    min_rate: float = 0.0
    batch_size: int = 64
    label_smoothing: float = 0.0
    clip_norm: float | None = None


def default_learning() -> dict[str, Any]:
    """Return the default space of the learning genes, fresh; families put it under ``learning``.

    >>> sorted(default_learning())
    ['batch_size', 'clipping', 'label_smoothing', 'optimizer', 'schedule']
    """
    decay = {"float": [1e-6, 1e-2], "log": True}
    usual_rate = {"float": [1e-4, 1e-2], "log": True}
    return {
        "optimizer": {
            "select": {
                "adam": {"learning_rate": dict(usual_rate)},
                "adamw": {"learning_rate": dict(usual_rate), "weight_decay": {"float": [1e-5, 1e-1], "log": True}},
                "sgd": {
                    "learning_rate": {"float": [1e-3, 0.3], "log": True},
                    "momentum": {"float": [0.0, 0.98]},
                    "nesterov": {"bool": True},
                    "weight_decay": dict(decay),
                },
                "rmsprop": {
                    "learning_rate": dict(usual_rate),
                    "rho": {"float": [0.8, 0.99]},
                    "momentum": 0.0,
                    "weight_decay": dict(decay),
                },
                "adadelta": {
                    "learning_rate": {"float": [0.05, 2.0], "log": True},
                    "rho": {"float": [0.9, 0.99]},
                    "weight_decay": dict(decay),
                },
            }
        },
        "schedule": {
            "select": {
                "constant": {},
                "cosine": {"final": {"float": [0.001, 0.1], "log": True}},
                "exponential": {"final": {"float": [0.001, 0.5], "log": True}},
                "plateau": {"factor": {"float": [0.1, 0.7]}, "patience": {"int": [1, 5]}},
            }
        },
        "batch_size": {"choice": [16, 32, 64, 128, 256]},
        "label_smoothing": {"float": [0.0, 0.2], "step": 0.05},
        "clipping": {"select": {"none": {}, "norm": {"norm": {"float": [0.1, 10.0], "log": True}}}},
    }


def read_learning(genome: Mapping[str, Any]) -> Learning:
    """Return the learning genes of a genome.

    Genes without which training is well defined may be left out: schedule, label smoothing and clipping are then off.

    Raises:
        GenomeError: if a gene is missing, unknown or impossible, with its dotted name.
    """
    genes = GeneReader(genome).group("learning")
    values: dict[str, Any] = {
        **_read_optimizer(genes.group("optimizer")),
        **_read_schedule(genes.group("schedule", {"type": "constant"})),
        "batch_size": genes.whole("batch_size"),
        "label_smoothing": genes.number("label_smoothing", 0.0, below=1.0),
        "clip_norm": _read_clipping(genes.group("clipping", {"type": "none"})),
    }
    genes.finish()
    return Learning(**values)


def batch_size(genome: Mapping[str, Any]) -> int:
    """Return the examples of one step."""
    return read_learning(genome).batch_size


def label_smoothing(genome: Mapping[str, Any]) -> float:
    """Return the probability that is spread over all classes, 0 for none."""
    return read_learning(genome).label_smoothing


def optimizer(genome: Mapping[str, Any], steps_per_epoch: int, epochs: int, done: int = 0) -> Any:
    """Return the Keras optimizer with its schedule, fresh.

    A schedule is a function of the optimizer's own count of steps, and ends with the training that it is made for. A
    resumed training is on the longer schedule that ends with it: where a shorter one had lowered the rate to its end
    before, the rate rises again (a warm restart, as Loshchilov & Hutter 2017, arXiv:1608.03983).

    Args:
        genome: the genome.
        steps_per_epoch: optimizer steps of one epoch.
        epochs: epochs to come.
        done: steps that were made before, of epochs that may have had fewer events.
    """
    import keras

    learning = read_learning(genome)
    rate = _rate(learning, max(1, done + steps_per_epoch * epochs))
    settings: dict[str, Any] = {"learning_rate": rate, "global_clipnorm": learning.clip_norm}
    if learning.optimizer != "adam":
        settings["weight_decay"] = learning.weight_decay or None
    if learning.optimizer == "sgd":
        settings |= {"momentum": learning.momentum, "nesterov": learning.nesterov}
    elif learning.optimizer == "rmsprop":
        settings |= {"momentum": learning.momentum, "rho": learning.rho}
    elif learning.optimizer == "adadelta":
        settings["rho"] = learning.rho
    elif learning.optimizer == "adamw":
        settings["weight_decay"] = learning.weight_decay  # AdamW refuses None
    if learning.optimizer in _WITH_EPSILON:
        settings["epsilon"] = learning.epsilon
    kinds = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": keras.optimizers.SGD,
        "rmsprop": keras.optimizers.RMSprop,
        "adadelta": keras.optimizers.Adadelta,
    }
    made = kinds[learning.optimizer](**settings)
    if learning.weight_decay:
        made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return made


def callbacks(genome: Mapping[str, Any]) -> list[Any]:
    """Return the Keras callbacks that the schedule needs: one for ``plateau``, none for the others.

    The learning rate that a plateau has lowered is part of the optimizer's state and survives a resumption; the epochs
    waited are counted afresh.
    """
    learning = read_learning(genome)
    if learning.schedule != "plateau":
        return []
    return [keras_compat.reduce_on_plateau(learning.factor, learning.patience, learning.min_delta, learning.min_rate)]


def _rate(learning: Learning, steps: int) -> Any:
    import keras

    schedules = keras.optimizers.schedules
    if learning.schedule == "cosine":  # Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts
        return schedules.CosineDecay(learning.learning_rate, decay_steps=steps, alpha=learning.final)
    if learning.schedule == "exponential":
        return schedules.ExponentialDecay(learning.learning_rate, decay_steps=steps, decay_rate=learning.final)
    return learning.learning_rate


def _read_optimizer(genes: GeneReader) -> dict[str, Any]:
    kind = genes.choice("type", OPTIMIZERS)
    values: dict[str, Any] = {"optimizer": kind, "learning_rate": genes.number("learning_rate", above=0.0)}
    if kind != "adam":
        values["weight_decay"] = genes.number("weight_decay", 0.0)
    if kind in ("sgd", "rmsprop"):
        values["momentum"] = genes.number("momentum", 0.0, below=1.0)
    if kind == "sgd":
        values["nesterov"] = genes.flag("nesterov", False)
    if kind in ("rmsprop", "adadelta"):
        values["rho"] = genes.number("rho", 0.9 if kind == "rmsprop" else 0.95, above=0.0, below=1.0)
    if kind in _WITH_EPSILON:
        values["epsilon"] = genes.number("epsilon", 1e-7, above=0.0)
    genes.finish()
    return values


def _read_schedule(genes: GeneReader) -> dict[str, Any]:
    kind = genes.choice("type", SCHEDULES)
    values: dict[str, Any] = {"schedule": kind}
    if kind == "cosine":
        values["final"] = genes.number("final", 0.0, at_most=1.0)
    elif kind == "exponential":
        values["final"] = genes.number("final", 0.01, above=0.0, at_most=1.0)
    elif kind == "plateau":
        values["factor"] = genes.number("factor", 0.5, above=0.0, below=1.0)
        values["patience"] = genes.whole("patience", 3)
        values["min_delta"] = genes.number("min_delta", 1e-4)
        values["min_rate"] = genes.number("min_rate", 0.0)
    genes.finish()
    return values


def _read_clipping(genes: GeneReader) -> float | None:
    norm = genes.number("norm", above=0.0) if genes.choice("type", ("none", "norm")) == "norm" else None
    genes.finish()
    return norm
