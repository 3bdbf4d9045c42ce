"""How far a run is, and how long it will go on, as its lineage tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evonas.dashboard.findings import Findings

__all__ = ["Progress", "progress"]


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        done: what was spent of the budget, from 0 to 1; None for a run without a budget.
        budget: the budget that will end first, in words; empty for none.
        left: time until it is spent if the run goes on as it did, s; None where that is unknown.
    """

    done: float | None
    budget: str
    left: float | None


def progress(findings: Findings, *, running: bool) -> Progress:
    """Return how far a run is: by the budget of its configuration of which most is spent.

    Where rungs are in use, an evaluation at a low rung is the part of a full training that its epochs are.

    Args:
        findings: the run.
        running: whether a process works on it; else no time is left.
    """
    config = findings.history.run.config.get("evolution")
    config = config if isinstance(config, Mapping) else {}
    seconds = findings.seconds() if running else findings.history.seconds
    spent = {
        "evaluations": (_trainings(findings, config), config.get("evaluations")),
        "epochs": (float(findings.summary.epochs), config.get("total_epochs")),
        "s": (seconds, config.get("wall_time")),
    }
    known = {
        unit: (used / budget, budget)
        for unit, (used, budget) in spent.items()
        if isinstance(budget, (int, float)) and budget > 0
    }
    if not known:
        return Progress(None, "", None)
    unit = max(known, key=lambda name: known[name][0])
    share, budget = known[unit]
    left = seconds / share - seconds if running and share > 0 else None
    return Progress(min(share, 1.0), f"{budget:,.0f} {unit}", None if left is None else max(0.0, left))


def _trainings(findings: Findings, config: Mapping[str, Any]) -> float:
    """Return the full trainings that were spent."""
    evaluations = findings.history.evaluations
    epochs = config.get("epochs")
    if not isinstance(epochs, int) or epochs < 1 or not any(one.result.rung or one.trained for one in evaluations):
        return float(sum(one.repeat == 0 for one in evaluations))
    return sum(min(1.0, one.result.epochs / epochs) if one.result.completed else 1.0 for one in evaluations)
