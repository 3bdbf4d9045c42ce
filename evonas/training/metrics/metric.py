"""What a metric is: its name, direction, unit and range, what it needs, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from evonas.config.schema import TrainingConfig
from evonas.directions import MINIMISED
from evonas.training.heads import Head, Heads, Scored
from evonas.training.metrics.statistics import Statistic

__all__ = ["Metric", "MetricSettings", "Preparation", "heads_of_kind"]

Kind = Literal["classification", "regression", "any", "cost", "measured"]


@dataclass(frozen=True)
class MetricSettings:
    """What metrics can be told.

    Attributes:
        signal_efficiency: signal efficiency at which ``background_rejection`` is taken, in (0, 1].
        signal_class: the class that is the signal, for two-class metrics.
        background_efficiency: background efficiency at which ``signal_efficiency`` is taken, in (0, 1): 0.01 accepts
            one background event of 100.
    """

    signal_efficiency: float = 0.5
    signal_class: int = 1
    background_efficiency: float = 0.01

    @classmethod
    def of(cls, training: TrainingConfig) -> MetricSettings:
        """Take them from the training section of a configuration."""
        return cls(training.signal_efficiency, training.signal_class, training.background_efficiency)


Preparation = Callable[[Scored, Head, MetricSettings], Statistic]
"""Sorts and compares the answers of a head once; the statistic then answers for any counts of the events."""


@dataclass(frozen=True)
class Metric:
    """A figure of merit.

    Attributes:
        name: as in a configuration.
        kind: the task it is for (``any`` for all heads together), ``cost`` (exact, from the genome alone), or
            ``measured`` (taken while the network is trained or used).
        description: its definition, in a sentence.
        unit: its unit; empty for a pure number.
        range: the values it can have.
        two_classes: whether it needs exactly two classes.
        heads: names of the heads it is for, any one of them; empty takes the only head of its kind.
        events: columns of the events that it needs, see :class:`evonas.training.heads.Scored`.
        undefined: when it has no value, after "the metric is not defined:".
        best: the value that is best; None where the least or the most is.
        prepare: answers to a statistic; None for a cost or a measured one.
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    range: str = "[0, inf)"
    two_classes: bool = False
    heads: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    undefined: str = "the {events} events are all of one class"
    best: float | None = None
    prepare: Preparation | None = None

    @property
    def direction(self) -> str:
        """``min`` or ``max``: which is better; a number where neither is."""
        if self.best is not None:
            return f"{self.best:g}"
        return "min" if self.name in MINIMISED else "max"

    def head(self, heads: Heads) -> Head | None:
        """Return the head that it is computed from: one of those it names, or the only one of its kind.

        Returns:
            None where there is no such head, or several that it could mean. A metric of all heads gets the first.
        """
        if self.kind == "any":
            return heads[0]
        fitting = heads_of_kind(heads, self.kind, self.heads)
        return fitting[0] if len(fitting) == 1 or (fitting and self.heads) else None

    def statistic(self, scored: Scored, settings: MetricSettings) -> Statistic:
        """Prepare the metric for some events.

        Raises:
            ValueError: if it is not computed from answers, or not from the answers of these heads.
        """
        head = self.head(scored.heads)
        if self.prepare is None or head is None:
            raise ValueError(f"{self.name} is not computed from the answers of these heads")
        return self.prepare(scored, head, settings)


def heads_of_kind(heads: Heads, kind: str, names: Iterable[str] = ()) -> list[Head]:
    """Return the heads of a task, of the names given if there are any, in the order of the names."""
    own = [head for head in heads if head.task == kind]
    wanted = list(names)
    return [head for name in wanted for head in own if head.name == name] if wanted else own
