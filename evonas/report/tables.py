"""The tables of the report."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

from evonas.lineage import Scored
from evonas.records import Birth, EvaluationStatus, Individual
from evonas.report.ancestry import parent_key
from evonas.report.cells import figures, heading, table_of, whole
from evonas.report.formats import DASH, aligned, bytes_in_words, duration, label, percent, shortened
from evonas.report.history import Evaluation, Goal, RunHistory
from evonas.report.html import Html, join, tag
from evonas.report.summary import DeviceUse, RunSummary
from evonas.report.tree import change_in_words

__all__ = [
    "best_table",
    "command_line",
    "descent_table",
    "device_table",
    "event_table",
    "failure_table",
    "memo_table",
    "moment",
    "session_table",
    "status_table",
    "versions_table",
]

_MEANINGS = {
    EvaluationStatus.COMPLETED: "the evaluator returned finite metrics",
    EvaluationStatus.DIVERGED: "the loss or a metric became NaN or infinite",
    EvaluationStatus.OUT_OF_MEMORY: "the device or the memory limit was exhausted",
    EvaluationStatus.TIMED_OUT: "killed at the time limit",
    EvaluationStatus.CRASHED: "the evaluator raised, or its process died by itself",
    EvaluationStatus.INVALID: "the genome cannot be built, or breaks a hard limit",
    EvaluationStatus.LOST: "the infrastructure failed; run again",
    EvaluationStatus.CANCELLED: "given up when the run was stopped; run again on resume",
}


def best_table(best: Sequence[Scored], goals: Sequence[Goal], individuals: Mapping[int, Individual]) -> Html:
    """Return the best individuals: objectives, further metrics, costs, births, genomes."""
    objectives = [goal.metric for goal in goals]
    metrics = _names(objectives, (one.result.result.metrics for one in best))
    costs = _names([*objectives, *metrics], (one.individual.costs for one in best))
    repeated, broken = any(one.trainings > 1 for one in best), any(one.violation for one in best)
    head = [
        heading("Individual", numeric=True),
        *(
            heading(label(goal.metric), "more is better" if goal.maximise else "less is better", numeric=True)
            for goal in goals
        ),
        *(heading(label(name), numeric=True) for name in (*metrics, *costs)),
        *([heading("Violation", "how much it breaks the constraints", numeric=True)] if broken else []),
        *([heading("Trainings", "its values are means over them", numeric=True)] if repeated else []),
        heading("Generation", numeric=True),
        heading("Operators"),
        heading("Parents"),
        heading("Seconds", "wall time of its evaluation, s", numeric=True),
        heading("Genome"),
    ]
    columns = [
        *(
            figures(
                [one.values[at] for one in best],
                strong=at == 0,
                errors=[one.errors[at] if one.errors else None for one in best],
            )
            for at in range(len(goals))
        ),
        *(figures([one.result.result.metrics.get(name) for one in best]) for name in metrics),
        *(figures([one.individual.costs.get(name) for one in best]) for name in costs),
    ]
    seconds = figures([one.result.result.seconds for one in best], 3)
    violations = figures([one.violation for one in best], 3)
    rows = [
        [
            whole(one.individual.number, header=True),
            *(column[at] for column in columns),
            *([violations[at]] if broken else []),
            *([whole(one.trainings)] if repeated else []),
            whole(one.individual.birth.generation),
            tag("td", _operators(one.individual.birth)),
            tag("td", _parents(one.individual, individuals)),
            seconds[at],
            tag("td", tag("code", one.individual.genome.id)),
        ]
        for at, one in enumerate(best)
    ]
    return table_of("The best individuals, one row a genome", head, rows)


def descent_table(
    line: Sequence[Individual],
    goals: Sequence[Goal],
    values: Mapping[int, Sequence[float]],
    individuals: Mapping[int, Individual],
) -> Html:
    """Return the line of primary parents from the founder to the winner, with what each birth changed.

    Args:
        line: founder first.
        goals: the objectives.
        values: of the individuals that have any, one an objective.
        individuals: of the run, by number.
    """
    head = [
        heading("Individual", numeric=True),
        heading("Generation", numeric=True),
        *(heading(label(goal.metric), numeric=True) for goal in goals),
        heading("Change", f"of {label(goals[0].metric, unit=False)} against the primary parent", numeric=True),
        heading("Operators"),
        heading("Mate or seed"),
        heading("Gene changes", "against the primary parent; the number in brackets is an item's historical mark"),
    ]
    own = [values.get(individual.number) for individual in line]
    columns = [
        figures([found[at] if found is not None else None for found in own], strong=at == 0) for at in range(len(goals))
    ]
    changes: list[float | None] = [None]
    changes += [None if old is None or new is None else new[0] - old[0] for old, new in pairwise(own)]
    written = aligned(changes, 3, spread=1e6)
    rows = [
        [
            whole(individual.number, header=True),
            whole(individual.birth.generation),
            *(column[at] for column in columns),
            _change(changes[at], written[at], goals[0]),
            tag("td", _operators(individual.birth)),
            tag("td", _parents(individual, individuals, others=True)),
            tag("td", _changes(individual.birth), class_="changes"),
        ]
        for at, individual in enumerate(line)
    ]
    return table_of("From the founder to the winner, along primary parents", head, rows)


def status_table(summary: RunSummary) -> Html:
    """Return the evaluations by status."""
    rows = [
        [
            tag("th", label(status.value), scope="row"),
            whole(amount),
            tag("td", percent(amount / summary.evaluations)),
            tag("td", _MEANINGS[status]),
        ]
        for status, amount in summary.by_status.items()
    ]
    head = [heading("Status"), heading("Evaluations", numeric=True), heading("Share"), heading("Meaning")]
    return table_of("Evaluations by status", head, rows)


def failure_table(failed: Sequence[Evaluation]) -> Html:
    """Return evaluations that failed, each with its cause and the log that tells more."""
    head = [
        heading("Evaluation", "its number", numeric=True),
        heading("Individual", numeric=True),
        heading("Status"),
        heading("Cause"),
        heading("After", "wall time, s", numeric=True),
        heading("Log", "path in the run directory"),
    ]
    seconds = figures([evaluation.result.seconds for evaluation in failed], 3)
    rows = [
        [
            whole(evaluation.result.number, header=True),
            whole(evaluation.individual.number),
            tag("td", label(evaluation.result.status.value)),
            tag("td", shortened(evaluation.result.error, 400), class_="cause"),
            seconds[at],
            tag("td", tag("code", evaluation.result.log) if evaluation.result.log else DASH),
        ]
        for at, evaluation in enumerate(failed)
    ]
    return table_of("Failures with their causes", head, rows)


def memo_table(answered: Sequence[Evaluation]) -> Html:
    """Return evaluations that an earlier one of an equal genome answered."""
    head = [
        heading("Evaluation", numeric=True),
        heading("Individual", numeric=True),
        heading("Answered by evaluation", numeric=True),
        heading("Genome"),
    ]
    rows = [
        [
            whole(evaluation.result.number, header=True),
            whole(evaluation.individual.number),
            whole(evaluation.result.answered_by),
            tag("td", tag("code", evaluation.individual.genome.id)),
        ]
        for evaluation in answered
    ]
    return table_of("Evaluations answered by the memo", head, rows, said=True)


def device_table(devices: Sequence[DeviceUse]) -> Html:
    """Return what each device did, with a bar for its busy fraction."""
    head = [
        heading("Device"),
        heading("Busy", "evaluating seconds as a fraction of wall time times evaluations at once"),
        heading("Evaluating (s)", "wall time of its evaluations added up", numeric=True),
        heading("Setting up (s)", "part of it before the evaluator's first line", numeric=True),
        heading("Evaluations", numeric=True),
        heading("At once", "slots of the configuration, else the most seen", numeric=True),
        heading("Peak memory", "highest resident memory of one evaluation", numeric=True),
    ]
    seconds = figures([use.seconds for use in devices], 4)
    setup = figures([use.setup_seconds for use in devices], 3)
    rows = []
    for at, use in enumerate(devices):
        busy = "unknown" if use.busy is None else percent(use.busy)
        width = 0.0 if use.busy is None else 100 * use.busy
        bar = tag("span", tag("span", style=f"width:{width:.1f}%"), class_="bar", aria_hidden="true")
        rows.append(
            [
                tag("th", use.device, scope="row"),
                tag("td", bar, busy, class_="busy"),
                seconds[at],
                setup[at],
                whole(use.evaluations),
                whole(use.at_once),
                tag("td", bytes_in_words(use.peak_memory), class_="number"),
            ]
        )
    return table_of("Device use", head, rows, said=True)


def session_table(history: RunHistory) -> Html:
    """Return the processes that worked on the run."""
    head = [
        heading("Session", numeric=True),
        heading("Started (UTC)"),
        heading("Ended (UTC)"),
        heading("Lasted"),
        heading("Why it ended"),
    ]
    rows = [
        [
            whole(session.number + 1, header=True),
            tag("td", moment(session.started_at)),
            tag("td", moment(session.ended_at) if session.ended_at is not None else DASH),
            tag("td", duration(session.seconds)),
            tag("td", session.reason or ("" if session.ended_at is not None else "under way, or killed")),
        ]
        for session in history.sessions
    ]
    return table_of("Sessions", head, rows, said=True)


def versions_table(history: RunHistory) -> Html:
    """Return versions, and a column for each later session that used others."""
    kept = [dict(history.run.versions)]
    titles = ["Version"]
    for session in history.sessions:
        if session.versions and dict(session.versions) != kept[-1]:
            kept.append(dict(session.versions))
            titles.append(f"Session {session.number + 1}")
    names = sorted({name for versions in kept for name in versions})
    rows = [
        [tag("th", name, scope="row"), *(tag("td", str(versions.get(name, DASH))) for versions in kept)]
        for name in names
    ]
    return table_of("Versions", [heading("Program or library"), *(heading(title) for title in titles)], rows, said=True)


def event_table(history: RunHistory, most: int = 100) -> Html:
    """Return what happened beside births and results, the latest ones where there are many."""
    head = [heading("Time (UTC)"), heading("Event"), heading("What happened")]
    rows = [
        [
            tag("td", moment(event.time)),
            tag("td", label(event.kind)),
            tag("td", shortened(event.message, 400), class_="cause"),
        ]
        for event in history.events[-most:]
    ]
    return table_of("Events", head, rows, said=True)


def command_line(command: Iterable[str]) -> str:
    """Return the words of a command as a shell reads them."""
    return shlex.join(str(word) for word in command)


def moment(seconds: float) -> str:
    """Write Unix seconds as a time in UTC.

    >>> moment(0.0)
    '1970-01-01 00:00:00'
    """
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _change(change: float | None, text: str, goal: Goal) -> Html:
    if change is None:
        return tag("td", DASH, class_="number")
    kind = "same" if change == 0 else "better" if goal.better(change, 0.0) else "worse"
    sign = "+" if change > 0 else "±" if change == 0 else ""
    return tag("td", sign + text, class_=f"number {kind}", title=f"{kind}: {change!r}")


def _operators(birth: Birth) -> str:
    return ", ".join(label(operator) for operator in birth.operators)


def _parents(individual: Individual, individuals: Mapping[int, Individual], *, others: bool = False) -> str:
    parents = [parent for parent in individual.birth.parents if not others or parent.role != "primary"]
    names = [parent_key(parent, individuals) for parent in parents]
    roles = ["" if parent.role == "primary" else f" ({parent.role})" for parent in parents]
    words = ", ".join(f"{name}{role}" for name, role in zip(names, roles, strict=True))
    return words or ("" if others else "none")


def _changes(birth: Birth) -> Html:
    changes = [
        tag("li", tag("span", change_in_words(change), title=change_in_words(change, 2000))) for change in birth.changes
    ]
    if changes:
        return tag("ul", *changes)
    return join(["no gene changed" if birth.parents else "founder"])


def _names(known: Sequence[str], mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names in the mappings that are not known yet, in order of appearance."""
    names = dict.fromkeys(name for mapping in mappings for name in mapping)
    return [name for name in names if name not in known]
