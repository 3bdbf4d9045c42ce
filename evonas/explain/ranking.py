"""What the inherited changes of an individual are worth, as an ablation found it and as the lineage keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evonas.explain.worth import SIGNIFICANT
from evonas.genome import thaw
from evonas.records import GeneChange
from evonas.report.history import RunHistory

__all__ = ["EVENT", "Ablation", "Worth", "last_ablation"]

EVENT = "ablation"
"""Kind of the events in which rankings are stored."""


@dataclass(frozen=True)
class Worth:
    """What one inherited change is worth.

    Attributes:
        birth: number of the individual that had it first.
        kind: see :class:`evonas.explain.changes.Inherited`.
        genes: what was taken back.
        along: what was different with it: genes that follow, later changes inside an item that goes.
        genome: id of the genome without the change; empty where it cannot be taken back alone.
        reason: why it cannot; or the error of the trainings where none completed.
        pairs: seeds with which the genomes with and without it were both trained to the end.
        value: mean of the metric without the change; None without a training.
        worth: mean by which the metric is better with the change than without, paired by seed: positive is good,
            whether more or less of the metric is better; None where it was not measured.
        error: its standard error; None where it is not known.
        p: two-sided p-value of the paired t-test; None where there is no error.
        corrected: the same, corrected for the number of changes (Holm).
    """

    birth: int
    kind: str
    genes: tuple[GeneChange, ...]
    along: tuple[GeneChange, ...] = ()
    genome: str = ""
    reason: str = ""
    pairs: int = 0
    value: float | None = None
    worth: float | None = None
    error: float | None = None
    p: float | None = None
    corrected: float | None = None

    @property
    def significant(self) -> bool | None:
        """Whether an effect is established; None where that cannot be told."""
        return None if self.corrected is None else self.corrected < SIGNIFICANT

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Worth:
        """Read plain JSON values."""
        changes = {name: tuple(GeneChange(**one) for one in values[name]) for name in ("genes", "along")}
        return cls(**{**values, **changes})


@dataclass(frozen=True)
class Ablation:
    """What the inherited changes of an individual are worth.

    Attributes:
        individual: its number.
        metric: what was measured.
        maximise: whether more of it is better.
        part: ``test`` or ``validation``: the events it was measured on.
        seeds: of the trainings.
        epochs: of each training.
        value: mean of the individual's own trainings; None where none completed.
        error: its standard error; None below two.
        rows: the changes, the one that is worth most first; those that were not measured last.
        left_out: changes that were not asked for.
        complete: whether all trainings are there.
        reused: trainings among them that were there already, of the run's last round or of ``evonas evaluate``.
    """

    individual: int
    metric: str
    maximise: bool
    part: str
    seeds: tuple[int, ...]
    epochs: int
    value: float | None
    error: float | None
    rows: tuple[Worth, ...]
    left_out: int = 0
    complete: bool = True
    reused: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values: dict[str, Any] = thaw(asdict(self))
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Ablation:
        """Read what :meth:`to_dict` wrote."""
        rows = tuple(Worth.from_dict(row) for row in values["rows"])
        return cls(**{**values, "seeds": tuple(values["seeds"]), "rows": rows})


def last_ablation(history: RunHistory, individual: int, metric: str) -> Ablation | None:
    """Return the last ranking that the lineage keeps of an individual's changes by a metric; None if there is none."""
    known = [event.data for event in history.events if event.kind == EVENT]
    own = [data for data in known if data["individual"] == individual and data["metric"] == metric]
    return Ablation.from_dict(own[-1]) if own else None
