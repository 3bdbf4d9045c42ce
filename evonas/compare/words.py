"""What tests say, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evonas.compare.significance import WELCH, Verdict
from evonas.report.formats import label, number

__all__ = ["advice", "sentence", "sentences"]

_PAIRS = 4  # that are named where many cannot be tested


def sentences(verdicts: Sequence[Verdict]) -> list[str]:
    """Return a sentence for each test that could be made, and one for each reason why others could not."""
    tested = [verdict for verdict in verdicts if verdict.method]
    missing: dict[str, list[str]] = {}
    for verdict in verdicts:
        if not verdict.method:
            missing.setdefault(verdict.missing, []).append(f"{verdict.one} against {verdict.other}")
    lines = [sentence(verdict, len(tested)) for verdict in tested]
    for reason, pairs in missing.items():
        names = list(dict.fromkeys(pairs))
        more = f" and {len(names) - _PAIRS} more" if len(names) > _PAIRS else ""
        lines.append(f"No test is possible of {', '.join(names[:_PAIRS])}{more}: {reason}.")
    return lines


def advice(verdicts: Sequence[Verdict]) -> list[str]:
    """Return the commands after which the tests that are missing can be made."""
    return list(dict.fromkeys(command for verdict in verdicts for command in verdict.advice))


def sentence(verdict: Verdict, tests: int = 1) -> str:
    """Return what a test says of two groups.

    Args:
        verdict: the test.
        tests: how many were made together; of one alone there is no adjusted p.
    """
    figure = label(verdict.figure, unit=False)
    if not verdict.method or verdict.interval is None or verdict.p is None or verdict.p_holm is None:
        return f"{figure}, {verdict.one} against {verdict.other}: no test is possible, {verdict.missing}."
    size = f"{number(abs(verdict.interval.difference), 3)}{_interval(verdict)}"
    first, second = (verdict.one, verdict.other) if verdict.better != verdict.other else (verdict.other, verdict.one)
    if not verdict.better:
        found = f"{figure}: {first} and {second} have the same mean"
    elif verdict.significant:
        found = f"{figure}: {first} is better than {second} by {size}"
    else:
        found = f"{figure}: no significant difference; {first} is ahead of {second} by {size}"
    holm = f", {number(verdict.p_holm, 2)} after Holm for {tests} tests" if tests > 1 else ""
    counts = f"{verdict.counts[0]} and {verdict.counts[1]} values"
    return f"{found}; p = {number(verdict.p, 2)}{holm} ({verdict.method}, {counts}).{_warning(verdict)}"


def _interval(verdict: Verdict) -> str:
    interval = verdict.interval
    if interval is None or math.isnan(interval.low):
        return ""
    ends = (interval.low, interval.high) if interval.difference >= 0 else (-interval.high, -interval.low)
    return f" (95 % of the bootstrap: {number(ends[0], 3)} to {number(ends[1], 3)})"


def _warning(verdict: Verdict) -> str:
    if verdict.method == WELCH:
        return " This compares the two networks; which settings are better, only further runs of each can tell."
    if verdict.least >= 0.05:
        return (
            f" With so few runs p cannot fall below {number(verdict.least, 2)}, however clear the difference: run more."
        )
    return ""
