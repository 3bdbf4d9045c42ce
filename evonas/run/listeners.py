"""Who looks on while a search runs: progress bars and logs listen to the loop, and the loop knows none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evonas.evaluation import BackendSnapshot
from evonas.records import EvaluationRequest, EvaluationResult, Individual

if TYPE_CHECKING:
    from evonas.evolution import Engine

__all__ = ["Listener"]


class Listener:
    """Hears of a search; override what is of interest. A listener must be quick and must not raise."""

    def started(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """The search starts or goes on."""

    def born(self, individual: Individual) -> None:
        """An individual was born and stored."""

    def asked_again(self, request: EvaluationRequest) -> None:
        """A further evaluation of an individual was stored: a promotion to a higher rung, or a repeat."""

    def told(self, engine: Engine, result: EvaluationResult) -> None:
        """A result was stored, and the engine has heard of it."""

    def retrained(self, individual: Individual, result: EvaluationResult, done: int, total: int) -> None:
        """A training of the last round, after the search, was stored; so many of all of them are done."""

    def tick(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """A moment has passed (about twice a second)."""
