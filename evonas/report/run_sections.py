"""The sections on how the run went: failures, the memo, devices, and what it takes to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from evonas.records import FAILURES
from evonas.report import tables
from evonas.report.formats import count, percent, shortened
from evonas.report.history import RunHistory
from evonas.report.html import Html, tag
from evonas.report.sheet import Sheet
from evonas.report.summary import device_use

__all__ = ["devices_section", "failures_section", "memo_section", "run_section", "setting"]

_FAILURES = 200  # rows in the table of failures
_MEMO = 100  # rows in the table of memo answers


def failures_section(sheet: Sheet, title: str) -> Html:
    """Return the section on evaluations that failed."""
    history, summary = sheet.history, sheet.summary
    if not summary.evaluations:
        return sheet.section("failures", title, tag("p", "No evaluation has ended yet."))
    failed = [evaluation for evaluation in history.evaluations if evaluation.result.status in FAILURES]
    if not failed:
        return sheet.section("failures", title, tag("p", "No evaluation failed."), tables.status_table(summary))
    content = [tables.status_table(summary)]
    if len(failed) > _FAILURES:
        content.append(tag("p", f"The last {_FAILURES} of {len(failed):,} failures:", class_="note"))
    content.append(tables.failure_table(failed[-_FAILURES:]))
    return sheet.section("failures", title, *content)


def memo_section(sheet: Sheet, title: str) -> Html:
    """Return the section on evaluations that the memo answered."""
    summary = sheet.summary
    answered = [evaluation for evaluation in sheet.history.evaluations if evaluation.result.answered_by is not None]
    if not answered:
        return sheet.section("memo", title, tag("p", "None: no genome came up twice."))
    share = percent(len(answered) / summary.evaluations)
    words = (
        f"{count(len(answered), 'evaluation')} of {summary.evaluations:,} ({share}): an equal genome had been "
        "evaluated before, so nothing was trained."
    )
    content = [tag("p", words)]
    rows = tables.memo_table(answered[-_MEMO:])
    shown = "Show them" if len(answered) <= _MEMO else f"Show the last {_MEMO}"
    content.append(tag("details", tag("summary", shown), rows))
    return sheet.section("memo", title, *content)


def devices_section(sheet: Sheet, title: str) -> Html:
    """Return the section on the use of devices."""
    used = device_use(sheet.history)
    if not used:
        return sheet.section("devices", title, tag("p", "No evaluation has used a device yet."))
    return sheet.section("devices", title, tables.device_table(used))


def run_section(sheet: Sheet, title: str) -> Html:
    """Return the section on what it takes to repeat the run."""
    history, run = sheet.history, sheet.history.run
    content: list[Html] = [tag("h3", "To repeat it")]
    if run.command:
        content.append(tag("pre", tag("code", tables.command_line(run.command)), class_="wrap"))
    content += [
        tag("p", f"With one slot, seed {run.seed} and the versions below the births are the same.", class_="note"),
        tag("h3", "Seeds"),
        tag("ul", *(tag("li", words) for words in _seeds(history))),
        tag("h3", "Sessions"),
        tables.session_table(history) if history.sessions else tag("p", "No session has been recorded."),
    ]
    if history.events:
        content.append(tag("details", tag("summary", f"Events ({len(history.events):,})"), tables.event_table(history)))
    content += [tag("h3", "Versions"), tables.versions_table(history), tag("h3", "Configuration")]
    for name, values in (("Configuration", run.config), ("Search space", run.space), ("Environment", run.environment)):
        if values:
            content.append(tag("details", tag("summary", f"{name} (YAML)"), tag("pre", tag("code", _yaml(values)))))
    return sheet.section("run", title, *content)


def _seeds(history: RunHistory) -> list[str]:
    words = [f"Seed of the run: {history.run.seed}, the root of all random numbers."]
    split = setting(history.run.config, "data", "split")
    if history.run.config.get("model") and isinstance(split, Mapping) and "seed" in split:
        words.append(f"Seed of the data split: {split['seed']}.")
    listed = history.run.config.get("seeds")
    if isinstance(listed, list) and listed:
        words.append(f"Genomes that the search started from: {', '.join(str(item) for item in listed)}.")
    for individual in history.individuals.values():
        for parent in individual.birth.parents:
            if parent.role == "seed":
                origin = parent.source or "another run"
                run = f" (individual {parent.number} of run {parent.run[:8]})" if parent.run is not None else ""
                repaired = count(len(individual.birth.changes), "gene") + " repaired"
                words.append(
                    f"Individual {individual.number} is a seed: {shortened(origin, 200)}{run}, "
                    f"{repaired if individual.birth.changes else 'taken as it is'}."
                )
    return words[:60]


def setting(config: Mapping[str, Any], *keys: str) -> Any:
    """Return a value of a nested configuration; None where there is none."""
    value: Any = config
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _yaml(values: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=110)
