"""Weights of the best are kept, those of the others are deleted, so that a disk does not fill with losers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evonas.evolution import Engine
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult

__all__ = ["WeightKeeper"]


class WeightKeeper:
    """Keeps the weights of the ``keep`` best individuals, and with several objectives those of the Pareto set, too.

    While the search goes on, the weights of those are kept as well that may be promoted, or are being: their training
    goes on from them. Of one individual only the newest are kept, and none of its repeats, which measure the noise of
    its fitness and are no further training.

    Args:
        run_dir: the folder that artifact paths are relative to.
        store: told of every file that is kept or deleted.
        keep: how many of the best keep their weights.
    """

    def __init__(self, run_dir: Path, store: LineageStore, keep: int) -> None:
        self._run_dir = run_dir
        self._store = store
        self._keep = keep
        self._kept: dict[int, str] = {}

    def consider(self, engine: Engine, result: EvaluationResult) -> None:
        """Look at a new result that the engine knows: keep its weights if they are needed, delete what is not."""
        weights = result.artifacts.get("weights")
        if weights is None:
            return
        if result.completed and not engine.requests[result.number].repeat:
            self._delete(self._take(result.individual, weights))
        else:
            self._delete([weights])
        self.tidy(engine)

    def tidy(self, engine: Engine) -> None:
        """Delete what is needed no longer; at the end of the search, all but the weights of the best."""
        if not self._kept:
            return
        members = [member for number in self._kept if (member := engine.member(number)) is not None]
        ranked = sorted(members, key=lambda member: member.standing, reverse=True)
        needed = {member.number for member in ranked[: self._keep]}
        if engine.multi_objective:
            needed |= {member.number for member in engine.pareto()}
        if not engine.finished:
            needed |= engine.promotable() | {request.individual for request in engine.pending if request.trained}
        self._delete([self._kept.pop(number) for number in list(self._kept) if number not in needed])

    def restore(self, engine: Engine) -> None:
        """Take up the files of an earlier session of the run."""
        usable = {result.number: result for result in engine.results if result.completed}
        files = [artifact for artifact in self._store.artifacts() if artifact.kind == "weights"]
        superfluous = []
        for artifact in sorted(files, key=lambda artifact: -1 if artifact.evaluation is None else artifact.evaluation):
            result = usable.get(-1 if artifact.evaluation is None else artifact.evaluation)
            if result is None or not (self._run_dir / artifact.path).is_file():
                continue
            if engine.requests[result.number].repeat:
                superfluous.append(artifact.path)
            else:
                superfluous += self._take(result.individual, artifact.path)
        self._delete(superfluous)

    def _take(self, individual: int, weights: str) -> list[str]:
        """Keep the newest weights of an individual; return those that they replace."""
        older = self._kept.get(individual)
        self._kept[individual] = weights
        return [] if older in (None, weights) else [str(older)]

    def _delete(self, files: Iterable[str]) -> None:
        gone = list(files)
        for weights in gone:
            (self._run_dir / weights).unlink(missing_ok=True)
        self._store.mark_artifacts_deleted(gone)
