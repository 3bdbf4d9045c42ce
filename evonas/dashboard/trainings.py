"""All trainings of an individual, each with curve, device, time, log and error: rungs, repeats, finals, ablations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dash import html

from evonas.dashboard.findings import Findings
from evonas.dashboard.parts import fact, facts, filled, note
from evonas.lineage import Event
from evonas.records import EvaluationResult
from evonas.report.figures import learning_curves
from evonas.report.figures.curves import curve_metrics
from evonas.report.formats import bytes_in_words, count, duration, label, number, shortened

__all__ = ["Training", "detail", "table", "trainings_of"]

_LOG_BYTES = 20_000  # of the end of a log
_FINALS = ("final_training", "final")  # see docs/decisions/0008-finals-are-events.md
_ABLATION = "ablation_training"


@dataclass(frozen=True)
class Training:
    """A training of an individual, or of its genome with one change taken back.

    Attributes:
        key: unique among the trainings of the individual, and the same tomorrow.
        kind: what it was for, in words: ``rung 0``, ``repeat 2 at rung 1``, ``final``, ``ablation``.
        result: how it ended.
        trained: epochs that went before it.
    """

    key: str
    kind: str
    result: EvaluationResult
    trained: int = 0

    @property
    def title(self) -> str:
        """What tells it from the others, in words."""
        attempt = f", attempt {self.result.attempt}" if self.result.attempt > 1 else ""
        status = "" if self.result.completed else f": {label(self.result.status.value)}"
        return f"{self.kind}, seed {self.result.seed}{attempt}{status}"


def trainings_of(findings: Findings, who: int) -> tuple[Training, ...]:
    """Return the trainings of an individual: those of the search in order, then finals, then those of an ablation."""
    found = {}
    for one in findings.evaluations_of.get(who, ()):
        kind = f"repeat {one.repeat} at rung {one.result.rung}" if one.repeat else f"rung {one.result.rung}"
        training = Training(f"evaluation-{one.result.number}", kind, one.result, one.trained)
        found[training.key] = training
    own = findings.history.individuals[who].genome.id
    seen: list[tuple[str, EvaluationResult]] = []
    for event in findings.history.events:
        if event.data.get("individual") != who:
            continue
        kind = "final" if event.kind in _FINALS else "ablation"
        if kind == "ablation":
            kind += ", as it is" if event.data.get("genome") == own else f", as genome {event.data.get('genome')}"
        for result in _results(event):
            if (kind, result) not in seen:  # a final repeats the trainings that were stored one by one
                seen.append((kind, result))
                key = f"{event.kind}-{len(seen)}"
                found[key] = Training(key, kind, result)
    return tuple(found.values())


def _results(event: Event) -> Iterator[EvaluationResult]:
    if event.kind not in (*_FINALS, _ABLATION):
        return
    for told in event.data.get("results", [event.data.get("result")]):
        try:
            yield EvaluationResult.from_dict(told)
        except (KeyError, TypeError, ValueError, AttributeError):  # of another version: what can be read is shown
            continue


def table(trainings: Sequence[Training]) -> list[Any]:
    """Return the trainings as a table: what was trained, what came out, what it cost."""
    if not trainings:
        return [note("No evaluation of it has ended yet.")]
    names = list(dict.fromkeys(name for one in trainings for name in one.result.metrics))
    heads = ["Training", "Status", "Epochs", *map(label, names), "Time", "Set up", "Device", "Memory", "Cause"]
    head = html.Tr([html.Th(text, scope="col") for text in heads])
    rows = [html.Tr([html.Th(one.kind, scope="row"), *map(html.Td, _cells(one, names))]) for one in trainings]
    drawn = html.Table([html.Thead(head), html.Tbody(rows)], className="trainings")
    return [html.Div(drawn, className="scroll", tabIndex=0, role="region", **{"aria-label": "Trainings"})]


def _cells(one: Training, names: Sequence[str]) -> list[str]:
    result = one.result
    attempt = f", attempt {result.attempt}" if result.attempt > 1 else ""
    known = f", known from evaluation {result.answered_by}" if result.answered_by is not None else ""
    return [
        f"{label(result.status.value)}, seed {result.seed}{attempt}{known}",
        f"{one.trained + result.epochs}",
        *(number(result.metrics.get(name)) for name in names),
        duration(result.seconds),
        duration(result.setup_seconds),
        result.device,
        bytes_in_words(result.peak_memory),
        shortened(result.error, 300),
    ]


def detail(findings: Findings, one: Training) -> list[Any]:
    """Return all of one training: what it cost, its cause of failure, its curve, its log."""
    result = one.result
    more = f"{count(one.trained, 'epoch')} before" if one.trained else "from scratch"
    parts: list[Any] = [
        facts(
            fact("Status", label(result.status.value), one.title),
            fact("Epochs", str(result.epochs), more),
            fact("Time", duration(result.seconds), f"{duration(result.setup_seconds)} to set up"),
            fact("Device", result.device or "none"),
            fact("Peak memory", bytes_in_words(result.peak_memory)) if result.peak_memory else None,
        )
    ]
    if result.answered_by is not None:
        parts.append(note(f"Nothing was trained: an equal genome was, in evaluation {result.answered_by}."))
    if result.error:
        parts.append(html.P([html.Strong(f"{label(result.status.value)}: "), result.error], className="problem"))
    return [*parts, _curve(findings, one), _log(findings.path, result.log)]


def _curve(findings: Findings, one: Training) -> Any:
    goals = [goal.metric for goal in findings.history.goals]
    rows: Sequence[Mapping[str, float]] = one.result.curve
    metrics = curve_metrics([rows], goals) if rows else ()
    if not metrics:
        return note("This training recorded no learning curve.")
    names = " and ".join(label(metric, unit=False) for metric in metrics)
    described = f"Learning curve of this training: {names} by epoch. Solid: validation part. Dotted: training part."
    return filled(learning_curves({one.title: rows}, metrics), "figure-training", described)


def _log(folder: Path, named: str | None) -> Any:
    """Return the end of a log, where the run's directory has it."""
    if named is None:
        return note("No log was kept.")
    file = (folder / named).resolve()
    if not file.is_relative_to(folder.resolve()):
        return note("The lineage names a log outside the run directory; it is not shown.")
    try:
        with file.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - _LOG_BYTES))
            text = log.read().decode("utf-8", errors="replace")
    except OSError:
        return note(f"Its log {named} is not there any more.")
    left_out = f" (the last {number(_LOG_BYTES)} of {number(size)} bytes)" if size > _LOG_BYTES else ""
    summary = html.Summary(f"Log {named}{left_out}")
    return html.Details([summary, html.Pre(text or "It is empty.", tabIndex=0)], open=True)
