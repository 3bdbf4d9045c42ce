"""What a network answers: its heads, one for each task, and what they said about some events.

A head is a classification (a softmax over classes) or a regression (linear values). Most data have one head; CTLearn's
particle type, energy and direction are several, alone or together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError

__all__ = ["Head", "Heads", "Loss", "Scored", "Task", "classifier", "columns_of", "regressor"]

Task: TypeAlias = Literal["classification", "regression"]
"""``classification``: softmax over classes; ``regression``: linear values."""

Loss: TypeAlias = Literal["cross_entropy", "mean_squared_error", "mean_absolute_error"]
"""What training minimises."""

ONLY = "output"
"""Name of the head where there is one and the data do not name it."""


@dataclass(frozen=True)
class Head:
    """One answer of a network.

    Attributes:
        name: unique among the heads; the output layer has it.
        task: ``classification`` or ``regression``.
        outputs: number of classes, or of regressed quantities.
        loss: what training minimises; a classification always has ``cross_entropy``.
        unit: unit of the regressed quantities; empty where there is none or it is unknown.
        class_names: one name a class; empty for a regression, or where unknown.
    """

    name: str
    task: Task
    outputs: int
    loss: Loss
    unit: str = ""
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.task == "classification" and self.outputs < 2:
            raise DataError("a classifier needs at least two classes", got=self.outputs, expected="2 or more outputs")
        if self.outputs < 1:
            raise DataError("a head needs an output", key=self.name, got=self.outputs, expected="1 or more")

    @property
    def columns(self) -> int:
        """Columns that its targets take: one for the class, or one a quantity."""
        return 1 if self.task == "classification" else self.outputs

    @property
    def classes(self) -> int | None:
        """Number of classes; None for a regression."""
        return self.outputs if self.task == "classification" else None


Heads: TypeAlias = Sequence[Head]
"""The heads of a network, in the order of their columns among the targets."""


def classifier(classes: int, class_names: Sequence[str] = ()) -> tuple[Head, ...]:
    """Return the one head of a plain classifier.

    >>> classifier(10)[0].columns
    1
    """
    return (Head(ONLY, "classification", classes, "cross_entropy", class_names=tuple(class_names)),)


def regressor(outputs: int, loss: Loss = "mean_squared_error", unit: str = "") -> tuple[Head, ...]:
    """Return the one head of a plain regression."""
    return (Head(ONLY, "regression", outputs, loss, unit),)


def columns_of(heads: Heads, targets: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the targets of each head by its name.

    Args:
        heads: the heads.
        targets: (events,) classes or (events, outputs) of one head; for several (events, columns), the columns of the
            heads side by side.

    Returns:
        (events,) int32 classes of a classification, (events, outputs) float32 of a regression.
    """
    table = targets[:, None] if targets.ndim == 1 else targets
    parts: dict[str, NDArray[Any]] = {}
    start = 0
    for head in heads:
        piece = table[:, start : start + head.columns]
        parts[head.name] = piece[:, 0].astype(np.int32) if head.classes else piece.astype(np.float32, copy=False)
        start += head.columns
    return parts


@dataclass(frozen=True)
class Scored:
    """A network's answers about some events, beside the truth: what metrics are computed from.

    Attributes:
        heads: the heads.
        truth: head name to (events,) classes from 0, or (events, outputs) quantities.
        answers: head name to (events, classes) probabilities, or (events, outputs) quantities.
        events: further columns of the events by name, such as ``true_energy`` in TeV; (events,) each.
        facts: what else is known of the data, such as the focal length of the telescope.
    """

    heads: tuple[Head, ...]
    truth: Mapping[str, NDArray[Any]]
    answers: Mapping[str, NDArray[Any]]
    events: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def single(cls, y_true: NDArray[Any], y_score: NDArray[Any]) -> Scored:
        """Return the answers of one head: classes where the truth is one-dimensional, else quantities.

        Args:
            y_true: (events,) classes from 0, or (events, quantities).
            y_score: (events, classes) probabilities, or (events, quantities).
        """
        classes = y_true.ndim == 1
        heads = classifier(y_score.shape[1]) if classes else regressor(y_score.shape[1])
        return cls(heads, {ONLY: y_true}, {ONLY: y_score})

    def __len__(self) -> int:
        return len(next(iter(self.truth.values())))

    def take(self, rows: NDArray[Any]) -> Scored:
        """Return some of the events, as a bootstrap needs them; an event may be taken several times.

        Args:
            rows: indices of events.
        """

        def pick(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
            return {name: array[rows] for name, array in arrays.items()}

        return Scored(self.heads, pick(self.truth), pick(self.answers), pick(self.events), self.facts)
