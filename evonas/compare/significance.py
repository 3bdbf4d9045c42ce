"""Whether a difference between runs is more than luck: which test can be made, and what it says.

A search is one throw of dice: its seed decides as well as its settings. So the thing that is repeated is the whole run,
and a test needs at least two runs of each configuration. Where there is one run of each, their winners can be compared
over the seeds of their retrainings: that tells which network is better, and nothing of which settings are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from evonas.compare.groups import RunGroup
from evonas.compare.statistics import (
    Interval,
    bootstrap_difference,
    least_p,
    mann_whitney,
    superiority,
    welch,
    wilcoxon,
)
from evonas.compare.subjects import ComparedRun
from evonas.report.analysis.corrections import holm

__all__ = ["MANN_WHITNEY", "WELCH", "WILCOXON", "Verdict", "judge_groups"]

MANN_WHITNEY = "Mann-Whitney, over runs"
WILCOXON = "Wilcoxon, over pairs of runs of the same seed"
WELCH = "Welch, over the retrainings of the two winners"

_PAIRS = 6  # with fewer pairs Wilcoxon's p cannot fall below 0.05
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Verdict:
    """What a test says of two groups, or why there is none.

    Attributes:
        figure: what was compared, in words.
        one, other: labels of the groups.
        method: of :data:`MANN_WHITNEY`, :data:`WILCOXON`, :data:`WELCH`; empty where no test is possible.
        counts: how many values each group has.
        interval: the difference of the means, one less other; None without a test.
        superiority: probability that a value of one is better than one of the other; None without a test.
        p: two-sided; None without a test.
        p_holm: the same, adjusted for the number of tests.
        least: the least p that the test could give with so few values.
        missing: why there is no test; empty with one.
        advice: commands after which there is one.
        maximise: whether more is better.
    """

    figure: str
    one: str
    other: str
    method: str = ""
    counts: tuple[int, int] = (0, 0)
    interval: Interval | None = None
    superiority: float | None = None
    p: float | None = None
    p_holm: float | None = None
    least: float = 0.0
    missing: str = ""
    advice: tuple[str, ...] = ()
    maximise: bool = True

    @property
    def significant(self) -> bool:
        """Whether the difference is significant at 5 % after Holm's adjustment."""
        return self.p_holm is not None and self.p_holm < _SIGNIFICANT

    @property
    def better(self) -> str:
        """Label of the group with the better mean; empty without a test, or where both are equal."""
        if self.interval is None or self.interval.difference == 0:
            return ""
        return self.one if (self.interval.difference > 0) == self.maximise else self.other


def judge_groups(
    groups: Sequence[RunGroup],
    figures: Mapping[str, Mapping[str, float]],
    maximise: Mapping[str, bool],
    trainings: Callable[[ComparedRun], Sequence[float]],
    *,
    seed: int = 0,
) -> list[Verdict]:
    """Test every pair of groups.

    Args:
        groups: at least one; of one group there is nothing to test.
        figures: what is compared in words, to the value of each run by its label; runs without a value are left out.
            The first one is that of the winners, which can be compared by their retrainings.
        maximise: of each figure, whether more is better.
        trainings: returns the values of the retrainings of a run's winner.
        seed: of the bootstrap.
    """
    verdicts: list[Verdict] = []
    for at, (figure, values) in enumerate(figures.items()):
        for one, other in combinations(groups, 2):
            verdict = Verdict(figure, one.label, other.label, maximise=maximise[figure])
            generator = np.random.default_rng([seed, len(verdicts)])
            alone = len(one.runs) == len(other.runs) == 1
            if alone and at > 0:
                continue  # a front has no retrainings; of the winners it is said what is missing
            if alone:
                verdicts.append(_of_winners(verdict, one.runs[0], other.runs[0], trainings, generator))
            else:
                verdicts.append(_of_groups(verdict, one, other, values, generator))
    tested = [verdict.p for verdict in verdicts if verdict.p is not None]
    adjusted = iter(holm(tested))
    return [verdict if verdict.p is None else replace(verdict, p_holm=next(adjusted)) for verdict in verdicts]


def _of_groups(
    verdict: Verdict, one: RunGroup, other: RunGroup, values: Mapping[str, float], generator: np.random.Generator
) -> Verdict:
    first = {run.label: values[run.label] for run in one.runs if run.label in values}
    second = {run.label: values[run.label] for run in other.runs if run.label in values}
    short = [group for group, own in ((one, first), (other, second)) if len(own) < 2]
    if short:
        names = " and ".join(group.label for group in short)
        missing = f"fewer than two runs of {names} with a value"
        advice = tuple(_again(group) for group in short)
        return replace(verdict, counts=(len(first), len(second)), missing=missing, advice=advice)
    pairs = _pairs(one, other)
    if len(pairs) >= _PAIRS and len(pairs) == len(first) == len(second):
        left, right = [first[mine] for mine, _ in pairs], [second[theirs] for _, theirs in pairs]
        return _tested(verdict, WILCOXON, left, right, wilcoxon(left, right), generator, paired=True)
    left, right = list(first.values()), list(second.values())
    return _tested(verdict, MANN_WHITNEY, left, right, mann_whitney(left, right), generator)


def _of_winners(
    verdict: Verdict,
    one: ComparedRun,
    other: ComparedRun,
    trainings: Callable[[ComparedRun], Sequence[float]],
    generator: np.random.Generator,
) -> Verdict:
    left, right = trainings(one), trainings(other)
    if min(len(left), len(right)) < 2:
        pair = (one, other)
        lacking = [run for run, own in zip(pair, (left, right), strict=True) if len(own) < 2]
        whose = "their winners were" if len(lacking) == 2 else f"the winner of {lacking[0].label} was"
        missing = f"one run of each configuration, and {whose} not retrained"
        advice = (
            *(_again(RunGroup(run.label, (run,))) for run in pair),
            *(f"evonas evaluate {run.directory.shown}:best --seeds 5" for run in lacking if run.best is not None),
        )
        return replace(verdict, counts=(len(left), len(right)), missing=missing, advice=advice)
    return _tested(verdict, WELCH, left, right, welch(left, right), generator)


def _tested(
    verdict: Verdict,
    method: str,
    left: Sequence[float],
    right: Sequence[float],
    p: float,
    generator: np.random.Generator,
    *,
    paired: bool = False,
) -> Verdict:
    ahead = superiority(left, right)
    return replace(
        verdict,
        method=method,
        counts=(len(left), len(right)),
        interval=bootstrap_difference(left, right, generator, paired=paired),
        superiority=ahead if verdict.maximise else 1 - ahead,
        p=p,
        least=0.0 if method == WELCH else least_p(len(left), len(right), paired=paired),
    )


def _pairs(one: RunGroup, other: RunGroup) -> list[tuple[str, str]]:
    """Return the runs of equal seeds; empty where the seeds of the two groups are not the same ones."""
    mine = {run.record.seed: run.label for run in one.runs}
    theirs = {run.record.seed: run.label for run in other.runs}
    same = mine.keys() == theirs.keys() and len(mine) == len(one.runs) and len(theirs) == len(other.runs)
    return [(mine[seed], theirs[seed]) for seed in sorted(mine)] if same else []


def _again(group: RunGroup) -> str:
    """Return the command that repeats a configuration with a seed that it has not had."""
    seed = next(number for number in range(1 + len(group.seeds)) if number not in group.seeds)
    return f"evonas evolve {group.runs[0].directory.shown}/config.yaml --set seed={seed}"
