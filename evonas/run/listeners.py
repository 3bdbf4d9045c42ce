"""Who looks on while a search runs: progress bars and logs listen to the loop, and the loop knows none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evonas.evaluation import BackendSnapshot
from evonas.records import EvaluationResult, Individual

if TYPE_CHECKING:
    from evonas.evolution import Engine

__all__ = ["Listener"]


class Listener:
    """Hears of a search; override what is of interest. A listener must be quick and must not raise."""

    def started(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """The search starts or goes on."""

    def born(self, individual: Individual) -> None:
        """An individual was born and stored."""

    def told(self, engine: Engine, result: EvaluationResult) -> None:
        """A result was stored, and the engine has heard of it."""

    def tick(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """A moment has passed (about twice a second)."""
