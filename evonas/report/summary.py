"""The run in numbers, and in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from evonas.lineage import Scored
from evonas.records import FAILURES, EvaluationStatus
from evonas.report.formats import count, duration, label, number
from evonas.report.history import Goal, RunHistory, pareto_front, standings

__all__ = ["DeviceUse", "Overview", "RunSummary", "device_use", "summarise"]


@dataclass(frozen=True)
class RunSummary:
    """The run in numbers.

    Attributes:
        name, id, status, reason, created: of the run.
        goals: the objectives.
        individuals: born so far.
        evaluations: ended for good, failures and memo answers included.
        by_status: evaluations by status, every status of those that occurred.
        failures: evaluations that failed and count against their genomes.
        answered_by_memo: evaluations answered without training, because an equal genome had been evaluated.
        pending: evaluations requested and not ended.
        epochs: trained by all evaluations together.
        generations: highest generation born.
        seconds: wall time of all sessions, s.
        evaluating_seconds: wall time of all evaluations added up, s.
        best: the best individual by the first objective; None before the first success.
        best_founder: the best of generation 0, of those that keep the constraints; None before the first success, and
            where the best breaks a constraint.
        improvement: how much the best is better than the best founder in the first objective, in its unit, never
            negative; None before both are known.
        baseline: the published network that the run started with, the best if there are several; None where there is
            none, or none has a fitness.
        front: individuals on the Pareto front; 0 with one objective.
    """

    name: str
    id: str
    status: str
    reason: str
    created: str
    goals: tuple[Goal, ...]
    individuals: int
    evaluations: int
    by_status: Mapping[EvaluationStatus, int]
    failures: int
    answered_by_memo: int
    pending: int
    epochs: int
    generations: int
    seconds: float
    evaluating_seconds: float
    best: Scored | None
    best_founder: Scored | None
    improvement: float | None
    baseline: Scored | None
    front: int

    @property
    def over_baseline(self) -> float | None:
        """How much better than the baseline the best is in the first objective, in its unit; negative where worse."""
        if self.best is None or self.baseline is None:
            return None
        gain = self.best.value - self.baseline.value
        return gain if self.goals[0].maximise else -gain

    @property
    def baseline_name(self) -> str:
        """What the baseline is called, and whether it had to be changed to fit the space."""
        if self.baseline is None:
            return ""
        birth = self.baseline.individual.birth
        repaired = f", {count(len(birth.changes), 'gene')} repaired" if birth.changes else ""
        return f"{birth.baseline}{repaired}"

    @property
    def sentence(self) -> str:
        """The run in one sentence."""
        spent = f"{count(self.evaluations, 'evaluation')} in {duration(self.seconds)}"
        failed = f"{count(self.failures, 'failure') if self.failures else 'no failures'}"
        if self.evaluations == 0:
            return "No evaluation has ended yet."
        if self.best is None:
            return f"{spent}, {failed}: no individual has a fitness yet."
        goal = self.goals[0]
        metric = label(goal.metric, unit=False)
        best = f"the best {metric} is {number(self.best.value)} (individual {self.best.individual.number})"
        if self.best_founder is None or self.improvement is None:
            compared = "no founder has a fitness to compare it with"
        elif self.improvement == 0:
            compared = "a founder that no later individual has beaten"
        else:
            side = "above" if goal.maximise else "below"
            compared = (
                f"{number(self.improvement, 3)} {side} the best founder "
                f"({number(self.best_founder.value)}, individual {self.best_founder.individual.number})"
            )
        if self.baseline is not None:
            who = f"{self.baseline_name}, individual {self.baseline.individual.number}"
            compared += f"; the baseline ({who}) has {number(self.baseline.value)}"
        front = f"; {count(self.front, 'individual')} on the Pareto front" if len(self.goals) > 1 else ""
        return f"{spent}: {best}, {compared}{front}; {failed}."


@dataclass(frozen=True)
class DeviceUse:
    """What a device did.

    Attributes:
        device: its name.
        evaluations: run on it.
        seconds: of its evaluations added up, s.
        setup_seconds: the part of them before the evaluator's first line, s.
        at_once: evaluations at once, at most, on it.
        busy: ``seconds`` as a fraction of the sessions' wall time times ``at_once``; None where the wall time is
            unknown.
        peak_memory: highest resident memory of one evaluation, bytes; 0 where unknown.
    """

    device: str
    evaluations: int
    seconds: float
    setup_seconds: float
    at_once: int
    busy: float | None
    peak_memory: int


def summarise(history: RunHistory) -> RunSummary:
    """Count and compare."""
    ordered = standings(history)
    results = [evaluation.result for evaluation in history.evaluations]
    by_status = Counter(result.status for result in results)
    best = ordered[0] if ordered else None
    founders = (one for one in ordered if one.individual.birth.generation == 0 and not one.violation)
    best_founder = next(founders, None) if best is not None and not best.violation else None
    improvement = None
    if best is not None and best_founder is not None:
        improvement = abs(best.value - best_founder.value)
    return RunSummary(
        name=history.run.name,
        id=history.run.id,
        status=history.run.status,
        reason=history.run.reason,
        created=history.run.created,
        goals=history.goals,
        individuals=len(history.individuals),
        evaluations=len(results),
        by_status={status: by_status[status] for status in EvaluationStatus if by_status[status]},
        failures=sum(by_status[status] for status in FAILURES),
        answered_by_memo=sum(result.answered_by is not None for result in results),
        pending=len(history.pending),
        epochs=sum(result.epochs for result in results if result.answered_by is None),
        generations=max((individual.birth.generation for individual in history.individuals.values()), default=0),
        seconds=history.seconds,
        evaluating_seconds=sum(result.seconds for result in results if result.answered_by is None),
        best=best,
        best_founder=best_founder,
        improvement=improvement,
        baseline=next((one for one in ordered if one.individual.birth.baseline), None),
        front=len(pareto_front(history, ordered)) if len(history.goals) > 1 else 0,
    )


def device_use(history: RunHistory) -> tuple[DeviceUse, ...]:
    """Return what each device did, by name; evaluations answered by the memo used none."""
    wall = history.seconds
    by_device: dict[str, list[tuple[float, float, float, int]]] = {}
    for evaluation in history.evaluations:
        result = evaluation.result
        if result.answered_by is None and (result.device or result.seconds > 0):
            row = (result.seconds, evaluation.finished, result.setup_seconds, result.peak_memory)
            by_device.setdefault(result.device or "unknown", []).append(row)
    used = []
    for device, rows in sorted(by_device.items()):
        seconds = sum(row[0] for row in rows)
        slots = _slots(history) or _most_at_once(rows)
        used.append(
            DeviceUse(
                device=device,
                evaluations=len(rows),
                seconds=seconds,
                setup_seconds=sum(row[2] for row in rows),
                at_once=slots,
                busy=min(1.0, seconds / (wall * slots)) if wall > 0 else None,
                peak_memory=max(row[3] for row in rows),
            )
        )
    return tuple(used)


def _slots(history: RunHistory) -> int | None:
    evaluation = history.run.config.get("evaluation")
    slots = evaluation.get("slots") if isinstance(evaluation, Mapping) else None
    return slots if isinstance(slots, int) and slots > 0 else None


def _most_at_once(rows: list[tuple[float, float, float, int]]) -> int:
    """Return the most evaluations that overlapped; those that ended within 1 % of the mean length of a start do not."""
    slack = 0.01 * sum(row[0] for row in rows) / len(rows)
    steps: list[tuple[float, int]] = []
    for seconds, finished, _, _ in rows:
        if seconds > slack:
            steps += [(finished - seconds + slack, 1), (finished, -1)]
    running = most = 0
    for _, step in sorted(steps):
        running += step
        most = max(most, running)
    return max(most, 1)


class Overview:
    """What nearly every view of a run asks for, worked out when it is first asked for.

    Attributes:
        history: the run.
    """

    history: RunHistory

    @cached_property
    def summary(self) -> RunSummary:
        """The run in numbers."""
        return summarise(self.history)

    @cached_property
    def ordered(self) -> list[Scored]:
        """All individuals with a value for each objective, the best by the first one first."""
        return standings(self.history)
