"""The learning of a genome as ``ctlearn-train-model`` expresses it, and what it has no words for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from evonas.config import RunConfig
from evonas.training.learning import Learning

__all__ = ["CtlearnLearning", "ctlearn_learning"]

_NAMES = {"adam": "Adam", "adamw": "Adam", "sgd": "SGD", "rmsprop": "RMSProp", "adadelta": "Adadelta"}
_KERAS: dict[str, dict[str, float]] = {"rmsprop": {"rho": 0.9, "epsilon": 1e-7}, "adadelta": {"rho": 0.95}}


@dataclass(frozen=True)
class CtlearnLearning:
    """Traits of ``TrainCTLearnModel``, and what they leave out.

    Attributes:
        traits: name to value, JSON-able.
        lost: what CTLearn does differently, a sentence each.
    """

    traits: dict[str, Any]
    lost: list[str] = field(default_factory=list)


def ctlearn_learning(
    learning: Learning, config: RunConfig, tasks: Sequence[str], events: int, seed: int
) -> CtlearnLearning:
    """Say how CTLearn trains as a run did.

    Args:
        learning: the learning genes.
        config: the run's configuration.
        tasks: what is learned.
        events: events of all parts together.
        seed: seed of the order and the split.
    """
    lost: list[str] = []
    share = min(max(config.data.split.validation, 0.01), 0.99)
    traits = {
        "n_epochs": config.evolution.epochs,
        "batch_size": _batch_size(learning.batch_size, int(share * events), lost),
        "validation_split": share,
        "optimizer": _optimizer(learning, lost),
        "lr_reducing": _schedule(learning, lost),
        "early_stopping": _stopping(config, tasks, lost),
        "random_seed": seed % 2**32,
    }
    if learning.label_smoothing and "type" in tasks:
        lost.append(f"Labels are not smoothed (`learning.label_smoothing: {learning.label_smoothing:g}`).")
    if learning.clip_norm is not None:
        lost.append(f"Gradients are not clipped (`learning.clipping.norm: {learning.clip_norm:g}`).")
    _weights(config, tasks, lost)
    _split(config, lost)
    return CtlearnLearning(traits, lost)


def _batch_size(batch: int, validation: int, lost: list[str]) -> int:
    """CTLearn leaves the last, incomplete batch out, so that a batch must not be larger than the validation part."""
    if batch <= validation or validation < 1:
        return batch
    lost.append(f"The batch is {validation} instead of {batch} events: CTLearn's validation part has no more.")
    return validation


def _optimizer(learning: Learning, lost: list[str]) -> dict[str, Any]:
    kind = learning.optimizer
    chosen: dict[str, Any] = {"name": _NAMES[kind], "base_learning_rate": learning.learning_rate}
    if chosen["name"] == "Adam":
        chosen["adam_epsilon"] = learning.epsilon
    if kind == "adamw":
        lost.append("CTLearn has no AdamW: Adam takes its place.")
    if learning.weight_decay:
        lost.append(f"There is no weight decay (`{learning.weight_decay:g}` in the run).")
    if learning.momentum:
        lost.append(f"`{_NAMES[kind]}` has no momentum (`{learning.momentum:g}` in the run).")
    for name, usual in _KERAS.get(kind, {}).items():
        if getattr(learning, name) != usual:
            lost.append(f"`{name}` of `{_NAMES[kind]}` is {usual:g} (`{getattr(learning, name):g}` in the run).")
    return chosen


def _schedule(learning: Learning, lost: list[str]) -> dict[str, Any] | None:
    if learning.schedule == "plateau":
        return {
            "factor": learning.factor,
            "patience": learning.patience,
            "min_delta": learning.min_delta,
            "min_lr": learning.min_rate,
        }
    if learning.schedule != "constant":
        lost.append(f"The learning rate stays as it is: CTLearn has no `{learning.schedule}` schedule.")
    return None


def _stopping(config: RunConfig, tasks: Sequence[str], lost: list[str]) -> dict[str, Any] | None:
    training = config.training
    if training.patience is None:
        return None
    known = ["loss", "val_loss", *(["accuracy", "val_accuracy"] if list(tasks) == ["type"] else [])]
    monitor = training.monitor if training.monitor in known else "val_loss"
    if monitor != training.monitor:
        lost.append(f"Early stopping watches `val_loss`; `{training.monitor}` is no column of CTLearn's.")
    if training.min_delta:
        lost.append(f"Early stopping counts any gain, not only {training.min_delta:g} or more.")
    return {"monitor": monitor, "patience": training.patience, "verbose": 1, "restore_best_weights": True}


def _weights(config: RunConfig, tasks: Sequence[str], lost: list[str]) -> None:
    if "type" in tasks and config.training.class_weights != "balanced":
        lost.append("CTLearn always weighs both classes equally; `training.class_weights: balanced` does so in evonas.")


def _split(config: RunConfig, lost: list[str]) -> None:
    split = config.data.split
    lost.append(
        "CTLearn splits by image and not by shower, at random, into training and validation"
        + (f"; it leaves no test part aside ({split.test:.0%} in the run): test on other files." if split.test else ".")
    )
    if config.data.fraction < 1 or config.data.options.get("max_events") is not None:
        lost.append("CTLearn reads all events of the files; the run took a part of them.")
