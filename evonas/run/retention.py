"""Weights of the best are kept, those of the others are deleted, so that a disk does not fill with losers."""

from __future__ import annotations

from pathlib import Path

from evonas.evolution import Engine, Member
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult

__all__ = ["WeightKeeper"]


class WeightKeeper:
    """Keeps the weights of the ``keep`` best individuals, and with several objectives those of the Pareto set, too.

    Args:
        run_dir: the folder that artifact paths are relative to.
        store: told of every file that is kept or deleted.
        keep: how many of the best keep their weights.
    """

    def __init__(self, run_dir: Path, store: LineageStore, keep: int) -> None:
        self._run_dir = run_dir
        self._store = store
        self._keep = keep
        self._kept: dict[int, tuple[Member, str]] = {}

    def consider(self, engine: Engine, result: EvaluationResult) -> None:
        """Look at a new result: keep its weights if it is among the best, delete the weights that fall out."""
        weights = result.artifacts.get("weights")
        if weights is None:
            return
        if not result.completed:
            self._delete(weights)
            return
        newcomer = Member(engine.individuals[result.individual], result, engine.config.objectives)
        self._kept[result.individual] = (newcomer, weights)
        pareto = {member.number for member in engine.pareto()} if engine.multi_objective else set()
        ranked = sorted(self._kept.values(), key=lambda entry: entry[0].fitness.wvalues, reverse=True)
        best = {member.number for member, _ in ranked[: self._keep]} | pareto
        for number in [number for number in self._kept if number not in best]:
            self._delete(self._kept.pop(number)[1])

    def restore(self, engine: Engine) -> None:
        """Take up the files of an earlier session of the run."""
        completed = {result.number: result for result in engine.results if result.completed}
        for artifact in self._store.artifacts():
            result = completed.get(-1 if artifact.evaluation is None else artifact.evaluation)
            if artifact.kind == "weights" and result is not None and (self._run_dir / artifact.path).is_file():
                member = Member(engine.individuals[result.individual], result, engine.config.objectives)
                self._kept[result.individual] = (member, artifact.path)

    def _delete(self, weights: str) -> None:
        (self._run_dir / weights).unlink(missing_ok=True)
        self._store.mark_artifacts_deleted([weights])
