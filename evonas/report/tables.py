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
from evonas.report.formats import DASH, aligned, bytes_in_words, duration, label, number, percent, shortened
from evonas.report.history import Evaluation, Goal, RunHistory
from evonas.report.html import Html, join, scrolling, tag
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

_TALL = 30  # rows above which a table scrolls in its own frame

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
    head = [
        _head("Individual", numeric=True),
        *(
            _head(label(goal.metric), "more is better" if goal.maximise else "less is better", numeric=True)
            for goal in goals
        ),
        *(_head(label(name), numeric=True) for name in (*metrics, *costs)),
        _head("Generation", numeric=True),
        _head("Operators"),
        _head("Parents"),
        _head("Seconds", "wall time of its evaluation, s", numeric=True),
        _head("Genome"),
    ]
    columns = [
        *(_column([one.values[at] for one in best], strong=at == 0) for at in range(len(goals))),
        *(_column([one.result.result.metrics.get(name) for one in best]) for name in metrics),
        *(_column([one.individual.costs.get(name) for one in best]) for name in costs),
    ]
    seconds = _column([one.result.result.seconds for one in best], 3)
    rows = [
        [
            _whole(one.individual.number, header=True),
            *(column[at] for column in columns),
            _whole(one.individual.birth.generation),
            tag("td", _operators(one.individual.birth)),
            tag("td", _parents(one.individual, individuals)),
            seconds[at],
            tag("td", tag("code", one.individual.genome.id)),
        ]
        for at, one in enumerate(best)
    ]
    return _table("The best individuals, one row a genome", head, rows)


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
        _head("Individual", numeric=True),
        _head("Generation", numeric=True),
        *(_head(label(goal.metric), numeric=True) for goal in goals),
        _head("Change", f"of {label(goals[0].metric, unit=False)} against the primary parent", numeric=True),
        _head("Operators"),
        _head("Mate or seed"),
        _head("Gene changes", "against the primary parent; the number in brackets is an item's historical mark"),
    ]
    own = [values.get(individual.number) for individual in line]
    columns = [
        _column([found[at] if found is not None else None for found in own], strong=at == 0) for at in range(len(goals))
    ]
    changes: list[float | None] = [None]
    changes += [None if old is None or new is None else new[0] - old[0] for old, new in pairwise(own)]
    written = aligned(changes, 3, spread=1e6)
    rows = [
        [
            _whole(individual.number, header=True),
            _whole(individual.birth.generation),
            *(column[at] for column in columns),
            _change(changes[at], written[at], goals[0]),
            tag("td", _operators(individual.birth)),
            tag("td", _parents(individual, individuals, others=True)),
            tag("td", _changes(individual.birth), class_="changes"),
        ]
        for at, individual in enumerate(line)
    ]
    return _table("From the founder to the winner, along primary parents", head, rows)


def status_table(summary: RunSummary) -> Html:
    """Return the evaluations by status."""
    rows = [
        [
            tag("th", label(status.value), scope="row"),
            _whole(amount),
            tag("td", percent(amount / summary.evaluations)),
            tag("td", _MEANINGS[status]),
        ]
        for status, amount in summary.by_status.items()
    ]
    head = [_head("Status"), _head("Evaluations", numeric=True), _head("Share"), _head("Meaning")]
    return _table("Evaluations by status", head, rows)


def failure_table(failed: Sequence[Evaluation]) -> Html:
    """Return evaluations that failed, each with its cause and the log that tells more."""
    head = [
        _head("Evaluation", "its number", numeric=True),
        _head("Individual", numeric=True),
        _head("Status"),
        _head("Cause"),
        _head("After", "wall time, s", numeric=True),
        _head("Log", "path in the run directory"),
    ]
    seconds = _column([evaluation.result.seconds for evaluation in failed], 3)
    rows = [
        [
            _whole(evaluation.result.number, header=True),
            _whole(evaluation.individual.number),
            tag("td", label(evaluation.result.status.value)),
            tag("td", shortened(evaluation.result.error, 400), class_="cause"),
            seconds[at],
            tag("td", tag("code", evaluation.result.log) if evaluation.result.log else DASH),
        ]
        for at, evaluation in enumerate(failed)
    ]
    return _table("Failures with their causes", head, rows)


def memo_table(answered: Sequence[Evaluation]) -> Html:
    """Return evaluations that an earlier one of an equal genome answered."""
    head = [
        _head("Evaluation", numeric=True),
        _head("Individual", numeric=True),
        _head("Answered by evaluation", numeric=True),
        _head("Genome"),
    ]
    rows = [
        [
            _whole(evaluation.result.number, header=True),
            _whole(evaluation.individual.number),
            _whole(evaluation.result.answered_by),
            tag("td", tag("code", evaluation.individual.genome.id)),
        ]
        for evaluation in answered
    ]
    return _table("Evaluations answered by the memo", head, rows, said=True)


def device_table(devices: Sequence[DeviceUse]) -> Html:
    """Return what each device did, with a bar for its busy fraction."""
    head = [
        _head("Device"),
        _head("Busy", "evaluating seconds as a fraction of wall time times evaluations at once"),
        _head("Evaluating (s)", "wall time of its evaluations added up", numeric=True),
        _head("Setting up (s)", "part of it before the evaluator's first line", numeric=True),
        _head("Evaluations", numeric=True),
        _head("At once", "slots of the configuration, else the most seen", numeric=True),
        _head("Peak memory", "highest resident memory of one evaluation", numeric=True),
    ]
    seconds = _column([use.seconds for use in devices], 4)
    setup = _column([use.setup_seconds for use in devices], 3)
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
                _whole(use.evaluations),
                _whole(use.at_once),
                tag("td", bytes_in_words(use.peak_memory), class_="number"),
            ]
        )
    return _table("Device use", head, rows, said=True)


def session_table(history: RunHistory) -> Html:
    """Return the processes that worked on the run."""
    head = [
        _head("Session", numeric=True),
        _head("Started (UTC)"),
        _head("Ended (UTC)"),
        _head("Lasted"),
        _head("Why it ended"),
    ]
    rows = [
        [
            _whole(session.number + 1, header=True),
            tag("td", moment(session.started_at)),
            tag("td", moment(session.ended_at) if session.ended_at is not None else DASH),
            tag("td", duration(session.seconds)),
            tag("td", session.reason or ("" if session.ended_at is not None else "under way, or killed")),
        ]
        for session in history.sessions
    ]
    return _table("Sessions", head, rows, said=True)


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
    return _table("Versions", [_head("Program or library"), *(_head(title) for title in titles)], rows, said=True)


def event_table(history: RunHistory, most: int = 100) -> Html:
    """Return what happened beside births and results, the latest ones where there are many."""
    head = [_head("Time (UTC)"), _head("Event"), _head("What happened")]
    rows = [
        [
            tag("td", moment(event.time)),
            tag("td", label(event.kind)),
            tag("td", shortened(event.message, 400), class_="cause"),
        ]
        for event in history.events[-most:]
    ]
    return _table("Events", head, rows, said=True)


def command_line(command: Iterable[str]) -> str:
    """Return the words of a command as a shell reads them."""
    return shlex.join(str(word) for word in command)


def moment(seconds: float) -> str:
    """Write Unix seconds as a time in UTC.

    >>> moment(0.0)
    '1970-01-01 00:00:00'
    """
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _table(caption: str, head: Sequence[Html], rows: Sequence[Sequence[Html]], *, said: bool = False) -> Html:
    """Return a table; ``said`` hides a caption that only repeats the heading above it, except from screen readers."""
    body = [Html(tag("tr", *row) + "\n") for row in rows]
    table = tag(
        "table",
        tag("caption", caption, class_="unseen" if said else None),
        tag("thead", tag("tr", *head)),
        tag("tbody", Html("\n"), *body),
    )
    return scrolling(table, label=caption, tall=len(rows) > _TALL)


def _head(title: str, explained: str | None = None, *, numeric: bool = False) -> Html:
    return tag("th", title, scope="col", title=explained, class_="number" if numeric else None)


def _column(values: Sequence[float | None], digits: int = 5, *, strong: bool = False) -> list[Html]:
    """Return the cells of a column of figures; each figure in full stands in its cell's title."""
    cells = []
    for value, text in zip(values, aligned(values, digits), strict=True):
        exact = None if value is None or float(value).is_integer() else repr(float(value))
        cells.append(tag("td", tag("strong", text) if strong else text, class_="number", title=exact))
    return cells


def _whole(value: int | None, *, header: bool = False) -> Html:
    """Return a cell with a whole number; one that heads its row is an individual's or evaluation's plain number."""
    if header:
        return tag("th", str(value), scope="row", class_="number")
    return tag("td", number(value), class_="number")


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
