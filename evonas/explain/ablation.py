"""An ablation: each inherited change taken back alone, what it is worth by trainings paired by seed, ranked."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace

from evonas.errors import EvaluationError, LineageError
from evonas.explain.descent import Descent
from evonas.explain.plan import plan_ablation
from evonas.explain.ranking import EVENT, Ablation, Worth
from evonas.explain.reverts import Revert
from evonas.explain.trainings import Trainings, carry_out, stored_trainings
from evonas.explain.worth import paired
from evonas.genome import Genome
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult
from evonas.report.analysis.corrections import holm
from evonas.report.history import Goal
from evonas.run import Question

__all__ = ["ablate", "rank"]


def ablate(
    descent: Descent,
    question: Question,
    store: LineageStore,
    seeds: Sequence[int],
    *,
    epochs: int | None = None,
    top: int | None = None,
    on_result: Callable[[Trainings, Genome, EvaluationResult], None] = lambda trainings, genome, result: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> Ablation:
    """Take each inherited change of an individual back alone, retrain with several seeds, and rank the changes.

    Trainings are stored in the lineage one by one; those that are stored already are not done again, nor are those of
    the run's last round and of ``evonas evaluate`` where they are the same. When all are
    there, the ranking is stored as an event ``ablation``.

    Args:
        descent: the line of the individual.
        question: the run.
        store: its lineage, open for writing; the caller holds the run's lock.
        seeds: of the trainings of each genome; two at least.
        epochs: of each training; None for those of the run.
        top: take back only so many changes, those of the births with the largest steps; None for all.
        on_result: called after each training.
        stop_requested: says whether a person or the batch system wants an end.

    Returns:
        What is known; ``complete`` is false after a stop request.

    Raises:
        LineageError: if there is no change to take back, or the metric is known without training.
        GenomeError: if the individual does not belong to the run's space.
        EvaluationError: if trainings cannot be run, or the individual itself completed none.
        StorageError: if the lineage cannot be written; nothing stored before is lost.
    """
    plan = plan_ablation(descent, question, top)
    trainings = stored_trainings(store, question, plan, seeds, epochs)
    trainings = carry_out(
        trainings, question, store, lambda genome, result: on_result(trainings, genome, result), stop_requested
    )
    found = rank(trainings, descent.goal)
    if found.complete:
        _check(found, trainings, descent)
        values = found.to_dict()
        if not any({"reused": 0, **event.data} == values for event in store.events(EVENT)):
            changes = sum(row.worth is not None for row in found.rows)
            store.add_event(
                EVENT, f"{changes} inherited changes of individual {found.individual} were ranked", **values
            )
    return found


def rank(trainings: Trainings, goal: Goal) -> Ablation:
    """Return what the changes are worth as far as their trainings are there."""
    winner = trainings.plan.winner
    results = trainings.of(winner.genome)
    rows = [_measured(one, trainings, goal) for one in trainings.plan.reverts]
    corrected = holm([row.p for row in rows])
    rows = [replace(row, corrected=p) for row, p in zip(rows, corrected, strict=True)]
    own = list(_figures(results, trainings.part, goal).values())
    return Ablation(
        individual=winner.number,
        metric=goal.metric,
        maximise=goal.maximise,
        part=trainings.part,
        seeds=tuple(trainings.seeds),
        epochs=trainings.epochs,
        value=statistics.fmean(own) if own else None,
        error=statistics.stdev(own) / math.sqrt(len(own)) if len(own) > 1 else None,
        rows=tuple(sorted(rows, key=_place)),
        left_out=trainings.plan.left_out,
        complete=not trainings.missing,
        reused=len(trainings.reused),
    )


def _measured(one: Revert, trainings: Trainings, goal: Goal) -> Worth:
    row = Worth(one.change.birth, one.change.kind, one.change.genes, one.along, reason=one.reason)
    if one.genome is None:
        return row
    results, own = trainings.of(one.genome), trainings.of(trainings.plan.winner.genome)
    without = _figures(results, trainings.part, goal)
    found = paired(_figures(own, trainings.part, goal), without, exact=_exact(own) and _exact(results))
    failed = next((result for result in results if not result.completed), None)
    reason = f"{failed.status.value}: {failed.error}" if failed is not None and not without else ""
    return replace(
        row,
        genome=one.genome.id,
        reason=reason,
        pairs=found.pairs,
        value=statistics.fmean(without.values()) if without else None,
        worth=None if not found.pairs else found.mean if goal.maximise else -found.mean,
        error=found.error,
        p=found.p,
    )


def _figures(results: Sequence[EvaluationResult], part: str, goal: Goal) -> dict[int, float]:
    """Return the metric by seed, of the trainings that completed."""
    name = f"test_{goal.metric}" if part == "test" else goal.metric
    return {one.seed: one.metrics[name] for one in results if one.completed and name in one.metrics}


def _exact(results: Sequence[EvaluationResult]) -> bool:
    """Whether all trainings gave the same figures."""
    completed = [dict(one.metrics) for one in results if one.completed]
    return len(completed) > 1 and all(metrics == completed[0] for metrics in completed)


def _place(row: Worth) -> tuple[bool, bool, float, int]:
    return (bool(row.reason) and not row.genome, row.worth is None, -(row.worth or 0.0), row.birth)


def _check(found: Ablation, trainings: Trainings, descent: Descent) -> None:
    if found.value is not None:
        return
    results = trainings.of(descent.winner.genome)
    completed = [one for one in results if one.completed]
    if completed:
        raise LineageError(
            "this metric is not measured by a training",
            got=found.metric,
            expected=f"one of {', '.join(sorted(completed[0].metrics))}",
            hint="choose another with `--metric`",
        )
    first = results[0]
    raise EvaluationError(
        f"individual {found.individual} itself completed none of its {len(results)} retrainings: "
        f"{first.status.value}: {first.error}",
        hint=f"their logs are in the folder {first.log.rpartition('/')[0] if first.log else 'ablation'} of the run",
    )
