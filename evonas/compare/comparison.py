"""Several runs side by side: what they asked, what they found, how soon, and whether they differ by more than luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evonas.compare.groups import RunGroup, group_runs
from evonas.compare.settings import check_keys, differing
from evonas.compare.significance import Verdict, judge_groups
from evonas.compare.subjects import ComparedRun, data_digest, read_runs
from evonas.frontier import Frame, dominated_share
from evonas.report.analysis import BestTrace
from evonas.report.history import Goal, standings

__all__ = ["FINALS", "SEARCH", "TEST", "Comparison", "Reached", "RunScore", "compare_runs", "reached"]

TEST, FINALS, SEARCH = "test part, retrained", "validation part, retrained", "search"
"""Where the figures come from that are tested, the best source first: see :attr:`Comparison.source`."""


@dataclass(frozen=True)
class RunScore:
    """What a run found and spent.

    Attributes:
        run: the run.
        group: label of its group.
        best, best_error: value and standard error of the best of the search; None where unknown. Optimistic: it was
            chosen among many noisy ones.
        individual: number of that one; None before the first success.
        trainings: completed trainings behind it.
        retrained: number of the best after retraining from scratch; None where nobody was retrained.
        final, final_error: its mean over the seeds on the validation part, and the standard error of that mean.
        test, test_error: likewise on the test part, which no search saw.
        seeds: of the retrainings that completed.
        hypervolume: share of the box of all runs together that its front dominates; None with one objective.
    """

    run: ComparedRun
    group: str
    best: float | None = None
    best_error: float | None = None
    individual: int | None = None
    trainings: int = 0
    retrained: int | None = None
    final: float | None = None
    final_error: float | None = None
    test: float | None = None
    test_error: float | None = None
    seeds: int = 0
    hypervolume: float | None = None


@dataclass(frozen=True)
class Reached:
    """What a run had spent when its best reached a value.

    Attributes:
        run: label of the run.
        target: the value.
        evaluations, epochs, seconds: spent by then, s of wall time; None where it never did.
    """

    run: str
    target: float
    evaluations: int | None = None
    epochs: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Several runs side by side.

    Attributes:
        goal: the metric by which they are compared.
        runs: in the order in which they were named.
        groups: the runs by configuration.
        settings: key of each setting that differs to its values, one a run.
        scores: one a run.
        targets: one for each run and target, the targets in order.
        source: where the figures come from that are tested: :data:`TEST`, :data:`FINALS` or :data:`SEARCH`, the best
            that all runs have.
        figures: what is tested, in words, to the value of each run by its label; those without one are left out.
        verdicts: one for each pair of groups.
        notes: what the reader has to know.
    """

    goal: Goal
    runs: tuple[ComparedRun, ...]
    groups: tuple[RunGroup, ...]
    settings: Mapping[str, Sequence[Any]]
    scores: tuple[RunScore, ...]
    targets: tuple[Reached, ...]
    source: str
    figures: Mapping[str, Mapping[str, float]]
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]


def compare_runs(
    paths: Sequence[Path],
    *,
    metric: str | None = None,
    targets: Sequence[float] = (),
    ignored: Sequence[str] = (),
    seed: int = 0,
) -> Comparison:
    """Compare runs.

    Args:
        paths: of two or more run directories.
        metric: to compare by; None: the first objective, which they must have in common.
        targets: values of the metric; empty: the best value that each of them reached.
        ignored: keys of settings that make no other configuration, beside seed, name, and where evaluations ran.
        seed: of the bootstrap.

    Raises:
        RunError: if a folder is no run directory, or a run is named twice.
        LineageError: if a lineage cannot be read, or they have no such metric in common.
        ConfigError: if a key is to be ignored that no run has.
    """
    runs = read_runs(paths, metric)
    check_keys(ignored, [run.record for run in runs])
    goal = runs[0].goal
    groups = group_runs(runs, ignored)
    group_of = {run.label: group.label for group in groups for run in group.runs}
    volumes = hypervolumes(runs)
    scores = [_score(run, group_of[run.label], volumes.get(run.label)) for run in runs]
    source = _source(scores)
    figures = {goal.metric: _tested(scores, source)}
    if volumes:
        figures["hypervolume"] = volumes
    verdicts = judge_groups(
        groups,
        figures,
        {goal.metric: goal.maximise, "hypervolume": True},
        lambda run: _trainings(run, source),
        seed=seed,
    )
    digests = [data_digest(run) for run in runs]
    settings = differing([run.record for run in runs])
    return Comparison(
        goal=goal,
        runs=tuple(runs),
        groups=tuple(groups),
        settings=settings,
        scores=tuple(scores),
        targets=tuple(_reached(runs, targets)),
        source=source,
        figures=figures,
        verdicts=tuple(verdicts),
        notes=tuple(_notes(runs, scores, settings, digests)),
    )


def hypervolumes(runs: Sequence[ComparedRun]) -> dict[str, float]:
    """Return the share of a common box that the front of each run dominates, by its label.

    The box and its scale are those of the front of all runs together, see :class:`evonas.frontier.Frame`; its corner
    lies a tenth beyond the worst of that front. Who breaks a constraint dominates nothing. Empty with one objective,
    and where the runs do not have the same ones.
    """
    goals = runs[0].history.goals
    if len(goals) < 2 or any(run.history.goals != goals for run in runs):
        return {}
    kept = {run.label: [one.values for one in standings(run.history) if one.violation == 0] for run in runs}
    together = [values for own in kept.values() for values in own]
    if not together:
        return {}
    frame = Frame.of(together, [goal.maximise for goal in goals])
    return {label: dominated_share(frame.scaled(own)) for label, own in kept.items() if own}


def reached(label: str, trace: BestTrace | None, target: float, goal: Goal) -> Reached:
    """Return what a run had spent when its best so far reached a value.

    Args:
        label: of the run.
        trace: its best so far; None before the first success.
        target: the value.
        goal: the metric.
    """
    if trace is None:
        return Reached(label, target)
    there = trace.values >= target if goal.maximise else trace.values <= target
    if not there.any():
        return Reached(label, target)
    at = int(np.argmax(there))
    seconds = _known(float(trace.seconds[at]))
    return Reached(label, target, int(trace.evaluations[at]), int(trace.epochs[at]), seconds)


def _score(run: ComparedRun, group: str, volume: float | None) -> RunScore:
    best, retrained, metric = run.best, run.retrained, run.goal.metric
    found: dict[str, Any] = {}
    if best is not None:
        found = {"best": best.value, "best_error": best.error, "individual": best.individual.number}
        found["trainings"] = best.trainings
    if retrained is not None:
        final = retrained.final
        found |= {"retrained": retrained.individual, "seeds": len(final.completed)}
        found |= {"final": _known(final.mean(metric)), "final_error": _known(final.standard_error(metric))}
        found |= {
            "test": _known(final.mean(f"test_{metric}")),
            "test_error": _known(final.standard_error(f"test_{metric}")),
        }
    return RunScore(run, group, **found, hypervolume=volume)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _source(scores: Sequence[RunScore]) -> str:
    """Return the least biased figure that every run with a result has."""
    ended = [score for score in scores if score.best is not None]
    if ended and all(score.test is not None for score in ended):
        return TEST
    return FINALS if ended and all(score.final is not None for score in ended) else SEARCH


def _tested(scores: Sequence[RunScore], source: str) -> dict[str, float]:
    chosen = {TEST: "test", FINALS: "final", SEARCH: "best"}[source]
    values = {score.run.label: getattr(score, chosen) for score in scores}
    return {label: value for label, value in values.items() if value is not None}


def _trainings(run: ComparedRun, source: str) -> list[float]:
    return [] if run.retrained is None else run.retrained.values(run.goal.metric, test=source == TEST)


def _reached(runs: Sequence[ComparedRun], targets: Sequence[float]) -> list[Reached]:
    """Return when each run reached each target; by default the last value of the run that got least far."""
    goal = runs[0].goal
    ends = [float(run.trace.values[-1]) for run in runs if run.trace is not None]
    if not targets and ends:
        targets = [min(ends) if goal.maximise else max(ends)]
    return [reached(run.label, run.trace, target, goal) for target in targets for run in runs]


def _notes(
    runs: Sequence[ComparedRun],
    scores: Sequence[RunScore],
    settings: Mapping[str, Sequence[Any]],
    digests: Sequence[str],
) -> list[str]:
    notes = []
    for run, score in zip(runs, scores, strict=True):
        if score.best is None:
            notes.append(f"{run.label} has no completed evaluation yet, and takes no part in any test")
        elif run.status != "finished":
            notes.append(f"{run.label} is {run.status}: its figures are those so far")
    if len({digest for digest in digests if digest}) > 1:
        notes.append("the runs did not see the same events (their prepared data differ): values do not compare")
    if "evolution.epochs" in settings:
        notes.append("the runs train for different numbers of epochs: compare what they reached by epochs and time")
    broken = [run.label for run in runs if run.best is not None and run.best.violation > 0]
    notes += [f"nobody in {label} keeps the constraints: its best breaks them least" for label in broken]
    lacking = [score.run for score in scores if score.best is not None and score.final is None]
    if lacking and len(lacking) < len(scores):
        names = ", ".join(run.label for run in lacking)
        notes.append(
            f"values of the search are tested, for nobody of {names} was retrained; "
            f"`evonas evaluate {lacking[0].directory.shown}:best --seeds 5` does that"
        )
    return notes
