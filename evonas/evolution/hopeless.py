"""Which trainings are given up early, and what they would have come to."""

from __future__ import annotations

from evonas.config.curves import more_is_better
from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.evolution.archive import Archive
from evonas.evolution.floors import Floors
from evonas.evolution.member import Member
from evonas.evolution.rungs import Ladder
from evonas.records import EvaluationRequest, EvaluationResult

__all__ = ["EarlyStops"]


class EarlyStops:
    """Learns the curves of a run, and has floors for its next trainings.

    Args:
        config: objectives and constraints; one objective without constraints can be predicted.
        search: whether anything is given up at all.
        ladder: steps of the training budget.
        archive: has the best so far.
        watch: the curve's column that is watched.
    """

    def __init__(
        self, config: EvolutionConfig, search: SearchConfig, ladder: Ladder, archive: Archive, watch: str
    ) -> None:
        predicts = len(config.objectives) == 1 and not config.allowed
        self._floors = Floors(watch, more_is_better(watch), predicts=predicts) if search.stop_hopeless else None
        self._top = ladder.top
        self._archive = archive
        self._outlooks: dict[int, float] = {}

    def told(self, request: EvaluationRequest, result: EvaluationResult, member: Member | None) -> None:
        """Learn from a result; ``member`` is who completed it, None after a failure."""
        if self._floors is None or not result.curve or request.repeat:
            return
        self._floors.told(request.individual, result.curve)
        if self._floors.stopped(request.individual, request.floor):
            outlook = self._floors.expected(request.individual)
            if outlook is not None:
                self._outlooks[request.individual] = outlook
        elif member is not None and request.rung == self._top:
            self._floors.told(request.individual, (), member.fitness.wvalues[0])

    def floor(self, trained: int, epochs: int) -> tuple[tuple[int, float], ...]:
        """Return what a training from epoch ``trained`` over ``epochs`` more must reach: pairs of epoch and value."""
        if self._floors is None:
            return ()
        best = self._archive.best
        known = best is not None and best.rung == self._top
        return self._floors.floor(trained, epochs, best.fitness.wvalues[0] if best is not None and known else None)

    def outlook(self, individual: int) -> float | None:
        """Return what the training of an individual would probably have come to that was given up, more is better."""
        return self._outlooks.get(individual)
